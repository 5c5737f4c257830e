//! `DateTime`: a moment, to the microsecond.

use std::fmt;
use std::ops::{Add, Deref, Sub};
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::compared::{Compared, Operand};
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::scope::Scope;
use crate::model::symbolic::Now;
use crate::problem::Problem;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// A moment in time, without a place: stored as microseconds since 1970 (UTC), which sorts and compares.
/// Dereferences to [`jiff::Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(Timestamp);

impl DateTime {
    /// Now, cut to the microsecond so that it is equal after having been stored.
    ///
    /// In a model's rules write `who.now()`: they are built once, and what asks this there serves nobody.
    pub fn now() -> Self {
        crate::model::building::asked("DateTime::now");
        Self::from(Timestamp::now())
    }

    pub(crate) fn now_value() -> Value {
        Value::Integer(Self::now().micros())
    }

    /// The moment so many microseconds after 1970 (UTC).
    pub fn from_micros(micros: i64) -> Option<Self> {
        Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Microseconds since 1970 (UTC).
    pub fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The moment as jiff has it.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// This moment plus `seconds` (which may be negative), kept within jiff's range (years -9999 to 9999).
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let span = jiff::SignedDuration::from_secs(seconds);
        Self(self.0.saturating_add(span).unwrap_or(self.0))
    }
}

/// `DateTime::now() + Duration::from_secs(3600)`, kept within jiff's range.
impl Add<Duration> for DateTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from(self.0.saturating_add(duration).unwrap_or(Timestamp::MAX))
    }
}

/// `DateTime::now() - Duration::from_secs(3600)`, kept within jiff's range.
impl Sub<Duration> for DateTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from(self.0.saturating_sub(duration).unwrap_or(Timestamp::MIN))
    }
}

#[diagnostic::do_not_recommend]
impl<S: Scope> Operand<S, DateTime> for Now {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(timestamp))
    }
}
impl Deref for DateTime {
    type Target = Timestamp;
    fn deref(&self) -> &Timestamp {
        &self.0
    }
}
impl fmt::Display for DateTime {
    /// RFC 3339, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl FromStr for DateTime {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(Self::from)
    }
}
impl serde::Serialize for DateTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for DateTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Field for DateTime {
    const KIND: Kind = Kind::DateTime;
    fn to_value(&self) -> Value {
        Value::Integer(self.micros())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(micros) => Self::from_micros(micros).ok_or(Mismatch),
            _ => Err(Mismatch),
        }
    }
    fn from_text(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|_| kinds::wrong(Self::KIND))
    }
    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_durations() {
        let hour = Duration::from_secs(3600);
        let noon: DateTime = "2026-11-29T12:00:00Z".parse().unwrap();
        assert_eq!((noon + hour).to_string(), "2026-11-29T13:00:00Z");
        assert_eq!(noon - hour, noon.plus_seconds(-3600));
        let least = noon + Duration::from_nanos(1999);
        assert_eq!(least.micros(), noon.micros() + 1);
        assert_eq!(noon + Duration::MAX, noon.plus_seconds(i64::MAX));
        assert_eq!(noon - Duration::MAX, noon.plus_seconds(i64::MIN));
        assert_eq!(Now::NOW + hour, Now::NOW.plus_seconds(3600));
        assert_eq!(Now::NOW - hour, Now::NOW.plus_seconds(-3600));
        assert_eq!(Now::NOW + Duration::MAX, Now::NOW.plus_seconds(i64::MAX));
    }
}
