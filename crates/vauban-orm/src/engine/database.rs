//! A database: its file, its readers, its writer.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use rusqlite::OpenFlags;
use tokio::sync::Semaphore;

use super::connection::Connection;
use super::lock;
use super::unit::{Shared, Unit};
use super::writer::{Writer, watch};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::meta::ModelMeta;
use crate::migrations::{self, Applied, MigrationError, Pending, Set};

/// When a COMMIT counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Written through to the disk: a power cut loses nothing acknowledged (default).
    Full,
    /// A power cut may lose the last commits; a crash of the process does not.
    Normal,
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// When a COMMIT counts as done.
    pub synchronous: Synchronous,
    /// How long a unit may wait for the writer's turn.
    pub wait: Duration,
    /// How long a unit may hold it.
    pub hold: Duration,
    /// Reader threads for sets that are too large to be read in place.
    pub readers: usize,
    /// Steps of SQLite's machine that a statement may take on the request's own thread.
    pub inline_steps: i64,
    /// Steps that it may take at all.
    pub steps: i64,
    /// Keep each unit's queries, for the development error page.
    pub log_queries: bool,
    /// All models, so that deleting knows which rows refer to which.
    pub models: Vec<&'static ModelMeta>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            wait: Duration::from_secs(5),
            hold: Duration::from_secs(5),
            readers: 2,
            inline_steps: 60_000,
            steps: 50_000_000,
            log_queries: cfg!(debug_assertions),
            models: Vec::new(),
        }
    }
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    number: u64,
    path: PathBuf,
    pub(crate) options: Options,
    models: OnceLock<Vec<&'static ModelMeta>>,
    pub(crate) writer: Arc<tokio::sync::Mutex<Writer>>,
    /// The unit that has the turn, for the bound on holding it.
    pub(crate) holder: Mutex<Option<(std::time::Instant, Weak<Shared>)>>,
    watching: OnceLock<()>,
    pool: Mutex<Vec<Connection>>,
    turns: Semaphore,
    /// A database for one test or process: its folder goes with it.
    temporary: Option<PathBuf>,
}

