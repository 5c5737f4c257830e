//! INSERT, UPDATE, DELETE: the policy is part of the statement, so there is no gap between check and use.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::select::{Select, mismatch};
use crate::actor::actions::Add;
use crate::actor::{Action, Authority};
use crate::columns::{Assignment, Path};
use crate::db::Writes;
use crate::engine::{Connection, Plan};
use crate::error::{Error, Problem, Result};
use crate::expr::{Bind, Expr, push};
use crate::meta::{Auto, ColumnMeta, ModelMeta, OnDelete, Privilege};
use crate::model::{Model, NewValues};
use crate::render::{Cond, Renderer, Row, Scope, target_of};
use crate::sabotage::{Control, removed};
use crate::types::{DateTime, Id};
use crate::value::{RowReader, Value, ValueRef};

/// A row to be added: `Article::create(NewArticle { … }).save(&db)`.
#[derive(Debug, Clone)]
#[must_use = "nothing is added before `save`"]
pub struct Create<M> {
    new: NewValues,
    set: Vec<Assignment<M>>,
}

impl<M: Model> Create<M> {
    #[doc(hidden)]
    pub fn new(new: M::New) -> Self {
        Self {
            new: M::new_values(new),
            set: Vec::new(),
        }
    }

    /// Sets fields that have a value of their own (a default): `.set(|a| [a.published.set(true)])`. Columns
    /// that carry privilege need a rule that names them, or a service with `Grant`.
    pub fn set<const N: usize>(mut self, set: impl FnOnce(&M::Columns<M>) -> [Assignment<M>; N]) -> Self {
        self.set.extend(set(&M::columns(&Path::ROOT)));
        self
    }

    /// Adds the row, if the add rule allows its values and every row that it refers to may be seen.
    ///
    /// # Errors
    /// [`Error::Forbidden`], or by field [`Error::Invalid`] and [`Error::Unique`].
    pub async fn save(self, db: &dyn Writes<Add, M>) -> Result<M> {
        let insert = Insert::new(self)?;
        db.bound()
            .write(|authority, c, sql| insert.run::<M>(authority, c, sql))
            .await
    }
}

struct Insert {
    model: &'static ModelMeta,
    values: Vec<Value>,
    /// Columns that carry privilege and were set.
    privileged: Vec<usize>,
}

impl Insert {
    fn new<M: Model>(create: Create<M>) -> Result<Self> {
        let model = M::meta();
        let mut problems: Vec<Problem> = create
            .new
            .problems
            .into_iter()
            .map(|(field, message)| Problem { field, message })
            .collect();
        let mut values = create.new.values;
        let mut privileged = Vec::new();
        for assignment in create.set {
            let position = position(model, assignment.column)?;
            if let Some(message) = assignment.problem {
                problems.push(Problem {
                    field: assignment.column.field,
                    message,
                });
            }
            if assignment.column.auto == Auto::Id || assignment.column.auto == Auto::RandomId {
                problems.push(Problem {
                    field: assignment.column.field,
                    message: "An id is never set.".into(),
                });
            }
            if assignment.column.privilege == Privilege::Privileged {
                privileged.push(position);
            }
            values[position] = Some(assignment.value);
        }
        if !problems.is_empty() && !removed(Control::Validation) {
            return Err(Error::Invalid(problems));
        }
        let now = DateTime::now();
        let values = model
            .columns
            .iter()
            .zip(values)
            .map(|(column, given)| match (given, column.auto) {
                (Some(value), _) => value,
                (None, Auto::Id) => Value::Uuid(Id::<M>::new().uuid()),
                (None, Auto::RandomId) => Value::Uuid(Id::<M>::random().uuid()),
                (None, Auto::NowAdd | Auto::Now) => Value::Integer(now.micros()),
                (None, Auto::No) => column.default.map_or(Value::Null, |default| default()),
            })
            .collect();
        Ok(Self {
            model,
            values,
            privileged,
        })
    }

    fn run<M: Model>(&self, authority: &Authority, c: &Connection, text: &mut String) -> Result<M> {
        let mut key = vec![b'I'];
        push(&mut key, self.model);
        authority.shape(&mut key);
        key.extend(self.privileged.iter().map(|position| *position as u8));
        let values: Vec<Bind<'_>> = self.values.iter().map(Bind::One).collect();
        let plan = c.plan(&key, || self.plan(authority))?;
        note(text, &plan);
        let added = {
            let mut statement = c.bind(&plan, authority.id(), &values)?;
            statement
                .raw_execute()
                .map_err(|error| translate(error, self.model))?
        };
        if added == 1 {
            return M::from_values(&self.values).map_err(mismatch(self.model));
        }
        let new: Vec<_> = self.model.columns.iter().zip(&self.values).collect();
        Err(hidden_target(authority, c, &new)?.unwrap_or(Error::Forbidden))
    }

