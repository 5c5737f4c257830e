//! DELETE, with everything that goes with a row: judged on the state before, for every row, then done.

use std::collections::HashSet;

use super::constraint::{note, translate};
use super::select::Select;
use crate::actor::{Action, Authority};
use crate::engine::{Connection, Plan};
use crate::error::{Error, Result};
use crate::expr::{Bind, Expr, push};
use crate::meta::{ColumnMeta, ModelMeta, OnDelete, Privilege};
use crate::model::Model;
use crate::render::{Cond, Renderer, Row, Scope};
use crate::sabotage::{Control, removed};
use crate::types::Id;
use crate::value::{RowReader, Value, ValueRef};

pub(super) fn delete_one<M: Model>(
    id: Id<M>,
    models: &[&'static ModelMeta],
    authority: &Authority,
    c: &Connection,
    text: &mut String,
) -> Result<()> {
    let mut select = Select::new(M::meta());
    select.filter = Expr::Compare(crate::expr::Op::Eq, M::meta().id(), Value::Uuid(id.uuid()));
    match matching(&select, authority, c, text)?.as_slice() {
        [] => Err(Error::NotFound),
        [(_, false)] => Err(Error::Forbidden),
        [(id, true), ..] => Removal::new(models, authority, c)
            .remove(M::meta(), vec![id.clone()])
            .map(drop),
        [..] => Err(Error::Multiple),
    }
}

pub(super) fn delete_all(
    select: &Select,
    models: &[&'static ModelMeta],
    authority: &Authority,
    c: &Connection,
    text: &mut String,
) -> Result<u64> {
    let ids: Vec<_> = matching(select, authority, c, text)?
        .into_iter()
        .filter_map(|(id, may)| may.then_some(id))
        .collect();
    Removal::new(models, authority, c).remove(select.model, ids)
}

/// Ids of the visible rows that match, and whether each may be deleted.
fn matching(
    select: &Select,
    authority: &Authority,
    c: &Connection,
    text: &mut String,
) -> Result<Vec<(Value, bool)>> {
    let model = select.model;
    let mut key = vec![b'M'];
    push(&mut key, model);
    authority.shape(&mut key);
    let mut values = Vec::new();
    select.filter.shape(&mut key, &mut values);
    let plan = c.plan(&key, || {
        let by_key = select.filter.names_one_row();
        let mut renderer = Renderer::new(authority, by_key, values.len());
        let row = Row::old("t");
        let filter = renderer.condition(&select.filter, row, Scope::Query)?;
        let view = renderer.rule(Action::View, model, row)?;
        let delete = renderer.rule(Action::Delete, model, row)?;
        let sql = format!(
            "SELECT t.\"{}\", ({}) IS TRUE FROM \"{}\" AS t WHERE {}",
            model.id().column,
            delete.sql(),
            model.table,
            view.and(filter).sql()
        );
        Ok(Plan::new(sql, renderer.constants))
    })?;
    note(text, &plan);
    collect(c, &plan, authority, &values)
}

fn collect(
    c: &Connection,
    plan: &Plan,
    authority: &Authority,
    values: &[Bind<'_>],
) -> Result<Vec<(Value, bool)>> {
    let mut statement = c.bind(plan, authority.id(), values)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut reader = RowReader::new(row);
        let id = match reader.value() {
            Ok(ValueRef::Blob(bytes)) => Value::Blob(bytes.to_vec()),
            _ => return Err(Error::Internal("a primary key is not 16 bytes".into())),
        };
        found.push((id, reader.flag().unwrap_or(false)));
    }
    Ok(found)
}

/// Rows to delete with everything that goes with them: all is judged on the state before, then done.
struct Removal<'a> {
    models: &'a [&'static ModelMeta],
    authority: &'a Authority,
    c: &'a Connection,
    seen: HashSet<(&'static str, Vec<u8>)>,
    /// Children before parents.
    steps: Vec<Step>,
    restricts: Vec<(&'static ModelMeta, Vec<Value>)>,
}

struct Step {
    model: &'static ModelMeta,
    ids: Vec<Value>,
    /// The foreign key to empty; otherwise the rows are deleted.
    empty: Option<&'static ColumnMeta>,
}

impl<'a> Removal<'a> {
    fn new(models: &'a [&'static ModelMeta], authority: &'a Authority, c: &'a Connection) -> Self {
        Self {
            models,
            authority,
            c,
            seen: HashSet::new(),
            steps: Vec::new(),
            restricts: Vec::new(),
        }
    }

    fn remove(mut self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<u64> {
        let count = ids.len() as u64;
        if count == 0 {
            return Ok(0);
        }
        self.gather(model, ids)?;
        for (child, ids) in &self.restricts {
            if ids
                .iter()
                .any(|id| !self.seen.contains(&(child.table, bytes(id))))
            {
                return Err(Error::Restricted { table: child.table });
            }
        }
        for step in &self.steps {
            let id = step.model.id().column;
            let table = step.model.table;
            let rows = format!("\"{id}\" IN (SELECT unhex(value) FROM json_each(?2))");
            let sql = match step.empty {
                Some(key) => format!(
                    "UPDATE \"{table}\" SET \"{}\" = NULL, \"row_version\" = \"row_version\" + 1 WHERE {rows}",
                    key.column
                ),
                None => format!("DELETE FROM \"{table}\" WHERE {rows}"),
            };
            let plan = Plan::new(sql, Vec::new());
            let mut statement = self.c.bind(&plan, None, &[Bind::List(&step.ids)])?;
            statement
                .raw_execute()
                .map_err(|error| translate(error, step.model))?;
        }
        Ok(count)
    }

    fn gather(&mut self, model: &'static ModelMeta, mut ids: Vec<Value>) -> Result<()> {
        ids.retain(|id| self.seen.insert((model.table, bytes(id))));
        if ids.is_empty() {
            return Ok(());
        }
        let models = self.models;
        for child in models {
            for key in child.columns {
                if !key.target.is_some_and(|target| target().is(model)) {
                    continue;
                }
                let found = self.referring(child, key, &ids)?;
                if found.is_empty() {
                    continue;
                }
                // A cascade must not do what its actor may not do row by row. Which row, it does not say.
                if key.on_delete != OnDelete::Restrict
                    && found.iter().any(|(_, may)| !may)
                    && !removed(Control::Cascade)
                {
                    return Err(Error::Forbidden);
                }
                let found: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
                match key.on_delete {
                    OnDelete::Restrict => self.restricts.push((child, found)),
                    OnDelete::Cascade | OnDelete::CascadeOwned => self.gather(child, found)?,
                    OnDelete::SetNull => {
                        self.steps.push(Step {
                            model: child,
                            ids: found,
                            empty: Some(key),
                        });
                    }
                }
            }
        }
        self.steps.push(Step {
            model,
            ids,
            empty: None,
        });
        Ok(())
    }

    /// The rows of `child` that refer to these, and whether the actor may do to each what would be done.
    fn referring(
        &self,
        child: &'static ModelMeta,
        key: &'static ColumnMeta,
        ids: &[Value],
    ) -> Result<Vec<(Value, bool)>> {
        let mut renderer = Renderer::new(self.authority, false, 1);
        let list = renderer.value();
        let old = Row::old("t");
        let view = renderer.rule(Action::View, child, old)?;
        let may = match key.on_delete {
            OnDelete::Restrict | OnDelete::CascadeOwned => Cond::True,
            OnDelete::Cascade => view.and(renderer.rule(Action::Delete, child, old)?),
            OnDelete::SetNull => {
                let new = [(key, "NULL".to_owned())];
                let row = Row {
                    alias: "t",
                    new: &new,
                };
                let mut may = view.and(renderer.rule(Action::Change, child, old)?);
                may = may.and(renderer.rule(Action::Change, child, row)?);
                if key.privilege != Privilege::Open {
                    may = may.and(renderer.may_set(child, key, old)?);
                    may = may.and(renderer.may_set(child, key, row)?);
                }
                may
            }
        };
        let sql = format!(
            "SELECT t.\"{}\", ({}) IS TRUE FROM \"{}\" AS t WHERE t.\"{}\" IN (SELECT unhex(value) FROM json_each({list}))",
            child.id().column,
            may.sql(),
            child.table,
            key.column
        );
        collect(
            self.c,
            &Plan::new(sql, renderer.constants),
            self.authority,
            &[Bind::List(ids)],
        )
    }
}

fn bytes(id: &Value) -> Vec<u8> {
    match id.as_ref() {
        ValueRef::Blob(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    }
}
