//! Where a page by key begins, as a text for an address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::model::types::{Date, DateTime, Duration};
use crate::tree::value::{Kind, Value};

/// Where a page begins: behind a row that was ordered by these values. As a text it stands in an address (`?after=…`); read from
/// one, it is nothing before a query with the same order has it.
///
/// What a stranger makes of it is checked (CWE-20): of another order or kind it is no cursor, which is a 400.
///
/// ```
/// # use vauban_orm::Cursor;
/// assert!("no cursor".parse::<Cursor>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

/// A text that is no [`Cursor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCursor;

impl fmt::Display for BadCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is no mark of a page: begin at the first page")
    }
}
impl std::error::Error for BadCursor {}

/// Bytes of a cursor: a few short texts (CWE-770).
pub(super) const MOST: usize = 4_096;
/// Bytes of one without a value: its version, and the mark of its order.
pub(super) const EMPTY: usize = 9;
/// Bytes of a number, of an id, and of a text beside its own.
pub(super) const NUMBER: usize = 9;
pub(super) const UUID: usize = 17;
pub(super) const TEXT: usize = 5;

impl Cursor {
    pub(super) fn new(order: u64, values: &[(Kind, Value)]) -> Self {
        let mut bytes = vec![1];
        bytes.extend(order.to_be_bytes());
        for (_, value) in values {
            match value {
                Value::Integer(number) => {
                    bytes.push(1);
                    bytes.extend(number.to_be_bytes());
                }
                Value::Real(number) => {
                    bytes.push(2);
                    bytes.extend(number.to_be_bytes());
                }
                Value::Text(text) => {
                    bytes.push(3);
                    bytes.extend((text.len() as u32).to_be_bytes());
                    bytes.extend(text.as_bytes());
                }
                Value::Uuid(id) => {
                    bytes.push(4);
                    bytes.extend(id.as_bytes());
                }
                Value::Null | Value::Blob(_) | Value::Clock(_) | Value::Unsealed(_) => bytes.push(0),
            }
        }
        Self(bytes)
    }

    /// The values, if they are of this order and of these kinds.
    pub(super) fn values(&self, order: u64, kinds: &[Kind]) -> Option<Vec<(Kind, Value)>> {
        let mut rest = Rest(&self.0);
        if rest.take::<1>()? != [1] || u64::from_be_bytes(rest.take()?) != order {
            return None;
        }
        let mut values = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let value = match rest.take::<1>()? {
                [0] => Value::Null,
                [1] => Value::Integer(i64::from_be_bytes(rest.take()?)),
                [2] => Value::Real(f64::from_be_bytes(rest.take()?)),
                [3] => {
                    let length = usize::try_from(u32::from_be_bytes(rest.take()?)).ok()?;
                    let (text, after) = rest.0.split_at_checked(length)?;
                    rest.0 = after;
                    Value::Text(std::str::from_utf8(text).ok()?.to_owned())
                }
                [4] => Value::Uuid(Uuid::from_bytes(rest.take()?)),
                _ => return None,
            };
            if !fits(*kind, &value) {
                return None;
            }
            values.push((*kind, value));
        }
        // The id is never nothing.
        let whole = rest.0.is_empty() && !matches!(values.last(), Some((_, Value::Null)));
        whole.then_some(values)
    }
}

