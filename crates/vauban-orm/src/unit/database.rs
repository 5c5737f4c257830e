//! A database, with what the program lists.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::watch::Holder;
use crate::backend::sqlite::{Settings, Store, Synchronous, bad_url};
use crate::error::Result;
use crate::migrations::{self, Applied, MigrationError, Pending, Set};
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
    /// Keep each unit's queries, for the development error page.
    pub log_queries: bool,
    /// All models of the program: no other can be asked, and deleting knows which rows refer to which.
    pub models: Vec<&'static ModelMeta>,
    /// All services of the program: no other may act.
    pub services: Vec<ServiceMeta>,
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
            log_queries: cfg!(debug_assertions),
            models: Vec::new(),
            services: Vec::new(),
        }
    }
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: Options,
    listed: OnceLock<Arc<Listed>>,
    pub(crate) store: Arc<Store>,
    /// The unit that has the turn, for the bound on holding it.
    pub(super) holder: Arc<Holder>,
}

impl Database {
    /// Opens `sqlite:///absolute/path`, `sqlite:relative/path`, or `sqlite::memory:` (a private file in
    /// the temporary folder that goes when the database is dropped: real WAL, one writer, many readers).
    ///
    /// # Errors
    /// If the URL is of another form, the file cannot be opened, or two of the models have one table.
    #[doc(hidden)]
    #[deprecated(note = "the framework opens the database and binds it to who asks: take `db: Db` in a view")]
    pub fn open(url: &str, options: Options) -> Result<Self> {
        let rest = url.strip_prefix("sqlite:").ok_or_else(bad_url)?;
        let listed = OnceLock::new();
        if !options.models.is_empty() {
            let all = Listed::new(options.models.clone(), options.services.clone())?;
            listed.get_or_init(|| Arc::new(all));
        }
        let settings = Settings {
            synchronous: options.synchronous,
            wait: options.wait,
            readers: options.readers,
            inline_steps: options.inline_steps,
            short_steps: options.short_steps,
            steps: options.steps,
        };
        Ok(Self(Arc::new(Inner {
            listed,
            store: Arc::new(Store::open(rest, settings)?),
            holder: Arc::default(),
            options,
        })))
    }

    /// How this database and these migrations differ.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn pending(&self, sets: &[Set]) -> Result<Pending, MigrationError> {
        migrations::pending(&self.schema_connection()?, sets)
    }

    /// How this database's tables differ from those of its models.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn schema_difference(&self, sets: &[Set]) -> Result<migrations::Difference, MigrationError> {
        migrations::differences(&self.schema_connection()?, self.listed().models(), sets)
    }

    /// Brings this database to `target`, each migration whole or not at all, under a lock.
    ///
    /// # Errors
    /// See [`migrations::apply`].
    pub fn migrate(
        &self,
        sets: &[Set],
        target: &migrations::Target,
        on_applied: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>, MigrationError> {
        migrations::apply(&mut self.schema_connection()?, sets, target, on_applied)
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
        migrations::plan(&self.schema_connection()?, sets, target)
    }

    /// Makes the models' tables in an empty database, without files, and lists them if the options list none: for
    /// tests.
    ///
    /// # Errors
    /// What the database says; two models with one table.
    pub fn create_all(&self, models: &[&'static ModelMeta]) -> Result<(), MigrationError> {
        self.set_models(models.to_vec())
            .map_err(|error| MigrationError::Set(error.to_string()))?;
        migrations::create_all(&mut self.schema_connection()?, models)
    }

    fn schema_connection(&self) -> Result<rusqlite::Connection, MigrationError> {
        let store = &self.0.store;
        store
            .schema_connection()
            .map_err(|error| MigrationError::Set(format!("{}: {error}", store.path().display())))
    }

    /// The file that holds the database, as it was opened.
    pub fn path(&self) -> &Path {
        self.0.store.path()
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
        let listed = Arc::new(Listed::new(models, self.0.options.services.clone())?);
        self.0.listed.get_or_init(|| listed);
        Ok(())
    }

    /// What the program lists; nothing, if nobody said.
    pub(crate) fn listed(&self) -> Arc<Listed> {
        self.0.listed.get().map_or_else(Arc::default, Arc::clone)
    }
}
