//! What accounts bring to a program: models, services, migrations.

use vauban_orm::{Model, ModelMeta, migrations};

use super::UserAccount;
use super::credential::Credential;
use super::services::{Administration, PasswordChange, SignIn, SignUp};
use super::throttle::{ThrottleRow, Throttling};
use crate::app::ServiceFacts;
use crate::sessions::{SessionRow, SessionStore};

/// The framework's own models and the app's user.
pub(crate) fn models<U: UserAccount>() -> Vec<fn() -> &'static ModelMeta> {
    vec![U::meta, Credential::meta, SessionRow::meta, ThrottleRow::meta]
}

/// The services of accounts.
pub(crate) fn services<U: UserAccount>() -> Vec<ServiceFacts> {
    vec![
        ServiceFacts::of::<SignUp<U>>(),
        ServiceFacts::of::<SignIn<U>>(),
        ServiceFacts::of::<PasswordChange<U>>(),
        ServiceFacts::of::<Administration<U>>(),
        ServiceFacts::of::<SessionStore>(),
        ServiceFacts::of::<Throttling>(),
    ]
}

/// The migrations of the framework's own models.
pub(crate) fn migration_set() -> migrations::Set {
    vauban_macros::migrations!("migrations")
}

/// The models of the framework's own package.
#[cfg(test)]
fn own_models() -> Vec<&'static ModelMeta> {
    vec![Credential::meta(), SessionRow::meta(), ThrottleRow::meta()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban migrations_say` writes what is missing.
    #[test]
    fn the_frameworks_migrations_say_what_its_models_say() {
        let set = migration_set();
        let made = migrations::make("vauban", &own_models(), std::slice::from_ref(&set))
            .unwrap()
            .unwrap();
        if let Some(new) = &made
            && std::env::var_os("VAUBAN_UPDATE_MIGRATIONS").is_some()
        {
            migrations::add_file(std::path::Path::new(set.folder), &new.name, &new.text).unwrap();
            return;
        }
        assert!(
            made.is_none(),
            "write {made:?}: VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban migrations_say"
        );
    }
}