    fn plan(&self, authority: &Authority) -> Result<Plan> {
        let model = self.model;
        let mut renderer = Renderer::new(authority, true, self.values.len());
        let new: Vec<_> = model
            .columns
            .iter()
            .map(|column| (column, renderer.value()))
            .collect();
        let row = Row {
            alias: "t",
            new: &new,
        };
        // The row does not exist yet, and relations are read as they are: no row justifies itself.
        let mut condition = renderer.rule(Action::Add, model, row)?;
        condition = condition.and(targets(&mut renderer, &new)?);
        for position in &self.privileged {
            condition = condition.and(renderer.may_set(model, &model.columns[*position], row)?);
        }
        let columns: Vec<_> = model
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.column))
            .collect();
        let values: Vec<_> = new.iter().map(|(_, value)| value.as_str()).collect();
        let sql = format!(
            "INSERT INTO \"{}\" ({}, \"row_version\") SELECT {}, 1 WHERE {}",
            model.table,
            columns.join(", "),
            values.join(", "),
            condition.sql()
        );
        Ok(Plan::new(sql, renderer.constants))
    }
}

/// New values for columns of rows that exist.
pub(super) struct Changes {
    model: &'static ModelMeta,
    columns: Vec<&'static ColumnMeta>,
    add: Vec<bool>,
    values: Vec<Value>,
}

impl Changes {
    pub(super) fn new<M: Model, const N: usize>(
        model: &'static ModelMeta,
        assignments: [Assignment<M>; N],
    ) -> Result<Self> {
        let mut changes = Self {
            model,
            columns: Vec::new(),
            add: Vec::new(),
            values: Vec::new(),
        };
        let mut problems = Vec::new();
        for assignment in assignments {
            let column = assignment.column;
            if let Some(message) = assignment.problem {
                problems.push(Problem {
                    field: column.field,
                    message,
                });
            }
            if matches!(column.auto, Auto::Id | Auto::RandomId) {
                problems.push(Problem {
                    field: column.field,
                    message: "An id is never set.".into(),
                });
            }
            if changes.columns.iter().any(|mine| std::ptr::eq(*mine, column)) {
                problems.push(Problem {
                    field: column.field,
                    message: "Set twice.".into(),
                });
            }
            changes.columns.push(&model.columns[position(model, column)?]);
            changes.add.push(assignment.add);
            changes.values.push(assignment.value);
        }
        if !problems.is_empty() && !removed(Control::Validation) {
            return Err(Error::Invalid(problems));
        }
        for column in model.columns {
            if column.auto == Auto::Now && !changes.columns.iter().any(|mine| std::ptr::eq(*mine, column)) {
                changes.columns.push(column);
                changes.add.push(false);
                changes.values.push(DateTime::now_value());
            }
        }
        Ok(changes)
    }

    fn shape(&self, kind: u8, authority: &Authority) -> Vec<u8> {
        let mut key = vec![kind];
        push(&mut key, self.model);
        authority.shape(&mut key);
        key.push(self.columns.len() as u8);
        for (column, add) in self.columns.iter().zip(&self.add) {
            key.push(u8::from(*add));
            push(&mut key, *column);
        }
        key
    }

    /// The columns' new values as SQL over the row `t`.
    fn assigned(&self, renderer: &mut Renderer<'_>) -> Vec<(&'static ColumnMeta, String)> {
        let mut all = Vec::with_capacity(self.columns.len());
        for (column, add) in self.columns.iter().zip(&self.add) {
            let value = renderer.value();
            let sql = if *add {
                saturating_add(column, &value)
            } else {
                value
            };
            all.push((*column, sql));
        }
        all
    }

