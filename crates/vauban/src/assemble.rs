//! From a list of modules to a program that can answer: its database and its site.

use std::sync::Arc;

use vauban_core::checks::Migrated;
use vauban_core::commands::Failure;
use vauban_core::settings::{Settings, without_password};
use vauban_core::site::Site;
use vauban_orm::engine::{Database, Options, OwnersUrl};
use vauban_orm::migrations::Dialect;

use crate::app::App;

/// Opens the database that the settings name.
///
/// # Errors
/// If it cannot be opened, with the URL; if a model or a migration names a table that is not its package's.
pub(crate) fn open(app: &App, settings: &Settings) -> Result<Database, Failure> {
    // CWE-668: before the first statement, and whatever the mode.
    let tables: Vec<String> = vauban_orm::checks::tables(&app.modules.models(), app.package.name())
        .iter()
        .map(|found| format!("the model {}: {}.", found.model, found.message))
        .collect();
    if !tables.is_empty() {
        return Err(Failure::new(tables.join("\n")));
    }
    let migrations = app.modules.refused_migrations(app.package.name());
    if !migrations.is_empty() {
        return Err(Failure::new(migrations.join("\n")));
    }
    let options = Options {
        synchronous: settings.sqlite_synchronous,
        readers: settings.database_readers,
        connections: settings.database_connections,
        plain_text: settings.database_plain_text,
        row_security: settings.database_row_security,
        owner: settings
            .database_migration_url
            .as_ref()
            .map(|url| OwnersUrl::new(url.expose())),
        log_queries: settings.mode.is_development() && cfg!(debug_assertions),
        models: app.modules.models(),
        services: app.modules.services().map(|service| service.meta).collect(),
        data_migrations: app.modules.data_migrations(),
        ..Options::default()
    };
    let url = settings.database_url.expose();
    #[allow(deprecated)]
    let opened = Database::open(url, options);
    if let Ok(database) = &opened {
        #[allow(deprecated)] // ours to call
        Site::__give_keys(settings, database);
    }
    opened.map_err(|error| {
        let shown = without_password(url);
        let wanted = match url.starts_with("sqlite:") {
            true => "; its folder must exist and be writable",
            false => "",
        };
        Failure::new(format_args!(
            "The database {shown} cannot be opened: {error}\nVAUBAN_DATABASE_URL names it{wanted}."
        ))
    })
}

/// The SQL of the database that the settings name, which is not asked.
pub(crate) fn dialect(settings: &Settings) -> Dialect {
    match settings.database_url.expose().starts_with("sqlite:") {
        true => Dialect::Sqlite,
        false => Dialect::Postgres,
    }
}

/// Whether the database's file is there. Opening would make it.
pub(crate) fn exists(settings: &Settings) -> bool {
    let url = settings.database_url.expose();
    // Of a server nothing is known before it is asked.
    let Some(path) = url.strip_prefix("sqlite:") else {
        return true;
    };
    std::path::Path::new(path.strip_prefix("//").unwrap_or(path)).is_file()
}

/// How the database and the program's migrations differ.
///
/// # Errors
/// Files or a database that cannot be read.
pub(crate) fn migrated(app: &App, database: &Database) -> Result<Migrated, Failure> {
    let sets = app.migration_sets();
    let pending = database.pending(&sets)?;
    // Before it is migrated, nothing else is to be expected.
    let (differs, misunderstood, row_security) = match pending.missing.is_empty() {
        true => (
            database.schema_difference(&sets)?,
            database.not_understood()?,
            database.secured()?,
        ),
        false => Default::default(),
    };
    let misunderstood = misunderstood
        .into_iter()
        .map(|found| (found.model, found.message));
    let keys = database.missing_keys()?;
    let lost_keys = keys.lost.into_iter();
    Ok(Migrated {
        lost_keys: lost_keys.map(|(label, _, root)| (label, hex(&root))).collect(),
        unnamed_keys: keys.unnamed.into_iter().collect(),
        misunderstood: misunderstood.collect(),
        lacks: differs.missing,
        unknown: differs.more,
        row_security,
        pending: pending.missing,
        ahead: pending.ahead,
        changed: pending.changed,
        age: pending.age,
    })
}

/// What names a secret, for people.
pub(crate) fn hex(root: &[u8]) -> String {
    root.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the site.
///
/// # Errors
/// Routes that answer the same requests; what a module's part fails with.
pub(crate) fn assemble(app: App, settings: Settings, database: Database) -> Result<Arc<Site>, Failure> {
    #[allow(unused_mut, deprecated)]
    let mut site = Site::__assemble(app.package, &app.modules, settings, database)?;
    #[cfg(feature = "__test_switches")]
    site.__require_https(!app.no_https_redirect);
    Ok(Arc::new(site))
}
