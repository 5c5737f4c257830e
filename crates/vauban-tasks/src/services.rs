//! The services of tasks: the only ones that reach the rows.

use crate::model::{DeadTaskRow, SecretRow, TaskDueRow, TaskRow};

vauban::orm::service! {
    /// Queues tasks for whoever asks.
    pub(crate) QueueTasks: Add<TaskRow>, View<TaskRow>, Add<SecretRow>;
    waiver!(ServiceRights, "everybody queues tasks and nobody reads them")
}

vauban::orm::service! {
    /// Claims tasks, and takes away what is done.
    pub(crate) RunTasks: View<TaskRow>, Change<TaskRow>, Delete<TaskRow>, Add<TaskRow>, View<DeadTaskRow>, Add<DeadTaskRow>,
        Delete<DeadTaskRow>, View<SecretRow>, Add<SecretRow>, Delete<SecretRow>, View<TaskDueRow>, Add<TaskDueRow>, Delete<TaskDueRow>;
    waiver!(ServiceRights, "a worker runs everybody's tasks")
}
