//! A typed condition as SQL that both databases read alike: it stands in migration files, which are for both.

use crate::tree::expr::{Col, Expr, Far, Op};
use crate::tree::meta::{ColumnMeta, IndexMeta, ModelMeta, Stated};
use crate::tree::row::RowNumber;
use crate::tree::value::{Kind, Value};

/// What a condition may say, in words.
const MAY_SAY: &str = "a condition that the database keeps compares the row's own columns with one another and with numbers, texts, \
                       days and truth values, and asks whether they are empty";

/// The condition in SQL.
///
/// # Errors
/// What it says that is not the same on both databases, or depends on more than the row.
pub(super) fn sql(condition: &Stated) -> Result<String, String> {
    of(&condition.0)
}

/// The same for a schema that is compared or made. What is told by `check` is here what no database understands.
pub(super) fn sql_or_none(condition: &Stated) -> String {
    sql(condition).unwrap_or_else(|why| format!("?? {why}"))
}

/// What a model states and no database keeps, each with the reason.
pub(crate) fn not_kept(model: &ModelMeta) -> Option<String> {
    let checks = model.constraints.iter().filter_map(|check| check.typed);
    let parts = model.indexes.iter().filter_map(|index| index.only);
    let mut wrong = checks
        .chain(parts)
        .filter_map(|condition| sql(&condition()).err());
    wrong.next()
}

/// The fields that a condition speaks of.
pub(crate) fn fields(condition: &Stated, model: &'static ModelMeta) -> Vec<&'static str> {
    let mut found = Vec::new();
    spoken_of(&condition.0, &mut found);
    let all = model.columns.iter();
    let named = all.filter(|column| found.iter().any(|other| std::ptr::eq(*other, *column)));
    named.map(|column| column.field).collect()
}

/// The columns that an index's condition speaks of.
pub(crate) fn columns_of(index: &IndexMeta) -> Vec<&'static str> {
    let mut found = Vec::new();
    if let Some(only) = index.only {
        spoken_of(&only().0, &mut found);
    }
    found.into_iter().map(|column| column.column).collect()
}

fn spoken_of(expr: &Expr, found: &mut Vec<&'static ColumnMeta>) {
    match expr {
        Expr::Compare(_, column, _) | Expr::In(column, _) | Expr::IsNull(column) => found.push(column.meta),
        Expr::Columns(_, column, with) => found.extend([column.meta, with.meta]),
        Expr::And(all) | Expr::Or(all) => all.iter().for_each(|part| spoken_of(part, found)),
        Expr::Not(inner) => spoken_of(inner, found),
        // These speak of no column, or no table states them.
        Expr::True
        | Expr::False
        | Expr::Flag(_)
        | Expr::Terms(..)
        | Expr::TermIn(..)
        | Expr::TermIsNull(_)
        | Expr::IsActor(_)
        | Expr::Through(..)
        | Expr::Any(..)
        | Expr::Visible(_)
        | Expr::Fragment(..)
        | Expr::TooLarge(_) => {}
    }
}

fn of(expr: &Expr) -> Result<String, String> {
    let joined = |all: &[Expr], word: &str| -> Result<String, String> {
        let parts: Vec<String> = all.iter().map(of).collect::<Result<_, _>>()?;
        Ok(format!("({})", parts.join(word)))
    };
    match expr {
        Expr::Compare(op, column, value) => {
            let value = literal(column.meta, value)?;
            compared(*op, &own(column)?, &value)
        }
        Expr::Columns(op, column, with) => {
            let (a, b) = (own(column)?, own_far(with)?);
            match op {
                Op::Ne => Ok(format!("({a} = {b}) IS NOT TRUE")),
                op => compared(*op, &a, &b),
            }
        }
        Expr::In(column, values) if !values.is_empty() => {
            let literals: Vec<String> = values
                .iter()
                .map(|value| literal(column.meta, value))
                .collect::<Result<_, _>>()?;
            Ok(format!("{} IN ({})", own(column)?, literals.join(", ")))
        }
        Expr::IsNull(column) => Ok(format!("{} IS NULL", own(column)?)),
        Expr::And(all) => joined(all, " AND "),
        Expr::Or(all) => joined(all, " OR "),
        Expr::Not(inner) => Ok(format!("({}) IS NOT TRUE", of(inner)?)),
        _ => Err(MAY_SAY.to_owned()),
    }
}

fn compared(op: Op, a: &str, b: &str) -> Result<String, String> {
    let sign = match op {
        Op::Eq => "=",
        Op::Ne => "IS DISTINCT FROM",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        // Each database has functions of its own for these.
        Op::Contains | Op::ContainsIgnoringCase | Op::StartsWith | Op::EndsWith => {
            return Err(MAY_SAY.to_owned());
        }
    };
    Ok(format!("{a} {sign} {b}"))
}

fn own(column: &Col) -> Result<String, String> {
    if column.row == RowNumber::ROOT {
        Ok(format!("\"{}\"", column.meta.column))
    } else {
        Err(MAY_SAY.to_owned())
    }
}

fn own_far(far: &Far) -> Result<String, String> {
    if far.keys.is_empty() {
        own(&Col {
            row: far.row,
            meta: far.meta,
        })
    } else {
        Err(MAY_SAY.to_owned())
    }
}

/// A value as both databases write it. It stands in the source of the site, and in no request (CWE-89).
fn literal(column: &ColumnMeta, value: &Value) -> Result<String, String> {
    match (column.kind, value) {
        (Kind::Bool, Value::Integer(truth)) => Ok(if *truth == 0 { "FALSE" } else { "TRUE" }.to_owned()),
        (
            Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Decimal | Kind::Duration,
            Value::Integer(number),
        ) => Ok(number.to_string()),
        (Kind::Double, Value::Real(number)) if number.is_finite() => Ok(format!("{number:?}")),
        (Kind::Text | Kind::Date, Value::Text(text)) if !text.contains('\0') => {
            Ok(format!("'{}'", text.replace('\'', "''")))
        }
        _ => Err(format!(
            "`{}` is compared with a value that each database writes in its own way: {MAY_SAY}",
            column.field
        )),
    }
}
