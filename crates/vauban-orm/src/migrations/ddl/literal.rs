//! A default, written in a file as SQLite writes it, as PostgreSQL's.

use jiff::Timestamp;
use jiff::civil;
use uuid::Uuid;

use super::super::column_type::ColumnType;
use crate::tree::value::{Kind, digits};

/// What a file may say of a value: one literal.
enum Literal<'a> {
    Number(&'a str),
    Bytes(Vec<u8>),
}

/// The same value for a column of this type. What is no literal is an expression, and the database reads it.
///
/// # Errors
/// If the literal is no value of the type.
pub(super) fn postgres(text: &str, of: ColumnType) -> Result<String, String> {
    let text = text.trim();
    let kind = match of {
        ColumnType::Of(kind) => kind,
        ColumnType::Decimal { .. } => Kind::Decimal,
        ColumnType::Encrypted => Kind::Bytes,
        ColumnType::Stored(_) => {
            return Ok(match read(text) {
                Some(Literal::Bytes(bytes)) => bytea(&bytes),
                _ => text.to_owned(),
            });
        }
    };
    let Some(literal) = read(text) else {
        return Ok(text.to_owned());
    };
    let wrong = || format!("`{text}` is no value of the type `{}`", of.written());
    let micros = |digits: &str| digits.parse::<i64>().map_err(|_| wrong());
    Ok(match (kind, literal) {
        (Kind::Bool, Literal::Number("0")) => "FALSE".to_owned(),
        (Kind::Bool, Literal::Number("1")) => "TRUE".to_owned(),
        (Kind::DateTime, Literal::Number(digits)) => {
            let moment = Timestamp::from_microsecond(micros(digits)?).map_err(|_| wrong())?;
            format!("'{moment}'")
        }
        (Kind::Time, Literal::Number(digits)) => {
            let span = jiff::SignedDuration::from_micros(micros(digits)?);
            let time = civil::Time::MIN.checked_add(span).map_err(|_| wrong())?;
            format!("'{time}'")
        }
        (Kind::Uuid, Literal::Bytes(bytes)) => {
            let id = Uuid::from_slice(&bytes).map_err(|_| wrong())?;
            format!("'{id}'")
        }
        (Kind::Bytes, Literal::Bytes(bytes)) => bytea(&bytes),
        (
            Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Double | Kind::Decimal | Kind::Duration,
            Literal::Number(number),
        ) => number.to_owned(),
        _ => return Err(wrong()),
    })
}

/// A number or bytes; texts are written alike.
fn read(text: &str) -> Option<Literal<'_>> {
    if let Some(digits) = text
        .strip_prefix(['x', 'X'])
        .and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''))
    {
        let digits = digits.as_bytes();
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        return bytes.map(Literal::Bytes);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit());
    (begins && unsigned.parse::<f64>().is_ok()).then_some(Literal::Number(text))
}

fn bytea(bytes: &[u8]) -> String {
    format!("'\\x{}'", digits(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::value::Storage;

    #[test]
    fn each_type_has_its_own_spelling() {
        let of = |kind, text| postgres(text, ColumnType::Of(kind));
        for (kind, text, written) in [
            (Kind::Bool, "1", "TRUE"),
            (Kind::Bool, " 0 ", "FALSE"),
            (Kind::Int, "-3", "-3"),
            (Kind::SmallInt, "7", "7"),
            (Kind::Duration, "90000000", "90000000"),
            (Kind::Json, "'{\"a\":1}'", "'{\"a\":1}'"),
            (Kind::Double, "1.5e3", "1.5e3"),
            (Kind::Decimal, "150", "150"),
            (Kind::Text, "'it''s \\ x'", "'it''s \\ x'"),
            (Kind::Text, "NULL", "NULL"),
            (Kind::Bytes, "x'00ff'", "'\\x00ff'"),
            (
                Kind::Uuid,
                "x'000102030405060708090a0b0c0d0e0f'",
                "'00010203-0405-0607-0809-0a0b0c0d0e0f'",
            ),
            (Kind::DateTime, "0", "'1970-01-01T00:00:00Z'"),
            (Kind::DateTime, "-1", "'1969-12-31T23:59:59.999999Z'"),
            (Kind::Time, "86399999999", "'23:59:59.999999'"),
            (Kind::Date, "'2026-11-29'", "'2026-11-29'"),
            (Kind::DateTime, "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
        ] {
            assert_eq!(of(kind, text).as_deref(), Ok(written), "{kind:?} {text}");
        }
        for (kind, text) in [
            (Kind::Bool, "2"),
            (Kind::Uuid, "x'00'"),
            (Kind::Uuid, "7"),
            (Kind::Text, "7"),
            (Kind::Json, "7"),
            (Kind::DateTime, "9223372036854775807"),
            (Kind::Time, "86400000000"),
            (Kind::Int, "x'00'"),
        ] {
            assert!(
                of(kind, text).unwrap_err().contains("is no value of the type"),
                "{kind:?} {text}"
            );
        }
        let stored = postgres("x'00'", ColumnType::Stored(Storage::Blob));
        assert_eq!(stored.as_deref(), Ok("'\\x00'"));
    }
}
