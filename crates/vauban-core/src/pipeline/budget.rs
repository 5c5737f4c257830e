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
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Whether there is enough to have a part of its own for what is small.
    is_parted: bool,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        let is_parted = bytes >= 16 * SMALL;
        let small = if is_parted { bytes / 4 } else { 0 };
        Self {
            small: Arc::new(Semaphore::new(small)),
            large: Arc::new(Semaphore::new(bytes - small)),
            is_parted,
        }
    }

    #[cfg(test)]
    pub(super) async fn for_test(&self, bytes: usize) -> Room {
        self.room(bytes, bytes, Duration::from_secs(1)).await.unwrap()
    }

    /// Room for the next `bytes` of a body that then has `so_far`; `None` if it does not come within `wait`.
    pub(super) async fn room(&self, bytes: usize, so_far: usize, wait: Duration) -> Option<Room> {
        let many = u32::try_from(bytes).ok()?;
        let is_small = self.is_parted && so_far <= SMALL;
        let of = if is_small { &self.small } else { &self.large };
        let room = tokio::time::timeout(wait, Arc::clone(of).acquire_many_owned(many));
        let room = Some(room.await.ok()?.ok()?);
        Some(if is_small {
            Room {
                small: room,
                large: None,
            }
        } else {
            Room {
                small: None,
                large: room,
            }
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
        let budget = Budget::new(16 * SMALL);
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
}
