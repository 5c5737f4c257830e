//! What becomes of a task that was tried.

use std::sync::Arc;
use std::time::Duration;

use vauban::orm::engine::Unit;
use vauban::orm::{Db, QuerySet, Result, Write};
use vauban::site::Site;
use vauban::tasks::{Ended, Queued};
use vauban::units::Retries;

use crate::model::{DeadTaskRow, NewDeadTaskRow, TaskRow};
use crate::secret;
use crate::services::RunTasks;
use crate::tasks::Tasks;
use crate::text::cleaned;

/// The first pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

impl Tasks {
    /// Runs one try of a task that was claimed, and sees to what becomes of it.
    pub(crate) async fn run(&self, site: &Arc<Site>, row: &TaskRow) -> Ended {
        let ended = self.try_once(site, row).await;
        let (name, id, attempt) = (row.name.as_str(), row.id.uuid(), row.attempt);
        let kept = match &ended {
            Ended::Done => {
                tracing::debug!(target: "vauban::tasks", task = name, %id, attempt, "done");
                Ok(())
            }
            Ended::Lost => {
                tracing::warn!(target: "vauban::tasks", task = name, %id, attempt, "another worker has it: nothing of this try is saved");
                Ok(())
            }
            Ended::Again(why, after) => {
                let why = cleaned(why);
                tracing::warn!(target: "vauban::tasks", task = name, %id, attempt, error = why, "failed");
                match self.is_last(row) {
                    true => self.bury(row, &why).await,
                    false => self.put_back(row, &why, *after).await,
                }
            }
            Ended::Dead(why) => {
                let why = cleaned(why);
                tracing::error!(target: "vauban::tasks", task = name, %id, attempt, error = why, "given up");
                self.bury(row, &why).await
            }
        };
        if let Err(error) = kept {
            // Its lease ends, and then it is tried again.
            tracing::error!(target: "vauban::tasks", task = name, %id, attempt, %error, "what became of it could not be written");
        }
        ended
    }

    async fn try_once(&self, site: &Arc<Site>, row: &TaskRow) -> Ended {
        let Some(task) = self.listed.get(row.name.as_str()) else {
            return Ended::Lost;
        };
        if row.attempt > i64::from(task.tries) {
            return Ended::Dead(format!(
                "the process that ran it ended {} times before it did",
                row.attempt - 1
            ));
        }
        let args = match Box::pin(self.args_of(row)).await {
            Ok(Some(args)) => args,
            Ok(None) => {
                let why =
                    "its arguments are sealed by a secret that is not in use any more, or for another task";
                return Ended::Again(why.to_owned(), None);
            }
            Err(error) => return Ended::Again(format!("its arguments cannot be read: {error}"), None),
        };
        let queued = Queued {
            task,
            id: row.id.uuid(),
            attempt: u32::try_from(row.attempt).unwrap_or(1),
            asker: row.asker,
            args: &args,
        };
        let last = |db: Db<Write>| async move {
            let acting = db.acting::<RunTasks>();
            if row.sealed {
                Box::pin(secret::forget(&acting, row.id.uuid())).await?;
            }
            let removed = self.own(row).delete_all(&acting).await?;
            Ok(removed == 1)
        };
        let is_own = || async {
            let unit = self.units.begin();
            let db = unit.read_db().acting::<RunTasks>();
            let found = self.own(row).limit(1).all(&db).await;
            // Where that cannot be read, its last statement says it.
            found.map_or(true, |found| !found.is_empty())
        };
        #[allow(deprecated)]
        vauban::tasks::__run(site, queued, last, is_own).await
    }

    async fn args_of(&self, row: &TaskRow) -> Result<Option<Vec<u8>>> {
        if !row.sealed {
            return Ok(Some(row.args.clone()));
        }
        let unit = self.units.begin();
        let db = unit.read_db().acting::<RunTasks>();
        self.told(&db, (&row.name, row.id.uuid()), &row.args, row.sealed)
            .await
    }

    fn is_last(&self, row: &TaskRow) -> bool {
        let tries = self.listed.get(row.name.as_str()).map_or(1, |task| task.tries);
        row.attempt >= i64::from(tries)
    }

    /// To be tried again.
    async fn put_back(&self, row: &TaskRow, why: &str, after: Option<Duration>) -> Result<()> {
        let due = self.clock.now() + after.unwrap_or_else(|| pause(row.attempt)).min(LONGEST_PAUSE);
        self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let own = self.own(row).change_all(&acting, |t| {
                [
                    t.due.set(due),
                    t.priority.set(row.priority),
                    t.worker.set(None),
                    t.error.set(Some(why.to_owned())),
                ]
            });
            own.await.map(drop)
        })
        .await
    }

    /// To be tried again by somebody else, and not counted: this process stops.
    pub(crate) async fn give_back(&self, row: &TaskRow) -> Result<()> {
        let now = self.clock.now();
        self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let own = self.own(row).change_all(&acting, |t| {
                [
                    t.due.set(now),
                    t.priority.set(row.priority),
                    t.worker.set(None),
                    t.attempt.increase_by(-1),
                ]
            });
            own.await.map(drop)
        })
        .await
    }

    /// Given up: what it was told is kept, for whoever looks at it.
    pub(crate) async fn bury(&self, row: &TaskRow, why: &str) -> Result<()> {
        let died = self.clock.now();
        self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            if self.own(row).delete_all(&acting).await? == 0 {
                return Ok(());
            }
            let dead = NewDeadTaskRow {
                task: row.id.uuid(),
                name: row.name.clone(),
                queue: row.queue.clone(),
                priority: row.priority,
                attempt: row.attempt,
                asker: row.asker,
                key: row.key.clone(),
                args: row.args.clone(),
                sealed: row.sealed,
                error: why.to_owned(),
                created: row.created,
                died,
            };
            DeadTaskRow::create(dead).save(&acting).await.map(drop)
        })
        .await
    }

    /// CWE-362: the row, as long as it is this try's.
    pub(crate) fn own(&self, row: &TaskRow) -> QuerySet<TaskRow> {
        TaskRow::objects().filter(|t| t.id.eq(row.id) & t.attempt.eq(row.attempt) & t.worker.eq(self.worker))
    }

    /// A unit of the queue's own rows. Each is locked, or is this try's, by the statement that changes it; so on PostgreSQL it need not
    /// go together with what callers write meanwhile, and undoes none of them.
    pub(crate) fn relaxed(&self) -> Unit {
        #[allow(deprecated)]
        self.units.__begin_relaxed()
    }

    /// One small unit, done again where it does not fit beside others.
    pub(crate) async fn write<T, F>(&self, work: impl Fn(Db<Write>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        Retries::of(|| async {
            let unit = self.relaxed();
            let done = work(unit.db()).await;
            let saved = unit.finish(done.is_ok()).await;
            done.and_then(|value| saved.map(|()| value))
        })
        .await
    }
}

/// Twice as long each time, by chance up to a quarter longer: what failed together is not tried together.
fn pause(attempt: i64) -> Duration {
    let doubled = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or(0);
    let pause = FIRST_PAUSE * 2_u32.pow(doubled);
    pause
        .min(LONGEST_PAUSE)
        .mul_f64(1.0 + rand::random::<f64>() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_six_hours() {
        for (attempt, least) in [
            (1, 15),
            (2, 30),
            (5, 240),
            (11, 15_360),
            (12, 21_600),
            (99, 21_600),
        ] {
            let pause = pause(attempt).as_secs_f64();
            let least = f64::from(least);
            assert!((least..=least * 1.25).contains(&pause), "{attempt}: {pause}");
        }
    }
}
