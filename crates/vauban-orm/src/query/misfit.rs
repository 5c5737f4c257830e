//! Why what the database computes is not what its column takes: asked when a statement was refused.

use std::fmt::Write as _;

use super::change::Changes;
use super::constraint::NOT_AVAILABLE;
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sql::relation::target_of;
use crate::sql::render::{Renderer, Row, Scope};
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::Expr;
use crate::tree::value::ValueRef;

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
