//! The time, and a way for tests to move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// What time it is. Tests move it forwards; nothing else can.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The present moment, in UTC.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
            .checked_add(SignedDuration::from_secs(self.0.load(Ordering::Relaxed)))
            .unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forwards, as tests do that must not wait twelve hours.
    #[cfg(test)]
    pub(crate) fn advance(&self, by: std::time::Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
