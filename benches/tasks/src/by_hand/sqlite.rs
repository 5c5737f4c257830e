//! On SQLite: one writer, a thread with one connection that waits for a word. In a file of its own, so that neither side checkpoints the
//! other's log.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::tables::Tables;

const TABLE: &str = "CREATE TABLE queue (id INTEGER PRIMARY KEY, name TEXT NOT NULL, queue TEXT NOT NULL, priority INTEGER NOT NULL, \
     due INTEGER NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, worker INTEGER, args BLOB NOT NULL, created INTEGER NOT NULL) STRICT; \
     CREATE INDEX queue_due ON queue (queue, priority, due)";
const INSERT: &str = "INSERT INTO queue (name, queue, priority, due, args, created) VALUES ('empty', 'default', 1, ?1, x'6e756c6c', ?1)";
const CLAIM: &str = "UPDATE queue SET attempt = attempt + 1, worker = 1, due = ?1 + 60000000, priority = priority + 100 WHERE id IN \
     (SELECT id FROM queue WHERE queue = 'default' AND priority = 1 AND due <= ?1 ORDER BY due LIMIT 16) RETURNING id, attempt, args";
const REMOVE: &str = "DELETE FROM queue WHERE id = ?1 AND attempt = ?2 AND worker = 1";

pub(crate) struct Queue {
    /// Held by whoever writes: SQLite has one writer.
    writer: Mutex<Connection>,
    wake: Sender<usize>,
    done: Mutex<Receiver<Instant>>,
}

fn micros() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn connection(tables: &Tables) -> Connection {
    let connection = Connection::open(tables.beside()).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        .unwrap();
    connection
}

impl Queue {
    pub(crate) fn begin(tables: &Tables) -> Self {
        let writer = connection(tables);
        writer.execute_batch(TABLE).unwrap();
        let mut worker = connection(tables);
        let (wake, woken) = channel::<usize>();
        let (say, done) = channel();
        std::thread::spawn(move || {
            while let Ok(mut left) = woken.recv() {
                while left > 0 {
                    for (id, attempt) in claim(&mut worker) {
                        remove(&mut worker, id, attempt);
                        left -= 1;
                    }
                }
                say.send(Instant::now()).unwrap();
            }
        });
        Self {
            writer: Mutex::new(writer),
            wake,
            done: Mutex::new(done),
        }
    }

    pub(crate) async fn run(&self, many: usize) -> Duration {
        tokio::task::block_in_place(|| {
            let mut writer = self.writer.lock().unwrap();
            let unit = writer
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .unwrap();
            for _ in 0..many {
                unit.prepare_cached(INSERT).unwrap().execute([micros()]).unwrap();
            }
            unit.commit().unwrap();
            let committed = Instant::now();
            self.wake.send(many).unwrap();
            self.done.lock().unwrap().recv().unwrap() - committed
        })
    }
}

fn claim(worker: &mut Connection) -> Vec<(i64, i64)> {
    let unit = worker
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let claimed = unit
        .prepare_cached(CLAIM)
        .unwrap()
        .query_map([micros()], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    unit.commit().unwrap();
    claimed
}

fn remove(worker: &mut Connection, id: i64, attempt: i64) {
    let unit = worker
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let removed = unit
        .prepare_cached(REMOVE)
        .unwrap()
        .execute(params![id, attempt])
        .unwrap();
    assert_eq!(removed, 1);
    unit.commit().unwrap();
}
