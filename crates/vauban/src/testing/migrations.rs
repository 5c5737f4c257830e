//! A module's migrations, in the tests of its own package.

use std::path::Path;

use vauban_orm::migrations::{self, Answers, Made};

use crate::{App, Module};

/// Fails if the module's migrations do not say what its models say; writes what is missing if asked to.
///
/// `makemigrations` is a command of a site and writes the site's own migrations. A module's are written by its author, in
/// its own package, with the one test
///
/// ```ignore
/// #[test]
/// fn migrations_are_complete() {
///     vauban::testing::migrations_are_complete(&crate::module());
/// }
/// ```
///
/// and `VAUBAN_UPDATE_MIGRATIONS=1 cargo test migrations_are_complete`. Commit what it wrote, with its `INDEX`.
///
/// # Panics
/// If they differ, with what is missing; if the module brings no migrations though it has models.
pub fn migrations_are_complete(module: &Module) {
    migrations_are_complete_beside(module, &[]);
}

/// Fails if a database of any earlier state of the program's migrations, with a row in each table, does not go to the newest one,
/// or not back as far as its migrations say that there is a way.
///
/// ```ignore
/// #[test]
/// fn migrations_go_both_ways() {
///     vauban::testing::migrations_go_both_ways(&site::app());
/// }
/// ```
///
/// # Panics
/// With the state that a database was in, and the migration that does not go.
pub fn migrations_go_both_ways(app: &App) {
    if let Err(told) = migrations::round_trip(&app.migration_sets(), &app.modules.data_migrations()) {
        panic!("{told}");
    }
}

/// The same for a module whose models refer to those of other modules: their migrations come first.
///
/// # Panics
/// See [`migrations_are_complete`].
pub fn migrations_are_complete_beside(module: &Module, others: &[&Module]) {
    let write = std::env::var_os("VAUBAN_UPDATE_MIGRATIONS").is_some();
    if let Err(told) = complete(module, others, write) {
        panic!("{told}");
    }
}

fn complete(module: &Module, others: &[&Module], write: bool) -> Result<(), String> {
    let models: Vec<_> = module.listed_models().iter().map(|model| model()).collect();
    let Some(set) = module.listed_migrations().first() else {
        return match models.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "the module `{}` has models and no migrations: add `.migrations(vauban::migrations!(\"migrations\"))`",
                module.name()
            )),
        };
    };
    if let Some(stranger) = models.iter().find(|model| model.package != set.package) {
        return Err(format!(
            "the model `{}` is of the package `{}`, the migrations are of `{}`: a package makes its own",
            stranger.name, stranger.package, set.package
        ));
    }
    let sets = others.iter().flat_map(|other| other.listed_migrations().iter());
    let sets: Vec<_> = sets.chain([set]).cloned().collect();
    let made = migrations::make(set.package, &models, &sets, &Answers::default());
    let made = made.map_err(|error| error.to_string())?;
    if let (Made::New(new), true) = (&made, write) {
        return migrations::add_file(Path::new(set.folder), &new.name, &new.text)
            .map(drop)
            .map_err(|error| format!("{}: {error}", set.folder));
    }
    let steps = made.told();
    if steps.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the models of the module `{}` say more than its migrations:\n  {}\nwrite them with \
         `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p {}`, and commit them",
        module.name(),
        steps.join("\n  "),
        set.package
    ))
}
