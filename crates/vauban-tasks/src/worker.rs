//! The worker: claims what is due, runs it, and looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;
use vauban::orm::Result;
use vauban::site::{Site, Stop};

use crate::model::TaskRow;
use crate::tasks::Tasks;

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
    };
    let mut woken = true;
    let mut turn = 0;
    while !stop.is_asked() {
        tasks.tick().await;
        while let Some(ended) = worker.runs.try_join_next() {
            told(ended);
        }
        woken = worker.begin_due(woken, turn).await;
        turn += 1;
        if woken && worker.has_room() {
            continue;
        }
        tokio::select! {
            () = stop.asked() => break,
            () = tasks.wake.woken() => woken = true,
            Some(ended) = worker.runs.join_next() => {
                told(ended);
                woken = true;
            }
            Some(Err(error)) = hears.join_next() => {
                tracing::error!(target: "vauban::tasks", %error, "what hears other processes ended: what they queue is found by polling");
            }
            () = tokio::time::sleep(tasks.settings.poll) => {}
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

struct Worker {
    tasks: Arc<Tasks>,
    site: Arc<Site>,
    running: Running,
    runs: JoinSet<()>,
}

impl Worker {
    /// Begins as much as there is room for; whether that was something. Each turn another queue is the first. One that cannot be looked
    /// at holds up no other.
    async fn begin_due(&mut self, woken: bool, turn: usize) -> bool {
        let mut queues = self.tasks.queues();
        let first = turn % queues.len().max(1);
        queues.rotate_left(first);
        let mut has_begun = false;
        for (queue, many) in queues {
            match self.begin_of(queue, many, woken).await {
                Ok(some) => has_begun |= some,
                Err(error) => {
                    tracing::error!(target: "vauban::tasks", queue, %error, "no tasks could be claimed");
                }
            }
        }
        has_begun
    }

    /// The same of one queue. Where nobody said that something is due, it is looked first. What is claimed is begun at once: it is
    /// counted as tried.
    async fn begin_of(&mut self, queue: &'static str, many: usize, woken: bool) -> Result<bool> {
        if self.room(queue, many) == 0 || !(woken || self.tasks.is_due(queue).await?) {
            return Ok(false);
        }
        let mut has_begun = false;
        if !self.running.has_one_left()
            && let Some(row) = self.tasks.claim_left(queue).await?
        {
            self.begin(row, true);
            has_begun = true;
        }
        let room = self.room(queue, many);
        if room > 0 {
            for row in self.tasks.claim(queue, room).await? {
                self.begin(row, false);
                has_begun = true;
            }
        }
        Ok(has_begun)
    }

    fn room(&self, queue: &str, many: usize) -> usize {
        let running = self.running.lock();
        let here = running.values().filter(|begun| begun.row.queue == queue).count();
        let all = self.tasks.most_at_once.saturating_sub(running.len());
        many.saturating_sub(here).min(all)
    }

    fn has_room(&self) -> bool {
        let queues = self.tasks.queues();
        queues.iter().any(|(queue, many)| self.room(queue, *many) > 0)
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
