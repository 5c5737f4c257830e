//! Claiming: which tasks this process runs next, for how long nobody else does.

use std::collections::BTreeMap;
use std::time::Duration;

use vauban::orm::{Id, QuerySet, Result};
use vauban::units::Retries;

use crate::model::TaskRow;
use crate::queue::{CLAIMED, LOWEST, PRIORITIES};
use crate::services::RunTasks;
use crate::tasks::Tasks;

/// Claimed at once, at most.
pub(crate) const AT_ONCE: usize = 16;
/// For so long a claim outlasts what its task may take: what became of it is written meanwhile.
const MARGIN: Duration = Duration::from_secs(30);

/// What was claimed.
#[derive(Default)]
pub(crate) struct Claimed {
    pub(crate) rows: Vec<TaskRow>,
    /// There may be more: as many as were asked for were found, or not all priorities were asked for.
    pub(crate) may_be_more: bool,
}

/// Which of the tasks that are due.
#[derive(Clone, Copy)]
enum Which {
    /// Those that wait.
    Waiting,
    /// Those whose process ended, or hangs: nobody wrote what became of them before their lease was over.
    Left,
}

impl Tasks {
    /// Claims up to so many tasks of a queue that wait and are due, in a short unit. Each is counted as tried from here on: of a process
    /// that dies with it nobody else would know (CWE-400: a task that kills its process is not run for ever).
    pub(crate) async fn claim(&self, queue: &str, most: usize) -> Result<Claimed> {
        self.claim_of(queue, most.min(AT_ONCE), Which::Waiting).await
    }

    /// Claims one task of a queue that another process left. A process runs one of these at a time (CWE-400): of those that ended
    /// together one may have ended the process, and it alone counts up if it does so again.
    pub(crate) async fn claim_left(&self, queue: &str) -> Result<Option<TaskRow>> {
        Ok(self.claim_of(queue, 1, Which::Left).await?.rows.pop())
    }

    /// Whether something is due, without a turn of the writer.
    pub(crate) async fn is_due(&self, queue: &str) -> Result<bool> {
        let unit = self.units.begin();
        let db = unit.read_db().acting::<RunTasks>();
        // All priorities, so that the index leads to what is due past all that is not.
        let claimed = PRIORITIES.map(|priority| priority + CLAIMED);
        let all = PRIORITIES.into_iter().chain(claimed);
        let due = self.due(queue).filter(|t| t.priority.is_in(all));
        Ok(!due.limit(1).all(&db).await?.is_empty())
    }

    /// Of names that this release does not know nothing is touched: another's tasks.
    fn due(&self, queue: &str) -> QuerySet<TaskRow> {
        let now = self.clock.now();
        let known = self.listed.keys().copied();
        TaskRow::objects().filter(|t| t.queue.eq(queue) & t.due.le(now) & t.name.is_in(known))
    }

    async fn claim_of(&self, queue: &str, most: usize, which: Which) -> Result<Claimed> {
        Retries::of(|| self.claim_once(queue, most, which)).await
    }

    async fn claim_once(&self, queue: &str, most: usize, which: Which) -> Result<Claimed> {
        let unit = self.relaxed();
        let db = unit.db().acting::<RunTasks>();
        let mut rows: Vec<TaskRow> = Vec::new();
        let mut may_be_more = false;
        // One priority after the other: so the index leads to what is due, however much is to be run later (CWE-407).
        for priority in PRIORITIES {
            let room = u32::try_from(most - rows.len()).unwrap_or(u32::MAX);
            // Low ones are asked for where nothing else is due: each is a way to the server and back that the others wait for.
            if room == 0 || (priority == LOWEST && !rows.is_empty()) {
                may_be_more = true;
                break;
            }
            let priority = match which {
                Which::Waiting => priority,
                Which::Left => priority + CLAIMED,
            };
            let due = self.due(queue).filter(|t| t.priority.eq(priority));
            let first = due.order_by(|t| t.due.asc()).limit(room);
            let found = first.for_update().skip_locked().all(&db).await?;
            rows.extend(found.into_iter().map(vauban::Changeable::into_row));
        }
        if rows.is_empty() {
            return Ok(Claimed::default());
        }
        may_be_more |= rows.len() == most;
        let now = self.clock.now();
        let mut leases: BTreeMap<(Duration, i16), Vec<Id<TaskRow>>> = BTreeMap::new();
        for row in &mut rows {
            let lease = self.lease_of(&row.name);
            row.priority %= CLAIMED;
            leases.entry((lease, row.priority)).or_default().push(row.id);
            row.attempt += 1;
            row.due = now + lease;
            row.worker = Some(self.worker);
        }
        for ((lease, priority), ids) in leases {
            let until = now + lease;
            let these = TaskRow::objects().filter(|t| t.id.is_in(ids));
            let claimed = these.change_all(&db, |t| {
                [
                    t.attempt.increase_by(1),
                    t.due.set(until),
                    t.priority.set(priority + CLAIMED),
                    t.worker.set(Some(self.worker)),
                ]
            });
            claimed.await?;
        }
        unit.finish(true).await?;
        Ok(Claimed { rows, may_be_more })
    }

    /// Claims this one, if it waits, whenever it is due: for whoever runs it by hand.
    pub(crate) async fn claim_one(&self, id: Id<TaskRow>) -> Result<Option<TaskRow>> {
        let now = self.clock.now();
        self.write(|db| async move {
            let acting = db.acting::<RunTasks>();
            let free = TaskRow::objects().filter(|t| t.id.eq(id) & (t.worker.is_null() | t.due.le(now)));
            let Some(row) = free.for_update().first(&acting).await? else {
                return Ok(None);
            };
            let attempt = row.attempt + 1;
            let lease = now + self.lease_of(&row.name);
            let priority = row.priority % CLAIMED;
            let claimed = row.change(&acting, |t| {
                [
                    t.attempt.set(attempt),
                    t.due.set(lease),
                    t.priority.set(priority + CLAIMED),
                    t.worker.set(Some(self.worker)),
                ]
            });
            let row = claimed.await?;
            Ok(Some(TaskRow { priority, ..row }))
        })
        .await
    }

    /// For how long a task is claimed: longer than it may take. So nobody touches its row while it runs; on PostgreSQL, whoever
    /// renewed it would undo the unit that ends with its removal.
    fn lease_of(&self, name: &str) -> Duration {
        let limit = self.listed.get(name).map_or(0, |task| task.timeout);
        let limit = Duration::from_secs(u64::from(limit)) + self.settings.lease.min(MARGIN);
        limit.max(self.settings.lease)
    }
}
