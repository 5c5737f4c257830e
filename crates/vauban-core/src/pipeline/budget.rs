//! How many bytes of bodies are in memory at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of each body counts as small.
const SMALL: usize = 64 * 1024;

/// Bytes of bodies that are in memory at once, all requests together (CWE-770): each of many may be small.
///
/// A quarter is for the beginnings of bodies: however many large ones are on their way, or stand still, an ordinary form
/// finds room.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    /// `None` where there is too little to part.
    small: Option<Arc<Semaphore>>,
    large: Arc<Semaphore>,
}

impl Budget {
    /// So many bytes, and in any case as many as one body of `largest` bytes needs when it is alone.
    pub(crate) fn new(bytes: usize, largest: usize) -> Self {
        let pool = |bytes: usize| Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)));
        let small = if bytes >= 16 * SMALL { bytes / 4 } else { 0 };
        Self {
            small: (small > 0).then(|| pool(small)),
            large: pool((bytes - small).max(largest)),
        }
    }

    #[cfg(test)]
    pub(super) async fn for_test(&self, bytes: usize) -> Room {
        self.room(bytes, bytes, Duration::from_secs(1)).await.unwrap()
    }

    /// Room for the next `bytes` of a body that then has `so_far`; `None` if it does not come within `wait`.
    pub(super) async fn room(&self, bytes: usize, so_far: usize, wait: Duration) -> Option<Room> {
        let many = u32::try_from(bytes).ok()?;
        let small = self.small.as_ref().filter(|_| so_far <= SMALL);
        let pool = Arc::clone(small.unwrap_or(&self.large));
        let room = tokio::time::timeout(wait, pool.acquire_many_owned(many)).await;
        let room = Some(room.ok()?.ok()?);
        Some(match small {
            Some(_) => Room {
                small: room,
                large: None,
            },
            None => Room {
                small: None,
                large: room,
            },
        })
    }
}

/// Room that a body has, free again when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Room {
    small: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// This and more of the same budget.
    pub(super) fn add(&mut self, more: Self) {
        join(&mut self.small, more.small);
        join(&mut self.large, more.large);
    }
}

fn join(permit: &mut Option<OwnedSemaphorePermit>, more: Option<OwnedSemaphorePermit>) {
    match (permit, more) {
        (Some(permit), Some(more)) => permit.merge(more),
        (permit, more) => *permit = permit.take().or(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-770. Attack: as many large bodies as there is room for, which then stand still.
    #[tokio::test]
    async fn large_bodies_leave_room_for_forms() {
        let budget = Budget::new(16 * SMALL, SMALL);
        let soon = Duration::from_millis(20);
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut body = budget.room(SMALL, SMALL, soon).await.unwrap();
            body.add(budget.room(4 * SMALL, 5 * SMALL, soon).await.unwrap());
            held.push(body);
        }
        assert!(
            budget.room(SMALL, 2 * SMALL, soon).await.is_none(),
            "no room for what is large"
        );
        assert!(budget.room(SMALL, SMALL, soon).await.is_some(), "a form waits");
        held.clear();
        assert!(
            budget.room(12 * SMALL, 13 * SMALL, soon).await.is_some(),
            "room is given back"
        );
    }

    /// The largest body that a view takes finds room when it is alone, whatever the setting.
    #[tokio::test]
    async fn the_largest_body_finds_room() {
        let soon = Duration::from_millis(20);
        for largest in [SMALL, 15 * SMALL, 16 * SMALL, 40 * SMALL] {
            let budget = Budget::new(16 * SMALL, largest);
            let mut body = budget.room(SMALL, SMALL, soon).await.unwrap();
            if largest > SMALL {
                body.add(budget.room(largest - SMALL, largest, soon).await.unwrap());
            }
        }
    }
}
