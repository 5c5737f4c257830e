//! A database, with what the program lists.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::carried::Carried;
use super::watch::Holder;
#[cfg(feature = "postgres")]
use crate::backend::postgres;
use crate::backend::sqlite::{self, Settings, Synchronous};
use crate::backend::{StatementWatch, Store};
use crate::checks::ModelFinding;
#[cfg(feature = "postgres")]
use crate::checks::not_understood_by_a_server;
use crate::error::{Error, Result};
use crate::migrations::{self, Applied, DataMigrationMeta, MigrationError, Pending, Secured, Set};
use crate::policy::actor::ServiceMeta;
use crate::policy::listed::Listed;
use crate::tree::meta::ModelMeta;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// When a COMMIT counts as done.
    pub synchronous: Synchronous,
    /// How long a unit may wait for the writer's turn.
    pub wait: Duration,
    /// How long a unit may hold it.
    pub hold: Duration,
    /// Reader threads for sets that are too large to be read in place; at least two.
    pub readers: usize,
    /// Steps of SQLite's machine that a statement may take on the request's own thread.
    pub inline_steps: i64,
    /// Steps that it may take on a reader thread before it begins again among the deep ones.
    pub short_steps: i64,
    /// Steps that it may take at all.
    pub steps: i64,
    /// Connections to a server, at most.
    pub connections: usize,
    /// How long a statement may take on a server.
    pub statement: Duration,
    /// Whether a server on another machine may be asked without TLS, because the network between is trusted and encrypted by
    /// other means (CWE-319).
    pub plain_text: bool,
    /// Whether the database, PostgreSQL, has the models' rules as policies of its own as well.
    pub row_security: bool,
    /// As whom tables are made and changed on a server, if not as whoever asks.
    pub owner: Option<OwnersUrl>,
    /// Keep each unit's queries, for the development error page.
    pub log_queries: bool,
    /// All models of the program: no other can be asked, and deleting knows which rows refer to which.
    pub models: Vec<&'static ModelMeta>,
    /// All services of the program: no other may act.
    pub services: Vec<ServiceMeta>,
    /// All functions of the program that its data migrations run.
    pub data_migrations: Vec<DataMigrationMeta>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            wait: Duration::from_secs(5),
            hold: Duration::from_secs(5),
            readers: 2,
            inline_steps: 60_000,
            short_steps: 1_000_000,
            steps: 50_000_000,
            connections: 16,
            statement: Duration::from_secs(10),
            plain_text: false,
            row_security: false,
            owner: None,
            log_queries: cfg!(debug_assertions),
            models: Vec::new(),
            services: Vec::new(),
            data_migrations: Vec::new(),
        }
    }
}

