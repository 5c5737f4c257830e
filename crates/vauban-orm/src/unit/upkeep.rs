//! What a database needs now and then, beside all requests: statistics by which it finds rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::database::Database;
use crate::backend::sqlite::Patience;
use crate::backend::{Store, sqlite};

/// How often the statistics are looked at, as SQLite's manual advises.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How long that may take. Who writes meanwhile waits for a table at most, and may wait ten times as long.
const HOURLY: Patience = Patience {
    all: Duration::from_secs(10),
    table: Duration::from_millis(500),
};
/// How often it is looked which keys of encrypted fields there are.
const KEYS_EVERY: Duration = Duration::from_secs(5);
/// How long the last time may take.
const AT_THE_END: Patience = Patience {
    all: Duration::from_millis(500),
    table: Duration::from_millis(250),
};

/// A database that is looked after, until this is [ended](Self::end).
#[derive(Debug)]
#[must_use = "ended when the program stops: `upkeep.end().await`"]
pub struct Upkeep {
    on: Option<On>,
    keys: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct On {
    store: Arc<sqlite::Store>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Database {
    /// Looks after the database from now on: at once, and every hour. SQLite is told to; PostgreSQL does it by itself
    /// (autovacuum). It is bounded in time, and nobody waits for it. Inside a runtime.
    pub fn keep_up(&self) -> Upkeep {
        let on = match &self.0.store {
            Store::Sqlite(store) => {
                let stop = Arc::new(AtomicBool::new(false));
                let task = tokio::spawn(hourly(Arc::clone(store), Arc::clone(&stop)));
                Some(On {
                    store: Arc::clone(store),
                    stop,
                    task,
                })
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => None,
        };
        // CWE-324: a key that another process has retired opens nothing here either, from a moment later on.
        let keys = self
            .has_encrypted_fields()
            .then(|| tokio::spawn(learning(self.clone())));
        Upkeep { on, keys }
    }
}

impl Upkeep {
    /// Looks once more, shortly, at what was written since, and ends.
    pub async fn end(mut self) {
        if let Some(keys) = self.keys.take() {
            keys.abort();
            let _ = keys.await;
        }
        let Some(On { store, stop, task }) = self.on.take() else {
            return;
        };
        // What it is about to look at is left, and so nothing of the program outlives this.
        stop.store(true, Ordering::Relaxed);
        task.abort();
        let _ = task.await;
        look(store, AT_THE_END, Arc::default()).await;
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        if let Some(keys) = &self.keys {
            keys.abort();
        }
        if let Some(on) = &self.on {
            on.stop.store(true, Ordering::Relaxed);
            on.task.abort();
        }
    }
}

async fn learning(database: Database) {
    loop {
        tokio::time::sleep(KEYS_EVERY).await;
        if let Err(error) = database.learn_keys().await {
            tracing::warn!(target: "vauban::orm", %error, "which keys there are was not read anew");
        }
    }
}

async fn hourly(store: Arc<sqlite::Store>, stop: Arc<AtomicBool>) {
    loop {
        look(Arc::clone(&store), HOURLY, Arc::clone(&stop)).await;
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(store: Arc<sqlite::Store>, patience: Patience, stop: Arc<AtomicBool>) {
    let looked = tokio::task::spawn_blocking(move || store.keep_up(patience, &stop));
    if looked.await.is_err() {
        tracing::error!(target: "vauban::orm", "looking at the database's statistics panicked");
    }
}
