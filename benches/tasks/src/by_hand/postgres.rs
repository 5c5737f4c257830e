//! On PostgreSQL: SKIP LOCKED, one connection that claims, eight that run, as many as ours takes of sixteen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Client, Statement};

use crate::tables::Tables;

const TABLE: &str = "CREATE TABLE queue (id bigserial PRIMARY KEY, name text NOT NULL, queue text NOT NULL, priority smallint NOT NULL, \
     due timestamptz NOT NULL, attempt bigint NOT NULL DEFAULT 0, worker bigint, args bytea NOT NULL, created timestamptz NOT NULL); \
     CREATE INDEX queue_due ON queue (queue, priority, due)";
const INSERT: &str = "INSERT INTO queue (name, queue, priority, due, args, created) VALUES ('empty', 'default', 1, now(), 'null', now())";
const CLAIM: &str = "UPDATE queue SET attempt = attempt + 1, worker = 1, due = now() + interval '60 s', priority = priority + 100 \
     WHERE id IN (SELECT id FROM queue WHERE queue = 'default' AND priority = 1 AND due <= now() ORDER BY due LIMIT $1 \
     FOR UPDATE SKIP LOCKED) RETURNING id, attempt, args";
const REMOVE: &str = "DELETE FROM queue WHERE id = $1 AND attempt = $2 AND worker = 1";
const RUNNERS: usize = 8;

pub(crate) struct Queue {
    writer: Mutex<(Client, Statement)>,
    wake: Arc<Notify>,
    done: Mutex<UnboundedReceiver<Instant>>,
}

impl Queue {
    pub(crate) async fn begin(tables: &Tables) -> Self {
        let writer = tables.client().await;
        writer.batch_execute(TABLE).await.unwrap();
        let insert = writer.prepare(INSERT).await.unwrap();
        let (say, done) = unbounded_channel();
        let wake = Arc::new(Notify::new());
        let (give, claimed) = unbounded_channel();
        let claimed = Arc::new(Mutex::new(claimed));
        for _ in 0..RUNNERS {
            tokio::spawn(runner(tables.client().await, Arc::clone(&claimed), say.clone()));
        }
        tokio::spawn(claim(tables.client().await, Arc::clone(&wake), give));
        Self {
            writer: Mutex::new((writer, insert)),
            wake,
            done: Mutex::new(done),
        }
    }

    pub(crate) async fn run(&self, many: usize) -> Duration {
        let mut writer = self.writer.lock().await;
        let (client, insert) = &mut *writer;
        let unit = client.transaction().await.unwrap();
        for _ in 0..many {
            unit.execute(&*insert, &[]).await.unwrap();
        }
        unit.commit().await.unwrap();
        let committed = Instant::now();
        self.wake.notify_one();
        let mut done = self.done.lock().await;
        let mut last = committed;
        for _ in 0..many {
            last = last.max(done.recv().await.unwrap());
        }
        last - committed
    }
}

/// Claims as many as there is room for, up to sixteen.
async fn claim(client: Client, wake: Arc<Notify>, give: UnboundedSender<Claimed>) {
    let statement = client.prepare(CLAIM).await.unwrap();
    let room = Arc::new(Semaphore::new(RUNNERS));
    loop {
        wake.notified().await;
        loop {
            let first = Arc::clone(&room).acquire_owned().await.unwrap();
            let most = i64::try_from(room.available_permits()).unwrap() + 1;
            drop(first);
            let claimed = client.query(&statement, &[&most.min(16)]).await.unwrap();
            if claimed.is_empty() {
                break;
            }
            for row in claimed {
                let permit = Arc::clone(&room).acquire_owned().await.unwrap();
                give.send((row.get(0), row.get(1), permit)).unwrap();
            }
        }
    }
}

type Claimed = (i64, i64, OwnedSemaphorePermit);

/// One that runs, with a connection of its own.
async fn runner(
    mut client: Client,
    claimed: Arc<Mutex<UnboundedReceiver<Claimed>>>,
    say: UnboundedSender<Instant>,
) {
    let remove = client.prepare(REMOVE).await.unwrap();
    loop {
        let next = claimed.lock().await.recv().await;
        let Some((id, attempt, permit)) = next else { return };
        let unit = client.transaction().await.unwrap();
        assert_eq!(unit.execute(&remove, &[&id, &attempt]).await.unwrap(), 1);
        unit.commit().await.unwrap();
        drop(permit);
        say.send(Instant::now()).unwrap();
    }
}
