//! The statistics by which SQLite chooses how to find rows. Without them it takes `published OR mine` for two small sets and
//! gathers every published row for one page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

/// Rows of an index that are looked at where all of them are too many: the bound of `PRAGMA optimize` itself.
const ROWS: u32 = 2_000;

/// Tables of which an index has no statistics, or which are ten times as large as they were: said, not done. The bits are those
/// of SQLite's manual: all tables (0x10000), analysed (0x02), only said (0x01).
const WANTED: &str = "PRAGMA optimize = 0x10003";

/// How long it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// All of it: what is left then is for the next time.
    pub(crate) all: Duration,
    /// One table, whole. Of a larger one the first rows are looked at, which tells less of values that many rows share.
    pub(crate) table: Duration,
}
/// After migrations somebody waits who has asked for it.
pub(super) const AFTER_MIGRATIONS: Patience = Patience {
    all: Duration::from_secs(60),
    table: Duration::from_secs(3),
};

/// Looks at the tables whose statistics are missing or old. Whether plans may be others from here on.
///
/// # Errors
/// If the database cannot be asked.
pub(super) fn optimize(
    connection: &mut Connection,
    patience: Patience,
    stop: &Arc<AtomicBool>,
) -> rusqlite::Result<bool> {
    let before = known(connection)?;
    let until = Instant::now() + patience.all;
    for statement in wanted(connection)? {
        // Each is a transaction of its own. CWE-400: while a table is looked at nothing else is written, so that is bounded.
        let done = analyze(connection, &statement, (0, patience.table), stop).or_else(|error| {
            let interrupted = error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted);
            match interrupted && !stop.load(Ordering::Relaxed) {
                true => analyze(connection, &statement, (ROWS, patience.table), stop),
                false => Err(error),
            }
        });
        match done {
            Ok(()) => {}
            Err(error) if is_for_later(&error) => break,
            Err(error) => return Err(error),
        }
        if stop.load(Ordering::Relaxed) || Instant::now() > until {
            break;
        }
    }
    Ok(known(connection)? != before)
}

fn wanted(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut wanted = connection.prepare(WANTED)?;
    let wanted = wanted.query_map([], |row| row.get(0))?;
    wanted.collect()
}

/// Looks at so many rows of each index of a table (0: all), for so long.
fn analyze(
    connection: &mut Connection,
    statement: &str,
    (rows, within): (u32, Duration),
    stop: &Arc<AtomicBool>,
) -> rusqlite::Result<()> {
    let (until, stop) = (Instant::now() + within, Arc::clone(stop));
    let is_over = move || stop.load(Ordering::Relaxed) || Instant::now() > until;
    connection.pragma_update(None, "analysis_limit", rows)?;
    connection.progress_handler(1_000, Some(is_over))?;
    let done = connection.execute_batch(statement);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    done
}

/// Whether the next time will do: somebody else writes, or the time is over.
fn is_for_later(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted)
    )
}

/// What is known of the tables: a line for each index.
fn known(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let there = "SELECT count(*) FROM \"sqlite_schema\" WHERE \"name\" = 'sqlite_stat1'";
    if connection.query_row(there, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(Vec::new());
    }
    let mut lines = connection
        .prepare("SELECT concat_ws(' ', \"tbl\", \"idx\", \"stat\") FROM \"sqlite_stat1\" ORDER BY 1")?;
    let lines = lines.query_map([], |row| row.get(0))?;
    lines.collect()
}

/// How often a database's statistics have changed; each of its connections reads them once for each time.
#[derive(Debug, Clone, Default)]
pub(super) struct Statistics(Arc<AtomicU64>);

impl Statistics {
    pub(super) fn changed(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    pub(super) fn number(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::sqlite::{Settings, Store, Synchronous};

    const PATIENT: Patience = Patience {
        all: Duration::from_secs(60),
        table: Duration::from_secs(60),
    };

    /// A table of which nine rows in ten are published, by a few authors.
    fn store() -> Arc<Store> {
        let settings = Settings {
            synchronous: Synchronous::Normal,
            wait: Duration::from_secs(5),
            readers: 2,
            inline_steps: i64::MAX,
            short_steps: i64::MAX,
            steps: i64::MAX,
        };
        let store = Arc::new(Store::open(":memory:", settings).unwrap());
        let rows = "CREATE TABLE article (id INTEGER PRIMARY KEY, author, published, created);
             CREATE INDEX by_author ON article (author);
             CREATE INDEX by_published ON article (published);
             CREATE INDEX by_created ON article (created);
             WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
             INSERT INTO article SELECT n, n % 40, n % 10 > 0, n FROM n;";
        store.schema_connection().unwrap().execute_batch(rows).unwrap();
        store
    }

    /// Its plan for a page of what somebody may see, on the connection that asked before.
    fn plan(store: &Arc<Store>) -> String {
        let page = "EXPLAIN QUERY PLAN SELECT * FROM article AS t \
             WHERE (t.published = 1 OR t.author = ?1) ORDER BY t.created DESC LIMIT ?2";
        let asked = |c: &crate::backend::sqlite::Connection| {
            c.bare(|sqlite| sqlite.query_row(page, (7, 10), |row| row.get(3)))
        };
        store.read_inline(asked).unwrap()
    }

    /// CWE-400. Attack: the first page of a list, of which SQLite without statistics gathers nearly all rows.
    #[test]
    fn readers_that_are_open_follow_new_statistics() {
        let (store, stop) = (store(), Arc::default());
        assert_eq!(plan(&store), "MULTI-INDEX OR");
        store.optimize(PATIENT, &stop).unwrap();
        assert_eq!(plan(&store), "SCAN t USING INDEX by_created");
        // The writer follows, too, when its next transaction begins.
        let mut writer = store.writer.blocking_lock();
        writer.begin(&store.on_disk).unwrap();
        let known = "SELECT count(*) FROM sqlite_stat1";
        let known: i64 = writer
            .connection
            .bare(|sqlite| sqlite.query_row(known, [], |row| row.get(0)))
            .unwrap();
        assert_eq!(known, 3);
        writer.undo();
        drop(writer);
        // Nothing is new: nobody reads the schema again.
        let number = store.statistics().number();
        store.optimize(PATIENT, &stop).unwrap();
        assert_eq!(store.statistics().number(), number);
    }

    /// CWE-400. Attack: a table that takes longer than its writers may wait, and a program that is told to stop meanwhile.
    #[test]
    fn a_table_is_looked_at_for_a_bounded_time() {
        let (store, stop) = (store(), Arc::new(AtomicBool::new(true)));
        store.optimize(PATIENT, &stop).unwrap();
        assert_eq!(plan(&store), "MULTI-INDEX OR", "nothing was looked at");
        let hasty = Patience {
            table: Duration::ZERO,
            ..PATIENT
        };
        store.optimize(hasty, &Arc::default()).unwrap();
        assert_eq!(plan(&store), "MULTI-INDEX OR", "nor in no time");
    }

    /// Whoever writes is waited for, and what was not done is done the next time.
    #[test]
    fn who_writes_is_not_disturbed() {
        let (store, stop) = (store(), Arc::default());
        let mut writer = store.writer.blocking_lock();
        writer.begin(&store.on_disk).unwrap();
        let mut sqlite = store.schema_connection().unwrap();
        sqlite.busy_timeout(Duration::ZERO).unwrap();
        assert!(!optimize(&mut sqlite, PATIENT, &stop).unwrap());
        writer.undo();
        assert!(optimize(&mut sqlite, PATIENT, &stop).unwrap());
    }
}
