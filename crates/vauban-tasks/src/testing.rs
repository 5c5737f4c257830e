//! For the test kit: tasks in place, and a clock that is moved.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use vauban::site::{Site, Stop};
use vauban::tasks::Ended;

use crate::claim::AT_ONCE;
use crate::model::TaskRow;
use crate::tasks::Tasks;
use crate::worker::work;

impl Tasks {
    /// Queues what the clock says, and runs what is due, one after the other, until nothing is; how many runs that were.
    #[doc(hidden)]
    pub async fn run_due_for_test(&self, site: &Arc<Site>) -> usize {
        let mut runs = 0;
        loop {
            let before = runs;
            self.tick().await;
            for (queue, _) in self.queues() {
                let left = self.claim_left(queue).await;
                if let Some(row) = left.unwrap_or_else(|error| panic!("no task can be claimed: {error}")) {
                    self.run_for_test(site, &row).await;
                    runs += 1;
                }
                let rows = self.claim(queue, AT_ONCE).await;
                let rows = rows.unwrap_or_else(|error| panic!("no tasks can be claimed: {error}"));
                for row in rows.rows {
                    self.run_for_test(site, &row).await;
                    runs += 1;
                }
            }
            if runs == before {
                return runs;
            }
        }
    }

    /// A test whose task fails sees a mail or a row too few: why stands in what it prints, beside its own failure.
    async fn run_for_test(&self, site: &Arc<Site>, row: &TaskRow) {
        let (name, attempt) = (&row.name, row.attempt);
        match self.run(site, row).await {
            Ended::Done => {}
            Ended::Lost => eprintln!("the task `{name}` was taken by another worker"),
            Ended::Again(why, _) => eprintln!("the task `{name}` failed (try {attempt}): {why}"),
            Ended::Dead(why) => eprintln!("the task `{name}` is given up: {why}"),
        }
    }

    /// Works as `serve` and `worker` do, until it is told to stop.
    #[doc(hidden)]
    pub fn work_for_test(
        self: &Arc<Self>,
        site: &Arc<Site>,
        stop: Stop,
        bound: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Of no type that a test's own futures are measured with: the compiler does not go as deep as it is.
        Box::pin(work(Arc::clone(self), Arc::clone(site), stop, bound))
    }

    /// Moves the clock on.
    #[doc(hidden)]
    pub fn advance_for_test(&self, by: Duration) {
        self.clock.advance(by);
    }
}
