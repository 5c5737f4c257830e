//! Values that a column takes, by what its metadata says.

use jiff::civil;

use crate::tree::meta::ColumnMeta;
use crate::tree::value::{Kind, Value};

/// The first moment: 2026-01-01 in UTC, in microseconds.
const MOMENT: i64 = 1_767_225_600_000_000;

/// A value for a column, another one for each `n` where there are as many.
pub(super) fn of(column: &ColumnMeta, n: u64) -> Option<Value> {
    let accepted = |value: Value| match column.untyped.inside {
        Some(inside) => (inside.unsealed)(value.as_ref(), &column.limits).ok(),
        None => (column.untyped.accepted)(value.as_ref(), Some(&column.limits)).ok(),
    };
    tried(column, n).into_iter().find_map(accepted)
}

fn tried(column: &ColumnMeta, n: u64) -> Vec<Value> {
    let small = i64::try_from(n % 20_000).unwrap_or(0);
    match column.untyped.inside.map_or(column.kind, |inside| inside.kind) {
        Kind::Text if !column.untyped.choices.is_empty() => {
            let choices = column.untyped.choices;
            let at = usize::try_from(n).unwrap_or(0) % choices.len();
            vec![Value::Text(choices[at].to_owned())]
        }
        Kind::Text => texts(column, n).into_iter().map(Value::Text).collect(),
        Kind::Bool => vec![Value::Integer(0)],
        Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Decimal | Kind::Duration => {
            vec![Value::Integer(within(column, small))]
        }
        #[allow(clippy::cast_precision_loss, reason = "a small number")]
        Kind::Double => vec![Value::Real(within(column, small) as f64)],
        Kind::Bytes => [8, 16, 32, 64].map(|length| bytes(n, length)).to_vec(),
        Kind::Uuid => vec![Value::Uuid(uuid::Uuid::from_u128(u128::from(n) + (1 << 100)))],
        Kind::DateTime => vec![Value::Integer(MOMENT + small * 1_000_000)],
        Kind::Date => vec![Value::Text(day(small).to_string())],
        Kind::Time => vec![Value::Integer(small * 1_000_000)],
        Kind::Json => ["{}", "[]", "\"\"", "0", "false", "null"]
            .map(|text| Value::Text(text.to_owned()))
            .to_vec(),
    }
}

/// Of types that are texts of some form each takes one of these.
fn texts(column: &ColumnMeta, n: u64) -> Vec<String> {
    let name = column.field.replace('_', "-");
    let mut all = vec![format!("{name} {n}")];
    if name.contains("email") {
        all.insert(0, format!("{name}{n}@example.com"));
    }
    let octets = n.to_be_bytes();
    all.extend([
        format!("{name}-{n}"),
        format!("{name}{n}@example.com"),
        format!("https://example.com/{n}"),
        format!("10.{}.{}.{}", octets[5], octets[6], octets[7]),
        n.to_string(),
        format!("{n:05}"),
    ]);
    // Where the name is too long, the number is what tells two apart.
    let digits = n.to_string();
    let most = column
        .limits
        .max_length
        .map_or(digits.len(), |most| most as usize);
    all.push(digits[digits.len().saturating_sub(most)..].to_owned());
    all
}

/// A number as it is stored, within the column's bounds.
fn within(column: &ColumnMeta, n: i64) -> i64 {
    let limits = column.limits;
    let stored = |bound: i64| i64::try_from(limits.stored(bound)).unwrap_or(i64::MAX);
    let (least, most) = match (limits.min.map(stored), limits.max.map(stored)) {
        (None, None) => (0, 20_000),
        (Some(min), None) => (min, min.saturating_add(20_000)),
        (None, Some(max)) => (max.min(0), max),
        (Some(min), Some(max)) => (min, max),
    };
    let room = most.saturating_sub(least).saturating_add(1).max(1);
    least.saturating_add(n % room)
}

fn bytes(n: u64, length: usize) -> Value {
    let mut all = vec![0; length];
    all[..8].copy_from_slice(&n.to_be_bytes());
    Value::Blob(all)
}

fn day(n: i64) -> civil::Date {
    let first = civil::date(2026, 1, 1);
    first.checked_add(jiff::Span::new().days(n)).unwrap_or(first)
}
