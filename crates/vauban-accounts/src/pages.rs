//! The account pages, for a site that writes pages of its own in their place.
//!
//! A page of the site's is a template of its own that is made [`From`] ours, with the same values, and is wired by one line. It
//! is the whole page: the layout of [`Module::layout`](crate::Module::layout) is for those that stay ours. What is decided
//! stays decided: who may call the page, what its form does, status and headers are the view's.
//!
//! ```ignore
//! #[derive(Template)]
//! #[template("accounts/login.html")]    // {% extends "base.html" %} … <form method="post">{{ page.form }} …
//! struct LoginPage { page: accounts::pages::LoginPage }
//! impl From<accounts::pages::LoginPage> for LoginPage { fn from(page: accounts::pages::LoginPage) -> Self { Self { page } } }
//!
//! App::new(vauban::package!()).page::<accounts::pages::LoginPage, LoginPage>()
//! ```
//!
//! It has every form of ours, sent to where ours is, with every field that must be filled in; the token stands in each, for
//! the template's compiler writes it. While developing and in tests, a page that lacks one is an error that says so.
//!
//! Who may not see a page gets the site's page for 403: `App::error_pages`.

pub use crate::factors::Code;
#[cfg(feature = "passkeys")]
pub use crate::factors::passkeys::PasskeyAnswer;
pub use crate::forms::{
    AddressForm, CodeForm, LoginForm, NewPasswordForm, PasswordForm, ProofForm, RecoveryForm,
};
#[cfg(feature = "passkeys")]
pub use crate::forms::{PasskeyForm, PasskeyNameForm};
pub use crate::views::answers::{DeadLinkPage, ProviderButton};
pub use crate::views::confirm::ConfirmPage;
pub use crate::views::data::DataPage;
pub use crate::views::delete::{DeletePage, DeletionAskedPage};
pub use crate::views::delete_link::DeleteLinkPage;
pub use crate::views::email::EmailPage;
pub use crate::views::email_link::EmailLinkPage;
pub use crate::views::factor_link::FactorLinkPage;
pub use crate::views::factors::FactorsPage;
pub use crate::views::invitation_link::InvitationLinkPage;
pub use crate::views::kept::KeptPage;
#[cfg(feature = "oidc")]
pub use crate::views::links::{LinksPage, OneLink};
pub use crate::views::login::LoginPage;
pub use crate::views::login_factor::LoginFactorPage;
pub use crate::views::login_recovery::LoginRecoveryPage;
pub use crate::views::mails::{MailsPage, OneKind};
pub use crate::views::members::{MemberPage, MembersPage, OneMember, OpenInvitation, RoleChoice};
#[cfg(feature = "oidc")]
pub use crate::views::oidc::{ContinuePage, NotSignedInPage, ToProviderPage};
#[cfg(feature = "passkeys")]
pub use crate::views::passkeys::list::{OnePasskey, PasskeysPage};
#[cfg(feature = "passkeys")]
pub use crate::views::passkeys::page::PasskeyPage;
pub use crate::views::password::PasswordPage;
pub use crate::views::recovery::RecoveryCodesPage;
pub use crate::views::reset::ResetPage;
pub use crate::views::reset_link::ResetLinkPage;
pub use crate::views::security::{Event, Protection, SecurityPage};
pub use crate::views::sessions::{OneSession, SessionsPage};
pub use crate::views::signup::{MailSentPage, SignUpPage};
pub use crate::views::signup_link::SignUpLinkPage;
pub use crate::views::totp::TotpPage;