/// The URL of the role that owns the tables. Never shown: its password is in it (CWE-532).
#[derive(Clone)]
pub struct OwnersUrl(#[cfg_attr(not(feature = "postgres"), allow(dead_code))] String);

impl OwnersUrl {
    /// For the framework, of its settings.
    pub fn new(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Debug for OwnersUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnersUrl")
    }
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: Options,
    listed: OnceLock<Arc<Listed>>,
    /// Those who are told of changes, whoever they are to the unit.
    pub(super) hooks: OnceLock<Box<dyn Any + Send + Sync>>,
    /// What the framework finds by a unit's handle.
    pub(super) carried: Carried,
    pub(crate) store: Store,
    /// As whom tables are made and changed, if not as whoever asks.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    owner: Option<Store>,
    /// The unit that has the turn, for the bound on holding it.
    pub(super) holder: Arc<Holder>,
}

impl Database {
    /// Opens `sqlite:///absolute/path`, `sqlite:relative/path`, `sqlite::memory:` (a private file in
    /// the temporary folder that goes when the database is dropped: real WAL, one writer, many readers) or, built with
    /// PostgreSQL, `postgres://user@host/name`, which is not contacted before the first statement.
    ///
    /// # Errors
    /// If the URL is of another form, the file cannot be opened, or two of the models have one table.
    #[doc(hidden)]
    #[deprecated(note = "the framework opens the database and binds it to who asks: take `db: Db` in a view")]
    pub fn open(url: &str, options: Options) -> Result<Self> {
        #[cfg(all(test, feature = "postgres"))]
        let options = crate::tests::secured(url, options);
        let store = match url.strip_prefix("sqlite:") {
            Some(_) if options.row_security => return Err(Error::Internal(NO_POLICIES.to_owned())),
            Some(_) if options.owner.is_some() => return Err(Error::Internal(NO_ROLES.to_owned())),
            Some(rest) => Store::Sqlite(Arc::new(sqlite::Store::open(rest, settings(&options))?)),
            None => on_a_server(url, &options)?,
        };
        let owner = match (&store, &options.owner) {
            (_, None) | (Store::Sqlite(_), _) => None,
            #[cfg(feature = "postgres")]
            (Store::Postgres(_), Some(OwnersUrl(url))) => Some(on_a_server(url, &options)?),
        };
        let opened = Self(Arc::new(Inner {
            listed: OnceLock::new(),
            hooks: OnceLock::new(),
            carried: Carried::default(),
            store,
            owner,
            holder: Arc::default(),
            options,
        }));
        if !opened.0.options.models.is_empty() {
            opened.set_models(opened.0.options.models.clone())?;
        }
        Ok(opened)
    }

    /// How this database and these migrations differ.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn pending(&self, sets: &[Set]) -> Result<Pending, MigrationError> {
        match &self.0.store {
            Store::Sqlite(store) => migrations::pending(&schema_connection(store)?, sets),
            #[cfg(feature = "postgres")]
            // Of a database that was never migrated to its end, the role that asks may not read what was applied.
            Store::Postgres(store) => apart(self.owner(store), async |c| {
                migrations::postgres::pending(c, sets).await
            }),
        }
    }

    /// How this database's tables differ from those of its models.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn schema_difference(&self, sets: &[Set]) -> Result<migrations::Difference, MigrationError> {
        match &self.0.store {
            Store::Sqlite(store) => {
                migrations::differences(&schema_connection(store)?, self.listed().models(), sets)
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let listed = self.listed();
                apart(store, async |c| {
                    migrations::postgres::differences(c, listed.models()).await
                })
            }
        }
    }

    /// What this database does not understand of the models' rules (`orm.E011`), where it has all migrations. SQLite is asked by
    /// [`checks::check`](crate::checks::check), without it.
    ///
    /// # Errors
    /// A database that cannot be asked.
    pub fn not_understood(&self) -> Result<Vec<ModelFinding>, MigrationError> {
        match &self.0.store {
            Store::Sqlite(_) => Ok(Vec::new()),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let listed = self.listed();
                apart(store, async |c| {
                    let wrong = not_understood_by_a_server(c, listed.models()).await;
                    wrong.map_err(|failure| MigrationError::Set(failure.to_string()))
                })
            }
        }
    }

    /// Brings this database to `target`, each migration whole or not at all, under a lock. Then it looks at the tables
    /// (`ANALYZE`), so that what is asked of them is found by the indexes that there are now.
    ///
    /// # Errors
    /// See [`migrations::apply`].
    pub fn migrate(
        &self,
        sets: &[Set],
        target: &migrations::Target,
        on_applied: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>, MigrationError> {
        match &self.0.store {
            Store::Sqlite(store) => {
                let functions = &self.0.options.data_migrations;
                let connection = &mut schema_connection(store)?;
                let applied = migrations::apply_with(connection, sets, target, functions, on_applied)?;
                if !applied.is_empty() {
                    store.after_migrations();
                }
                Ok(applied)
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let (models, functions) = (self.listed(), &self.0.options.data_migrations);
                let applied = apart(self.owner(store), async |c| {
                    let models = models.models();
                    migrations::postgres::apply(c, sets, target, models, functions, |_| {}).await
                })?;
                applied.iter().for_each(on_applied);
                Ok(applied)
            }
        }
    }

    /// What [`migrate`](Self::migrate) would do.
    ///
    /// # Errors
    /// See [`migrations::plan`].
    pub fn migration_plan(
        &self,
        sets: &[Set],
        target: &migrations::Target,
    ) -> Result<Vec<migrations::Step>, MigrationError> {
        match &self.0.store {
            Store::Sqlite(store) => migrations::plan(&schema_connection(store)?, sets, target),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let models = self.listed();
                apart(self.owner(store), async |c| {
                    migrations::postgres::plan(c, sets, target, models.models()).await
                })
            }
        }
    }

    /// The tables of any database, as the source of models: for `inspectdb`. It is only read.
    ///
    /// # Errors
    /// A URL of another form; a database that cannot be asked.
    pub fn inspected(url: &str) -> Result<String, MigrationError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return migrations::inspect::of_sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        let store = on_a_server(url, &Options::default());
        match store.map_err(|error| MigrationError::Set(error.to_string()))? {
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                apart(&store, async |c| migrations::inspect::postgres::inspect(c).await)
            }
            Store::Sqlite(_) => Err(MigrationError::Set("a file is named by `sqlite:`".to_owned())),
        }
    }

    /// Makes the models' tables in an empty database, without files, and lists them if the options list none: for
    /// tests.
    ///
    /// # Errors
    /// What the database says; two models with one table.
    pub fn create_all(&self, models: &[&'static ModelMeta]) -> Result<(), MigrationError> {
        self.set_models(models.to_vec())
            .map_err(|error| MigrationError::Set(error.to_string()))?;
        match &self.0.store {
            Store::Sqlite(store) => migrations::create_all(&mut schema_connection(store)?, models),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                apart(self.owner(store), async |c| {
                    migrations::postgres::create_all(c, models).await
                })?;
                self.secure_rows().map(drop)
            }
        }
    }

    /// Brings the database's own policies to what the program's rules say, or takes them away if it is to have none; and gives the
    /// role that asks what it needs. Nothing on SQLite, and nothing where one role owns and asks, unless it is to have policies.
    ///
    /// # Errors
    /// A rule that cannot be emitted, by its model, and why; roles that are one; a database that refuses.
    pub fn secure_rows(&self) -> Result<Secured, MigrationError> {
        match &self.0.store {
            Store::Sqlite(_) => Ok(Secured::Unchanged),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let (listed, wanted) = (self.listed(), self.0.options.row_security);
                apart(self.owner(store), async |c| {
                    migrations::postgres::secure(c, &listed, store.role(), wanted).await
                })
            }
        }
    }

    /// The policies that the program's rules become, as statements for review. No database is asked.
    ///
    /// # Errors
    /// A rule that cannot be emitted, by its model, and why.
    pub fn policies(&self) -> Result<Vec<String>, MigrationError> {
        migrations::policies(&self.listed())
    }

    /// What keeps the database from holding the program's rules by itself, if it is to; and what its role lacks, or may too much.
    ///
    /// # Errors
    /// A database that cannot be asked.
    pub fn secured(&self) -> Result<migrations::RowSecurity, MigrationError> {
        match &self.0.store {
            Store::Sqlite(_) => Ok(migrations::RowSecurity::default()),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let (listed, wanted) = (self.listed(), self.0.options.row_security);
                apart(store, async |c| {
                    migrations::postgres::secured(c, &listed, wanted).await
                })
            }
        }
    }

    /// As whom tables are made and changed.
    #[cfg(feature = "postgres")]
    pub(super) fn owner<'a>(&'a self, store: &'a postgres::Store) -> &'a postgres::Store {
        match &self.0.owner {
            Some(Store::Postgres(owner)) => owner,
            _ => store,
        }
    }

    /// For tests of what is SQLite's own.
    #[cfg(test)]
    pub(crate) fn sqlite(&self) -> &Arc<sqlite::Store> {
        match &self.0.store {
            Store::Sqlite(store) => store,
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => panic!("not on SQLite"),
        }
    }

    /// The file that holds the database, as it was opened; empty, if it is on a server.
    pub fn path(&self) -> &Path {
        match &self.0.store {
            Store::Sqlite(store) => store.path(),
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => Path::new(""),
        }
    }

    /// Watches the statements that it runs, for a test that counts them; in a build without the feature `testing` there are none.
    #[doc(hidden)]
    pub fn watch(&self) -> StatementWatch {
        self.0.store.watched().watch()
    }

    /// What it is called in messages: the file, or the server and the database there. No password (CWE-532).
    pub fn name(&self) -> String {
        match &self.0.store {
            Store::Sqlite(store) => store.path().display().to_string(),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => store.name(),
        }
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Lists all models, if they were not known when it was opened. The first call decides.
    ///
    /// # Errors
    /// If two of them have one table.
    pub fn set_models(&self, models: Vec<&'static ModelMeta>) -> Result<()> {
        let listed = Listed::new(models, self.0.options.services.clone())?;
        let listed = Arc::new(listed.emitted(self.0.options.row_security));
        self.0.listed.get_or_init(|| listed);
        Ok(())
    }

    /// What the framework finds by every handle of this database, wherever it has one: where tasks are queued. Of each type the
    /// first stays.
    pub fn carry<T: Any + Send + Sync>(&self, what: T) {
        self.0.carried.add(what);
    }

    /// What the program lists; nothing, if nobody said.
    pub(crate) fn listed(&self) -> Arc<Listed> {
        self.0.listed.get().map_or_else(Arc::default, Arc::clone)
    }
}