impl Database {
    /// Opens `sqlite:///absolute/path`, `sqlite:relative/path`, or `sqlite::memory:` (a private file in
    /// the temporary folder that goes when the database is dropped: real WAL, one writer, many readers).
    ///
    /// # Errors
    /// If the URL is of another form or the file cannot be opened.
    pub fn open(url: &str, options: Options) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (path, temporary) = match url.strip_prefix("sqlite:") {
            Some(":memory:") => {
                let folder = private_folder()?;
                (folder.join("db.sqlite3"), Some(folder))
            }
            Some(rest) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty()
                    || (rest.starts_with("//") && !path.starts_with('/'))
                    || path.contains(['?', '\0'])
                {
                    return Err(bad_url());
                }
                (PathBuf::from(path), None)
            }
            None => return Err(bad_url()),
        };
        create_private(&path)?;
        let writer = open_writer(&path, &options)?;
        let readers = options.readers.max(1);
        Ok(Self(Arc::new(Inner {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            path,
            models: OnceLock::new(),
            writer: Arc::new(tokio::sync::Mutex::new(Writer::new(writer))),
            holder: Mutex::new(None),
            watching: OnceLock::new(),
            pool: Mutex::new(Vec::new()),
            turns: Semaphore::new(readers),
            temporary,
            options,
        })))
    }

    /// Starts a unit of work for an actor: one request. Costs nothing until its first statement.
    pub fn bind(&self, actor: Actor) -> Unit {
        Unit::new(self.clone(), actor, true)
    }

    /// The same for a request that only reads: nothing that is written through it is ever begun (CWE-352).
    pub fn bind_reading(&self, actor: Actor) -> Unit {
        Unit::new(self.clone(), actor, false)
    }

    /// A unit that does not depend on the request's: for what must survive its rollback (throttle counters,
    /// security events). Finish it before the request's own unit writes, or in a task of its own: awaited
    /// while that unit has the writer's turn it would wait for itself, until the bound on waiting.
    pub fn own_unit(&self, actor: Actor) -> Unit {
        Unit::new(self.clone(), actor, true)
    }

    /// How this database and these migrations differ.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn pending(&self, sets: &[Set]) -> Result<Pending, MigrationError> {
        migrations::pending(&self.schema_connection()?, sets)
    }

    /// Applies what this database lacks, each migration whole or not at all, under a lock.
    ///
    /// # Errors
    /// See [`migrations::apply`].
    pub fn migrate(
        &self,
        sets: &[Set],
        on_applied: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>, MigrationError> {
        migrations::apply(&mut self.schema_connection()?, sets, on_applied)
    }

    /// Makes the models' tables in an empty database, without files: for tests.
    ///
    /// # Errors
    /// What the database says.
    pub fn create_all(&self, models: &[&'static ModelMeta]) -> Result<(), MigrationError> {
        migrations::create_all(&mut self.schema_connection()?, models)
    }

    fn schema_connection(&self) -> Result<rusqlite::Connection, MigrationError> {
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let sqlite = rusqlite::Connection::open_with_flags(&self.0.path, flags)?;
            sqlite.busy_timeout(Duration::from_secs(10))?;
            sqlite.pragma_update(None, "foreign_keys", true)?;
            Ok(sqlite)
        };
        open().map_err(|error: rusqlite::Error| {
            MigrationError::Set(format!("{}: {error}", self.0.path.display()))
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Names all models, if they were not known when it was opened. The first call decides.
    pub fn set_models(&self, models: Vec<&'static ModelMeta>) {
        let _ = self.0.models.set(models);
    }

    pub(crate) fn models(&self) -> &[&'static ModelMeta] {
        self.0.models.get().unwrap_or(&self.0.options.models)
    }

    pub(crate) fn watch(&self) {
        self.0.watching.get_or_init(|| watch(Arc::downgrade(&self.0)));
    }

    /// Reads in place, on this thread's own read-only connection, within the smaller limit.
    pub(crate) fn read_inline<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        thread_local! {
            static LOCAL: RefCell<Vec<(u64, Weak<Inner>, Connection)>> = const { RefCell::new(Vec::new()) };
        }
        LOCAL.with_borrow_mut(|local| {
            let place = match local.iter().position(|(number, ..)| *number == self.0.number) {
                Some(place) => place,
                None => {
                    local.retain(|(_, database, _)| database.strong_count() > 0);
                    let connection = open_reader(&self.0.path, true)?;
                    local.push((self.0.number, Arc::downgrade(&self.0), connection));
                    local.len() - 1
                }
            };
            let connection = &local[place].2;
            connection.allow(self.0.options.inline_steps);
            f(connection)
        })
    }

    /// Reads on a reader thread, within the larger limit.
    pub(crate) async fn read_on_thread<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(self.0.options.wait, self.0.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Error::Busy("all readers are at work"));
        };
        let database = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let connection = match lock(&database.0.pool).pop() {
                Some(connection) => connection,
                None => open_reader(&database.0.path, false)?,
            };
            connection.allow(database.0.options.steps);
            let result = f(&connection);
            lock(&database.0.pool).push(connection);
            result
        });
        work.await
            .map_err(|_| Error::Internal("a reader thread panicked".into()))?
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(folder) = &self.temporary {
            // An absent folder is what we want.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn bad_url() -> Error {
    Error::Internal(
        "a database URL is `sqlite:///absolute/path`, `sqlite:relative/path` or `sqlite::memory:`".into(),
    )
}

fn io(error: &std::io::Error, path: &Path) -> Error {
    Error::Internal(format!("{}: {error}", path.display()))
}

/// CWE-377: a folder that only we can enter, with a name nobody can guess.
fn private_folder() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("vauban-{}", crate::Id::<()>::random()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| io(&error, &folder))?;
    Ok(folder)
}

/// CWE-732: a new database is readable by its owner only; SQLite gives its journal the same mode.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| io(&error, path))
}

fn open_writer(path: &Path, options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = rusqlite::Connection::open_with_flags(path, flags)?;
    sqlite.busy_timeout(Duration::from_secs(2))?;
    sqlite.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    sqlite.pragma_update(None, "synchronous", synchronous)?;
    sqlite.pragma_update(None, "foreign_keys", true)?;
    sqlite.pragma_update(None, "trusted_schema", false)?;
    sqlite.busy_timeout(Duration::ZERO)?;
    Connection::new(sqlite, false)
}

/// The second wall behind the types: this connection cannot write.
fn open_reader(path: &Path, inline: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = rusqlite::Connection::open_with_flags(path, flags)?;
    sqlite.busy_timeout(Duration::from_secs(2))?;
    sqlite.pragma_update(None, "query_only", true)?;
    sqlite.pragma_update(None, "trusted_schema", false)?;
    Connection::new(sqlite, inline)
}
