//! The statements that a database runs, for tests that count them. In any other build nobody watches.

use std::sync::{Arc, Mutex, Weak};

use super::lock;
use crate::sql::statement::Text;

/// What one test has seen so far.
type Seen = Mutex<Vec<Arc<Text>>>;

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
                lock(&seen).push(Arc::clone(text));
            }
        }
    }
}

impl StatementWatch {
    /// Their texts so far, in the order in which they were run.
    pub fn statements(&self) -> Vec<String> {
        self.texts().iter().map(|text| text.sql.clone()).collect()
    }

    pub(crate) fn texts(&self) -> Vec<Arc<Text>> {
        lock(&self.0).clone()
    }
}
