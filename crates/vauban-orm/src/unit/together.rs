//! Reads of a unit that are awaited together (`join!`) go by one connection of PostgreSQL: all are sent before the first is
//! answered, so that three take one way to the server and back.

use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use super::reading::left;
use super::steps::{OneState, Steps};
use crate::backend::lock;
use crate::backend::postgres::{Access, Pooled, Store};
use crate::error::Result;
use crate::policy::authority::Authority;

/// What is asked so soon after another read is asked together with it. Later ones have a connection of their own, on which
/// they wait for nobody.
const MOMENT: Duration = Duration::from_millis(20);
/// Reads that one connection answers in turn (CWE-400).
const MOST: usize = 16;
/// How long a read waits for those before it. Not for less: where the way is long or the server busy, all that is asked together would
/// be asked twice, and the more so the busier it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connection that was taken last, while it may be shared.
#[derive(Debug, Default)]
pub(super) struct Together(Mutex<Option<Shared>>);

#[derive(Debug)]
struct Shared {
    connection: Weak<Pooled>,
    since: Instant,
}

impl Together {
    /// Reads, outside a transaction of the unit.
    pub(super) async fn read<S: Steps>(
        &self,
        store: &Store,
        steps: &S,
        authority: &Authority,
        text: &mut String,
    ) -> Result<S::Found> {
        // Several statements are a transaction, into which nobody else's belongs.
        if steps.are_several() {
            let connection = store.get(Access::Read, left()).await?;
            return OneState(steps)
                .run(authority, store.session(&connection), text)
                .await;
        }
        if let Some(shared) = self.shared() {
            {
                let mut found = pin!(steps.run(authority, store.session(&shared), text));
                match tokio::time::timeout(PATIENCE, &mut found).await {
                    Ok(found) => return found,
                    // Nobody else is left: it is slow itself.
                    Err(_) if Arc::strong_count(&shared) == 1 => return found.await,
                    Err(_) => {}
                }
            }
            drop(shared);
            // CWE-400, CWE-833: what stands before it is slow, or whoever asked it does not take its rows. Nothing was written.
            text.clear();
        }
        let connection = Arc::new(store.get(Access::Read, left()).await?);
        *lock(&self.0) = Some(Shared {
            connection: Arc::downgrade(&connection),
            since: Instant::now(),
        });
        steps.run(authority, store.session(&connection), text).await
    }

    /// The connection of who asked this very moment, if it does for this one too.
    fn shared(&self) -> Option<Arc<Pooled>> {
        let last = lock(&self.0);
        let last = last.as_ref().filter(|last| last.since.elapsed() < MOMENT)?;
        let connection = last.connection.upgrade()?;
        let serves = !connection.is_broken()
            && connection.is_clean()
            && connection.limits_to(left())
            && Arc::strong_count(&connection) <= MOST;
        serves.then_some(connection)
    }
}
