//! `Date` and `Time`: a day and a time of day, without a place.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use jiff::civil;

use crate::model::columns::OrderedField;
use crate::model::compared::{Compared, Operand};
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::scope::Scope;
use crate::model::symbolic::Today;
use crate::model::types::DateTime;
use crate::problem::Problem;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// A day of the calendar, of the years 1 to 9999: stored as the text `2026-11-29`, which sorts, compares and reads in every
/// tool. Dereferences to [`jiff::civil::Date`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A time of day, to the microsecond: stored as microseconds since midnight, which sort and compare. Dereferences to
/// [`jiff::civil::Time`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(civil::Time);

/// A text or a number that is no day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDate;

/// A text or a number that is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTime;

impl Date {
    /// A day; `None` if the calendar has none such.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day)
            .ok()
            .and_then(|date| Self::try_from(date).ok())
    }

    /// Reads `2026-11-29`, and nothing else: four digits, two, two.
    ///
    /// # Errors
    /// If it is written otherwise, or the calendar has no such day.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        // CWE-1286: one spelling, of ASCII digits, so that two readers see one day.
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return Err(InvalidDate);
        };
        let year = digits(&[y1, y2, y3, y4]).and_then(|year| i16::try_from(year).ok());
        let month = digits(&[m1, m2]).and_then(|month| i8::try_from(month).ok());
        let day = digits(&[d1, d2]).and_then(|day| i8::try_from(day).ok());
        match (year, month, day) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month, day).ok_or(InvalidDate),
            _ => Err(InvalidDate),
        }
    }

    /// The day that it is now in UTC. What day it is for somebody depends on where they are.
    pub fn today_in_utc() -> Self {
        DateTime::now().date_in_utc()
    }

    /// The day so many days later, or earlier; `None` behind the ends of the calendar.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        self.0
            .checked_add(span)
            .ok()
            .and_then(|date| Self::try_from(date).ok())
    }

    /// The day as jiff has it.
    pub fn civil(self) -> civil::Date {
        self.0
    }
}

impl DateTime {
    /// The day that this moment is in, in UTC; for another place, ask [`jiff`](DateTime::timestamp).
    pub fn date_in_utc(self) -> Date {
        let zoned = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        Date(zoned.date().clamp(FIRST, LAST))
    }

    /// The time of day that this moment has, in UTC.
    pub fn time_in_utc(self) -> Time {
        let zoned = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        Time::from(zoned.time())
    }

    /// The moment at which it is this day and time in UTC; `None` at the very ends of the calendar.
    pub fn in_utc(day: Date, time: Time) -> Option<Self> {
        let civil = day.civil().to_datetime(time.civil());
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self::from(zoned.timestamp()))
    }
}

const FIRST: civil::Date = civil::date(1, 1, 1);
const LAST: civil::Date = civil::date(9999, 12, 31);

/// Years before 1 have no form that a text column could sort, nor one that `<input type="date">` takes.
impl TryFrom<civil::Date> for Date {
    type Error = InvalidDate;
    fn try_from(date: civil::Date) -> Result<Self, InvalidDate> {
        if (FIRST..=LAST).contains(&date) {
            Ok(Self(date))
        } else {
            Err(InvalidDate)
        }
    }
}

impl Time {
    /// A time of day; `None` if there is none such.
    pub fn new(hour: i8, minute: i8, second: i8) -> Option<Self> {
        civil::Time::new(hour, minute, second, 0).ok().map(Self)
    }

    /// Reads `14:30`, `14:30:15` or `14:30:15.25`, with up to six digits behind the point.
    ///
    /// # Errors
    /// If it is written otherwise, or a day has no such time.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let (clock, fraction) = match text.split_once('.') {
            // Only seconds have a fraction.
            Some((clock, fraction)) if clock.len() == 8 && (1..=6).contains(&fraction.len()) => {
                let micros = digits(fraction.as_bytes()).ok_or(InvalidTime)?;
                (clock, (fraction.len()..6).fold(micros, |micros, _| micros * 10))
            }
            Some(_) => return Err(InvalidTime),
            None => (text, 0),
        };
        let (hour, minute, second) = match *clock.as_bytes() {
            [h1, h2, b':', m1, m2] => ([h1, h2], [m1, m2], *b"00"),
            [h1, h2, b':', m1, m2, b':', s1, s2] => ([h1, h2], [m1, m2], [s1, s2]),
            _ => return Err(InvalidTime),
        };
        let two = |pair: [u8; 2]| digits(&pair).ok_or(InvalidTime);
        let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
        if hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidTime);
        }
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Self::from_micros(seconds * 1_000_000 + i64::from(fraction)).ok_or(InvalidTime)
    }

    /// The time so many microseconds after midnight, of one day.
    pub fn from_micros(micros: i64) -> Option<Self> {
        if !(0..MICROS_OF_A_DAY).contains(&micros) {
            return None;
        }
        let seconds = micros / 1_000_000;
        let part = |number: i64| i8::try_from(number).ok();
        let nanos = i32::try_from(micros % 1_000_000 * 1000).ok()?;
        civil::Time::new(
            part(seconds / 3600)?,
            part(seconds / 60 % 60)?,
            part(seconds % 60)?,
            nanos,
        )
        .ok()
        .map(Self)
    }

    /// Microseconds since midnight.
    pub fn micros(self) -> i64 {
        let seconds =
            i64::from(self.0.hour()) * 3600 + i64::from(self.0.minute()) * 60 + i64::from(self.0.second());
        seconds * 1_000_000 + i64::from(self.0.subsec_nanosecond()) / 1000
    }

    /// The time as jiff has it.
    pub fn civil(self) -> civil::Time {
        self.0
    }
}

