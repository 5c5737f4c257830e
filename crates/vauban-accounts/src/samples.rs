//! The account pages, as the test kit's prober calls them.

use uuid::Uuid;
use vauban::http::Result;
use vauban::site::{Expect, ViewSample};

use crate::accounts::Accounts;
use crate::sessions::Start;
use crate::views;

const PASSWORD: &str = "eleven grey herons";
const OTHER: &str = "a lamp in the orchard";

impl Accounts {
    /// Gives these people a password, in a database that is the prober's own, and says what to send to which page.
    pub(crate) async fn samples(&self, people: &[Uuid]) -> Result<Vec<ViewSample>> {
        let hash = self.hash_for_test(PASSWORD).await?;
        let mut address = String::new();
        for id in people {
            let unit = self.units.begin();
            let db = unit.db();
            self.users.put_hash(&db, *id, &hash).await?;
            // Another one than that which asks, to end.
            self.sessions.begin(&db, *id, Start::default()).await?;
            unit.finish(true).await?;
            let person = self.users.by_id(&self.units, *id).await?;
            if let Some(person) = person.filter(|person| person.is_active && address.is_empty()) {
                address = person.email.to_string();
            }
        }
        let new = "somebody.new@example.com";
        use Expect::{Allowed, NotFound, SignIn};
        let (both, signed_in) = ([Allowed; 2], [SignIn, Allowed]);
        let mut samples = vec![
            ViewSample::get::<views::signup::show>(both),
            ViewSample::form::<views::signup::submit>(both, &[("email", new)]),
            // What stands for the token opens nothing.
            ViewSample::get::<views::signup_link::show>([NotFound; 2]),
            ViewSample::form::<views::signup_link::submit>([NotFound; 2], &[("password", OTHER)]),
            ViewSample::get::<views::reset::show>(both),
            ViewSample::form::<views::reset::submit>(both, &[("email", new)]),
            ViewSample::get::<views::reset_link::show>([NotFound; 2]),
            ViewSample::form::<views::reset_link::submit>([NotFound; 2], &[("password", OTHER)]),
            ViewSample::get::<views::login::show>(both),
            ViewSample::form::<views::logout::submit>(both, &[]).without_rows(),
            ViewSample::get::<views::kept::show>([SignIn, NotFound]),
            ViewSample::form::<views::kept::discard>(signed_in, &[]).without_rows(),
            ViewSample::get::<views::confirm::show>(signed_in),
            ViewSample::form::<views::confirm::submit>(signed_in, &[("password", PASSWORD)]),
            ViewSample::get::<views::email::show>(signed_in),
            ViewSample::form::<views::email::submit>(signed_in, &[("email", new)]),
            ViewSample::get::<views::email_link::show>([SignIn, NotFound]),
            ViewSample::form::<views::email_link::submit>([SignIn, NotFound], &[]),
            ViewSample::get::<views::security::show>(signed_in),
            ViewSample::get::<views::sessions::show>(signed_in),
            ViewSample::form::<views::sessions::end_others>(signed_in, &[]),
            // What stands for the id is nobody's session.
            ViewSample::form::<views::sessions::end>([SignIn, NotFound], &[]),
            ViewSample::get::<views::factors::show>(signed_in),
            ViewSample::form::<views::factors::submit>(signed_in, &[]).without_rows(),
            ViewSample::get::<views::factor_link::show>([SignIn, NotFound]),
            ViewSample::form::<views::factor_link::submit>([SignIn, NotFound], &[]),
            ViewSample::get::<views::totp::show>(signed_in),
            ViewSample::form::<views::totp::submit>(signed_in, &[("code", "000000")]).without_rows(),
            ViewSample::form::<views::totp::remove>(signed_in, &[]).without_rows(),
            ViewSample::get::<views::recovery::show>(signed_in),
            ViewSample::form::<views::recovery::submit>(signed_in, &[]).without_rows(),
            // Nobody has proved a password first: back to the beginning.
            ViewSample::get::<views::login_factor::show>(both),
            ViewSample::form::<views::login_factor::submit>(both, &[("code", "000000")]).without_rows(),
            ViewSample::get::<views::login_recovery::show>(both),
            ViewSample::form::<views::login_recovery::submit>(both, &[("code", "000000")]).without_rows(),
            ViewSample::get::<views::mails::show>(signed_in),
            // No module sends mails of this kind.
            ViewSample::form::<views::mails::submit>([SignIn, NotFound], &[("kind", "no-such-kind")]),
            ViewSample::get::<views::data::show>(signed_in),
            ViewSample::form::<views::data::submit>(signed_in, &[]),
            // Nothing was made yet.
            ViewSample::get::<views::data::file>([SignIn, NotFound]),
            ViewSample::get::<views::delete::show>(signed_in),
            ViewSample::form::<views::delete::submit>(signed_in, &[]),
            ViewSample::get::<views::delete_link::show>([NotFound; 2]),
            ViewSample::form::<views::delete_link::submit>([NotFound; 2], &[]),
            ViewSample::get::<views::invitation_link::show>([NotFound; 2]),
            ViewSample::form::<views::invitation_link::submit>([NotFound; 2], &[]),
            ViewSample::get::<views::password::show>(signed_in),
            ViewSample::form::<views::password::submit>(
                signed_in,
                &[
                    ("old_password", PASSWORD),
                    ("new_password", OTHER),
                    ("new_password_again", OTHER),
                ],
            ),
        ];
        #[cfg(feature = "passkeys")]
        if self.has_passkeys {
            use views::passkeys::{add, confirm, list, second, sign_in};
            samples.extend([
                ViewSample::get::<list::show>(signed_in),
                // Each asks the browser, and changes no row but that of the challenge.
                ViewSample::form::<add::submit>(signed_in, &[]),
                ViewSample::form::<sign_in::submit>(both, &[]),
                ViewSample::form::<confirm::submit>(signed_in, &[]).without_rows(),
                // Nobody has proved a password first: back to the beginning.
                ViewSample::form::<second::submit>(both, &[]).without_rows(),
                // What stands for the id is nobody's passkey.
                ViewSample::form::<list::rename>([SignIn, NotFound], &[("name", "Phone")]),
                ViewSample::form::<list::remove>([SignIn, NotFound], &[]),
            ]);
        }
        if !address.is_empty() {
            samples.push(ViewSample::form::<views::login::submit>(
                both,
                &[("email", address.as_str()), ("password", PASSWORD)],
            ));
        }
        Ok(samples)
    }
}
