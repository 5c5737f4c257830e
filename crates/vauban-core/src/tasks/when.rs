//! When a task may run, and before which others.

use std::time::Duration;

use vauban_orm::DateTime;

/// What is claimed first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Before all others: somebody waits for it.
    High,
    /// What nobody said more of.
    #[default]
    Normal,
    /// When nothing else is to be done.
    Low,
}

/// When a task may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// As soon as its unit is saved.
    #[default]
    Now,
    /// So long after it was queued.
    After(Duration),
    /// Not before this moment.
    At(DateTime),
}
