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

/// How many messages there were, and whether somebody had asked for those that came.
#[derive(Debug)]
pub(crate) struct Mark {
    came: bool,
    messages: usize,
    more: usize,
}

impl Store {
    pub(super) fn added(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the messages are now.
    pub(crate) fn mark(&self) -> Mark {
        let added = self.added();
        Mark {
            came: self.came.get().is_some(),
            messages: added.messages.len(),
            more: added.more,
        }
    }

    /// Forgets what was said, and that it was asked for, since then.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        if !mark.came {
            self.came = OnceLock::new();
        }
        let mut added = self.added();
        added.messages.truncate(mark.messages);
        added.more = mark.more;
    }

    /// Forgets what was added: the request failed.
    pub(crate) fn drop_added(&self) {
        *self.added() = Added::default();
    }
}
