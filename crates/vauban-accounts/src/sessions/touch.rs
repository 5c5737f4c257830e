//! When a session was last seen, written at most once a minute and never while anybody waits.
//!
//! A GET only reads. What it has seen is noted here; a moment later one unit writes all notes at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vauban::orm::{DateTime, Id, Result};
use vauban::units::{Retries, Units};

use super::Visitor;
use super::model::SessionRow;
use super::store::SessionStore;

/// How long notes are collected.
const COLLECT: Duration = Duration::from_millis(500);
/// Notes kept at most (CWE-770). A note that finds no room is made again at the next request.
const MOST: usize = 20_000;
/// Notes written in one unit: the writer's turn stays short.
const AT_ONCE: usize = 200;

/// When, and where.
type Note = (DateTime, Visitor);

/// Sessions that were seen and not yet written.
#[derive(Debug, Clone, Default)]
pub(super) struct Touches(Arc<Mutex<HashMap<Id<SessionRow>, Note>>>);

impl Touches {
    /// Notes that a session was seen. Writes soon, in a task of its own.
    pub(super) fn note(&self, units: &Units, session: Id<SessionRow>, now: DateTime, visitor: Visitor) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = notes.is_empty();
        if notes.len() >= MOST || notes.insert(session, (now, visitor)).is_some() || !first {
            return;
        }
        drop(notes);
        let (this, units) = (self.clone(), units.clone());
        // Outside a run time (some tests) nothing is written; the next request notes it again.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            return;
        };
        runtime.spawn(async move {
            tokio::time::sleep(COLLECT).await;
            let notes = std::mem::take(&mut *this.0.lock().unwrap_or_else(PoisonError::into_inner));
            let notes: Vec<_> = notes.into_iter().collect();
            for some in notes.chunks(AT_ONCE) {
                if let Err(error) = write(&units, some).await {
                    tracing::warn!(target: "vauban::sessions", %error, "last-seen times were not written");
                }
            }
        });
    }

    /// A session that ended is not written any more.
    pub(super) fn forget(&self, session: Id<SessionRow>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&session);
    }
}

async fn write(units: &Units, notes: &[(Id<SessionRow>, Note)]) -> Result<()> {
    Retries::of(|| write_once(units, notes)).await
}

async fn write_once(units: &Units, notes: &[(Id<SessionRow>, Note)]) -> Result<()> {
    let unit = units.begin();
    let db = unit.db().acting::<SessionStore>();
    for (session, (seen, visitor)) in notes {
        // A row that is gone stays gone: nothing is inserted here.
        let row = SessionRow::objects().filter(|s| s.id.eq(*session));
        // Where it was seen last: a copy of the cookie is not shown under its owner's browser and network.
        let changed = row.change_all(&db, |s| {
            [
                s.seen.set(*seen),
                s.device.set(visitor.device.clone()),
                s.network.set(visitor.network.clone()),
            ]
        });
        changed.await?;
    }
    unit.finish(true).await
}
