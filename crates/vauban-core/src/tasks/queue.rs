//! Where tasks wait: a module's.

use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::{Db, Result, Write};

use super::task::TaskMeta;
use super::when::{Priority, When};

/// The most that a task's arguments may be, in bytes of JSON (CWE-770).
pub const MOST_ARGUMENTS: usize = 64 * 1024;

/// A task to be queued.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewTask {
    /// Which task it is, as its module lists it.
    pub task: TaskMeta,
    /// What it is told, as JSON.
    pub args: Vec<u8>,
    /// Of one key there is one.
    pub key: Option<String>,
    /// When it may run.
    pub when: When,
    /// What is claimed first.
    pub priority: Priority,
}

impl NewTask {
    pub(super) fn new(task: TaskMeta, args: Vec<u8>, priority: Priority) -> Self {
        Self {
            task,
            args,
            key: None,
            when: When::Now,
            priority,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is queued with this unit.
    New,
    /// One with its key waits or runs already, which stays as it is.
    There,
}

/// What keeps a site's tasks. A site has one, which a module brings ([`Module::task_queue`](crate::Module::task_queue)).
pub trait TaskQueue: Send + Sync + 'static {
    /// Keeps a task, in the caller's unit.
    fn enqueue<'a>(
        &'a self,
        db: &'a Db<Write>,
        task: NewTask,
    ) -> Pin<Box<dyn Future<Output = Result<Enqueued>> + Send + 'a>>;
}

/// What a database carries, so that whoever has a handle can queue.
pub(crate) struct Outbox(pub(crate) Arc<dyn TaskQueue>);
