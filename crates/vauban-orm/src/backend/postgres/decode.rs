//! Rows as PostgreSQL sends them, as the ORM's values.

use std::cell::OnceCell;
use std::error::Error;

use jiff::Span;
use tokio_postgres::types::{FromSql, Type};

use super::encode::{EPOCH, FIRST_DAY, MOMENTS};
use crate::tree::value::{Mismatch, ValueRef};

/// A row that was read.
pub(crate) struct Row {
    row: tokio_postgres::Row,
    /// Its days as text, by column, once one is asked for: a [`ValueRef`] owns none.
    days: OnceCell<Vec<(usize, [u8; 10])>>,
}

impl Row {
    pub(super) fn new(row: tokio_postgres::Row) -> Self {
        Self {
            row,
            days: OnceCell::new(),
        }
    }

    fn days(&self) -> Vec<(usize, [u8; 10])> {
        let columns = self.row.columns().iter().enumerate();
        let dates = columns.filter(|(_, column)| *column.type_() == Type::DATE);
        let read = dates.filter_map(|(at, _)| {
            let raw: Option<Raw<'_>> = self.row.try_get(at).ok()?;
            Some((at, day(raw?.bytes)?))
        });
        read.collect()
    }

    /// How many columns it has.
    pub(crate) fn len(&self) -> usize {
        self.row.len()
    }

    /// A column's value.
    ///
    /// # Errors
    /// [`Mismatch`] for a value that the ORM has none of: somebody else wrote it, or no such column was asked for.
    pub(crate) fn value(&self, at: usize) -> Result<ValueRef<'_>, Mismatch> {
        if at >= self.row.len() {
            return Err(Mismatch);
        }
        let raw: Option<Raw<'_>> = self.row.try_get(at).map_err(|_| Mismatch)?;
        let Some(Raw { of, bytes }) = raw else {
            return Ok(ValueRef::Null);
        };
        let value = match of {
            Of::Text => ValueRef::Text(std::str::from_utf8(bytes).map_err(|_| Mismatch)?),
            Of::Json => {
                let text = bytes.strip_prefix(&[1]).ok_or(Mismatch)?;
                ValueRef::Text(std::str::from_utf8(text).map_err(|_| Mismatch)?)
            }
            Of::Bytes => ValueRef::Blob(bytes),
            Of::Bool => ValueRef::Integer(i64::from(array::<1>(bytes)? != [0])),
            Of::Int2 => ValueRef::Integer(i16::from_be_bytes(array(bytes)?).into()),
            Of::Int4 => ValueRef::Integer(i32::from_be_bytes(array(bytes)?).into()),
            Of::Int8 | Of::Time => ValueRef::Integer(i64::from_be_bytes(array(bytes)?)),
            Of::Float4 => ValueRef::Real(f32::from_be_bytes(array(bytes)?).into()),
            Of::Float8 => ValueRef::Real(f64::from_be_bytes(array(bytes)?)),
            Of::Moment => {
                let micros = i64::from_be_bytes(array(bytes)?);
                // Also what PostgreSQL writes for `infinity`.
                if !MOMENTS.contains(&micros) {
                    return Err(Mismatch);
                }
                ValueRef::Integer(micros.checked_add(EPOCH).ok_or(Mismatch)?)
            }
            Of::Day => {
                let days = self.days.get_or_init(|| self.days());
                let day = days.iter().find(|(column, _)| *column == at).ok_or(Mismatch)?;
                ValueRef::Text(std::str::from_utf8(&day.1).map_err(|_| Mismatch)?)
            }
            Of::Numeric => ValueRef::Integer(whole(bytes).ok_or(Mismatch)?),
            Of::Other => return Err(Mismatch),
        };
        Ok(value)
    }
}

/// The types that are read, whoever made them: a column or an expression.
#[derive(Clone, Copy)]
enum Of {
    Text,
    Bytes,
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Moment,
    Day,
    Time,
    Numeric,
    Json,
    Other,
}

/// A value's bytes, with what they are.
struct Raw<'a> {
    of: Of,
    bytes: &'a [u8],
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(of: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let of = match *of {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Of::Text,
            Type::BYTEA | Type::UUID => Of::Bytes,
            Type::BOOL => Of::Bool,
            Type::INT2 => Of::Int2,
            Type::INT4 => Of::Int4,
            Type::INT8 => Of::Int8,
            Type::FLOAT4 => Of::Float4,
            Type::FLOAT8 => Of::Float8,
            Type::TIMESTAMPTZ => Of::Moment,
            Type::DATE => Of::Day,
            Type::TIME => Of::Time,
            Type::NUMERIC => Of::Numeric,
            Type::JSONB => Of::Json,
            _ => Of::Other,
        };
        Ok(Self { of, bytes })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Mismatch> {
    bytes.try_into().map_err(|_| Mismatch)
}

/// A day as it is written, from 0001 to 9999.
fn day(bytes: &[u8]) -> Option<[u8; 10]> {
    let days = i32::from_be_bytes(bytes.try_into().ok()?);
    let day = FIRST_DAY.checked_add(Span::new().try_days(days).ok()?).ok()?;
    if day.year() < 1 {
        return None;
    }
    day.to_string().into_bytes().try_into().ok()
}

/// A `numeric` that is a whole number of 64 bits, such as the sum of some: digits to the base of 10,000.
fn whole(bytes: &[u8]) -> Option<i64> {
    let (head, digits) = bytes.split_first_chunk::<8>()?;
    let part = |at: usize| i16::from_be_bytes([head[at], head[at + 1]]);
    let (count, weight, sign) = (part(0), part(2), part(4));
    let negative = match sign {
        0 => false,
        0x4000 => true,
        // NaN and the infinities
        _ => return None,
    };
    let count = usize::try_from(count).ok()?;
    let mut number: i128 = 0;
    for place in 0..=i32::from(weight).max(i32::try_from(count).ok()? - 1) {
        let digit = match digits.get(place as usize * 2..place as usize * 2 + 2) {
            Some(two) => i16::from_be_bytes([two[0], two[1]]),
            None => 0,
        };
        if place > i32::from(weight) {
            // Behind the point.
            if digit != 0 {
                return None;
            }
            continue;
        }
        number = number.checked_mul(10_000)?.checked_add(i128::from(digit))?;
    }
    i64::try_from(if negative { -number } else { number }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(weight: i16, sign: u16, digits: &[i16]) -> Option<i64> {
        let count = i16::try_from(digits.len()).unwrap();
        let mut bytes = Vec::new();
        for part in [count, weight, sign.cast_signed(), 0].iter().chain(digits) {
            bytes.extend(part.to_be_bytes());
        }
        whole(&bytes)
    }

    #[test]
    fn whole_numbers_of_any_length_are_read_and_others_are_not() {
        assert_eq!(numeric(0, 0, &[]), Some(0));
        assert_eq!(numeric(0, 0, &[7]), Some(7));
        assert_eq!(numeric(1, 0x4000, &[1]), Some(-10_000));
        assert_eq!(numeric(4, 0, &[922, 3372, 368, 5477, 5807]), Some(i64::MAX));
        assert_eq!(numeric(4, 0, &[922, 3372, 368, 5477, 5808]), None);
        assert_eq!(numeric(4, 0x4000, &[922, 3372, 368, 5477, 5808]), Some(i64::MIN));
        assert_eq!(numeric(0, 0, &[1, 5000]), None, "1.5");
        assert_eq!(numeric(-1, 0, &[5000]), None, "0.5");
        assert_eq!(numeric(0, 0xC000, &[]), None, "NaN");
        assert_eq!(numeric(i16::MAX, 0, &[1]), None);
    }
}
