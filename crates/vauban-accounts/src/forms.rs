//! The forms of the account pages. Field names are plain, so that password managers know them.

use vauban::Form;

use super::factors::Code;
#[cfg(feature = "passkeys")]
use super::factors::passkeys::PasskeyAnswer;
use super::{Email, Password};
use vauban::forms::{FormErrors, Problem};

/// Signing in. The address is not parsed here: one that cannot be an address is answered like an unknown one.
#[derive(Form)]
pub struct LoginForm {
    /// The address of their account, as it was typed.
    #[field(label = "E-mail address", widget = email, max_length = 320, autocomplete = "username")]
    pub email: String,
    /// The password of their account.
    #[field(label = "Password", max_length = 1024, autocomplete = "current-password")]
    pub password: Password,
    /// Whether they stay signed in.
    #[field(label = "Stay signed in on this device")]
    pub remember: bool,
}

/// Proving again who one is: by one of these.
#[derive(Form)]
pub struct ProofForm {
    /// The password of their account.
    #[field(label = "Password", max_length = 1024, autocomplete = "current-password")]
    pub password: Option<Password>,
    /// A code of their authenticator app.
    #[field(
        label = "Code of your authenticator app",
        max_length = 100,
        autocomplete = "one-time-code"
    )]
    pub code: Option<Code>,
}

/// A code of an authenticator app.
#[derive(Form)]
pub struct CodeForm {
    /// What the app shows, or what stands on their list of codes.
    #[field(
        label = "Code",
        help = "Six digits.",
        max_length = 100,
        autocomplete = "one-time-code"
    )]
    pub code: Code,
}

/// One code of those that were shown once.
#[derive(Form)]
pub struct RecoveryForm {
    /// What the app shows, or what stands on their list of codes.
    #[field(label = "Recovery code", max_length = 100, autocomplete = "one-time-code")]
    pub code: Code,
}

/// A passkey: what was signed with it, and what a new one is called.
#[cfg(feature = "passkeys")]
#[derive(Form)]
pub struct PasskeyForm {
    /// What a new one is called.
    #[field(
        label = "Name",
        help = "So that you know it again: phone, laptop, key.",
        max_length = 60
    )]
    pub name: Option<String>,
    /// What the page's script has had signed. CWE-770: answers have a few hundred bytes.
    #[field(label = "Passkey", max_length = 16_384)]
    pub passkey: Option<PasskeyAnswer>,
}

/// Another name of a passkey.
#[cfg(feature = "passkeys")]
#[derive(Form)]
pub struct PasskeyNameForm {
    /// What it is called from now on.
    #[field(label = "Name", max_length = 60)]
    pub name: String,
}

/// Asking for a mail: signing up, a forgotten password.
#[derive(Form)]
pub struct AddressForm {
    /// The address of their account, as it was typed.
    #[field(label = "E-mail address", max_length = 320, autocomplete = "username")]
    pub email: Email,
}

/// A new password behind a link. Once: who mistypes it asks for another link.
#[derive(Form)]
pub struct NewPasswordForm {
    /// The password of their account.
    #[field(
        label = "Password",
        help = "A few words that you remember are better than one with signs.",
        max_length = 1024,
        autocomplete = "new-password"
    )]
    pub password: Password,
}

/// Making the first administrator. Its fields are what sign-up asks in two steps, and its password twice.
#[derive(Form)]
#[form(clean = same_passwords)]
pub(super) struct SignUpForm {
    #[field(label = "E-mail address", max_length = 320, autocomplete = "username")]
    pub(super) email: Email,
    #[field(
        label = "Password",
        help = "A few words that you remember are better than one with signs.",
        max_length = 1024,
        autocomplete = "new-password"
    )]
    pub(super) password: Password,
    #[field(label = "Password again", max_length = 1024, autocomplete = "new-password")]
    pub(super) password_again: Password,
}

/// Changing the password (ASVS 6.2.3: with the old one).
#[derive(Form)]
#[form(clean = same_new_passwords)]
pub struct PasswordForm {
    /// The one that they have.
    #[field(label = "Old password", max_length = 1024, autocomplete = "current-password")]
    pub old_password: Password,
    /// The one that they want.
    #[field(
        label = "New password",
        help = "A few words that you remember are better than one with signs.",
        max_length = 1024,
        autocomplete = "new-password"
    )]
    pub new_password: Password,
    /// The same again, so that a slip is noticed.
    #[field(
        label = "New password again",
        max_length = 1024,
        autocomplete = "new-password"
    )]
    pub new_password_again: Password,
}

const DIFFERENT: Problem = Problem::new("password_mismatch", "The two passwords are not the same.");

fn same_passwords(form: &SignUpForm, errors: &mut FormErrors<'_, SignUpForm>) {
    if form.password.reveal() != form.password_again.reveal() {
        errors.field(|fields| &mut fields.password_again, DIFFERENT);
    }
}

fn same_new_passwords(form: &PasswordForm, errors: &mut FormErrors<'_, PasswordForm>) {
    if form.new_password.reveal() != form.new_password_again.reveal() {
        errors.field(|fields| &mut fields.new_password_again, DIFFERENT);
    }
}
