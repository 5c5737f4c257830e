//! What writes have in common: targets that must be visible, and the database's refusals by field.

use crate::engine::{Connection, Plan};
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sql::render::{Cond, Renderer, target_of};
use crate::tree::expr::{Bind, push};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::Value;

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

/// The first foreign key whose row is absent or may not be seen: one answer for both (CWE-203).
pub(super) fn hidden_target(
    authority: &Authority,
    c: &Connection,
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
        let plan = c.plan(&shape, || {
            let mut renderer = Renderer::new(authority, true, 1);
            let key = renderer.value();
            let seen = renderer.target_visible(target, &key)?;
            Ok(Plan::new(format!("SELECT {}", seen.sql()), renderer.constants))
        })?;
        let mut statement = c.bind(&plan, authority.id(), &[Bind::One(value)])?;
        let mut rows = statement.raw_query();
        let seen: bool = rows.next()?.ok_or(Error::NotFound)?.get(0)?;
        if !seen {
            return Ok(Some(Error::invalid(
                column.field,
                Problem::new("not_available", "Choose one of the available values."),
            )));
        }
    }
    Ok(None)
}

pub(super) fn position(model: &'static ModelMeta, column: &ColumnMeta) -> Result<usize> {
    model
        .position(column)
        .ok_or_else(|| Error::Internal(format!("`{}` is not a column of `{}`", column.field, model.name)))
}

pub(super) fn note(text: &mut String, plan: &Plan) {
    if cfg!(debug_assertions) {
        text.push_str(&plan.sql);
    }
}

/// A constraint's refusal, by field.
pub(super) fn translate(error: rusqlite::Error, model: &'static ModelMeta) -> Error {
    use rusqlite::ffi;
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            (failure.extended_code, message.clone().unwrap_or_default())
        }
        _ => return error.into(),
    };
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            let fields = model
                .columns
                .iter()
                .filter(|column| {
                    let name = format!("{}.{}", model.table, column.column);
                    message.split([' ', ',']).any(|part| part == name)
                })
                .map(|column| column.field)
                .collect();
            Error::Unique {
                table: model.table,
                fields,
            }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => {
            Error::Restricted { table: model.table }
        }
        ffi::SQLITE_CONSTRAINT_CHECK => {
            let name = message.rsplit(": ").next().unwrap_or_default();
            let known = model
                .constraints
                .iter()
                .find(|constraint| constraint.name == name);
            Error::invalid(
                known.map_or(model.table, |constraint| constraint.name),
                Problem::new("not_together", "Not allowed together."),
            )
        }
        _ => error.into(),
    }
}
