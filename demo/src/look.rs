//! Pages and mails of the accounts that this site writes itself. What is not here stays as the framework has it, within our
//! layout.

use vauban::accounts::mails::ResetMail;
use vauban::accounts::pages;
use vauban::prelude::*;

/// The page for signing in. Its file extends our `base.html`.
#[derive(Template)]
#[template("accounts/login.html")]
pub struct LoginPage {
    page: pages::LoginPage,
}

impl From<pages::LoginPage> for LoginPage {
    fn from(page: pages::LoginPage) -> Self {
        Self { page }
    }
}

/// The mail for somebody who has forgotten their password.
#[derive(Mail)]
#[mail(subject = "Choose a new password", template = "mail/new_password")]
pub struct NewPassword {
    mail: ResetMail,
}

impl From<ResetMail> for NewPassword {
    fn from(mail: ResetMail) -> Self {
        Self { mail }
    }
}
