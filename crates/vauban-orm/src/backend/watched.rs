//! The statements that a database runs, for tests that count them. In any other build nobody watches.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use super::lock;
use crate::sql::statement::Text;

/// What one test has seen so far.
#[derive(Debug, Default)]
struct Seen {
    texts: Mutex<Vec<Arc<Text>>>,
    steps: AtomicU64,
}

/// Who watches a database's statements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched(Arc<Mutex<Vec<Weak<Seen>>>>);

/// The statements that a database has run since somebody began to watch.
#[derive(Debug)]
pub struct StatementWatch(Arc<Seen>);

impl Watched {
    pub(crate) fn watch(&self) -> StatementWatch {
        let seen = Arc::new(Seen::default());
        let mut all = lock(&self.0);
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(&seen));
        StatementWatch(seen)
    }

    /// A statement was run.
    pub(super) fn note(&self, text: &Arc<Text>) {
        // CWE-532: in a release nothing of it is compiled.
        if cfg!(any(test, feature = "testing")) {
            for seen in lock(&self.0).iter().filter_map(Weak::upgrade) {
                lock(&seen.texts).push(Arc::clone(text));
            }
        }
    }
}

#[cfg(any(test, feature = "testing"))]
impl Watched {
    /// So many steps of SQLite's machine were made.
    pub(super) fn made(&self, steps: i32) {
        for seen in lock(&self.0).iter().filter_map(Weak::upgrade) {
            seen.steps
                .fetch_add(u64::try_from(steps).unwrap_or(0), Ordering::Relaxed);
        }
    }
}

impl StatementWatch {
    /// Their texts so far, in the order in which they were run.
    pub fn statements(&self) -> Vec<String> {
        self.texts().iter().map(|text| text.sql.clone()).collect()
    }

    /// How many steps of SQLite's machine they made: each row that is looked at is several, in whichever index it is found. 0 on
    /// PostgreSQL.
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::Relaxed)
    }

    pub(crate) fn texts(&self) -> Vec<Arc<Text>> {
        lock(&self.0.texts).clone()
    }
}
