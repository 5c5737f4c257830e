//! Claiming: which tasks this process runs next, for how long nobody else does.

use std::time::Duration;

use uuid::Uuid;
use vauban::orm::{Id, QuerySet, Result};
use vauban::units::Retries;

use crate::model::TaskRow;
use crate::services::RunTasks;
use crate::tasks::Tasks;

/// Claimed at once, at most.
pub(crate) const AT_ONCE: usize = 16;
/// For how long a task is claimed that somebody runs by hand: nobody renews that.
const BY_HAND: Duration = Duration::from_secs(3600);

impl Tasks {
    /// Claims up to so many tasks of a queue that are due, in a short unit. Each is counted as tried from here on: of a process that
    /// dies with it nobody else would know (CWE-400: a task that kills its process is not run for ever).
    pub(crate) async fn claim(&self, queue: &str, most: usize) -> Result<Vec<TaskRow>> {
        let mut retries = Retries::default();
        loop {
            let claimed = self.claim_once(queue, most.min(AT_ONCE)).await;
            if !retries.again(&claimed).await {
                return claimed;
            }
        }
    }

    /// Those that are due, the first ones first. Of names that this release does not know nothing is touched: another's tasks.
    fn due(&self, queue: &str) -> QuerySet<TaskRow> {
        let now = self.clock.now();
        let known = self.listed.keys().copied();
        TaskRow::objects()
            .filter(|t| t.queue.eq(queue) & t.due.le(now) & t.name.is_in(known))
            .order_by(|t| [t.priority.asc(), t.due.asc()])
    }

    /// Whether something is due, without a turn of the writer.
    pub(crate) async fn is_due(&self, queue: &str) -> Result<bool> {
        let unit = self.units.begin();
        let db = unit.read_db().acting::<RunTasks>();
        Ok(!self.due(queue).limit(1).all(&db).await?.is_empty())
    }

    async fn claim_once(&self, queue: &str, most: usize) -> Result<Vec<TaskRow>> {
        let unit = self.relaxed();
        let db = unit.db().acting::<RunTasks>();
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let found = self
            .due(queue)
            .limit(most)
            .for_update()
            .skip_locked()
            .all(&db)
            .await?;
        let mut rows: Vec<TaskRow> = found.into_iter().map(vauban::Changeable::into_row).collect();
        if rows.is_empty() {
            return Ok(rows);
        }
        let lease = self.clock.now() + self.settings.lease;
        let ids: Vec<Id<TaskRow>> = rows.iter().map(|row| row.id).collect();
        let claimed = TaskRow::objects()
            .filter(|t| t.id.is_in(ids))
            .change_all(&db, |t| {
                [
                    t.attempt.increase_by(1),
                    t.due.set(lease),
                    t.worker.set(Some(self.worker)),
                ]
            });
        claimed.await?;
        unit.finish(true).await?;
        for row in &mut rows {
            row.attempt += 1;
            row.due = lease;
            row.worker = Some(self.worker);
        }
        Ok(rows)
    }

    /// Claims this one, if it waits, whenever it is due: for whoever runs it by hand, for an hour.
    pub(crate) async fn claim_one(&self, id: Id<TaskRow>) -> Result<Option<TaskRow>> {
        let now = self.clock.now();
        let lease = now + BY_HAND;
        self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let free = TaskRow::objects().filter(|t| t.id.eq(id) & (t.worker.is_null() | t.due.le(now)));
            let Some(row) = free.for_update().first(&acting).await? else {
                return Ok(None);
            };
            let attempt = row.attempt + 1;
            let claimed = row.change(&acting, |t| {
                [
                    t.attempt.set(attempt),
                    t.due.set(lease),
                    t.worker.set(Some(self.worker)),
                ]
            });
            claimed.await.map(Some)
        })
        .await
    }

    /// Renews the claims of what runs here.
    pub(crate) async fn renew(&self, ids: Vec<Uuid>) -> Result<u64> {
        let lease = self.clock.now() + self.settings.lease;
        let unit = self.relaxed();
        let ids = ids.into_iter().map(Id::from_uuid);
        let own = TaskRow::objects().filter(|t| t.id.is_in(ids) & t.worker.eq(self.worker));
        let renewed = own
            .change_all(&unit.db().acting::<RunTasks>(), |t| [t.due.set(lease)])
            .await?;
        unit.finish(true).await?;
        Ok(renewed)
    }
}
