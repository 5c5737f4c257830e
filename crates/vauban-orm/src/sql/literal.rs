//! Values of rules as PostgreSQL's text: a rule that the database keeps has no parameters. They are the program's own, written
//! down in its models; what comes from outside never gets here (CWE-89).

use jiff::{SignedDuration, Timestamp, civil};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::sql::marks::{Asked, NOW_IS};
use crate::tree::value::{Clock, Kind, Value, digits};

/// The type of a column, without a collation.
pub(crate) fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Bool => "boolean",
        Kind::SmallInt => "smallint",
        Kind::Int => "integer",
        // A decimal is stored in its smallest unit, a duration in microseconds.
        Kind::BigInt | Kind::Decimal | Kind::Duration => "bigint",
        Kind::Double => "double precision",
        Kind::Bytes => "bytea",
        Kind::Uuid => "uuid",
        Kind::DateTime => "timestamp with time zone",
        Kind::Date => "date",
        Kind::Time => "time without time zone",
        Kind::Json => "jsonb",
    }
}

/// The value, as one of this kind, where the clock is asked so.
///
/// # Errors
/// If PostgreSQL has no such value.
pub(super) fn literal(kind: Kind, value: &Value, asked: Asked) -> Result<String> {
    let none = || {
        Err(Error::Internal(format!(
            "PostgreSQL has no value of the type {} like the one that it names",
            type_of(kind)
        )))
    };
    let of = type_of(kind);
    Ok(match (kind, value) {
        (_, Value::Null) => format!("NULL::{of}"),
        (Kind::Bool, Value::Integer(truth)) => if *truth == 0 { "FALSE" } else { "TRUE" }.to_owned(),
        (
            Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Decimal | Kind::Duration,
            Value::Integer(number),
        ) => format!("'{number}'::{of}"),
        (Kind::Double, Value::Real(number)) => format!("'{number:?}'::{of}"),
        (Kind::DateTime, Value::Integer(micros)) => match Timestamp::from_microsecond(*micros) {
            // Years of four digits: what is before them or behind is written otherwise by each.
            Ok(moment) if (1..=9999).contains(&moment.to_zoned(jiff::tz::TimeZone::UTC).year()) => {
                format!("'{moment}'::{of}")
            }
            _ => return none(),
        },
        (Kind::Time, Value::Integer(micros)) => {
            match civil::Time::MIN.checked_add(SignedDuration::from_micros(*micros)) {
                Ok(time) => format!("'{time}'::{of}"),
                Err(_) => return none(),
            }
        }
        (Kind::Text, Value::Text(text)) if !text.contains('\0') => quoted(text),
        (Kind::Date | Kind::Json, Value::Text(text)) if !text.contains('\0') => {
            format!("{}::{of}", quoted(text))
        }
        (Kind::Bytes, Value::Blob(bytes)) => format!("decode('{}', 'hex')", digits(bytes)),
        (Kind::Uuid, Value::Blob(bytes)) => match Uuid::from_slice(bytes) {
            Ok(id) => format!("'{id}'::uuid"),
            Err(_) => return none(),
        },
        (Kind::Uuid, Value::Uuid(id)) => format!("'{id}'::uuid"),
        (Kind::DateTime | Kind::Date, Value::Clock(clock)) => return time(*clock, asked),
        _ => return none(),
    })
}

/// What the clock says for whoever asks, so much later.
fn time(clock: Clock, asked: Asked) -> Result<String> {
    /// Some thousand years: within these, what is computed is a moment and a day of PostgreSQL's.
    const MOST: u64 = 100_000_000_000_000_000;
    let (micros, days) = match clock {
        Clock::Moment { micros } => (micros, None),
        Clock::Day { micros, days } => (micros, Some(days)),
    };
    if micros.unsigned_abs() > MOST || days.is_some_and(|days| days.unsigned_abs() > 1_000_000) {
        return Err(Error::Internal(format!(
            "`{clock}` is beyond PostgreSQL's calendar"
        )));
    }
    let moment = format!("({NOW_IS} + '{micros} microseconds'::interval)");
    Ok(match days {
        None => asked.sql(&moment),
        Some(days) => asked.sql(&format!("({moment} AT TIME ZONE 'UTC')::date + ({days})")),
    })
}

/// A text between quotes. CWE-89: what a backslash means depends on a setting of whoever asks, unless the text says it.
pub(crate) fn quoted(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match text.contains('\\') {
        true => format!("E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_between_its_quotes() {
        for (text, written) in [
            ("it's", "'it''s'"),
            ("a\\' OR TRUE --", "E'a\\\\'' OR TRUE --'"),
            ("$$; DROP", "'$$; DROP'"),
        ] {
            assert_eq!(quoted(text), written);
        }
        assert!(literal(Kind::Text, &Value::Text("a\0".into()), Asked::Once).is_err());
    }

    #[test]
    fn what_postgresql_does_not_have_is_said() {
        let far = Value::Clock(Clock::Moment { micros: i64::MAX });
        assert!(literal(Kind::DateTime, &far, Asked::Once).is_err());
        assert!(literal(Kind::DateTime, &Value::Integer(i64::MIN), Asked::Once).is_err());
        assert!(literal(Kind::Uuid, &Value::Blob(vec![1]), Asked::Once).is_err());
        assert!(literal(Kind::Uuid, &Value::Text("x".into()), Asked::Once).is_err());
        let soon = Value::Clock(Clock::Moment { micros: -5 });
        assert!(
            literal(Kind::DateTime, &soon, Asked::Once)
                .unwrap()
                .contains("-5 microseconds")
        );
    }
}
