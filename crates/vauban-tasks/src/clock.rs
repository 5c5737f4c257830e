//! The clock of tasks; tests move theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vauban::orm::DateTime;

/// What time it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    /// How far it is ahead, in microseconds.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    pub(crate) fn now(&self) -> DateTime {
        let now = DateTime::now();
        match u64::try_from(self.ahead.load(Ordering::Relaxed)) {
            Ok(ahead) => now + Duration::from_micros(ahead),
            Err(_) => now,
        }
    }

    /// Moves it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(by, Ordering::Relaxed);
    }
}
