//! What the database computes for a column: whether the column takes it, and what is said where it does not.

use std::fmt::Write as _;

use super::change::Changes;
use super::constraint::NOT_AVAILABLE;
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sabotage::{Control, removed};
use crate::sql::render::{Renderer, Row, Scope, target_of};
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::Expr;
use crate::tree::limits::{FieldLimits, REQUIRED, too_long};
use crate::tree::meta::ColumnMeta;
use crate::tree::value::{Kind, ValueRef};

/// What must hold of a computed value, so that its column takes it: judged in the statement that writes it, for an error of the
/// database would say neither which field it is nor what is wrong with it (CWE-190, CWE-1284).
pub(super) struct Fit {
    pub(super) column: &'static ColumnMeta,
    /// Each as it is where it does not hold, and what is said then.
    conditions: Vec<(String, Problem)>,
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
        if let (Some(max), Kind::Text) = (column.limits.max_length, column.kind) {
            conditions.push((format!("length({value}) > {max}"), too_long(max)));
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

impl Changes {
    /// Why a row for which `filter` holds does not become what it would: the first field that does not take what is computed for it.
    /// It tells of rows alone that may be seen and changed, and of what may be seen from there (CWE-203). `of_one`: of one row also,
    /// that it would refer to what may not be seen.
    pub(super) async fn misfit(
        &self,
        filter: &Expr,
        of_one: bool,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<Option<Error>> {
        if !self.computes() {
            return Ok(None);
        }
        let mut values = Vec::new();
        let mut key = self.shape(if of_one { b'f' } else { b'F' }, authority, &mut values);
        filter.shape(&mut key, &mut values);
        let renderer = Renderer::new(session.dialect(), authority, filter.names_one_row(), values.len());
        let (text, told) = self.misfits(renderer, filter, of_one)?;
        let text = session.text(&key, || Ok(text))?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let first = session
            .one(&statement, |row| {
                Ok(match row.value().map_err(mismatch(self.model))? {
                    ValueRef::Integer(place) => usize::try_from(place).ok(),
                    // No row is refused for what was computed.
                    _ => None,
                })
            })
            .await?;
        let told = first.flatten().and_then(|place| told.get(place).cloned());
        Ok(told.map(|(field, problem)| Error::invalid(field, problem)))
    }

    /// The statement that looks for it, and what is said of the first, the second, …
    fn misfits(
        &self,
        mut renderer: Renderer<'_>,
        filter: &Expr,
        of_one: bool,
    ) -> Result<(Text, Vec<(&'static str, Problem)>)> {
        let (new, fits) = self.assigned(&mut renderer)?;
        let filter = renderer.condition(filter, Row::old("t"), Scope::Query)?;
        let (source, change) = self.before(&mut renderer)?;
        let mut cases = Vec::new();
        for fit in fits {
            let field = fit.column.field;
            for (refused, problem) in fit.conditions {
                cases.push((refused, (field, problem)));
            }
            let value = new.iter().find(|(column, _)| std::ptr::eq(*column, fit.column));
            if let (true, true, Some((_, value))) = (of_one, fit.column.target.is_some(), value) {
                let seen = renderer.target_visible(target_of(fit.column)?, value)?;
                let hidden = format!("{value} IS NOT NULL AND ({}) IS NOT TRUE", seen.sql());
                cases.push((hidden, (field, NOT_AVAILABLE)));
            }
        }
        let mut first = String::new();
        for (place, (refused, _)) in cases.iter().enumerate() {
            let _ = write!(first, " WHEN {refused} THEN {place}");
        }
        // What takes whatever comes refuses nothing.
        let first = format!("min(CASE WHEN FALSE THEN 0{first} END)");
        let sql = source.select(&first, change.and(filter));
        Ok((
            renderer.text(sql)?,
            cases.into_iter().map(|(_, told)| told).collect(),
        ))
    }
}
