//! From a list of modules to a program that can answer: the site, its database and its accounts.

use std::sync::Arc;

use vauban_orm::engine::{Database, Options, Synchronous as Synced};

use crate::accounts::Accounts;
use crate::app::App;
use crate::checks::Migrated;
use crate::commands::Failure;
use crate::middleware::{Site, SiteParts};
use crate::settings::{Settings, Synchronous};
use crate::signing::Keys;
use crate::staticfiles::StaticFile;

/// The script for partial updates, which every site serves.
const FRAGMENTS: StaticFile = StaticFile {
    path: vauban_template::FRAGMENTS_PATH,
    bytes: vauban_template::FRAGMENTS_JS.as_bytes(),
};

/// A program with its settings and its database, ready to answer or to run commands.
pub(crate) struct Assembled {
    pub(crate) site: Arc<Site>,
    pub(crate) database: Database,
    pub(crate) accounts: Option<Arc<Accounts>>,
}

/// Opens the database that the settings name.
///
/// # Errors
/// If it cannot be opened, with the URL.
pub(crate) fn open(app: &App, settings: &Settings) -> Result<Database, Failure> {
    let options = Options {
        synchronous: match settings.sqlite_synchronous {
            Synchronous::Full => Synced::Full,
            Synchronous::Normal => Synced::Normal,
        },
        log_queries: settings.mode.is_development() && cfg!(debug_assertions),
        models: app.models(),
        ..Options::default()
    };
    let url = settings.database_url.expose();
    Database::open(url, options).map_err(|error| {
        Failure::new(format_args!(
            "The database {url} cannot be opened: {error}\nVAUBAN_DATABASE_URL names it; its folder must exist and be writable."
        ))
    })
}

/// Whether the database's file is there. Opening would make it.
pub(crate) fn exists(settings: &Settings) -> bool {
    let url = settings.database_url.expose();
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    std::path::Path::new(path.strip_prefix("//").unwrap_or(path)).is_file()
}

/// How the database and the program's migrations differ.
///
/// # Errors
/// Files or a database that cannot be read.
pub(crate) fn migrated(app: &App, database: &Database) -> Result<Migrated, Failure> {
    let pending = database.pending(&app.migration_sets())?;
    Ok(Migrated {
        pending: pending.missing,
        ahead: pending.ahead,
        changed: pending.changed,
    })
}

/// Makes the site.
///
/// # Errors
/// Routes that answer the same requests; a hashing cost outside what Argon2 allows.
pub(crate) fn assemble(app: App, settings: Settings, database: Database) -> Result<Assembled, Failure> {
    if !app.faults.is_empty() {
        return Err(Failure::new(app.faults.join("\n")));
    }
    let routes = app.all_routes();
    let look_as: Vec<_> = app
        .modules
        .iter()
        .flat_map(|module| module.look_as.iter().copied())
        .collect();
    let accounts = match &app.people {
        None => None,
        Some(people) => {
            let fallbacks: Vec<&[u8]> = settings
                .secret_key_fallbacks
                .iter()
                .map(|key| key.expose().as_bytes())
                .collect();
            let keys = Keys::new(settings.secret_key.expose().as_bytes(), &fallbacks);
            let mut options = app.account_options;
            options.limits.idle = settings.sessions.idle;
            options.limits.absolute = settings.sessions.absolute;
            // ASVS 6.2.11: a password of this site is not the site's name.
            options.rules.context_words.push(app.package.name.to_owned());
            let accounts = (people.accounts)(database.clone(), &keys, options)?;
            #[cfg(debug_assertions)]
            accounts.offer_to_look_as(&look_as)?;
            Some(Arc::new(accounts))
        }
    };
    #[cfg(not(debug_assertions))]
    drop(look_as);
    let mut parts = SiteParts::new(app.package, settings, routes);
    #[cfg(any(test, feature = "__test_switches"))]
    {
        parts.https &= !app.no_https_redirect;
    }
    parts.database = Some(database.clone());
    parts.static_files = app.static_files;
    parts.static_files.add(&[FRAGMENTS]);
    for module in app.modules {
        parts
            .static_files
            .join(module.name, module.static_files)
            .map_err(Failure::new)?;
    }
    parts.pages = app.pages;
    parts.error_pages = app.error_pages;
    parts.before = app.before;
    parts.around = app.around;
    if let Some(accounts) = &accounts {
        parts.sessions = Some(accounts.clone());
        parts.accounts = Some(accounts.clone());
        parts.sign_in = Some(crate::accounts::urls::login());
    }
    let site = Site::new(parts).map_err(|conflicts| {
        let told: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        Failure::new(told.join("\n"))
    })?;
    Ok(Assembled {
        site,
        database,
        accounts,
    })
}
