//! One try of a task: its unit, as whom it runs, how it ends.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use vauban_orm::engine::Backoff;
use vauban_orm::{Actor, Db, Result, Write};

use super::call::{Attempt, TaskCall};
use super::failed::Failed;
use super::failed::Kind;
use super::task::TaskMeta;
use crate::pipeline::{Guarded, Stopped};
use crate::site::Site;

/// A task that a queue has claimed.
#[derive(Debug, Clone, Copy)]
pub struct Queued<'a> {
    /// Which task it is, as its module lists it.
    pub task: &'a TaskMeta,
    /// The id of its row.
    pub id: Uuid,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// Who asked for it, if somebody did.
    pub asker: Option<Uuid>,
    /// What it is told, as JSON.
    pub args: &'a [u8],
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is done, and its row is gone with what it wrote.
    Done,
    /// Another worker had it meanwhile, or it was taken back: nothing of this try is saved.
    Lost,
    /// To be tried again, after so long if it says so.
    Again(String, Option<Duration>),
    /// Not to be tried again.
    Dead(String),
}

/// Runs one try. `last` is the unit's last statement: it removes the row where that is still this try's, or says `false`. `is_own` says
/// whether it is, before what the database undid is run again: what a task does outside is not repeated for a row that is gone.
///
/// CWE-362: what the task wrote and that its row is gone are saved together, or neither: what it does to the database is done
/// once, however often it runs.
#[doc(hidden)]
#[deprecated(
    note = "only a task queue runs tasks (CWE-441): a view enqueues one, a test calls `app.run_tasks()`"
)]
pub async fn __run<F, G>(
    site: &Arc<Site>,
    queued: Queued<'_>,
    last: impl Fn(Db<Write>) -> F + Sync,
    is_own: impl Fn() -> G,
) -> Ended
where
    F: Future<Output = Result<bool>> + Send,
    G: Future<Output = bool>,
{
    let limit = Duration::from_secs(u64::from(queued.task.timeout));
    let mut backoff = Backoff::of_a_unit();
    let started = tokio::time::Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        let once = Guarded::new(Box::pin(once(site, queued, &last)), left).await;
        let failed = match once {
            Ok(Ok(true)) => return Ended::Done,
            Ok(Ok(false)) => return Ended::Lost,
            Ok(Err(failed)) => failed,
            Err(Stopped::Overrun) => {
                return Ended::Again(format!("it took longer than {} s", limit.as_secs()), None);
            }
            Err(Stopped::Panicked(panic)) => {
                return Ended::Again(format!("it panicked: {}", panic.message), None);
            }
        };
        match failed.kind {
            // Nothing of it is saved.
            Kind::Undone if backoff.again().await => {
                if !is_own().await {
                    return Ended::Lost;
                }
            }
            Kind::Again(after) => return Ended::Again(failed.what, after),
            // Another release may read its arguments: one that is rolled out beside this one.
            Kind::Undone | Kind::Unreadable => return Ended::Again(failed.what, None),
            Kind::ForGood => return Ended::Dead(failed.what),
        }
    }
}

async fn once<F: Future<Output = Result<bool>> + Send>(
    site: &Arc<Site>,
    queued: Queued<'_>,
    last: &(impl Fn(Db<Write>) -> F + Sync),
) -> std::result::Result<bool, Failed> {
    let actor = actor(site, queued).await?;
    let unit = site
        .unit_of(actor)
        .ok_or_else(|| Failed::again("the program has no database"))?;
    let done = {
        let call = TaskCall {
            site: Arc::clone(site),
            unit: &unit,
            actor,
            attempt: Attempt {
                number: queued.attempt,
                of: queued.task.tries,
                task: queued.id,
            },
        };
        let done = (queued.task.run)(&call, queued.args).await;
        match done {
            Ok(()) => last(unit.db()).await.map_err(Failed::from),
            Err(failed) => Err(failed),
        }
    };
    let is_own = matches!(done, Ok(true));
    unit.finish(is_own).await?;
    done
}

/// CWE-613, CWE-269: with the rights of this moment, and not with those that they had when they asked.
async fn actor(site: &Arc<Site>, queued: Queued<'_>) -> std::result::Result<Actor, Failed> {
    if let Some(service) = (queued.task.actor)() {
        return Ok(service);
    }
    let asker = queued
        .asker
        .ok_or_else(|| Failed::for_good("it runs as who asked, and nobody did"))?;
    let identity = site
        .identity
        .as_ref()
        .ok_or_else(|| Failed::again("the site has no identity that says who asked"))?;
    let now = identity.actor_now(asker).await?;
    let now = now.filter(|actor| actor.user_facts().is_some_and(|facts| facts.id == asker));
    now.ok_or_else(|| Failed::for_good("whoever asked may not act any more: deactivated or deleted"))
}
