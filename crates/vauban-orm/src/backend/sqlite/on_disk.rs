//! Whether the database's file is still the one that was opened. SQLite goes on with a file that was deleted or replaced:
//! it acknowledges what is gone at the next start (CWE-367).

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// A file, whatever its name.
type Identity = (u64, u64);

/// The files of an open database.
#[derive(Debug)]
pub(crate) struct OnDisk {
    path: PathBuf,
    journal: PathBuf,
    file: Option<Identity>,
    /// SQLite makes the write-ahead log at the first transaction and keeps it while anybody has the database open.
    log: OnceLock<Identity>,
    lost: AtomicBool,
}

impl OnDisk {
    /// Of a database that was opened just now.
    pub(crate) fn of(path: &Path) -> Self {
        let mut journal = OsString::from(path);
        journal.push("-wal");
        Self {
            path: path.to_owned(),
            journal: journal.into(),
            file: identity(path),
            log: OnceLock::new(),
            lost: AtomicBool::new(false),
        }
    }

    /// Looks whether both files are still there: two calls of the system.
    pub(crate) fn intact(&self) -> bool {
        let file = identity(&self.path);
        let log = identity(&self.journal);
        let known = self.log.get().copied();
        let intact = file.is_some() && file == self.file && (known.is_none() || known == log);
        if self.lost.swap(!intact, Ordering::AcqRel) == intact {
            if intact {
                tracing::warn!(target: "vauban::orm", "the database's file is back");
            } else {
                tracing::error!(
                    target: "vauban::orm",
                    path = %self.path.display(),
                    "the database's file was deleted, moved or replaced while it is open: nothing is saved and nothing is \
                     answered from it until it is back. Put the file and its `-wal` in place and restart"
                );
            }
        }
        intact
    }

    /// Remembers the write-ahead log, which is ours from the first commit on: before that another process may have made
    /// it, and may take it away.
    pub(crate) fn remember_log(&self) {
        if self.log.get().is_none()
            && let Some(log) = identity(&self.journal)
        {
            let _ = self.log.set(log);
        }
    }

    /// Whether the last look found them gone.
    pub(crate) fn lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|metadata| number(&metadata))
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// Other systems do not let an open file be deleted.
#[cfg(not(unix))]
fn number(_: &Metadata) -> Identity {
    (0, 0)
}
