//! The one writer: savepoint per unit, one COMMIT for all units that waited.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use super::connection::Connection;
use super::on_disk::OnDisk;
use super::statistics::Statistics;
use crate::error::{Error, Result};

/// What became of a unit that waited for the COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Saved,
    /// The COMMIT failed.
    NotSaved,
    /// Before it came to that, the database rolled back the transaction that it was in.
    Undone,
}

/// The writing connection, with the units that are released but not yet committed.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    open: bool,
    group: Vec<oneshot::Sender<Outcome>>,
    committer: bool,
    statistics: Statistics,
}

impl Writer {
    pub(super) fn new(connection: Connection, statistics: Statistics) -> Self {
        Self {
            connection,
            statistics,
            open: false,
            group: Vec::new(),
            committer: false,
        }
    }

    /// Opens the unit's savepoint, and the transaction if there is none.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process writes; [`Error::Unavailable`] if the file is gone.
    pub(crate) fn begin(&mut self, on_disk: &OnDisk) -> Result<()> {
        self.connection.allow(i64::MAX);
        if !self.open {
            if !on_disk.intact() {
                return Err(Error::Unavailable("its file was deleted, moved or replaced"));
            }
            self.connection.follow(&self.statistics)?;
            self.connection.often("BEGIN IMMEDIATE")?;
            self.open = true;
        }
        self.connection.often("SAVEPOINT unit")
    }

    /// Keeps what the unit wrote, for the next COMMIT. `true`: a committer must be sent into the queue.
    pub(crate) fn release(&mut self, answer: oneshot::Sender<Outcome>) -> Result<bool> {
        self.connection.allow(i64::MAX);
        if self.is_lost() {
            self.fail_group();
            return Err(Error::Undone);
        }
        self.connection.often("RELEASE unit")?;
        self.group.push(answer);
        Ok(!std::mem::replace(&mut self.committer, true))
    }

    /// Whether the database rolled the transaction back by itself, as it does where a write is interrupted, the disk is full
    /// or a file cannot be read or written: whatever is written from here on would be saved at once, alone (CWE-460).
    pub(crate) fn is_lost(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Undoes what the unit wrote, and nothing else.
    pub(crate) fn undo(&mut self) {
        self.connection.allow(i64::MAX);
        let c = &self.connection;
        let undone = !c.is_autocommit() && c.batch("ROLLBACK TO unit; RELEASE unit").is_ok();
        if !undone {
            self.fail_group();
        } else if self.group.is_empty() {
            // Nothing to commit: let other processes write.
            self.end("ROLLBACK");
        }
    }

    /// Ends a transaction whose state is not what we think: nobody in it is told that it was saved.
    fn fail_group(&mut self) {
        self.end("ROLLBACK");
        for answer in self.group.drain(..) {
            let _ = answer.send(Outcome::Undone);
        }
    }

    fn end(&mut self, how: &'static str) -> bool {
        let sqlite = &self.connection;
        let done = sqlite.is_autocommit()
            || match sqlite.batch(how) {
                Ok(()) => true,
                Err(error) => {
                    tracing::error!(target: "vauban::orm", %error, "{how} failed: nothing of the transaction is saved");
                    false
                }
            };
        self.open = !sqlite.is_autocommit();
        done
    }

    /// One COMMIT for the group; returns once it is synced, and only `true` if it went into the file that has the
    /// database's name before and after.
    fn commit(&mut self, on_disk: &OnDisk) -> (bool, Vec<oneshot::Sender<Outcome>>) {
        self.connection.allow(i64::MAX);
        self.committer = false;
        let alive = !self.connection.is_autocommit();
        let saved = alive && on_disk.intact() && self.end("COMMIT");
        if !saved {
            self.end("ROLLBACK");
        }
        let saved = saved && on_disk.intact();
        if saved {
            on_disk.remember_log();
        }
        (saved, std::mem::take(&mut self.group))
    }
}

/// Numbers of COMMITs, for traces.
static COMMITS: AtomicU64 = AtomicU64::new(0);

/// Waits its turn in the same queue as the units, so that all who are before it share its COMMIT.
pub(crate) fn send_committer(writer: &Arc<tokio::sync::Mutex<Writer>>, on_disk: &Arc<OnDisk>) {
    let (writer, on_disk) = (Arc::clone(writer), Arc::clone(on_disk));
    tokio::spawn(async move {
        let mut writer = writer.lock_owned().await;
        let commit = tokio::task::spawn_blocking(move || {
            if writer.group.is_empty() {
                writer.committer = false;
                return;
            }
            let (saved, group) = writer.commit(&on_disk);
            drop(writer);
            let number = COMMITS.fetch_add(1, Ordering::Relaxed);
            // The trace point that the crash test reads: answers leave after this line.
            tracing::trace!(target: "vauban::commit", number, units = group.len(), saved, "commit synced");
            let outcome = if saved { Outcome::Saved } else { Outcome::NotSaved };
            for answer in group {
                let _ = answer.send(outcome);
            }
        });
        if commit.await.is_err() {
            tracing::error!(target: "vauban::commit", "the committing thread panicked");
        }
    });
}