    /// What must hold of the row as it becomes: the change rule again, targets, columns with privilege.
    fn after(&self, renderer: &mut Renderer<'_>, new: &[(&'static ColumnMeta, String)]) -> Result<Cond> {
        let old = Row::old("t");
        let row = Row { alias: "t", new };
        let mut condition = renderer.rule(Action::Change, self.model, row)?;
        condition = condition.and(targets(renderer, new)?);
        for column in &self.columns {
            if column.privilege != Privilege::Open {
                condition = condition.and(renderer.may_set(self.model, column, old)?);
                condition = condition.and(renderer.may_set(self.model, column, row)?);
            }
        }
        Ok(condition)
    }

    /// What must hold of the row as it is.
    fn before(&self, renderer: &mut Renderer<'_>) -> Result<Cond> {
        let old = Row::old("t");
        let view = renderer.rule(Action::View, self.model, old)?;
        Ok(view.and(renderer.rule(Action::Change, self.model, old)?))
    }

    fn set_clause(&self, new: &[(&'static ColumnMeta, String)]) -> String {
        let mut out = String::new();
        for (column, value) in new {
            let _ = write!(out, "\"{}\" = {value}, ", column.column);
        }
        out.push_str("\"row_version\" = t.\"row_version\" + 1");
        out
    }

    pub(super) fn one<M: Model>(
        &self,
        id: Id<M>,
        version: i64,
        authority: &Authority,
        c: &Connection,
        text: &mut String,
    ) -> Result<M> {
        let id = Value::Uuid(id.uuid());
        let mut values: Vec<Bind<'_>> = self.values.iter().map(Bind::One).collect();
        values.push(Bind::One(&id));
        values.push(Bind::Int(version));
        let plan = c.plan(&self.shape(b'U', authority), || {
            let mut renderer = Renderer::new(authority, true, values.len());
            let new = self.assigned(&mut renderer);
            let (id, version) = (renderer.value(), renderer.value());
            let mut current = format!("t.\"row_version\" = {version}");
            if removed(Control::Version) {
                current = format!("{version} IS NOT NULL");
            }
            let before = self.before(&mut renderer)?;
            let condition = before.and(self.after(&mut renderer, &new)?);
            let returning: Vec<_> = self
                .model
                .columns
                .iter()
                .map(|column| format!("\"{}\"", column.column))
                .collect();
            let sql = format!(
                "UPDATE \"{}\" AS t SET {} WHERE t.\"{}\" = {id} AND {current} AND {} RETURNING {}",
                self.model.table,
                self.set_clause(&new),
                self.model.id().column,
                condition.sql(),
                returning.join(", ")
            );
            Ok(Plan::new(sql, renderer.constants))
        })?;
        note(text, &plan);
        let changed = {
            let mut statement = c.bind(&plan, authority.id(), &values)?;
            let mut rows = statement.raw_query();
            let row = match rows.next().map_err(|error| translate(error, self.model))? {
                Some(row) => Some(M::from_row(&mut RowReader::new(row)).map_err(mismatch(self.model))?),
                None => None,
            };
            rows.next().map_err(|error| translate(error, self.model))?;
            row
        };
        match changed {
            Some(row) => Ok(row),
            None => Err(self.why_not(&id, version, authority, c)?),
        }
    }

    /// Why no row was changed: absent, not changeable, changed meanwhile, or a new value that is not allowed.
    fn why_not(&self, id: &Value, version: i64, authority: &Authority, c: &Connection) -> Result<Error> {
        let mut key = vec![b'W'];
        push(&mut key, self.model);
        authority.shape(&mut key);
        let plan = c.plan(&key, || {
            let mut renderer = Renderer::new(authority, true, 1);
            let id = renderer.value();
            let view = renderer.rule(Action::View, self.model, Row::old("t"))?;
            let change = renderer.rule(Action::Change, self.model, Row::old("t"))?;
            let sql = format!(
                "SELECT t.\"row_version\", ({}) IS TRUE FROM \"{}\" AS t WHERE t.\"{}\" = {id} AND {}",
                change.sql(),
                self.model.table,
                self.model.id().column,
                view.sql()
            );
            Ok(Plan::new(sql, renderer.constants))
        })?;
        let found: Option<(i64, bool)> = {
            let mut statement = c.bind(&plan, authority.id(), &[Bind::One(id)])?;
            let mut rows = statement.raw_query();
            match rows.next()? {
                Some(row) => Some((row.get(0)?, row.get(1)?)),
                None => None,
            }
        };
        Ok(match found {
            None => Error::NotFound,
            Some((_, false)) => Error::Forbidden,
            Some((now, true)) if now != version => Error::Conflict,
            Some(_) => {
                let new: Vec<_> = self.columns.iter().copied().zip(&self.values).collect();
                hidden_target(authority, c, &new)?.unwrap_or(Error::Forbidden)
            }
        })
    }

    /// All matching rows that may be changed; one forbidden new value undoes the statement.
    pub(super) fn all(
        &self,
        filter: &Expr,
        authority: &Authority,
        c: &Connection,
        text: &mut String,
    ) -> Result<u64> {
        let mut values: Vec<Bind<'_>> = self.values.iter().map(Bind::One).collect();
        let mut shape = Vec::new();
        filter.shape(&mut shape, &mut values);
        let count = values.len();
        let make = |refused: bool| {
            let mut renderer = Renderer::new(authority, false, count);
            let new = self.assigned(&mut renderer);
            let filter = renderer.condition(filter, Row::old("t"), Scope::Query)?;
            let before = self.before(&mut renderer)?.and(filter);
            let after = self.after(&mut renderer, &new)?;
            let table = self.model.table;
            let sql = if refused {
                // Judged for all rows before any is changed: relations are read as they were.
                format!(
                    "SELECT EXISTS (SELECT 1 FROM \"{table}\" AS t WHERE {} AND ({}) IS NOT TRUE)",
                    before.sql(),
                    after.sql()
                )
            } else {
                format!(
                    "UPDATE \"{table}\" AS t SET {} WHERE {}",
                    self.set_clause(&new),
                    before.sql()
                )
            };
            Ok(Plan::new(sql, renderer.constants))
        };
        let mut key = self.shape(b'R', authority);
        key.extend(&shape);
        let plan = c.plan(&key, || make(true))?;
        note(text, &plan);
        let refused: bool = {
            let mut statement = c.bind(&plan, authority.id(), &values)?;
            let mut rows = statement.raw_query();
            rows.next()?.ok_or(Error::NotFound)?.get(0)?
        };
        if refused {
            return Err(Error::Forbidden);
        }
        key[0] = b'A';
        let plan = c.plan(&key, || make(false))?;
        let mut statement = c.bind(&plan, authority.id(), &values)?;
        let changed = statement
            .raw_execute()
            .map_err(|error| translate(error, self.model))?;
        Ok(changed as u64)
    }
}

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

/// Every row that is referred to may be seen, in the same statement (CWE-639).
fn targets(renderer: &mut Renderer<'_>, new: &[(&'static ColumnMeta, String)]) -> Result<Cond> {
    let mut condition = Cond::True;
    for (column, value) in new {
        if column.target.is_none() {
            continue;
        }
        let mut seen = renderer.target_visible(target_of(column)?, value)?;
        if column.nullable {
            seen = Cond::Sql(format!("({value} IS NULL OR {})", seen.sql()));
        }
        condition = condition.and(seen);
    }
    Ok(condition)
}

