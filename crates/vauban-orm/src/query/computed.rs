//! What must hold of what the database computes for a column, so that the column takes it.

use crate::problem::Problem;
use crate::sabotage::{Control, removed};
use crate::tree::limits::{FieldLimits, REQUIRED, too_large, too_long};
use crate::tree::meta::ColumnMeta;
use crate::tree::value::Kind;

/// What must hold of a computed value, so that its column takes it: judged in the statement that writes it, for an error of the
/// database would say neither which field it is nor what is wrong with it (CWE-190, CWE-1284).
pub(super) struct Fit {
    pub(super) column: &'static ColumnMeta,
    /// Each as it is where it does not hold, and what is said then.
    pub(super) conditions: Vec<(String, Problem)>,
}

impl Fit {
    /// Of a column's new value; `beyond`: what holds where a number in it is beyond 64 bits.
    pub(super) fn new(column: &'static ColumnMeta, value: &str, beyond: &[String]) -> Self {
        let mut conditions = Vec::new();
        if !column.nullable {
            conditions.push((format!("{value} IS NULL"), REQUIRED));
        }
        let ends = ends(column);
        let range = || ends.unwrap_or(WIDEST).out_of_range();
        if !beyond.is_empty() {
            conditions.push((beyond.join(" OR "), range()));
        }
        if let Some(limits) = ends {
            let least = limits.min.map(|min| format!("{value} < {}", limits.stored(min)));
            let most = limits.max.map(|max| format!("{value} > {}", limits.stored(max)));
            let outside: Vec<_> = least.into_iter().chain(most).collect();
            conditions.push((outside.join(" OR "), range()));
        }
        if let Some(max) = column.limits.max_length {
            match column.kind {
                Kind::Text => conditions.push((format!("length({value}) > {max}"), too_long(max))),
                Kind::Bytes => conditions.push((format!("length({value}) > {max}"), too_large(max))),
                _ => {}
            }
        }
        Self { column, conditions }
    }

    /// Where the column takes it; nothing if it takes whatever comes.
    pub(super) fn holds(&self) -> Option<String> {
        if removed(Control::Fits) {
            return None;
        }
        let refused: Vec<_> = self.conditions.iter().map(|(refused, _)| &**refused).collect();
        (!refused.is_empty()).then(|| format!("(({}) IS NOT TRUE)", refused.join(" OR ")))
    }
}

/// The least and the greatest number that a column takes, if its kind does not hold them to it already.
fn ends(column: &ColumnMeta) -> Option<FieldLimits> {
    let limits = column.limits;
    let (least, most) = match column.kind {
        Kind::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        Kind::Int => (i32::MIN.into(), i32::MAX.into()),
        _ => return limits.is_range().then_some(limits),
    };
    Some(FieldLimits {
        min: Some(limits.min.map_or(least, |min| min.max(least))),
        max: Some(limits.max.map_or(most, |max| max.min(most))),
        ..limits
    })
}

const WIDEST: FieldLimits = FieldLimits {
    min: Some(i64::MIN),
    max: Some(i64::MAX),
    ..FieldLimits::NONE
};
