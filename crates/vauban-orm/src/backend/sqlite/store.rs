//! A database's file: its readers, its writer.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use rusqlite::OpenFlags;

use super::connection::Connection;
use super::lanes::{Lane, Lanes};
use super::on_disk::OnDisk;
use super::settings::settle;
use super::statistics::{self, AFTER_MIGRATIONS, Patience, Statistics};
use super::writer::Writer;
use crate::backend::lock;
use crate::backend::{KeptTexts, Watched};
use crate::error::{Error, Result};
use crate::tree::ring::Ring;

/// When a COMMIT counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Written through to the disk: a power cut loses nothing acknowledged (default).
    Full,
    /// A power cut may lose the last commits; a crash of the process does not.
    Normal,
}

/// How a file is opened and read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) synchronous: Synchronous,
    /// How long a read may wait for a reader thread.
    pub(crate) wait: Duration,
    /// Reader threads, at least two.
    pub(crate) readers: usize,
    /// Steps of SQLite's machine on the request's own thread.
    pub(crate) inline_steps: i64,
    /// Steps on a reader thread, before a read begins again among the deep ones.
    pub(crate) short_steps: i64,
    /// Steps at all.
    pub(crate) steps: i64,
}

#[derive(Debug)]
pub(crate) struct Store {
    number: u64,
    path: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) writer: Arc<tokio::sync::Mutex<Writer>>,
    texts: KeptTexts,
    pool: Mutex<Vec<Connection>>,
    lanes: Arc<Lanes>,
    statistics: Statistics,
    pub(crate) on_disk: Arc<OnDisk>,
    /// A database for one test or process: its folder goes with it.
    temporary: Option<PathBuf>,
}

