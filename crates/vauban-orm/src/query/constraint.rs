//! What writes have in common: targets that must be visible, and the database's refusals by field.

use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, FieldProblem, Refusal, Result};
use crate::migrations::names::{bounds_name, index_name, name_of};
use crate::migrations::stated;
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sql::relation::target_of;
use crate::sql::render::{Cond, Renderer};
use crate::sql::statement::Statement;
use crate::tree::expr::{Bind, push};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Kind, Value};

/// Every row that is referred to may be seen, in the same statement (CWE-639).
pub(super) fn targets(renderer: &mut Renderer<'_>, new: &[(&'static ColumnMeta, String)]) -> Result<Cond> {
    let mut condition = Cond::True;
    for (column, value) in new {
        if column.target.is_none() {
            continue;
        }
        let mut seen = renderer.target_visible(target_of(column)?, value)?;
        if column.nullable {
            seen = Cond::safe(format!("{value} IS NULL")).or(seen);
        }
        condition = condition.and(seen);
    }
    Ok(condition)
}

/// Said of a row that is absent or hidden: one answer for both (CWE-203).
pub(super) const NOT_AVAILABLE: Problem =
    Problem::new("not_available", "Choose one of the available values.");

/// The first foreign key whose row is absent or may not be seen: one answer for both (CWE-203).
pub(super) async fn hidden_target(
    authority: &Authority,
    session: Session<'_>,
    new: &[(&'static ColumnMeta, &Value)],
) -> Result<Option<Error>> {
    for (column, value) in new {
        if column.target.is_none() || **value == Value::Null {
            continue;
        }
        let target = target_of(column)?;
        let mut shape = vec![b'T'];
        push(&mut shape, target);
        authority.shape(&mut shape);
        let text = session.text(&shape, || {
            let mut renderer = Renderer::new(session.dialect(), authority, true, 1);
            let key = renderer.one(Kind::Uuid);
            let seen = renderer.target_visible(target, &key)?;
            renderer.text(format!("SELECT {}", seen.sql()))
        })?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &[Bind::One(value)],
        };
        let seen = session
            .one(&statement, |row| row.flag().map_err(mismatch(target)))
            .await?;
        if seen != Some(true) {
            return Ok(Some(Error::invalid(column.field, NOT_AVAILABLE)));
        }
    }
    Ok(None)
}

pub(super) fn position(model: &'static ModelMeta, column: &ColumnMeta) -> Result<usize> {
    model
        .position(column)
        .ok_or_else(|| Error::Internal(format!("`{}` is not a column of `{}`", column.field, model.name)))
}

/// A constraint's refusal, by field.
pub(crate) fn translate(error: Error, model: &'static ModelMeta) -> Error {
    let Error::Database(refused) = &error else {
        return error;
    };
    match refused.refusal() {
        Some(Refusal::Unique(columns)) => {
            let is_one = |column: &&ColumnMeta| {
                let name = format!("{}.{}", model.table, column.column);
                columns.contains(&name)
            };
            Error::Unique {
                table: model.table,
                fields: model
                    .columns
                    .iter()
                    .filter(is_one)
                    .map(|column| column.field)
                    .collect(),
            }
        }
        Some(Refusal::UniqueKey(name)) => Error::Unique {
            table: model.table,
            fields: fields_of(model, name),
        },
        Some(Refusal::ForeignKey) => Error::Restricted { table: model.table },
        Some(Refusal::Check(name)) => {
            let is_bounds = |column: &&ColumnMeta| {
                column.limits.is_range() && bounds_name(model.table, column.column) == *name
            };
            if let Some(column) = model.columns.iter().find(is_bounds) {
                return Error::invalid(column.field, column.limits.out_of_range());
            }
            let known = model
                .constraints
                .iter()
                .find(|constraint| constraint.name == name);
            let problem = || Problem::new("not_together", "Not allowed together.");
            // Of a typed condition the fields are known that do not go together.
            if let Some(condition) = known.and_then(|constraint| constraint.typed) {
                let fields = stated::fields(&condition(), model).into_iter();
                return Error::Invalid(
                    fields
                        .map(|field| FieldProblem {
                            field,
                            problem: problem(),
                        })
                        .collect(),
                );
            }
            Error::invalid(known.map_or(model.table, |constraint| constraint.name), problem())
        }
        Some(Refusal::NotNull(_)) | None => error,
    }
}

/// The fields of a unique key, by its name; of one that migrations made by hand none is known.
fn fields_of(model: &'static ModelMeta, name: &str) -> Vec<&'static str> {
    let columns = |columns: &[&'static str]| {
        let is_one = |column: &&ColumnMeta| columns.contains(&column.column);
        model
            .columns
            .iter()
            .filter(is_one)
            .map(|column| column.field)
            .collect()
    };
    let is_called = |columns: &[&'static str]| index_name(model.table, columns, true) == name;
    if name == format!("{}_pkey", model.table) {
        return columns(&[model.id().column]);
    }
    let one = model.columns.iter().find(|column| is_called(&[column.column]));
    let several = || {
        model
            .indexes
            .iter()
            .find(|index| name_of(model.table, index) == name)
    };
    match one {
        Some(column) => vec![column.field],
        None => several().map_or_else(Vec::new, |index| columns(index.columns)),
    }
}
