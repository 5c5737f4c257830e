//! The services of tasks: the only ones that reach the rows.

use crate::model::{DeadTaskRow, TaskDueRow, TaskRow};

vauban::orm::service! {
    /// Queues tasks for whoever asks.
    pub(crate) QueueTasks: Add<TaskRow>, View<TaskRow>, Change<TaskRow>;
    waiver!(ServiceRights, "everybody queues tasks and nobody reads them")
}

vauban::orm::service! {
    /// Claims tasks, and takes away what is done.
    pub(crate) RunTasks: View<TaskRow>, Change<TaskRow>, Delete<TaskRow>, Add<TaskRow>, View<DeadTaskRow>, Add<DeadTaskRow>,
        Delete<DeadTaskRow>, View<TaskDueRow>, Add<TaskDueRow>, Delete<TaskDueRow>;
    waiver!(ServiceRights, "a worker runs everybody's tasks")
}
