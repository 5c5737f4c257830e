//! Where a request keeps its messages.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::Message;

/// The messages of one request: those that came, and those that were added.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(super) came: OnceLock<Vec<Message>>,
    added: Mutex<Added>,
}

/// What this request says, and how many messages more there were.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) messages: Vec<Message>,
    pub(super) more: usize,
}

impl Store {
    pub(super) fn added(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was added: the request failed.
    pub(crate) fn drop_added(&self) {
        *self.added() = Added::default();
    }
}
