//! The rows behind tasks. Nobody may see or change them but the queue.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Encrypted, Id, Policy, Rules, Who};

/// A task that waits or runs. One that is done has no row; one that is given up is a [`DeadTaskRow`].
#[derive(Model, Clone, Debug)]
#[model(table = "vauban_tasks_task", unique(name, key), index(queue, priority, due))]
pub(crate) struct TaskRow {
    pub(crate) id: Id<TaskRow>,
    /// Which.
    #[field(max_length = 60)]
    pub(crate) name: String,
    #[field(max_length = 60)]
    pub(crate) queue: String,
    /// 0 first; 100 more while it is claimed.
    pub(crate) priority: i16,
    /// When it may be claimed: at its time, or when the lease of who runs it is over.
    pub(crate) due: DateTime,
    /// How often it was claimed.
    #[field(default = 0)]
    pub(crate) attempt: i64,
    /// Who runs it.
    pub(crate) worker: Option<Uuid>,
    /// Who asked for it.
    pub(crate) asker: Option<Uuid>,
    /// Of one name and key there is one.
    #[field(max_length = 200)]
    pub(crate) key: Option<String>,
    /// What it is told, as JSON; nothing, where a [`SecretRow`] has it. Releases before `0002` kept it here, sealed.
    #[field(max_length = 70_000)]
    pub(crate) args: Vec<u8>,
    pub(crate) sealed: bool,
    /// Why the last try failed.
    #[field(max_length = 2_000)]
    pub(crate) error: Option<String>,
    pub(crate) created: DateTime,
}

/// A task that was given up: its tries are used up, or it said so itself.
#[derive(Model, Clone, Debug)]
#[model(table = "vauban_tasks_dead")]
pub(crate) struct DeadTaskRow {
    pub(crate) id: Id<DeadTaskRow>,
    /// The row that it was.
    #[field(unique)]
    pub(crate) task: Uuid,
    #[field(max_length = 60)]
    pub(crate) name: String,
    #[field(max_length = 60)]
    pub(crate) queue: String,
    pub(crate) priority: i16,
    pub(crate) attempt: i64,
    pub(crate) asker: Option<Uuid>,
    #[field(max_length = 200)]
    pub(crate) key: Option<String>,
    #[field(max_length = 70_000)]
    pub(crate) args: Vec<u8>,
    pub(crate) sealed: bool,
    /// Why.
    #[field(max_length = 2_000)]
    pub(crate) error: String,
    pub(crate) created: DateTime,
    #[field(index)]
    pub(crate) died: DateTime,
}

/// What a task is told that nobody reads at rest (CWE-312). In a table of its own: where one does not open, the others are claimed all the
/// same.
#[derive(Model, Clone)]
#[model(table = "vauban_tasks_secret")]
pub(crate) struct SecretRow {
    #[field(random)]
    pub(crate) id: Id<SecretRow>,
    /// The row of the task, also when that is given up.
    #[field(unique)]
    pub(crate) task: Uuid,
    /// Behind what it is bound to, see `secret.rs`.
    #[field(encrypted = "vauban.tasks.arguments", max_length = 70_000)]
    pub(crate) told: Encrypted<Vec<u8>>,
}

/// That a schedule's time has come: whoever writes the row queues the task.
#[derive(Model, Clone, Debug)]
#[model(table = "vauban_tasks_due", unique(schedule, due))]
pub(crate) struct TaskDueRow {
    pub(crate) id: Id<TaskDueRow>,
    /// The task's name and what the schedule says.
    #[field(max_length = 250)]
    pub(crate) schedule: String,
    pub(crate) due: DateTime,
}

// CWE-639: reached by the queue only.
impl Policy for TaskRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
impl Policy for DeadTaskRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
impl Policy for SecretRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
impl Policy for TaskDueRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
