//! `Duration`: a length of time, to the microsecond.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use jiff::SignedDuration;

use crate::model::columns::OrderedField;
use crate::model::field::{Field, FieldLimits, Kind, Mismatch, Value, ValueRef};
use crate::model::kinds;
use crate::model::symbolic::Now;
use crate::model::types::DateTime;
use crate::problem::Problem;

/// A length of time, to the microsecond, at most some 10,000 years: how long a film is, how much was worked. A day has 24 hours;
/// months have no length.
///
/// It is stored as a whole number of microseconds. People type and read hours, minutes and seconds; in JSON it is as ISO 8601
/// has it. Both are read from either.
///
/// ```
/// use vauban_orm::Duration;
/// let worked: Duration = "26:30".parse().unwrap();
/// assert_eq!((worked.as_seconds(), worked.to_string().as_str()), (95_400, "26:30:00"));
/// assert_eq!("PT26H30M".parse(), Ok(worked));
/// assert!("0:00:00.0000001".parse::<Duration>().is_err()); // nothing is rounded
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

/// A text that is no duration, or one that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDuration;

const SECOND: i64 = 1_000_000;

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest: with it, a moment stays one that a database has.
    pub const MAX: Self = Self(315_576_000_000 * SECOND);
    /// As long, back in time.
    pub const MIN: Self = Self(-Self::MAX.0);

    /// A length in microseconds; `None` if it is longer than [`MAX`](Self::MAX).
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros > Self::MAX.0 || micros < Self::MIN.0 {
            None
        } else {
            Some(Self(micros))
        }
    }

    /// A length in seconds; `None` if it is longer than [`MAX`](Self::MAX).
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(SECOND) {
            Some(micros) => Self::from_micros(micros),
            None => None,
        }
    }

    /// How many microseconds it has.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// How many whole seconds it has.
    pub const fn as_seconds(self) -> i64 {
        self.0 / SECOND
    }

    /// The sum; `None` if it is too long.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_micros(self.0 + other.0)
    }

    /// The difference; `None` if it is too long.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_micros(self.0 - other.0)
    }

    /// Reads `1:30` (hours and minutes), `1:30:15.5`, `-0:05`, or as ISO 8601 has it: `PT1H30M`.
    ///
    /// # Errors
    /// If it is written otherwise, is too long, or has a part of a microsecond. Nothing is rounded.
    pub fn parse(text: &str) -> Result<Self, InvalidDuration> {
        let (negative, length) = match text.strip_prefix('-') {
            Some(length) => (true, length),
            None => (false, text),
        };
        // CWE-400: the longest that fits is far shorter.
        if length.len() > 60 {
            return Err(InvalidDuration);
        }
        let micros = if length.starts_with('P') {
            iso(length)
        } else {
            clock(length)
        };
        let micros = micros.ok_or(InvalidDuration)?;
        Self::from_micros(if negative { -micros } else { micros }).ok_or(InvalidDuration)
    }

    /// Whether it is within these bounds, in seconds.
    #[doc(hidden)]
    pub fn is_within(self, min: Option<i64>, max: Option<i64>) -> Result<(), Problem> {
        let at = |seconds| i128::from(seconds) * i128::from(SECOND);
        let mine = i128::from(self.0);
        if min.is_none_or(|min| mine >= at(min)) && max.is_none_or(|max| mine <= at(max)) {
            return Ok(());
        }
        let shown =
            |seconds| Self::from_seconds(seconds).unwrap_or(if seconds < 0 { Self::MIN } else { Self::MAX });
        let told = |bound: i64| shown(bound).to_string();
        Err(match (min, max) {
            (Some(min), Some(max)) => Problem::new("duration_range", "Enter a duration from {min} to {max}.")
                .with("min", told(min))
                .with("max", told(max)),
            (Some(min), None) => {
                Problem::new("duration_min", "Enter a duration of at least {min}.").with("min", told(min))
            }
            (None, max) => Problem::new("duration_max", "Enter a duration of at most {max}.")
                .with("max", told(max.unwrap_or(i64::MAX))),
        })
    }

    /// As ISO 8601 has it: `PT26H30M`, `-PT0.5S`.
    pub fn to_iso(self) -> String {
        SignedDuration::from_micros(self.0).to_string()
    }
}

/// `PT1H30M`: hours, minutes and seconds; whole days, and weeks, of 24 hours.
fn iso(text: &str) -> Option<i64> {
    let length: SignedDuration = text.parse().ok()?;
    // A sign of its own stands inside of none.
    if length.is_negative() || length.subsec_nanos() % 1000 != 0 {
        return None;
    }
    i64::try_from(length.as_micros()).ok()
}

/// `h:mm`, `h:mm:ss` or `h:mm:ss.ffffff`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let (seconds, part) = match parts.next() {
        Some(seconds) => seconds
            .split_once('.')
            .map_or((seconds, None), |(s, part)| (s, Some(part))),
        None => ("00", None),
    };
    if parts.next().is_some() {
        return None;
    }
    let below_sixty = |text: &str| {
        (text.len() == 2)
            .then(|| number(text))
            .flatten()
            .filter(|n| *n < 60)
    };
    let micros = match part {
        None => 0,
        // CWE-1286: `5.` is no number to every reader.
        Some(part) if part.is_empty() || part.len() > 6 => return None,
        Some(part) => number(part)? * 10_i64.pow(6 - u32::try_from(part.len()).ok()?),
    };
    let seconds = number(hours)?
        .checked_mul(3600)?
        .checked_add(below_sixty(minutes)? * 60 + below_sixty(seconds)?)?;
    seconds.checked_mul(SECOND)?.checked_add(micros)
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

