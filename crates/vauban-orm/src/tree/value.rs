//! Values on their way to and from the database.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::tree::ring::{Ring, Unopened, Unsealed};

/// What a column holds, whichever database stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in UTF-8: strings, slugs, addresses, the names of choices.
    Text,
    /// A truth value, in SQLite 0 or 1.
    Bool,
    /// A whole number from -2¹⁵ to 2¹⁵ - 1.
    SmallInt,
    /// A whole number from -2³¹ to 2³¹ - 1.
    Int,
    /// A whole number from -2⁶³ to 2⁶³ - 1.
    BigInt,
    /// A number with a point, of 64 bits.
    Double,
    /// A decimal number with a fixed number of places.
    Decimal,
    /// Bytes as they are, at most as many as the field says.
    Bytes,
    /// A UUID: ids and foreign keys too.
    Uuid,
    /// A moment, to the microsecond.
    DateTime,
    /// A day of the calendar, without a time zone.
    Date,
    /// A time of day, to the microsecond.
    Time,
    /// A length of time, to the microsecond.
    Duration,
    /// A document of JSON.
    Json,
}

/// What SQLite stores: the types of a `STRICT` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// UTF-8; also days and JSON.
    Text,
    /// 64 bits; also truth values, decimals in their smallest unit, moments, times of day and durations in microseconds.
    Integer,
    /// A float of 64 bits.
    Real,
    /// Bytes; also UUIDs, 16 of them.
    Blob,
}

impl Kind {
    /// How SQLite stores it.
    pub const fn storage(self) -> Storage {
        match self {
            Self::Text | Self::Date | Self::Json => Storage::Text,
            Self::Bool
            | Self::SmallInt
            | Self::Int
            | Self::BigInt
            | Self::Decimal
            | Self::DateTime
            | Self::Time
            | Self::Duration => Storage::Integer,
            Self::Double => Storage::Real,
            Self::Bytes | Self::Uuid => Storage::Blob,
        }
    }
}

impl Kind {
    /// Whether its values are numbers, which may have bounds: `#[field(min = …, max = …)]`.
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::SmallInt | Self::Int | Self::BigInt | Self::Double | Self::Decimal | Self::Duration
        )
    }
}

impl Storage {
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Blob => "BLOB",
        }
    }
}

/// A value on its way into a statement. It is always bound, never written into SQL text (CWE-89).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number: also a truth value, or a moment in microseconds.
    Integer(i64),
    /// A number with a point, 64 bits wide.
    Real(f64),
    /// Text in UTF-8.
    Text(String),
    /// Bytes as they are: also ids.
    Blob(Vec<u8>),
    /// A UUID, bound as its 16 bytes.
    Uuid(Uuid),
    /// What the clock says when the statement runs, to compare a column with.
    Clock(Clock),
    /// What is sealed for its row before it is bound, or looked for by an index of what is sealed.
    Unsealed(Unsealed),
}

/// A time that is known when a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The moment, so many microseconds later.
    Moment {
        /// How much later.
        micros: i64,
    },
    /// The day of that moment in UTC, so many days later.
    Day {
        /// How much later the moment is.
        micros: i64,
        /// How much later the day is.
        days: i32,
    },
}

impl Clock {
    /// As it is bound; behind the calendar's end there is no such time, and nothing compares with it.
    pub(crate) fn value(self) -> Value {
        let now = Timestamp::now().as_microsecond();
        match self {
            Self::Moment { micros } => Value::Integer(now.saturating_add(micros)),
            Self::Day { micros, days } => {
                day(now.saturating_add(micros), days).map_or(Value::Null, Value::Text)
            }
        }
    }
}

/// The day of a moment in UTC, so many days later, as it is stored.
fn day(micros: i64, days: i32) -> Option<String> {
    let moment = Timestamp::from_microsecond(micros).ok()?;
    let later = jiff::Span::new().try_days(days).ok()?;
    let day = moment.to_zoned(TimeZone::UTC).date().checked_add(later).ok()?;
    (0..=9999).contains(&day.year()).then(|| day.to_string())
}

/// For a review: `now`, `now + 60 s`, `today - 3 days`.
impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, micros, days) = match *self {
            Self::Moment { micros } => ("now", micros, 0),
            Self::Day { micros, days } => ("today in UTC", micros, days),
        };
        let sign = |negative| if negative { '-' } else { '+' };
        f.write_str(name)?;
        if micros != 0 {
            let (seconds, rest) = (
                micros.unsigned_abs() / 1_000_000,
                micros.unsigned_abs() % 1_000_000,
            );
            write!(f, " {} {seconds}", sign(micros < 0))?;
            if rest != 0 {
                let places = format!("{rest:06}");
                write!(f, ".{}", places.trim_end_matches('0'))?;
            }
            f.write_str(" s")?;
        }
        if days != 0 {
            write!(f, " {} {} days", sign(days < 0), days.unsigned_abs())?;
        }
        Ok(())
    }
}

