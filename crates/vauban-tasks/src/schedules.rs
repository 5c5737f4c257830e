//! Tasks that come by themselves: one run for each time, however many processes look at the clock.

use std::time::Duration;

use vauban::orm::{DateTime, Error, Result};
use vauban::tasks::{Missed, TaskQueue as _};

use crate::clockwork::Clockwork;
use crate::model::{NewTaskDueRow, TaskDueRow};
use crate::services::RunTasks;
use crate::tasks::Tasks;

/// How late a time is missed.
const LATE: Duration = Duration::from_secs(60);
/// A time that is noted so far ahead was noted by a clock that was wrong. And a plan that has no next time is looked at as often.
const A_DAY: Duration = Duration::from_secs(86_400);

impl Tasks {
    /// Queues what has become due by the clock.
    pub(crate) async fn tick(&self) {
        for clockwork in &self.schedules {
            let now = self.clock.now();
            if !clockwork.is_due(now) {
                continue;
            }
            match self.queue_if_due(clockwork, now).await {
                Ok(since) => {
                    let next = clockwork.table.next(since).unwrap_or(now + A_DAY);
                    clockwork.waits(now, next);
                }
                Err(error) => {
                    tracing::error!(target: "vauban::tasks", schedule = clockwork.name, %error, "a schedule could not be looked at");
                }
            }
        }
    }

    /// Since when nothing was due; the time that is behind it is in a row.
    async fn queue_if_due(&self, clockwork: &Clockwork, now: DateTime) -> Result<DateTime> {
        let Some(since) = self.last_due(clockwork).await? else {
            // The program has it for the first time: from now on.
            self.note(clockwork, now, false).await?;
            return Ok(now);
        };
        if since > now + A_DAY {
            tracing::warn!(target: "vauban::tasks", schedule = clockwork.name, %since, "a clock was ahead when this schedule ran last: it begins anew");
            self.forget(clockwork, now).await?;
            self.note(clockwork, now, false).await?;
            return Ok(now);
        }
        let Some(due) = clockwork.table.last(since, now) else {
            return Ok(since);
        };
        let is_missed = now > due + LATE;
        let runs = !(is_missed && clockwork.scheduled.schedule.when_missed() == Missed::Skip);
        self.note(clockwork, due, runs).await?;
        Ok(due)
    }

    /// The last time that was seen to.
    pub(crate) async fn last_due(&self, clockwork: &Clockwork) -> Result<Option<DateTime>> {
        let unit = self.units.begin();
        let db = unit.read_db().acting::<RunTasks>();
        let own = TaskDueRow::objects().filter(|d| d.schedule.eq(&clockwork.name));
        let last = own.order_by(|d| d.due.desc()).first(&db).await?;
        Ok(last.map(|row| row.due))
    }

    /// Takes away what was noted ahead of this moment: it would silence the schedule until then.
    async fn forget(&self, clockwork: &Clockwork, now: DateTime) -> Result<()> {
        self.write(|db| async move {
            let ahead = TaskDueRow::objects().filter(|d| d.schedule.eq(&clockwork.name) & d.due.gt(now));
            ahead.delete_all(&db.acting::<RunTasks>()).await.map(drop)
        })
        .await
    }

    /// Pitfall 8 (celery#2856): of ten processes at one time one writes its row, and the task is queued with that.
    async fn note(&self, clockwork: &Clockwork, due: DateTime, runs: bool) -> Result<()> {
        let noted = self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let own = || TaskDueRow::objects().filter(|d| d.schedule.eq(&clockwork.name));
            // Whoever looked before another wrote a later time has missed this one.
            if own().filter(|d| d.due.ge(due)).exists(&acting).await? {
                return Ok(());
            }
            let schedule = clockwork.name.clone();
            TaskDueRow::create(NewTaskDueRow { schedule, due })
                .save(&acting)
                .await?;
            if runs {
                self.enqueue(&db, clockwork.scheduled.at(due)).await?;
            }
            own()
                .filter(|d| d.due.lt(due))
                .delete_all(&acting)
                .await
                .map(drop)
        });
        match noted.await {
            Err(Error::Unique { .. }) => Ok(()),
            noted => noted,
        }
    }
}
