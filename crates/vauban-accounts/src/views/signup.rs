//! Signing up begins with an address: `GET` and `POST` of `signup/`; field `email`. What comes next stands in a mail, so that
//! the page says nothing of who has an account (CWE-204, ASVS 6.3.8).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::events;
use crate::forms::AddressForm;
use crate::links::Purpose;
use crate::params::AccountPages;
use vauban::forms::Form;
use vauban::http::{Response, Result};
use vauban::routing::Public;

const TITLE: &str = "Sign up";

/// `signup/`: asks for an address, and nothing else.
#[derive(Template)]
#[template("accounts/signup.html", replaceable)]
pub struct SignUpPage {
    /// The form, with its field `email`.
    pub form: Form<AddressForm>,
}

/// Says that a mail is on its way, after `signup/`, `reset/` and `email/`. The same for every address (CWE-204).
#[derive(Template)]
#[template("accounts/mail_sent.html", replaceable)]
pub struct MailSentPage;

/// Asks for an address, and nothing else.
#[view(get, "/signup/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, SignUpPage { form: Form::empty() }))
}

/// Sends a mail: with a link to an account, or saying that there is one.
#[view(post, "/signup/")]
pub async fn submit(_: Public, at: AccountPages, db: Db<Write>, form: Form<AddressForm>) -> Result<Response> {
    let page = |form| SignUpPage { form };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    if let Err(failure) = at.accounts.count_mail(Purpose::SignUp, &form.email, &at.cx).await {
        events::MAIL_THROTTLED.log(Some(&at.cx));
        return at.failed(failure, "", form.refuse(|_| ()), TITLE, page);
    }
    at.accounts.send_link(&db, Purpose::SignUp, &form.email).await?;
    Ok(at.page("Look into your mailbox", MailSentPage))
}