fn settings(options: &Options) -> Settings {
    Settings {
        synchronous: options.synchronous,
        wait: options.wait,
        readers: options.readers,
        inline_steps: options.inline_steps,
        short_steps: options.short_steps,
        steps: options.steps,
    }
}

#[cfg(feature = "postgres")]
fn on_a_server(url: &str, options: &Options) -> Result<Store> {
    if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
        return Err(bad_url());
    }
    let pool = postgres::PoolOptions {
        connections: options.connections,
        wait: options.wait,
        plain_text: options.plain_text,
        session: postgres::SessionOptions {
            statement: options.statement,
            lock: options.wait,
            idle: options.hold,
            ..postgres::PoolOptions::default().session
        },
        ..postgres::PoolOptions::default()
    };
    match postgres::Store::new(url, pool) {
        Ok(store) => Ok(Store::Postgres(store)),
        // What is wrong with the settings: whoever may set them reads it.
        Err(failure) => Err(Error::Internal(failure.to_string())),
    }
}

#[cfg(not(feature = "postgres"))]
fn on_a_server(url: &str, _: &Options) -> Result<Store> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Err(Error::Internal(
            "this program is built without PostgreSQL: write `vauban = { …, features = [\"postgres\"] }` in its Cargo.toml".into(),
        ));
    }
    Err(bad_url())
}

