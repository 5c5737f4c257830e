//! A forgotten password: `GET` and `POST` of `reset/`; field `email`. The answer is the same, known or not (CWE-204, CWE-640).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::signup::MailSentPage;
use crate::events;
use crate::forms::AddressForm;
use crate::links::Purpose;
use crate::params::AccountPages;
use vauban::forms::Form;
use vauban::http::{Response, Result};
use vauban::routing::Public;

const TITLE: &str = "A new password";

/// `reset/`: a forgotten password. Asks for the address.
#[derive(Template)]
#[template("accounts/reset.html", replaceable)]
pub struct ResetPage {
    /// The form, with its field `email`.
    pub form: Form<AddressForm>,
}

/// Asks for the address of the account.
#[view(get, "/reset/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, ResetPage { form: Form::empty() }))
}

/// Sends a mail: with a link to a new password, or saying that there is no account.
#[view(post, "/reset/")]
pub async fn submit(_: Public, at: AccountPages, db: Db<Write>, form: Form<AddressForm>) -> Result<Response> {
    let page = |form| ResetPage { form };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    if let Err(failure) = at.accounts.count_mail(Purpose::Reset, &form.email, &at.cx).await {
        events::MAIL_THROTTLED.log(Some(&at.cx));
        return at.failed(failure, "", form.refuse(|_| ()), TITLE, page);
    }
    at.accounts.send_link(&db, Purpose::Reset, &form.email).await?;
    events::RESET_ASKED.log(Some(&at.cx));
    Ok(at.page("Look into your mailbox", MailSentPage))
}
