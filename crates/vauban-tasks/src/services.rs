//! The services of tasks: the only ones that reach the rows.

use crate::model::{DeadRow, DueRow, TaskRow};

vauban::orm::service! {
    /// Queues tasks for whoever asks.
    pub(crate) Queueing: Add<TaskRow>, View<TaskRow>, Change<TaskRow>;
    waiver!(ServiceRights, "everybody queues tasks and nobody reads them")
}

vauban::orm::service! {
    /// Claims tasks, and takes away what is done.
    pub(crate) Working: View<TaskRow>, Change<TaskRow>, Delete<TaskRow>, Add<TaskRow>, View<DeadRow>, Add<DeadRow>,
        Delete<DeadRow>, View<DueRow>, Add<DueRow>, Delete<DueRow>;
    waiver!(ServiceRights, "a worker runs everybody's tasks")
}
