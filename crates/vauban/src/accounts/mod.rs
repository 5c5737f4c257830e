//! People: who they are, how they prove it, and what keeps others from pretending.
//!
//! An application declares its own user model with `#[derive(Model, UserAccount)]`, says `App::users::<User>()`
//! and includes [`urls`]. Password hashes, sessions and throttles have models of their own that no policy opens;
//! the services in this module are the only way to them.

// `accounts::accounts::Accounts` is the thing itself; the file is named after it.
#[allow(clippy::module_inception)]
mod accounts;
mod credential;
#[cfg(debug_assertions)]
mod development;
mod device;
mod email;
mod fields;
mod forms;
mod identify;
mod listing;
mod pages;
mod params;
mod passwords;
mod people;
mod services;
#[cfg(test)]
mod tests;
mod throttle;
pub mod urls;
mod users;
mod views;

pub use accounts::{AccountOptions, Accounts};
pub use email::{Email, InvalidEmail, MAX_EMAIL_BYTES};
pub(crate) use listing::{migration_set, models as model_facts, services as service_facts};
pub use pages::{AccountPage, Layout};
pub use params::CurrentUser;
pub use passwords::*;
pub use people::{AccountColumns, UserAccount};
pub use vauban_macros::UserAccount;

/// The framework's own models that accounts need tables for.
pub fn models() -> Vec<&'static vauban_orm::ModelMeta> {
    use vauban_orm::Model as _;
    vec![
        crate::sessions::SessionRow::meta(),
        credential::Credential::meta(),
        throttle::ThrottleRow::meta(),
    ]
}
