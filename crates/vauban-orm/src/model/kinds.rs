//! Values as text, where a column is known by its kind alone, and what is said of one that is of another kind.

use uuid::Uuid;

use crate::problem::Problem;
use crate::tree::value::{Kind, Value, ValueRef};

/// What is said of a text that is no duration.
pub(crate) const NOT_A_DURATION: Problem = Problem::new(
    "duration",
    "Enter a duration in hours, minutes and seconds, like 1:30 or 0:00:12.5.",
);
/// What is said of a text that is no JSON, or JSON of another shape.
pub(crate) const NOT_THIS_JSON: Problem =
    Problem::new("json", "Enter JSON that has the fields that are asked for.");

/// What is said of a value that a column of this kind does not hold. Codes and words are those of forms.
pub(crate) const fn wrong(kind: Kind) -> Problem {
    match kind {
        Kind::Text => Problem::new("not_available", "Choose one of the available values."),
        Kind::Bool => Problem::new("true_or_false", "Enter true or false."),
        Kind::SmallInt | Kind::Int | Kind::BigInt => Problem::new("integer", "Enter a whole number."),
        Kind::Double | Kind::Decimal => Problem::new("decimal", "Enter a number, like 3.14."),
        Kind::Bytes => Problem::new("bytes", "Bytes are not written as text."),
        Kind::Uuid => Problem::new("uuid", "Enter a UUID."),
        Kind::DateTime => Problem::new("moment", "Enter a date and a time, like 2026-11-29T14:30:00Z."),
        Kind::Date => Problem::new("date", "Enter a date, like 2026-11-29."),
        Kind::Time => Problem::new("time", "Enter a time, like 14:30."),
        Kind::Duration => NOT_A_DURATION,
        Kind::Json => NOT_THIS_JSON,
    }
}

/// A text as the value that such a column stores.
pub(super) fn stored(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text | Kind::Date | Kind::Json => Some(Value::Text(text.to_owned())),
        Kind::Bool => match text {
            "true" => Some(Value::Integer(1)),
            "false" => Some(Value::Integer(0)),
            _ => None,
        },
        Kind::SmallInt
        | Kind::Int
        | Kind::BigInt
        | Kind::Decimal
        | Kind::DateTime
        | Kind::Time
        | Kind::Duration => text.parse().ok().map(Value::Integer),
        Kind::Double => text.parse().ok().map(Value::Real),
        Kind::Uuid => Uuid::parse_str(text).ok().map(Value::Uuid),
        Kind::Bytes => None,
    }
}

/// A stored value as text. Of bytes, how many they are.
pub(super) fn shown(kind: Kind, value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(i) if kind == Kind::Bool => (i != 0).to_string(),
        ValueRef::Integer(i) => i.to_string(),
        ValueRef::Real(r) => r.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(uuid) if kind == Kind::Uuid => uuid.to_string(),
            _ => format!("{} bytes", bytes.len()),
        },
    }
}
