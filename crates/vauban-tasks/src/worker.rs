//! The worker: claims what is due, runs it, and looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;
use vauban::orm::Result;
use vauban::site::{Site, Stop};

use crate::claim::AT_ONCE;
use crate::model::TaskRow;
use crate::tasks::Tasks;

/// How long is waited at most for other runs to end when one has.
const GATHER: Duration = Duration::from_millis(1);

/// Works until it is told to stop; then what runs has so long to end, and what does not is given back.
pub(crate) async fn work(tasks: Arc<Tasks>, site: Arc<Site>, mut stop: Stop, bound: Duration) {
    // Ended with this, also where this panics.
    let mut hears = JoinSet::new();
    hears.spawn(tasks.wake.clone().hear());
    let mut worker = Worker {
        tasks: Arc::clone(&tasks),
        site,
        running: Running::default(),
        runs: JoinSet::new(),
        looked: BTreeMap::new(),
    };
    let mut woken = true;
    let mut turn = 0;
    while !stop.is_asked() {
        tasks.tick().await;
        worker.forget_ended();
        let more = worker.begin_due(woken, turn).await;
        turn += 1;
        if more == More::Now {
            woken = true;
            continue;
        }
        let looks_again = more == More::WithRoom || worker.running.has_one_left();
        tokio::select! {
            () = stop.asked() => break,
            () = tasks.wake.woken() => woken = true,
            Some(ended) = worker.runs.join_next(), if looks_again => {
                told(ended);
                // What began together ends together: so one claim finds room for several.
                let others = async {
                    while let Some(ended) = worker.runs.join_next().await {
                        told(ended);
                    }
                };
                let _ = tokio::time::timeout(GATHER, others).await;
                woken = true;
            }
            Some(Err(error)) = hears.join_next() => {
                tracing::error!(target: "vauban::tasks", %error, "what hears other processes ended: what they queue is found by polling");
            }
            () = tokio::time::sleep(tasks.settings.poll) => woken = false,
        }
    }
    worker.end(bound).await;
}

/// CWE-248: a task that panics is told where it runs; this is what runs it.
fn told(ended: std::result::Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(target: "vauban::tasks", %error, "what ran a task ended: its lease ends by itself");
    }
}

/// What runs in this process, by its id and which try it is.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<BTreeMap<(Uuid, i64), Begun>>>);

#[derive(Clone)]
struct Begun {
    row: TaskRow,
    /// Whether another process left it.
    was_left: bool,
}

/// Whether more may be due than was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum More {
    No,
    /// There is no room for it before something that runs has ended.
    WithRoom,
    /// There is room for it.
    Now,
}

struct Worker {
    tasks: Arc<Tasks>,
    site: Arc<Site>,
    running: Running,
    runs: JoinSet<()>,
    /// When it was last looked in a queue for what was left, and nothing was.
    looked: BTreeMap<&'static str, Instant>,
}

impl Worker {
    fn forget_ended(&mut self) {
        while let Some(ended) = self.runs.try_join_next() {
            told(ended);
        }
    }

    /// Begins as much as there is room for. Each turn another queue is the first. One that cannot be looked
    /// at holds up no other.
    async fn begin_due(&mut self, woken: bool, turn: usize) -> More {
        let mut queues = self.tasks.queues();
        let first = turn % queues.len().max(1);
        queues.rotate_left(first);
        let mut all = More::No;
        for (queue, many) in queues {
            match self.begin_of(queue, many, woken).await {
                Ok(more) => all = all.max(more),
                Err(error) => {
                    tracing::error!(target: "vauban::tasks", queue, %error, "no tasks could be claimed");
                }
            }
        }
        all
    }

    /// The same of one queue. Where nobody said that something is due, it is looked first. What is claimed is begun at once: it is
    /// counted as tried.
    async fn begin_of(&mut self, queue: &'static str, many: usize, woken: bool) -> Result<More> {
        if self.room(queue, many) == 0 {
            return Ok(More::WithRoom);
        }
        if !(woken || self.tasks.is_due(queue).await?) {
            return Ok(More::No);
        }
        let mut is_more = false;
        if self.looks_for_left(queue) {
            match self.tasks.claim_left(queue).await? {
                Some(row) => {
                    self.begin(row, true);
                    is_more = true;
                }
                None => drop(self.looked.insert(queue, Instant::now())),
            }
        }
        let most = self.room(queue, many).min(AT_ONCE);
        if most > 0 {
            let claimed = self.tasks.claim(queue, most).await?;
            is_more |= claimed.may_be_more;
            for row in claimed.rows {
                self.begin(row, false);
            }
        }
        Ok(match is_more {
            false => More::No,
            true if self.room(queue, many) == 0 => More::WithRoom,
            true => More::Now,
        })
    }

    /// Where there was none, it is looked as often for one whose lease has ended as for what nobody told: not before each claim.
    fn looks_for_left(&self, queue: &str) -> bool {
        let last = self.looked.get(queue);
        let is_soon = last.is_some_and(|last| last.elapsed() < self.tasks.settings.poll);
        !is_soon && !self.running.has_one_left()
    }

    fn room(&self, queue: &str, many: usize) -> usize {
        let running = self.running.lock();
        let here = running.values().filter(|begun| begun.row.queue == queue).count();
        let all = self.tasks.most_at_once.saturating_sub(running.len());
        many.saturating_sub(here).min(all)
    }

    fn begin(&mut self, row: TaskRow, was_left: bool) {
        let (tasks, site) = (Arc::clone(&self.tasks), Arc::clone(&self.site));
        let runs = self.running.add(row.clone(), was_left);
        self.runs.spawn(async move {
            tasks.run(&site, &row).await;
            drop(runs);
        });
    }

    async fn end(mut self, bound: Duration) {
        let all = async { while self.runs.join_next().await.is_some() {} };
        if tokio::time::timeout(bound, all).await.is_ok() {
            return;
        }
        let left: Vec<TaskRow> = self
            .running
            .lock()
            .values()
            .map(|begun| begun.row.clone())
            .collect();
        // Dropped, their units are undone.
        self.runs.shutdown().await;
        for row in left {
            tracing::info!(target: "vauban::tasks", task = row.name, id = %row.id, "given back: this process stops");
            if let Err(error) = self.tasks.give_back(&row).await {
                tracing::warn!(target: "vauban::tasks", task = row.name, %error, "a task could not be given back: its lease ends by itself");
            }
        }
    }
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Uuid, i64), Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_one_left(&self) -> bool {
        self.lock().values().any(|begun| begun.was_left)
    }

    /// Among what runs until the guard is dropped, however the run ends.
    fn add(&self, row: TaskRow, was_left: bool) -> Runs {
        let key = (row.id.uuid(), row.attempt);
        self.lock().insert(key, Begun { row, was_left });
        Runs {
            all: self.clone(),
            key,
        }
    }
}

struct Runs {
    all: Running,
    key: (Uuid, i64),
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}
