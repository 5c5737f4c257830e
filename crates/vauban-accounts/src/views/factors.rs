//! The second factors of an account: `GET` of `factors/`. Whoever has none, where one is asked, has the link to add it sent here, by
//! `POST`: a stolen password alone adds no factor (CWE-287).

use vauban::orm::{DateTime, Db, Write};
use vauban::{Template, Url, view};

use super::passkey_links::PasskeyPages;
use super::signup::MailSentPage;
use crate::accounts::SignInFailure;
use crate::events;
use crate::identify::{Lacks, SignedInAs};
use crate::links::Purpose;
use crate::params::{AccountPages, AnySession};
use vauban::http::{Error, Redirect, Response, Result, StatusCode};
use vauban::routing::Refusal;

const TITLE: &str = "Your second factor";

/// `factors/`: the second factors of the account.
#[derive(Template)]
#[template("accounts/factors.html", replaceable)]
pub struct FactorsPage {
    /// Since when it has an app.
    pub app: Option<DateTime>,
    /// Where its passkeys are, if the site has them.
    pub passkeys: Option<Url>,
    /// How many of them there are.
    pub many_passkeys: u64,
    /// How many recovery codes are left.
    pub codes: u64,
    /// They have none, and add it by the link of a mail.
    pub needs_link: bool,
    /// The address of the account.
    pub email: String,
}

/// Shows the app and how many codes there are.
#[view(get, "/factors/")]
pub async fn show(_: AnySession, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.owner()?;
    if who.lacks == Some(Lacks::Proof) {
        return Err(Error::refused(Refusal::SignInRequired));
    }
    let (factors, user) = (&at.accounts.factors, who.person.facts.id);
    let page = FactorsPage {
        app: factors.app_since(&db, user).await?,
        passkeys: at.passkey_page(PasskeyPages::List),
        many_passkeys: factors.passkeys_of(&db, user).await?,
        codes: factors.codes_left(&db, user).await?,
        needs_link: at.needs_link(&db, &who).await?,
        email: who.person.email.to_string(),
    };
    Ok(at.page(TITLE, page))
}

/// Sends the link to whoever adds their first factor by it.
#[view(post, "/factors/")]
pub async fn submit(_: AnySession, at: AccountPages, db: Db<Write>) -> Result<Response> {
    let who = at.owner()?;
    if !at.needs_link(&db, &who).await? {
        return Ok(Response::of(Redirect::to(crate::urls::factors())));
    }
    // CWE-306: who is somebody already proves it, as for every other way to a factor.
    if who.lacks.is_none() && !at.cx.identity().has_just_proved() {
        return Err(Error::refused(Refusal::ProofRequired));
    }
    let accounts = &at.accounts;
    let counted = accounts
        .count_mail(Purpose::Factor, &who.person.email, &at.cx)
        .await;
    match counted {
        Ok(()) => {}
        Err(SignInFailure::Internal(error)) => return Err(error),
        Err(_) => {
            events::MAIL_THROTTLED.log(Some(&at.cx));
            return Err(Error::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Three such mails were sent within the hour. Look into your mailbox, or wait.",
            ));
        }
    }
    let hash = accounts
        .users
        .hash_of(&accounts.units, who.person.facts.id)
        .await?;
    accounts.send_factor_link(&db, &who.person, hash.as_ref()).await?;
    Ok(at.page("Look into your mailbox", MailSentPage))
}

impl AccountPages {
    /// Whether whoever asks adds their first factor by the link of a mail: the setting asks one of them, or a view of the site asks one of
    /// whoever calls it.
    pub(super) async fn needs_link(&self, db: &Db, who: &SignedInAs) -> Result<bool> {
        match who.lacks {
            Some(Lacks::Factor) => Ok(true),
            // CWE-308: or a stolen password adds the factor that the rule `Mfa` asks next.
            None if self.cx.site().routes().iter().any(|route| route.meta.asks_factor) => {
                let kinds = self.accounts.factors.kinds(db, who.person.facts.id).await?;
                Ok(!kinds.any())
            }
            Some(Lacks::Proof) | None => Ok(false),
        }
    }
}
