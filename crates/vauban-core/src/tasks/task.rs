//! A task as a type: what it is called, as whom it runs, and how.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vauban_orm::actor::ServiceMeta;

use super::call::TaskCall;
use super::failed::Failed;
use super::when::Priority;
use super::who::RunsAs;

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
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Failed>> + Send + 'a>>;

/// What is known of a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskMeta {
    /// What rows call it.
    pub name: &'static str,
    /// The queue in which it waits, with a concurrency of its own.
    pub queue: &'static str,
    /// How often it is tried.
    pub tries: u32,
    /// How long one try may take, in seconds.
    pub timeout: u32,
    /// Whether its arguments are sealed at rest.
    pub secret: bool,
    /// The service as which it runs; `None`: whoever asked.
    pub service: Option<ServiceMeta>,
    /// The path of its type in the program.
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
