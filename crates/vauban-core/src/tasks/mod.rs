//! Tasks: what is done later, in the unit of work of whoever asked for it. These are the types that modules list and views name;
//! the queue that keeps and runs them is a module's ([`Module::task_queue`](crate::Module::task_queue)).

mod enqueue;
mod failed;
mod param;
mod queue;
mod run;
mod schedule;
mod who;

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use enqueue::{Enqueue, Enqueues};
pub use failed::Failed;
pub use param::{Attempt, TaskParam};
pub(crate) use queue::Outbox;
pub use queue::{Enqueued, MOST_ARGUMENTS, NewTask, Priority, TaskQueue, When};
#[doc(hidden)]
#[allow(deprecated)]
pub use run::__run;
pub use run::{Ended, Queued, TaskCall};
pub use schedule::{ByItself, Missed, OfSchedule, Plan, Schedule, Scheduled, TaskOf};
pub use who::{AsAsker, AsService, RunsAs};

use vauban_orm::actor::ServiceMeta;

/// A task: written by [`#[task]`](macro@crate::task), which makes a type of an async function.
///
/// ```
/// # extern crate vauban_core as vauban;
/// # use vauban::prelude::*;
/// # #[derive(Model)]
/// # #[model(table = "note")]
/// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
/// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// use vauban::tasks::{AsAsker, AsService};
///
/// service! {
///     /// Writes notes at night.
///     pub Nightly: Add<Note>;
///     waiver!(ServiceRights, "notes of the night are nobody's own")
/// }
///
/// #[task(name = "notes.nightly")]
/// async fn nightly(_: AsService<Nightly>, db: Db<Write>, text: String) -> Result<()> {
///     Note::create(NewNote { text }).save(&db).await?;
///     Ok(())
/// }
///
/// /// In the unit of whoever asks: if that is undone, nothing is queued.
/// async fn later(db: &Db<Write>) -> Result<()> {
///     nightly::enqueue(db, "Good night".to_owned()).key("tonight").await?;
///     Ok(())
/// }
///
/// fn module() -> Module {
///     Module::new("notes").model::<Note>().service::<Nightly>().task::<nightly>()
/// }
/// # fn main() {}
/// ```
pub trait Task: Sized + Send + Sync + 'static {
    /// As whom it runs.
    type As: RunsAs;
    /// What it is told: a closed type.
    type Args: Serialize + DeserializeOwned + Send + 'static;
    /// What rows call it. Explicit, so that a renamed function finds what an older release has queued.
    const NAME: &'static str;
    /// The queue that it waits in.
    const QUEUE: &'static str = "default";
    /// How often it is tried.
    const TRIES: u32 = 8;
    /// How long one try may take, in seconds.
    const TIMEOUT: u32 = 60;
    /// What is claimed first.
    const PRIORITY: Priority = Priority::Normal;
    /// Whether its arguments are sealed at rest (CWE-312).
    const SECRET: bool = false;

    /// Does it.
    #[doc(hidden)]
    fn run(call: &TaskCall<'_>, args: Self::Args) -> impl Future<Output = Result<(), Failed>> + Send;

    /// Puts it into the unit of `db`, with what it is told: queued when that is saved, and not if it is undone. It is done when the
    /// result is awaited.
    fn enqueue<D: Enqueues>(db: &D, args: Self::Args) -> Enqueue<'_, Self> {
        Enqueue::new(db, &args)
    }
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Failed>> + Send + 'a>>;

/// What is known of a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskMeta {
    /// What rows call it.
    pub name: &'static str,
    /// Its queue.
    pub queue: &'static str,
    /// How often it is tried.
    pub tries: u32,
    /// How long one try may take, in seconds.
    pub timeout: u32,
    /// Whether its arguments are sealed at rest.
    pub secret: bool,
    /// The service as which it runs; `None`: whoever asked.
    pub service: Option<ServiceMeta>,
    /// Its type's path.
    pub path: fn() -> &'static str,
    pub(crate) actor: fn() -> Option<vauban_orm::Actor>,
    pub(crate) run: for<'a> fn(&'a TaskCall<'a>, &'a [u8]) -> Done<'a>,
}

impl TaskMeta {
    /// That of a task.
    pub fn of<T: Task>() -> Self {
        Self {
            name: T::NAME,
            queue: T::QUEUE,
            tries: T::TRIES,
            timeout: T::TIMEOUT,
            secret: T::SECRET,
            service: T::As::service(),
            path: std::any::type_name::<T>,
            actor: T::As::actor,
            run: |call, args| {
                // CWE-502: into a closed type, or it is said that it is none.
                match serde_json::from_slice(args) {
                    Ok(args) => Box::pin(T::run(call, args)),
                    Err(error) => Box::pin(async move { Err(Failed::unreadable(&error)) }),
                }
            },
        }
    }

    /// As whom it runs, for the access matrix.
    pub fn runs_as(&self) -> String {
        match &self.service {
            Some(service) => format!(
                "the service {}",
                vauban_orm::checks::shown_type(service.type_name())
            ),
            None => "who asked".to_owned(),
        }
    }
}