macro_rules! later {
    ($($moment:ty),+) => { $(
        /// So much later, kept within the calendar.
        impl Add<Duration> for $moment {
            type Output = Self;
            fn add(self, length: Duration) -> Self {
                let span = std::time::Duration::from_micros(length.0.unsigned_abs());
                if length.0 < 0 { self - span } else { self + span }
            }
        }
        /// So much earlier, kept within the calendar.
        impl Sub<Duration> for $moment {
            type Output = Self;
            fn sub(self, length: Duration) -> Self {
                self + Duration(-length.0)
            }
        }
    )+ };
}
later!(DateTime, Now);

impl fmt::Display for Duration {
    /// `26:30:00`, with as many digits behind the point as it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minus, micros) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (seconds, part) = (micros / 1_000_000, micros % 1_000_000);
        let mut text = format!(
            "{minus}{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        if part > 0 {
            let digits = format!("{part:06}");
            text.push('.');
            text.push_str(digits.trim_end_matches('0'));
        }
        f.pad(&text)
    }
}
impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Duration {
    type Err = InvalidDuration;
    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        Self::parse(text)
    }
}

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        kinds::NOT_A_DURATION.fmt(f)
    }
}
impl std::error::Error for InvalidDuration {}
impl From<InvalidDuration> for Problem {
    fn from(_: InvalidDuration) -> Self {
        kinds::NOT_A_DURATION
    }
}

impl serde::Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}
impl<'de> serde::Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::read(deserializer)
    }
}

impl OrderedField for Duration {}

impl Field for Duration {
    const KIND: Kind = Kind::Duration;
    // Bounds are said in seconds.
    const PLACES: u32 = 6;
    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(micros) => Self::from_micros(micros).ok_or(Mismatch),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, limits: &FieldLimits) -> Result<(), Problem> {
        self.is_within(limits.min, limits.max)
    }
    fn from_text(text: &str) -> Result<Self, Problem> {
        Self::parse(text).map_err(Problem::from)
    }
    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_exactly() {
        for (text, micros, shown) in [
            ("1:30", 5_400_000_000, "1:30:00"),
            ("0:00:12.5", 12_500_000, "0:00:12.5"),
            ("-26:05:00.000001", -93_900_000_001, "-26:05:00.000001"),
            ("PT1H30M", 5_400_000_000, "1:30:00"),
            ("-PT0.5S", -500_000, "-0:00:00.5"),
            ("0:00", 0, "0:00:00"),
        ] {
            let read = Duration::parse(text).unwrap();
            assert_eq!(
                (read.as_micros(), read.to_string().as_str()),
                (micros, shown),
                "{text}"
            );
            assert_eq!((shown.parse(), read.to_iso().parse()), (Ok(read), Ok(read)));
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<Duration>(&json).unwrap(), read);
        }
    }

    /// CWE-1286, CWE-190
    #[test]
    fn what_is_none_is_refused_and_nothing_wraps() {
        for bad in [
            "",
            "-",
            "7",
            "1:",
            ":30",
            "1:3",
            "1:60",
            "1:30:60",
            "1:30:00.",
            "1:30:00.0000001",
            "1:2:3:4",
            "--1:00",
            "1:-5",
            "+1:00",
            "٣:00",
            " 1:00",
            "P",
            "PT",
            "--PT1S",
            "P-PT1S",
            "PT0.0000001S",
            "P1M",
            "9223372036854775807:00",
            "999999999999:00",
            "PT9223372036854775807S",
        ] {
            assert_eq!(Duration::parse(bad), Err(InvalidDuration), "{bad}");
        }
        assert_eq!(Duration::MAX.checked_add(Duration(1)), None);
        assert_eq!(Duration::MIN.checked_sub(Duration(1)), None);
        let said = |seconds| {
            Duration::from_seconds(seconds)
                .unwrap()
                .is_within(Some(0), Some(5400))
        };
        assert!(said(0).is_ok() && said(5400).is_ok());
        for beyond in [-1, 5401] {
            assert_eq!(
                said(beyond).unwrap_err(),
                "Enter a duration from 0:00:00 to 1:30:00."
            );
        }
        assert_eq!(Duration::from_seconds(i64::MAX), None);
        assert_eq!(Duration::from_value(ValueRef::Integer(i64::MAX)), Err(Mismatch));
    }

    #[test]
    fn a_moment_moves_by_it() {
        let noon: DateTime = "2026-11-29T12:00:00Z".parse().unwrap();
        let half: Duration = "-0:30".parse().unwrap();
        assert_eq!(noon + half, noon.plus_seconds(-1800));
        assert_eq!(noon - half, noon.plus_seconds(1800));
        assert_eq!(Now::NOW - half, Now::NOW.plus_seconds(1800));
        assert_eq!(noon + Duration::MIN + Duration::MIN, noon.plus_seconds(i64::MIN));
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_shown_is_read(micros in Duration::MIN.0..=Duration::MAX.0) {
                let length = Duration(micros);
                proptest::prop_assert_eq!(length.to_string().parse(), Ok(length));
                proptest::prop_assert_eq!(length.to_iso().parse(), Ok(length));
            }
        }
    }
}