/// The first foreign key whose row is absent or may not be seen: one answer for both (CWE-203).
fn hidden_target(
    authority: &Authority,
    c: &Connection,
    new: &[(&'static ColumnMeta, &Value)],
) -> Result<Option<Error>> {
    for (column, value) in new {
        if column.target.is_none() || **value == Value::Null {
            continue;
        }
        let mut renderer = Renderer::new(authority, true, 1);
        let key = renderer.value();
        let seen = renderer.target_visible(target_of(column)?, &key)?;
        let plan = Plan::new(format!("SELECT {}", seen.sql()), renderer.constants);
        let mut statement = c.bind(&plan, authority.id(), &[Bind::One(value)])?;
        let mut rows = statement.raw_query();
        let seen: bool = rows.next()?.ok_or(Error::NotFound)?.get(0)?;
        if !seen {
            return Ok(Some(Error::invalid(
                column.field,
                "Choose one of the available values.",
            )));
        }
    }
    Ok(None)
}

fn saturating_add(column: &ColumnMeta, by: &str) -> String {
    let old = format!("t.\"{}\"", column.column);
    format!(
        "(CASE WHEN {by} > 0 AND {old} > 9223372036854775807 - {by} THEN 9223372036854775807 \
         WHEN {by} < 0 AND {old} < -9223372036854775807 - 1 - {by} THEN -9223372036854775807 - 1 \
         ELSE {old} + {by} END)"
    )
}

fn position(model: &'static ModelMeta, column: &ColumnMeta) -> Result<usize> {
    model
        .position(column)
        .ok_or_else(|| Error::Internal(format!("`{}` is not a column of `{}`", column.field, model.name)))
}

fn note(text: &mut String, plan: &Plan) {
    if cfg!(debug_assertions) {
        text.push_str(&plan.sql);
    }
}

/// A constraint's refusal, by field.
fn translate(error: rusqlite::Error, model: &'static ModelMeta) -> Error {
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
                "Not allowed together.",
            )
        }
        _ => error.into(),
    }
}
