//! A queue table as somebody writes it by hand, with the same promises: what a task writes is there once. A claim in a transaction of
//! its own with a lease, of up to 16; each task in one transaction that ends with the removal of its row, where id, attempt and worker
//! are its own.

mod postgres;
mod sqlite;

use crate::tables::Tables;

pub(crate) enum ByHand {
    Sqlite(sqlite::Queue),
    Postgres(postgres::Queue),
}

impl ByHand {
    pub(crate) async fn begin(tables: &Tables) -> Self {
        match tables.is_on_a_server() {
            true => Self::Postgres(postgres::Queue::begin(tables).await),
            false => Self::Sqlite(sqlite::Queue::begin(tables)),
        }
    }

    /// Microseconds of each from the commit until the last is done.
    pub(crate) async fn run(&self, many: usize, times: u32) -> f64 {
        let mut all = std::time::Duration::ZERO;
        for _ in 0..times {
            all += match self {
                Self::Sqlite(queue) => queue.run(many).await,
                Self::Postgres(queue) => queue.run(many).await,
            };
        }
        all.as_secs_f64() * 1e6 / f64::from(times) / many as f64
    }
}
