//! A unit of work: what one request reads and writes, all or nothing.

use std::sync::Arc;

use super::database::Database;
use super::handles::{Db, Read, Write};
use super::hooks::tell;
use super::parts::Following;
use super::reading::is_reading;
#[cfg(debug_assertions)]
use super::refused::Refused;
use super::shared::{LoggedQuery, Shared};
use crate::error::Result;
use crate::policy::actor::Actor;

/// A unit of work, bound to an actor. Dropped without [`finish`](Self::finish) (a panic, a client that
/// left) it is undone.
#[derive(Debug)]
pub struct Unit {
    shared: Arc<Shared>,
    actor: Actor,
}

impl Database {
    /// Starts a unit of work for an actor: one request. Costs nothing until its first statement. Begun
    /// while a safe method is [answered](super::answering), it never takes the writer, whatever handle is made of it, and has
    /// nothing to commit (CWE-352: a link does not change anything).
    #[doc(hidden)]
    #[deprecated(note = "the framework opens the database and binds it to who asks: take `db: Db` in a view")]
    pub fn bind(&self, actor: Actor) -> Unit {
        Unit::new(self.clone(), actor, is_reading())
    }
}

impl Unit {
    fn new(database: Database, actor: Actor, reading: bool) -> Self {
        Self {
            shared: Arc::new(Shared::new(database, reading)),
            actor,
        }
    }

    /// The same unit, each of whose statements sees what was saved before that one, and which undoes nobody: for rows that are locked
    /// before they are looked at, as those of a queue are. On SQLite there is no difference.
    #[doc(hidden)]
    #[deprecated(
        note = "only the framework's queue: what a policy reads, and what `get_or_create` finds, may be another's by the time it is written (CWE-362)"
    )]
    #[must_use]
    pub fn __read_committed(self) -> Self {
        #[cfg(feature = "postgres")]
        self.shared.relax();
        self
    }

    /// A handle that reads and writes. Of a unit that reads, its writes are [`Error::ReadOnly`].
    pub fn db(&self) -> Db<Write> {
        Db::<Write>::new(self.read_db())
    }

    /// A handle that reads.
    pub fn read_db(&self) -> Db<Read> {
        Db::<Read>::new(Arc::clone(&self.shared), self.actor)
    }

    /// The queries so far, if the database's options keep them.
    pub fn queries(&self) -> Vec<LoggedQuery> {
        self.shared.queries()
    }

    /// From here on, notes why a row is not given: for the developer, whose page says whether it is absent or hidden.
    #[cfg(debug_assertions)]
    pub fn explain(&self) {
        self.shared.explain();
    }

    /// Which rows were not given or not written, and why; nothing unless it was told to [`explain`](Self::explain).
    #[cfg(debug_assertions)]
    pub fn refused(&self) -> Vec<Refused> {
        self.shared.refused()
    }

    /// Whether something was written.
    pub fn has_written(&self) -> bool {
        self.shared.has_turn()
    }

    /// Ends the unit. With `commit` it returns when what was written is synced and what [follows](Db::on_commit) is done;
    /// otherwise nothing was written. Its handles are errors from here on.
    ///
    /// # Errors
    /// If the unit was undone, or its COMMIT failed: nothing of it is saved.
    pub async fn finish(self, commit: bool) -> Result<()> {
        self.end(commit).await?.done().await;
        Ok(())
    }

    /// The same, and returns when what was written is synced: what follows is done meanwhile, also if nobody waits for it.
    ///
    /// # Errors
    /// Those of [`finish`](Self::finish).
    pub async fn end(self, commit: bool) -> Result<Following> {
        if commit {
            // CWE-778: what is not told is not saved.
            tell(&self.shared, self.actor)
                .await
                .inspect_err(|_| self.shared.undo())?;
        }
        self.shared.end(commit).await
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}
