//! Where a request keeps its messages.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::Message;

/// The messages of one request: those that came, if somebody asked for them, and those that were added.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(super) came: OnceLock<Vec<Message>>,
    /// The same, asked for before it was known who asks.
    pub(super) came_to_nobody: OnceLock<Vec<Message>>,
    added: Mutex<Added>,
}

/// What this request says, and how many messages more there were.
#[derive(Debug, Default, Clone)]
pub(super) struct Added {
    pub(super) messages: Vec<Message>,
    pub(super) more: usize,
}

impl Store {
    pub(super) fn added(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what others said, and that they asked for what came.
    pub(crate) fn put(&mut self, other: Self) {
        if self.came.get().is_none() {
            self.came = other.came;
        }
        let mut added = self.added();
        let others = other.added.into_inner().unwrap_or_else(PoisonError::into_inner);
        added.messages.extend(others.messages);
        added.more = added.more.saturating_add(others.more);
    }

    /// Forgets what was added: the request failed.
    pub(crate) fn drop_added(&self) {
        *self.added() = Added::default();
    }
}

impl Clone for Store {
    fn clone(&self) -> Self {
        Self {
            came: self.came.clone(),
            came_to_nobody: self.came_to_nobody.clone(),
            added: Mutex::new(self.added().clone()),
        }
    }
}
