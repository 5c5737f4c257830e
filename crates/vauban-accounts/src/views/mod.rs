//! The account pages. One file per page: what it shows, what its form does.

pub(super) mod answers;
pub(super) mod confirm;
pub(super) mod data;
pub(super) mod delete;
pub(super) mod delete_link;
pub(super) mod email;
pub(super) mod email_link;
pub(super) mod entering;
pub(super) mod factor_link;
pub(super) mod factors;
pub(super) mod invitation_link;
pub(super) mod kept;
#[cfg(feature = "oidc")]
pub(super) mod links;
pub(super) mod login;
pub(super) mod login_factor;
pub(super) mod login_recovery;
pub(super) mod logout;
pub(super) mod mails;
pub(super) mod members;
#[cfg(feature = "oidc")]
pub(super) mod oidc;
mod passkey_links;
#[cfg(feature = "passkeys")]
pub(super) mod passkeys;
pub(super) mod password;
pub(super) mod recovery;
pub(super) mod reset;
pub(super) mod reset_link;
pub(super) mod security;
pub(super) mod sessions;
pub(super) mod signup;
pub(super) mod signup_link;
pub(super) mod totp;
