//! The statements that a database runs, for tests that count them. In any other build nobody watches.

use std::sync::{Arc, Mutex, Weak};

use super::lock;

/// What one test has seen so far.
type Seen = Mutex<Vec<String>>;

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
    pub(super) fn note(&self, sql: &str) {
        // CWE-532: in a release nothing of it is compiled.
        if cfg!(any(test, feature = "testing")) {
            for seen in lock(&self.0).iter().filter_map(Weak::upgrade) {
                lock(&seen).push(sql.to_owned());
            }
        }
    }
}

impl StatementWatch {
    /// Their texts so far, in the order in which they were run.
    pub fn statements(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}