impl Store {
    /// Opens what stands behind `sqlite:` in a URL.
    ///
    /// # Errors
    /// If it is of another form, or the file cannot be opened.
    pub(crate) fn open(rest: &str, settings: Settings) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (path, temporary) = if rest == ":memory:" {
            let folder = private_folder()?;
            (folder.join("db.sqlite3"), Some(folder))
        } else {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty()
                || (rest.starts_with("//") && !path.starts_with('/'))
                || path.contains(['?', '\0'])
            {
                return Err(bad_url());
            }
            (PathBuf::from(path), None)
        };
        create_private(&path)?;
        let texts = KeptTexts::default();
        let writer = open_writer(&path, settings.synchronous, texts.clone())?;
        let on_disk = Arc::new(OnDisk::of(&path));
        let statistics = Statistics::default();
        Ok(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            path,
            writer: Arc::new(tokio::sync::Mutex::new(Writer::new(writer, statistics.clone()))),
            texts,
            pool: Mutex::new(Vec::new()),
            lanes: Lanes::new(settings.readers),
            statistics,
            on_disk,
            temporary,
            settings,
        })
    }

    /// The file, as it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection for migrations.
    pub(crate) fn schema_connection(&self) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        sqlite.busy_timeout(Duration::from_secs(10))?;
        settle(&sqlite)?;
        Ok(sqlite)
    }

    /// Looks at the tables whose statistics are missing or old. It takes the write lock for one table at a time, and no
    /// reader's and no writer's turn.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub(crate) fn optimize(&self, patience: Patience, stop: &Arc<AtomicBool>) -> Result<()> {
        self.check_there()?;
        let mut sqlite = self.schema_connection()?;
        if statistics::optimize(&mut sqlite, patience, stop)? {
            self.statistics.changed();
        }
        Ok(())
    }

    /// Looks at the tables that migrations have changed.
    pub(crate) fn after_migrations(&self) {
        self.keep_up(AFTER_MIGRATIONS, &Arc::default());
    }

    /// As [`optimize`](Self::optimize). Without new statistics plans are what they were before: what is asked is answered all the
    /// same.
    pub(crate) fn keep_up(&self, patience: Patience, stop: &Arc<AtomicBool>) {
        if let Err(error) = self.optimize(patience, stop) {
            tracing::warn!(target: "vauban::orm", %error, "the database's statistics cannot be looked at");
        }
    }

    #[cfg(test)]
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Reads in place, on this thread's own read-only connection, within the smaller limit.
    pub(crate) fn read_inline<T>(self: &Arc<Self>, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.check_there()?;
        thread_local! {
            static LOCAL: RefCell<Vec<(u64, Weak<Store>, Connection)>> = const { RefCell::new(Vec::new()) };
        }
        LOCAL.with_borrow_mut(|local| {
            let place = match local.iter().position(|(number, ..)| *number == self.number) {
                Some(place) => place,
                None => {
                    local.retain(|(_, store, _)| store.strong_count() > 0);
                    let connection = self.open_reader(true)?;
                    local.push((self.number, Arc::downgrade(self), connection));
                    local.len() - 1
                }
            };
            let connection = &local[place].2;
            connection.follow(&self.statistics)?;
            connection.allow(self.settings.inline_steps);
            f(connection)
        })
    }

    /// The keys of what is sealed in it.
    pub(crate) fn ring(&self) -> &Ring {
        self.texts.ring()
    }

    /// Who watches its statements.
    pub(crate) fn watched(&self) -> &Watched {
        self.texts.watched()
    }

    /// Reads on a reader thread: in the lane of what this `read` took last; if nobody knows, in the short one, and again
    /// in the deep one if that was not enough.
    pub(crate) async fn read_on_thread<T: Send + 'static>(
        self: &Arc<Self>,
        read: u64,
        f: impl Fn(&Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let settings = &self.settings;
        let f = Arc::new(f);
        let short = settings.short_steps.min(settings.steps);
        if self.lanes.cost(read) < short || short == settings.steps {
            let result = self.read_in(Lane::Short, read, short, Arc::clone(&f)).await;
            if !matches!(result, Err(Error::TooMuchWork)) || short == settings.steps {
                return result;
            }
        }
        self.read_in(Lane::Deep, read, settings.steps, f).await
    }

    async fn read_in<T: Send + 'static>(
        self: &Arc<Self>,
        lane: Lane,
        read: u64,
        steps: i64,
        f: Arc<impl Fn(&Connection) -> Result<T> + Send + Sync + 'static>,
    ) -> Result<T> {
        self.check_there()?;
        let lanes = &self.lanes;
        let turn = lanes.turn(lane, lanes.cost(read), self.settings.wait).await?;
        let store = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let connection = match lock(&store.pool).pop() {
                Some(connection) => connection,
                None => store.open_reader(false)?,
            };
            connection.follow(&store.statistics)?;
            connection.allow(steps);
            let result = f(&connection);
            store.lanes.took(read, connection.taken(steps));
            lock(&store.pool).push(connection);
            // The reader is at work until here, also when whoever asked has gone away.
            drop(turn);
            result
        });
        work.await
            .map_err(|_| Error::Internal("a reader thread panicked".into()))?
    }

    /// Nothing is read from a file that is no longer the database's.
    fn check_there(&self) -> Result<()> {
        if self.on_disk.lost() {
            return Err(Error::Unavailable("its file was deleted, moved or replaced"));
        }
        Ok(())
    }

    /// The second wall behind the types: this connection cannot write.
    fn open_reader(&self, inline: bool) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        sqlite.busy_timeout(Duration::from_secs(2))?;
        sqlite.pragma_update(None, "query_only", true)?;
        Connection::new(sqlite, inline, self.texts.clone())
    }
}

impl Drop for Store {
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

fn open_writer(path: &Path, synchronous: Synchronous, texts: KeptTexts) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = rusqlite::Connection::open_with_flags(path, flags)?;
    sqlite.busy_timeout(Duration::from_secs(2))?;
    sqlite.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    sqlite.pragma_update(None, "synchronous", synchronous)?;
    sqlite.busy_timeout(Duration::ZERO)?;
    Connection::new(sqlite, false, texts)
}