impl Value {
    /// The same value without owning its text or bytes.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            // Columns are compared with a clock, and none is set to it. What is sealed is read by its own type alone.
            Self::Null | Self::Clock(_) | Self::Unsealed(_) => ValueRef::Null,
            Self::Integer(i) => ValueRef::Integer(*i),
            Self::Real(r) => ValueRef::Real(*r),
            Self::Text(s) => ValueRef::Text(s),
            Self::Blob(b) => ValueRef::Blob(b),
            Self::Uuid(u) => ValueRef::Blob(u.as_bytes()),
        }
    }

    /// What a parameter holds that is of no column: by the value itself.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Integer(_) => Kind::BigInt,
            Self::Real(_) => Kind::Double,
            Self::Null | Self::Text(_) => Kind::Text,
            Self::Blob(_) | Self::Unsealed(_) => Kind::Bytes,
            Self::Uuid(_) => Kind::Uuid,
            Self::Clock(Clock::Moment { .. }) => Kind::DateTime,
            Self::Clock(Clock::Day { .. }) => Kind::Date,
        }
    }

    /// As SQL, for the `DEFAULT` of a column in a migration file: the one place where a value becomes text.
    pub(crate) fn literal(&self) -> String {
        match self {
            // CWE-312: what is to be sealed stands in no file.
            Self::Null | Self::Unsealed(_) => "NULL".into(),
            Self::Integer(i) => i.to_string(),
            Self::Real(r) => format!("{r:?}"),
            Self::Text(s) => format!("'{}'", s.replace('\'', "''")),
            Self::Blob(b) => format!("x'{}'", digits(b)),
            Self::Uuid(u) => format!("x'{}'", digits(u.as_bytes())),
            Self::Clock(clock) => clock.to_string(),
        }
    }
}

/// Bytes in hexadecimal.
pub(crate) fn digits(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// A value on its way out of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// No value.
    Null,
    /// A whole number: also a truth value, or a moment in microseconds.
    Integer(i64),
    /// A number with a point, 64 bits wide.
    Real(f64),
    /// Text in UTF-8.
    Text(&'a str),
    /// Bytes as they are: also ids.
    Blob(&'a [u8]),
}

/// A stored value that is not one of the field's type: somebody else wrote to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch;

/// A row that was found, whichever database it comes from.
pub(crate) trait Cells {
    /// The value in a column, by its place.
    ///
    /// # Errors
    /// If it is not there, or nothing that a model can hold.
    fn cell(&self, at: usize) -> Result<ValueRef<'_>, Mismatch>;
}

/// Reads a row's columns one after the other.
pub struct RowReader<'a> {
    row: &'a dyn Cells,
    next: usize,
    /// What opens its ciphertexts.
    ring: &'a Ring,
    unopened: Option<Unopened>,
}

impl fmt::Debug for RowReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowReader at column {}", self.next)
    }
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(row: &'a dyn Cells, ring: &'a Ring) -> Self {
        Self {
            row,
            next: 0,
            ring,
            unopened: None,
        }
    }

    /// What is sealed in the next column, which is the `nth` of its model's; `None` where there is no value.
    pub(crate) fn open(&mut self, label: &str, nth: usize) -> Result<Option<Vec<u8>>, Mismatch> {
        let first = self.next.checked_sub(nth).ok_or(Mismatch)?;
        let sealed = match self.value()? {
            ValueRef::Null => return Ok(None),
            ValueRef::Blob(sealed) => sealed,
            _ => return Err(self.is_unopened(Unopened::Malformed)),
        };
        let ValueRef::Blob(id) = self.row.cell(first)? else {
            return Err(Mismatch);
        };
        match self.ring.open(label, id, sealed) {
            Ok(plain) => Ok(Some(plain)),
            Err(why) => Err(self.is_unopened(why)),
        }
    }

    /// Why the column that was read last is not opened.
    pub(crate) fn is_unopened(&mut self, why: Unopened) -> Mismatch {
        self.unopened = Some(why);
        Mismatch
    }

    /// Why the column that was read last was not opened, if that is what is wrong with it.
    pub(crate) fn unopened(&self) -> Option<Unopened> {
        self.unopened
    }

    /// The next column's value.
    pub(crate) fn value(&mut self) -> Result<ValueRef<'a>, Mismatch> {
        // Where it is no value, it is this column that was read last.
        let at = self.next;
        self.next += 1;
        self.row.cell(at)
    }

    /// The column that was read last.
    pub(crate) fn last(&self) -> usize {
        self.next.saturating_sub(1)
    }

    /// A key, for the log.
    pub(crate) fn shown(&self, column: usize) -> String {
        match self.row.cell(column) {
            Ok(ValueRef::Integer(i)) => i.to_string(),
            Ok(ValueRef::Text(text)) => text.escape_debug().to_string(),
            Ok(ValueRef::Blob(bytes)) => {
                Uuid::from_slice(bytes).map_or_else(|_| "unreadable".to_owned(), |id| id.to_string())
            }
            _ => "unreadable".to_owned(),
        }
    }

    /// The next column's value, which stays next.
    pub(crate) fn peek_is_null(&self) -> bool {
        matches!(self.row.cell(self.next), Ok(ValueRef::Null))
    }

    /// The place of the next column.
    pub(crate) fn at(&self) -> usize {
        self.next
    }

    /// The value in this column.
    pub(crate) fn value_at(&self, column: usize) -> Result<ValueRef<'a>, Mismatch> {
        self.row.cell(column)
    }

    /// Whether there is no value in this column.
    pub(crate) fn is_null_at(&self, column: usize) -> bool {
        matches!(self.row.cell(column), Ok(ValueRef::Null))
    }

    /// The same row from its first column on.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.row, self.ring)
    }

    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Mismatch> {
        match self.value()? {
            ValueRef::Integer(i) => Ok(i),
            _ => Err(Mismatch),
        }
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Mismatch> {
        Ok(matches!(self.value()?, ValueRef::Integer(i) if i != 0))
    }
}

/// For the derive: columns that are in no struct are passed over.
#[doc(hidden)]
pub fn passed(row: &mut RowReader<'_>, columns: usize) {
    row.skip(columns);
}
