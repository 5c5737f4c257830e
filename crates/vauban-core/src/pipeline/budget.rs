//! How many bytes of bodies are in memory at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of bodies that are in memory at once, all requests together (CWE-770): each of many may be small.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    #[cfg(test)]
    pub(super) async fn for_test(&self, bytes: usize) -> OwnedSemaphorePermit {
        self.room(bytes, Duration::from_secs(1)).await.unwrap()
    }

    /// Room for so many bytes; `None` if it does not come within `wait`.
    pub(super) async fn room(&self, bytes: usize, wait: Duration) -> Option<OwnedSemaphorePermit> {
        let many = u32::try_from(bytes).ok()?;
        let room = tokio::time::timeout(wait, Arc::clone(&self.0).acquire_many_owned(many));
        room.await.ok().and_then(Result::ok)
    }
}
