//! People: who they are, how they prove it, and what keeps others from pretending.
//!
//! An application declares its own user model with `#[derive(Model, UserAccount)]`, adds [`module`] and includes
//! [`urls`]. Password hashes, sessions and throttles have models of their own that no policy opens; the services in
//! this module are the only way to them.
//!
//! It is a module like any other's: it depends on `vauban-core` alone, and a site may leave it out or bring another
//! identity.

// `#[derive(UserAccount)]` in this crate's own tests.
#[cfg(test)]
extern crate self as vauban_accounts;

/// Whether this build has what tests need, and no release may have (CWE-489).
#[doc(hidden)]
pub const TEST_KIT: bool = cfg!(feature = "testing");

mod accounts;
mod commands;
mod counted;
mod credential;
mod data;
mod deletion;
#[cfg(debug_assertions)]
mod development;
mod device;
mod events;
mod factors;
mod forms;
mod history;
pub mod hooks;
mod identify;
mod kept;
mod layout;
mod links;
mod look_as;
mod mailing;
pub mod mails;
pub mod members;
mod module;
mod oidc;
mod own_fields;
pub mod pages;
mod params;
#[cfg(feature = "passkeys")]
pub mod passkeys;
mod password_commands;
mod passwords;
mod people;
mod rights;
#[cfg(any(debug_assertions, feature = "testing"))]
mod same_forms;
#[cfg(any(test, feature = "testing"))]
mod samples;
mod services;
mod sessions;
mod settings;
mod tenancy;
#[cfg(test)]
mod tests;
mod throttle;
pub mod urls;
mod users;
mod views;

pub use accounts::{AccountOptions, Accounts};
pub use layout::{AccountPage, Layout};
pub use look_as::LookAs;
pub use module::{Module, module};
pub use params::{CurrentUser, Fresh};
pub use passwords::*;
pub use people::{AccountColumns, Derived, UserAccount};
pub use rights::{Granting, Group};
pub use sessions::{Clock, Session, SessionKey, SessionLimits};
pub use settings::SignUps;
pub use vauban::email::{Email, InvalidEmail, MAX_EMAIL_BYTES};
pub use vauban_macros::UserAccount;
/// For `#[derive(UserAccount)]`: users can be written to.
#[doc(hidden)]
pub use vauban_mail as __mail;
