//! What is known by an answer's status, such as the app's own error pages.

use std::collections::HashMap;
use std::fmt;

use ::http::StatusCode;
use vauban_template::SafeHtml;

/// What an error page may tell.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ErrorFacts {
    /// The status.
    pub status: StatusCode,
    /// A message meant for the client; often empty.
    pub message: String,
    /// The number under which the log has more; with 500 and above.
    pub incident: Option<String>,
    /// What somebody typed into the form that was sent, as a section for the page, or where else they find it. A page of
    /// the site's own writes it as it is, `{{ typed }}`; one that leaves it out gives way to a plain page that has it.
    pub typed: Option<SafeHtml>,
}

/// Something for each of some statuses, and for all others.
#[derive(Clone)]
pub struct ByStatus<F> {
    by_status: HashMap<u16, F>,
    other: Option<F>,
}

impl<F> Default for ByStatus<F> {
    fn default() -> Self {
        Self {
            by_status: HashMap::new(),
            other: None,
        }
    }
}

impl<F: Copy> ByStatus<F> {
    pub(crate) fn insert(&mut self, status: StatusCode, what: F) {
        self.by_status.insert(status.as_u16(), what);
    }

    pub(crate) fn insert_other(&mut self, what: F) {
        self.other = Some(what);
    }

    /// Takes another's for what has none here.
    pub(crate) fn fill(&mut self, others: &Self) {
        for (status, what) in &others.by_status {
            self.by_status.entry(*status).or_insert(*what);
        }
        self.other = self.other.or(others.other);
    }

    pub(crate) fn get(&self, status: StatusCode) -> Option<F> {
        self.by_status.get(&status.as_u16()).copied().or(self.other)
    }
}

impl<F> fmt::Debug for ByStatus<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_status.keys()).finish()
    }
}
