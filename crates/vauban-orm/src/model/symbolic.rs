//! What rules say of the time: `who.now()`. Rules are built once, so the moment at which they are built is none of theirs
//! (CWE-367, CWE-613: an offer that ended would be seen until the program starts again).

use std::ops::{Add, Sub};
use std::time::Duration;

use crate::tree::value::{Clock, Value};

/// The moment at which a statement runs, as a value to compare columns with: from
/// [`Who::now`](crate::Who::now).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    micros: i64,
}

/// The day, in UTC, on which a statement runs: from [`Now::date_in_utc`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    micros: i64,
    days: i32,
}

impl Now {
    pub(crate) const NOW: Self = Self { micros: 0 };

    /// So many seconds later; earlier, if they are negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self {
            micros: self.micros.saturating_add(seconds.saturating_mul(1_000_000)),
        }
    }

    pub(crate) fn to_value(self) -> Value {
        Value::Clock(Clock::Moment { micros: self.micros })
    }

    /// The day of this moment, in UTC.
    pub fn date_in_utc(self) -> Today {
        Today {
            micros: self.micros,
            days: 0,
        }
    }
}

/// `who.now() + Duration::from_secs(3600)`.
impl Add<Duration> for Now {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self {
            micros: self.micros.saturating_add(micros(duration)),
        }
    }
}

/// `who.now() - Duration::from_secs(3600)`.
impl Sub<Duration> for Now {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self {
            micros: self.micros.saturating_sub(micros(duration)),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Today {
    /// So many days later; earlier, if they are negative.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self {
            days: self.days.saturating_add(days),
            ..self
        }
    }

    pub(crate) fn to_value(self) -> Value {
        Value::Clock(Clock::Day {
            micros: self.micros,
            days: self.days,
        })
    }
}