/// Whether a column of this kind can hold it, so that no database refuses it (CWE-209).
fn fits(kind: Kind, value: &Value) -> bool {
    let number = |fits: fn(i64) -> bool| matches!(value, Value::Integer(number) if fits(*number));
    if matches!(value, Value::Null) {
        return true;
    }
    match kind {
        Kind::Text => matches!(value, Value::Text(text) if !text.contains('\0')),
        Kind::Date => matches!(value, Value::Text(text) if text.parse::<Date>().is_ok()),
        Kind::Bool => number(|number| matches!(number, 0 | 1)),
        Kind::SmallInt => number(|number| i16::try_from(number).is_ok()),
        Kind::Int => number(|number| i32::try_from(number).is_ok()),
        Kind::BigInt | Kind::Decimal => number(|_| true),
        Kind::DateTime => number(|micros| DateTime::from_micros(micros).is_some()),
        Kind::Time => number(|micros| (0..86_400_000_000).contains(&micros)),
        Kind::Duration => number(|micros| Duration::from_micros(micros).is_some()),
        Kind::Double => matches!(value, Value::Real(number) if number.is_finite()),
        Kind::Uuid => matches!(value, Value::Uuid(_)),
        // No order of a page by key.
        Kind::Bytes | Kind::Json => false,
    }
}

/// What is not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(BadCursor),
        };
        let pairs = text.as_bytes().chunks(2);
        if text.len() > 2 * MOST || text.is_empty() {
            return Err(BadCursor);
        }
        let bytes = pairs.map(|pair| match pair {
            [high, low] => Ok(digit(*high)? << 4 | digit(*low)?),
            _ => Err(BadCursor),
        });
        bytes.collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::model::types::text::read(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-20: whatever a stranger writes there is a cursor of this order, or none; nothing of it is an error of the database.
    #[test]
    fn what_a_stranger_makes_of_a_cursor_is_none() {
        let id = Value::Uuid(Uuid::from_u128(7));
        let cursor = Cursor::new(
            9,
            &[(Kind::Text, Value::Text("ä".into())), (Kind::Uuid, id.clone())],
        );
        let text = cursor.to_string();
        assert_eq!(text.parse(), Ok(cursor.clone()));
        let kinds = [Kind::Text, Kind::Uuid];
        assert_eq!(cursor.values(9, &kinds).unwrap()[1].1, id);
        assert_eq!(cursor.values(8, &kinds), None, "of another order");
        assert_eq!(
            cursor.values(9, &[Kind::Int, Kind::Uuid]),
            None,
            "of another kind"
        );
        assert_eq!(cursor.values(9, &[Kind::Text]), None, "of fewer keys");
        for end in 0..text.len() {
            let part = text[..end].parse::<Cursor>();
            assert!(
                part.is_err() || part.unwrap().values(9, &kinds).is_none(),
                "{end}"
            );
        }
        for bad in [
            "",
            "0",
            "xx",
            "0G",
            &text.to_uppercase(),
            &format!("{text}00"),
            &"0".repeat(20_000),
        ] {
            let read = bad.parse::<Cursor>();
            assert!(
                read.is_err() || read.unwrap().values(9, &kinds).is_none(),
                "{bad}"
            );
        }
        let of = |kind, value| Cursor::new(9, &[(kind, value)]).values(9, &[kind]);
        for (kind, value) in [
            (Kind::Int, Value::Integer(1 << 40)),
            (Kind::SmallInt, Value::Integer(1 << 20)),
            (Kind::Duration, Value::Integer(i64::MAX)),
            (Kind::Json, Value::Text("{}".into())),
            (Kind::Bool, Value::Integer(2)),
            (Kind::Time, Value::Integer(-1)),
            (Kind::DateTime, Value::Integer(i64::MAX)),
            (Kind::Date, Value::Text("2026-02-30".into())),
            (Kind::Text, Value::Text("a\0".into())),
            (Kind::Double, Value::Real(f64::NAN)),
            (Kind::Uuid, Value::Null),
        ] {
            assert_eq!(of(kind, value.clone()), None, "{kind:?} {value:?}");
        }
        for (kind, value) in [
            (Kind::SmallInt, Value::Integer(-7)),
            (Kind::Duration, Value::Integer(1_000_000)),
            (Kind::Decimal, Value::Integer(i64::MIN)),
        ] {
            assert_eq!(of(kind, value.clone()), Some(vec![(kind, value)]), "{kind:?}");
        }
    }
}