/// What is said of SQLite, whose own policies there are none.
const NO_POLICIES: &str = "`database_row_security` is PostgreSQL's: SQLite has no policies of its own. Take the setting out, or name a `postgres://` database";

/// Likewise of roles.
const NO_ROLES: &str = "`database_migration_url` is PostgreSQL's: SQLite has no roles. Take the setting out, or name a `postgres://` database";

fn bad_url() -> Error {
    Error::Internal(
        "a database URL is `sqlite:///absolute/path`, `sqlite:relative/path`, `sqlite::memory:` or `postgres://user@host/name`"
            .into(),
    )
}

fn schema_connection(store: &sqlite::Store) -> Result<rusqlite::Connection, MigrationError> {
    store
        .schema_connection()
        .map_err(|error| MigrationError::Set(format!("{}: {error}", store.path().display())))
}

/// Runs migrations on a thread with a runtime of its own: whoever asks waits, whether a runtime is there or not.
#[cfg(feature = "postgres")]
fn apart<T: Send>(
    store: &postgres::Store,
    work: impl AsyncFnOnce(&postgres::Connection) -> Result<T, MigrationError> + Send,
) -> Result<T, MigrationError> {
    let failed = |why: &dyn std::fmt::Display| MigrationError::Set(why.to_string());
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        runtime.block_on(async {
            let connection = store.apart().await.map_err(|failure| failed(&failure))?;
            work(&connection).await
        })
    };
    std::thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|_| Err(MigrationError::Set("a thread that migrates panicked".to_owned())))
}