const MICROS_OF_A_DAY: i64 = 24 * 3600 * 1_000_000;

/// Cut to the microsecond, so that it is equal after having been stored.
impl From<civil::Time> for Time {
    fn from(time: civil::Time) -> Self {
        Self::from_micros(Self(time).micros()).unwrap_or(Self(civil::Time::midnight()))
    }
}

/// A number of ASCII digits; every character is one.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

impl fmt::Display for Date {
    /// `2026-11-29` (ISO 8601).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Time {
    /// `14:30:00` (ISO 8601), with a fraction if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

macro_rules! alike {
    ($type:ident, $civil:ty, $invalid:ident, $what:literal) => {
        impl Deref for $type {
            type Target = $civil;
            fn deref(&self) -> &$civil {
                &self.0
            }
        }
        impl FromStr for $type {
            type Err = $invalid;
            fn from_str(text: &str) -> Result<Self, $invalid> {
                Self::parse(text)
            }
        }
        impl fmt::Display for $invalid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($what)
            }
        }
        impl std::error::Error for $invalid {}
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::text::read(deserializer)
            }
        }
    };
}
alike!(Date, civil::Date, InvalidDate, "not a date like 2026-11-29");
alike!(
    Time,
    civil::Time,
    InvalidTime,
    "not a time like 14:30 or 14:30:15"
);

#[diagnostic::do_not_recommend]
impl<S: Scope> Operand<S, Date> for Today {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}

impl OrderedField for Date {}
impl OrderedField for Time {}

impl Field for Date {
    const KIND: Kind = Kind::Date;
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Self::parse(text).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
}

impl Field for Time {
    const KIND: Kind = Kind::Time;
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
        Self::parse(text).map_err(|_| kinds::wrong(Self::KIND))
    }
    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        for good in [
            "2026-11-29",
            "2024-02-29",
            "0001-01-01",
            "9999-12-31",
            "0999-10-01",
        ] {
            assert_eq!(Date::parse(good).unwrap().to_string(), good);
        }
        // CWE-1286
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "0000-01-01",
            "-001-01-01",
            "10000-01-01",
            "2026-11-29T00:00",
            "2026/11/29",
            "29.11.2026",
            " 2026-11-29",
            "2026-11-29 ",
            "",
            "٢٠٢٦-11-29",
            "2026-11-2９",
            "20261129",
            "+026-01-01",
        ] {
            assert_eq!(Date::parse(bad), Err(InvalidDate), "{bad}");
        }
    }

    #[test]
    fn a_time_is_within_one_day() {
        for (text, micros) in [
            ("00:00", 0),
            ("14:30", 52_200_000_000),
            ("14:30:15", 52_215_000_000),
            ("14:30:15.25", 52_215_250_000),
            ("23:59:59.999999", MICROS_OF_A_DAY - 1),
        ] {
            let time = Time::parse(text).unwrap();
            assert_eq!(time.micros(), micros, "{text}");
            assert_eq!(Time::from_micros(micros), Some(time));
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        for bad in [
            "24:00",
            "12:60",
            "12:30:60",
            "1:30",
            "12:3",
            "12.30",
            "12:30.5",
            "12:30:15.",
            "12:30:15.1234567",
            "",
            "12:30 PM",
            "-1:30",
            "12:30Z",
            "１２:30",
            "12:+3",
        ] {
            assert_eq!(Time::parse(bad), Err(InvalidTime), "{bad}");
        }
        assert_eq!(Time::from_micros(-1), None);
        assert_eq!(Time::from_micros(MICROS_OF_A_DAY), None);
    }

    #[test]
    fn days_are_stored_in_their_order_and_none_is_out_of_range() {
        let day = |text| Date::parse(text).unwrap();
        let (old, new) = (day("0999-12-31"), day("1000-01-01"));
        let (Value::Text(a), Value::Text(b)) = (old.to_value(), new.to_value()) else {
            panic!("not text")
        };
        assert!(a < b && old < new);
        assert_eq!(Date::from_value(ValueRef::Text("2026-02-30")), Err(Mismatch));
        assert_eq!(
            Time::from_value(ValueRef::Integer(MICROS_OF_A_DAY)),
            Err(Mismatch)
        );
        assert_eq!(day("2024-02-28").plus_days(2), Some(day("2024-03-01")));
        assert_eq!(day("9999-12-31").plus_days(1), None);
        assert_eq!(day("0001-01-01").plus_days(i32::MIN), None);
        assert_eq!(
            DateTime::from_micros(-1).unwrap().date_in_utc(),
            day("1969-12-31")
        );
        // Before the first year of the calendar, its first day.
        let ancient = DateTime::from_micros(-300_000_000_000_000_000).unwrap();
        assert_eq!(ancient.date_in_utc(), day("0001-01-01"));
    }
}
