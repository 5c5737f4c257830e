//! The ORM's values as PostgreSQL reads them in its binary format. What type a parameter has is said, never left to be
//! guessed from the statement.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use jiff::civil;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::failure::Failure;
use crate::sql::statement::Parameter;
use crate::tree::expr::Bind;
use crate::tree::value::{Kind, Value};

/// Microseconds from 1970 to 2000, from which PostgreSQL counts.
pub(super) const EPOCH: i64 = 946_684_800_000_000;
/// The first and the last moment of a `timestamptz`, counted so.
pub(super) const MOMENTS: std::ops::RangeInclusive<i64> =
    -211_813_488_000_000_000..=9_223_371_331_199_999_999;
/// 2000-01-01.
pub(super) const FIRST_DAY: civil::Date = civil::date(2000, 1, 1);
const MICROS_OF_A_DAY: i64 = 86_400_000_000;

impl Parameter {
    /// Its type in PostgreSQL.
    pub(super) fn of(self) -> Type {
        match self {
            Self::One(kind) => type_of(kind),
            Self::List(kind) => match kind {
                Kind::Text => Type::TEXT_ARRAY,
                Kind::Bool => Type::BOOL_ARRAY,
                Kind::SmallInt => Type::INT2_ARRAY,
                Kind::Int => Type::INT4_ARRAY,
                Kind::BigInt | Kind::Decimal | Kind::Duration => Type::INT8_ARRAY,
                Kind::Double => Type::FLOAT8_ARRAY,
                Kind::Bytes => Type::BYTEA_ARRAY,
                Kind::Uuid => Type::UUID_ARRAY,
                Kind::DateTime => Type::TIMESTAMPTZ_ARRAY,
                Kind::Date => Type::DATE_ARRAY,
                Kind::Time => Type::TIME_ARRAY,
                Kind::Json => Type::JSONB_ARRAY,
            },
        }
    }
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Text => Type::TEXT,
        Kind::Bool => Type::BOOL,
        Kind::SmallInt => Type::INT2,
        Kind::Int => Type::INT4,
        // A decimal is stored in its smallest unit, as on SQLite: exact, and without NaN; a duration in microseconds: an
        // `interval` counts months and days besides, which have no length.
        Kind::BigInt | Kind::Decimal | Kind::Duration => Type::INT8,
        Kind::Double => Type::FLOAT8,
        Kind::Bytes => Type::BYTEA,
        Kind::Uuid => Type::UUID,
        Kind::DateTime => Type::TIMESTAMPTZ,
        Kind::Date => Type::DATE,
        Kind::Time => Type::TIME,
        Kind::Json => Type::JSONB,
    }
}

/// A value on its way, with the type that its parameter has.
pub(super) struct Encoded<'a> {
    pub(super) bind: Bind<'a>,
    pub(super) parameter: Parameter,
}

/// Never the value (CWE-532).
impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.parameter)
    }
}

impl ToSql for Encoded<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match (self.parameter, self.bind) {
            (Parameter::One(kind), Bind::One(value)) => one(kind, value, out)?,
            (Parameter::One(kind), Bind::Int(number)) => one(kind, &Value::Integer(number), out)?,
            (Parameter::List(kind), Bind::List(values)) => {
                list(kind, values, out)?;
                IsNull::No
            }
            _ => return Err(Failure::Mismatch.into()),
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn one(kind: Kind, value: &Value, out: &mut BytesMut) -> Result<IsNull, Failure> {
    let clock;
    let (value, is_clock) = match value {
        Value::Clock(symbol) => {
            clock = symbol.value();
            (&clock, true)
        }
        value => (value, false),
    };
    match (kind, value) {
        (_, Value::Null) => return Ok(IsNull::Yes),
        (Kind::Text, Value::Text(text)) => {
            // CWE-158: PostgreSQL has no text with it; the connection would be lost over it, or the text cut.
            if text.contains('\0') {
                return Err(Failure::NulInText);
            }
            out.put_slice(text.as_bytes());
        }
        (Kind::Json, Value::Text(text)) => {
            // The format's version, then the text.
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        (Kind::Bool, Value::Integer(truth @ (0 | 1))) => out.put_u8(u8::from(*truth == 1)),
        (Kind::SmallInt, Value::Integer(number)) => {
            out.put_i16(i16::try_from(*number).map_err(|_| Failure::OutOfRange)?);
        }
        (Kind::Int, Value::Integer(number)) => {
            out.put_i32(i32::try_from(*number).map_err(|_| Failure::OutOfRange)?);
        }
        (Kind::BigInt | Kind::Decimal | Kind::Duration, Value::Integer(number)) => out.put_i64(*number),
        (Kind::Double, Value::Real(number)) => out.put_f64(*number),
        (Kind::Bytes, Value::Blob(bytes)) => out.put_slice(bytes),
        (Kind::Uuid, Value::Uuid(id)) => out.put_slice(id.as_bytes()),
        (Kind::Uuid, Value::Blob(bytes)) if bytes.len() == 16 => out.put_slice(bytes),
        (Kind::DateTime, Value::Integer(micros)) => out.put_i64(moment(*micros, is_clock)?),
        (Kind::Date, Value::Text(day)) => {
            let day: civil::Date = day.parse().map_err(|_| Failure::OutOfRange)?;
            let days = (day - FIRST_DAY).get_days();
            out.put_i32(days);
        }
        (Kind::Time, Value::Integer(micros)) if (0..MICROS_OF_A_DAY).contains(micros) => out.put_i64(*micros),
        (Kind::Time, Value::Integer(_)) => return Err(Failure::OutOfRange),
        _ => return Err(Failure::Mismatch),
    }
    Ok(IsNull::No)
}

/// A moment as PostgreSQL counts it. What the clock says is compared and never stored: beyond the calendar's end it is that end.
fn moment(micros: i64, is_clock: bool) -> Result<i64, Failure> {
    let counted = micros.saturating_sub(EPOCH);
    if is_clock {
        return Ok(counted.clamp(*MOMENTS.start(), *MOMENTS.end()));
    }
    if MOMENTS.contains(&counted) {
        Ok(counted)
    } else {
        Err(Failure::OutOfRange)
    }
}

/// An array of one dimension: dimensions, whether it has nulls, the type, the length, where counting begins, the values.
fn list(kind: Kind, values: &[Value], out: &mut BytesMut) -> Result<(), Failure> {
    let count = |length: usize| i32::try_from(length).map_err(|_| Failure::TooLarge);
    out.put_i32(i32::from(!values.is_empty()));
    out.put_i32(i32::from(values.contains(&Value::Null)));
    out.put_u32(type_of(kind).oid());
    if values.is_empty() {
        return Ok(());
    }
    out.put_i32(count(values.len())?);
    out.put_i32(1);
    for value in values {
        let at = out.len();
        out.put_i32(-1);
        if matches!(one(kind, value, out)?, IsNull::No) {
            let length = count(out.len() - at - 4)?;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}
