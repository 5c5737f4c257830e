//! Another address: `GET` and `POST` of `email/`; field `email`. It is the account's when the link in the mail to it is used.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::signup::MailSentPage;
use crate::events;
use crate::forms::AddressForm;
use crate::links::Purpose;
use crate::params::AccountPages;
use vauban::forms::Form;
use vauban::http::{Error, Response, Result};
use vauban::routing::{Reauthenticated, Refusal};

const TITLE: &str = "Change your address";

/// `email/`: asks for another address.
#[derive(Template)]
#[template("accounts/email.html", replaceable)]
pub struct EmailPage {
    /// The form, with its field `email`.
    pub form: Form<AddressForm>,
}

/// Asks for the new address.
#[view(get, "/email/")]
pub async fn show(_: Reauthenticated, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, EmailPage { form: Form::empty() }))
}

/// Sends the link to the new address, and a notice to the old one. The answer is the same, whosever the new one is (CWE-204).
#[view(post, "/email/")]
pub async fn submit(
    _: Reauthenticated,
    at: AccountPages,
    db: Db<Write>,
    form: Form<AddressForm>,
) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let page = |form| EmailPage { form };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let accounts = &at.accounts;
    if let Err(failure) = accounts.count_mail(Purpose::Email, &form.email, &at.cx).await {
        events::MAIL_THROTTLED.log(Some(&at.cx));
        return at.failed(failure, "", form.refuse(|_| ()), TITLE, page);
    }
    let hash = accounts
        .users
        .hash_of(&accounts.units, who.person.facts.id)
        .await?;
    accounts
        .send_email_link(&db, &who.person, hash.as_ref(), &form.email)
        .await?;
    Ok(at.page("Look into your mailbox", MailSentPage))
}
