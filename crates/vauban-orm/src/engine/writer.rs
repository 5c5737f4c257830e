//! The one writer: savepoint per unit, one COMMIT for all units that waited.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::Connection;
use super::database::{Database, Inner};
use super::lock;
use super::on_disk::OnDisk;
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
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
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
        let sqlite = &self.connection.sqlite;
        self.connection.allow(i64::MAX);
        if !self.open {
            if !on_disk.intact() {
                return Err(Error::Unavailable("its file was deleted, moved or replaced"));
            }
            sqlite.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            self.open = true;
        }
        sqlite.prepare_cached("SAVEPOINT unit")?.execute([])?;
        Ok(())
    }

    /// Keeps what the unit wrote, for the next COMMIT. `true`: a committer must be sent into the queue.
    pub(crate) fn release(&mut self, answer: oneshot::Sender<Outcome>) -> Result<bool> {
        self.connection.allow(i64::MAX);
        if self.is_lost() {
            self.fail_group();
            return Err(Error::Undone);
        }
        self.connection
            .sqlite
            .prepare_cached("RELEASE unit")?
            .execute([])?;
        self.group.push(answer);
        Ok(!std::mem::replace(&mut self.committer, true))
    }

    /// Whether the database rolled the transaction back by itself, as it does where a write is interrupted, the disk is full
    /// or a file cannot be read or written: whatever is written from here on would be saved at once, alone (CWE-460).
    pub(crate) fn is_lost(&self) -> bool {
        self.connection.sqlite.is_autocommit()
    }

    /// Undoes what the unit wrote, and nothing else.
    pub(crate) fn undo(&mut self) {
        self.connection.allow(i64::MAX);
        let sqlite = &self.connection.sqlite;
        let undone =
            !sqlite.is_autocommit() && sqlite.execute_batch("ROLLBACK TO unit; RELEASE unit").is_ok();
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

    fn end(&mut self, how: &str) -> bool {
        let sqlite = &self.connection.sqlite;
        let done = sqlite.is_autocommit()
            || match sqlite.execute_batch(how) {
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
        let alive = !self.connection.sqlite.is_autocommit();
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
pub(crate) fn send_committer(database: &Database) {
    let database = database.clone();
    tokio::spawn(async move {
        let mut writer = Arc::clone(&database.0.writer).lock_owned().await;
        let commit = tokio::task::spawn_blocking(move || {
            if writer.group.is_empty() {
                writer.committer = false;
                return;
            }
            let (saved, group) = writer.commit(&database.0.on_disk);
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

/// Takes the turn away from units that hold it too long.
pub(crate) fn watch(database: Weak<Inner>) {
    tokio::spawn(async move {
        loop {
            let pause = {
                let Some(database) = database.upgrade() else {
                    return;
                };
                // So that readers know, too, and health is told.
                database.on_disk.intact();
                let hold = database.options.hold;
                let overdue = match &*lock(&database.holder) {
                    Some((since, unit)) if since.elapsed() > hold => unit.upgrade(),
                    _ => None,
                };
                if let Some(unit) = overdue {
                    unit.expire();
                }
                (hold / 10).clamp(Duration::from_millis(5), Duration::from_millis(250))
            };
            tokio::time::sleep(pause).await;
        }
    });
}
