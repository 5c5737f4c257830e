//! The worker: claims what is due, runs it, and looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;
use vauban::orm::Result;
use vauban::site::{Site, Stop};

use crate::model::TaskRow;
use crate::tasks::Tasks;

/// What runs in this process.
type Running = Arc<Mutex<BTreeMap<Uuid, TaskRow>>>;

/// Works until it is told to stop; then what runs has so long to end, and what does not is given back.
pub(crate) async fn work(tasks: Arc<Tasks>, site: Arc<Site>, mut stop: Stop, bound: Duration) {
    let running = Running::default();
    let mut runs = JoinSet::new();
    let hears = tokio::spawn(tasks.wake.clone().hear());
    let renewals = tokio::spawn(renewing(Arc::clone(&tasks), Arc::clone(&running)));
    let mut woken = true;
    while !stop.is_asked() {
        tasks.tick().await;
        while runs.try_join_next().is_some() {}
        match claim(&tasks, &running, woken).await {
            Ok(rows) => {
                woken = !rows.is_empty();
                for row in rows {
                    begin(&tasks, &site, &running, &mut runs, row);
                }
            }
            Err(error) => {
                tracing::error!(target: "vauban::tasks", %error, "no tasks could be claimed");
                woken = false;
            }
        }
        if woken && has_room(&tasks, &running) {
            continue;
        }
        tokio::select! {
            () = stop.asked() => break,
            () = tasks.wake.woken() => woken = true,
            Some(_) = runs.join_next() => woken = true,
            () = tokio::time::sleep(tasks.settings.poll) => {}
        }
    }
    end(&tasks, &running, runs, bound).await;
    renewals.abort();
    hears.abort();
}

/// Claims as much as there is room for. Where nobody said that something is due, it is looked first.
async fn claim(tasks: &Tasks, running: &Running, woken: bool) -> Result<Vec<TaskRow>> {
    let mut rows = Vec::new();
    for (queue, many) in tasks.queues() {
        let here = lock(running).values().filter(|row| row.queue == queue).count();
        let room = many.saturating_sub(here);
        if room > 0 && (woken || tasks.is_due(queue).await?) {
            rows.extend(tasks.claim(queue, room).await?);
        }
    }
    Ok(rows)
}

fn has_room(tasks: &Tasks, running: &Running) -> bool {
    let running = lock(running);
    tasks
        .queues()
        .iter()
        .any(|(queue, many)| running.values().filter(|row| row.queue == *queue).count() < *many)
}

fn begin(tasks: &Arc<Tasks>, site: &Arc<Site>, running: &Running, runs: &mut JoinSet<()>, row: TaskRow) {
    let (tasks, site, running) = (Arc::clone(tasks), Arc::clone(site), Arc::clone(running));
    let id = row.id.uuid();
    lock(&running).insert(id, row.clone());
    runs.spawn(async move {
        tasks.run(&site, &row).await;
        lock(&running).remove(&id);
    });
}

/// Renews the claims of what runs, three times in a lease. In a task of its own: nothing else that is to be done holds it up.
async fn renewing(tasks: Arc<Tasks>, running: Running) {
    loop {
        tokio::time::sleep(tasks.settings.lease / 3).await;
        let ids: Vec<Uuid> = lock(&running).keys().copied().collect();
        if ids.is_empty() {
            continue;
        }
        if let Err(error) = tasks.renew(ids).await {
            tracing::warn!(target: "vauban::tasks", %error, "the claims of what runs could not be renewed");
        }
    }
}

async fn end(tasks: &Tasks, running: &Running, mut runs: JoinSet<()>, bound: Duration) {
    let all = async { while runs.join_next().await.is_some() {} };
    let in_time = tokio::time::timeout(bound, all).await.is_ok();
    if in_time {
        return;
    }
    // Dropped, their units are undone.
    runs.shutdown().await;
    let left: Vec<TaskRow> = lock(running).values().cloned().collect();
    for row in left {
        tracing::info!(target: "vauban::tasks", task = row.name, id = %row.id, "given back: this process stops");
        if let Err(error) = tasks.give_back(&row).await {
            tracing::warn!(target: "vauban::tasks", task = row.name, %error, "a task could not be given back: its lease ends by itself");
        }
    }
}

fn lock(running: &Running) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, TaskRow>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
