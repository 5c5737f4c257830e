//! Tasks: what is done later, in the unit of work of whoever asked for it. These are the types that modules list and views name;
//! the queue that keeps and runs them is a module's ([`Module::task_queue`](crate::Module::task_queue)).

mod call;
mod enqueue;
mod failed;
mod param;
mod queue;
mod run;
mod schedule;
mod task;
mod when;
mod who;

pub use call::{Attempt, TaskCall};
pub use enqueue::{Enqueue, Enqueues};
pub use failed::Failed;
pub use param::TaskParam;
pub(crate) use queue::Outbox;
pub use queue::{Enqueued, MOST_ARGUMENTS, NewTask, TaskQueue};
#[doc(hidden)]
#[allow(deprecated)]
pub use run::__run;
pub use run::{Ended, Queued};
pub use schedule::{ByItself, Missed, OfSchedule, Plan, Schedule, Scheduled, TaskOf};
pub use task::{Task, TaskMeta};
pub use when::{Priority, When};
pub use who::{AsAsker, AsService, RunsAs};
