//! A database: its file, its readers, its writer.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use rusqlite::OpenFlags;

use super::connection::Connection;
use super::lanes::{Lane, Lanes};
use super::lock;
use super::on_disk::OnDisk;
use super::reading::is_reading;
use super::unit::{Shared, Unit};
use super::writer::{Writer, watch};
use crate::error::{Error, Result};
use crate::migrations::{self, Applied, MigrationError, Pending, Set};
use crate::policy::actor::{Actor, ServiceMeta};
use crate::policy::listed::Listed;
use crate::tree::meta::ModelMeta;

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
    number: u64,
    path: PathBuf,
    pub(crate) options: Options,
    listed: OnceLock<Arc<Listed>>,
    pub(crate) writer: Arc<tokio::sync::Mutex<Writer>>,
    /// The unit that has the turn, for the bound on holding it.
    pub(crate) holder: Mutex<Option<(std::time::Instant, Weak<Shared>)>>,
    watching: OnceLock<()>,
    pool: Mutex<Vec<Connection>>,
    lanes: Arc<Lanes>,
    pub(super) on_disk: OnDisk,
    /// A database for one test or process: its folder goes with it.
    temporary: Option<PathBuf>,
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
        let listed = OnceLock::new();
        if !options.models.is_empty() {
            let all = Listed::new(options.models.clone(), options.services.clone())?;
            listed.get_or_init(|| Arc::new(all));
        }
        create_private(&path)?;
        let writer = open_writer(&path, &options)?;
        let on_disk = OnDisk::of(&path);
        Ok(Self(Arc::new(Inner {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            path,
            listed,
            writer: Arc::new(tokio::sync::Mutex::new(Writer::new(writer))),
            holder: Mutex::new(None),
            watching: OnceLock::new(),
            pool: Mutex::new(Vec::new()),
            lanes: Lanes::new(options.readers),
            on_disk,
            temporary,
            options,
        })))
    }

    /// Starts a unit of work for an actor: one request. Costs nothing until its first statement. Begun
    /// while a safe method is [answered](super::answering), it never takes the writer, whatever handle is made of it, and has
    /// nothing to commit (CWE-352: a link does not change anything).
    #[doc(hidden)]
    #[deprecated(note = "the framework opens the database and binds it to who asks: take `db: Db` in a view")]
    pub fn bind(&self, actor: Actor) -> Unit {
        Unit::new(self.clone(), actor, is_reading())
    }

    /// How this database and these migrations differ.
    ///
    /// # Errors
    /// Files that cannot be read; a database that cannot be asked.
    pub fn pending(&self, sets: &[Set]) -> Result<Pending, MigrationError> {
        migrations::pending(&self.schema_connection()?, sets)
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

    /// The file that holds the database, as it was opened.
    pub fn path(&self) -> &Path {
        &self.0.path
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

    pub(crate) fn watch(&self) {
        self.0.watching.get_or_init(|| watch(Arc::downgrade(&self.0)));
    }

    /// Reads in place, on this thread's own read-only connection, within the smaller limit.
    pub(crate) fn read_inline<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.check_there()?;
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

    /// Reads on a reader thread: in the lane of what this `read` took last; if nobody knows, in the short one, and again
    /// in the deep one if that was not enough.
    pub(crate) async fn read_on_thread<T: Send + 'static>(
        &self,
        read: u64,
        f: impl Fn(&Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let options = &self.0.options;
        let f = Arc::new(f);
        let short = options.short_steps.min(options.steps);
        if self.0.lanes.cost(read) < short || short == options.steps {
            let result = self.read_in(Lane::Short, read, short, Arc::clone(&f)).await;
            if !matches!(result, Err(Error::TooMuchWork)) || short == options.steps {
                return result;
            }
        }
        self.read_in(Lane::Deep, read, options.steps, f).await
    }

    async fn read_in<T: Send + 'static>(
        &self,
        lane: Lane,
        read: u64,
        steps: i64,
        f: Arc<impl Fn(&Connection) -> Result<T> + Send + Sync + 'static>,
    ) -> Result<T> {
        self.check_there()?;
        let lanes = &self.0.lanes;
        let turn = lanes.turn(lane, lanes.cost(read), self.0.options.wait).await?;
        let database = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let connection = match lock(&database.0.pool).pop() {
                Some(connection) => connection,
                None => open_reader(&database.0.path, false)?,
            };
            connection.allow(steps);
            let result = f(&connection);
            database.0.lanes.took(read, connection.taken(steps));
            lock(&database.0.pool).push(connection);
            // The reader is at work until here, also when whoever asked has gone away.
            drop(turn);
            result
        });
        work.await
            .map_err(|_| Error::Internal("a reader thread panicked".into()))?
    }

    /// Nothing is read from a file that is no longer the database's.
    fn check_there(&self) -> Result<()> {
        if self.0.on_disk.lost() {
            return Err(Error::Unavailable("its file was deleted, moved or replaced"));
        }
        Ok(())
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
