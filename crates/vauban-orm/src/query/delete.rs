//! DELETE, with everything that goes with a row: found with a work list, judged on the state before, for every row, then
//! done.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::constraint::{note, translate};
use super::select::Select;
use crate::engine::{Connection, Plan};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::types::Id;
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::render::{Cond, Renderer, Row, Scope};
use crate::sql::source::{Source, Which};
use crate::tree::expr::{Bind, Col, Expr, push};
use crate::tree::meta::{ColumnMeta, ModelMeta, OnDelete, Privilege};
use crate::tree::value::{RowReader, Value, ValueRef};

pub(super) fn delete_one<M: Model>(
    id: Id<M>,
    models: &[&'static ModelMeta],
    authority: &Authority,
    c: &Connection,
    text: &mut String,
) -> Result<()> {
    let mut select = Select::new(M::meta());
    select.filter = Expr::Compare(
        crate::tree::expr::Op::Eq,
        Col::of_root(M::meta().id()),
        Value::Uuid(id.uuid()),
    );
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
        let source = renderer.source(model, Which::Asked)?;
        let filter = renderer.condition(&select.filter, source.row(), Scope::Query)?;
        let delete = renderer.rule(Action::Delete, model, source.row())?;
        let sql = source.select(&with_right(&source, &delete), filter);
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
    c.charge(found.len())?;
    Ok(found)
}

/// A row: its table and its key.
type Key = (&'static str, Vec<u8>);

/// Rows to delete with everything that goes with them.
struct Removal<'a> {
    models: &'a [&'static ModelMeta],
    authority: &'a Authority,
    c: &'a Connection,
    /// Rows that go, also by their models.
    going: HashSet<Key>,
    rows: Vec<Rows>,
    /// Rows that go and whose referring rows nobody has looked for yet.
    todo: Vec<Rows>,
    /// Rows that lose these references.
    emptied: HashMap<Key, (&'static ModelMeta, Vec<usize>)>,
    /// Rows that keep those that they refer to, unless they go themselves.
    restricting: Vec<Rows>,
}

struct Rows {
    model: &'static ModelMeta,
    ids: Vec<Value>,
}

impl<'a> Removal<'a> {
    fn new(models: &'a [&'static ModelMeta], authority: &'a Authority, c: &'a Connection) -> Self {
        Self {
            models,
            authority,
            c,
            going: HashSet::new(),
            rows: Vec::new(),
            todo: Vec::new(),
            emptied: HashMap::new(),
            restricting: Vec::new(),
        }
    }

    fn remove(mut self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<u64> {
        let count = ids.len() as u64;
        self.go(model, ids)?;
        // CWE-674: a chain of rows is as long as those who write them like.
        while let Some(rows) = self.todo.pop() {
            self.follow(&rows)?;
        }
        let emptied = self.emptied();
        for (keys, rows) in &emptied {
            self.judge_emptied(keys, rows)?;
        }
        for Rows { model, ids } in &self.restricting {
            if !ids.iter().all(|id| self.going.contains(&key(model, id))) {
                return Err(Error::Restricted { table: model.table });
            }
        }
        for (keys, rows) in &emptied {
            self.empty(keys, rows)?;
        }
        self.delete()?;
        Ok(count)
    }

    /// These rows go, too. Whether they may, is judged where it is known what they refer to.
    fn go(&mut self, model: &'static ModelMeta, mut ids: Vec<Value>) -> Result<()> {
        ids.retain(|id| !self.going.contains(&key(model, id)));
        if ids.is_empty() {
            return Ok(());
        }
        let mut ids = self.with_descendants(model, ids)?;
        ids.retain(|id| self.going.insert(key(model, id)));
        match self.rows.iter_mut().find(|rows| rows.model.is(model)) {
            Some(rows) => rows.ids.extend(ids.iter().cloned()),
            None => self.rows.push(Rows {
                model,
                ids: ids.clone(),
            }),
        }
        self.todo.push(Rows { model, ids });
        Ok(())
    }

    /// With the rows of the same model that go with them, and with those: of a chain, one statement, and not one for each of
    /// its rows.
    fn with_descendants(&self, model: &'static ModelMeta, ids: Vec<Value>) -> Result<Vec<Value>> {
        let keys = model.columns.iter().filter(|column| {
            let goes = matches!(column.on_delete, OnDelete::Cascade | OnDelete::CascadeOwned);
            goes && column.target.is_some_and(|target| target().is(model))
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(ids);
        }
        let plan = self.plan(b'C', model, &[], |renderer| {
            let list = renderer.value();
            let source = renderer.source(model, Which::Found)?;
            let steps: String = keys.iter().map(|key| source.descend(key)).collect();
            Ok(format!(
                "WITH RECURSIVE down(id) AS (SELECT unhex(value) FROM json_each({list}){steps}) SELECT id, TRUE FROM down"
            ))
        })?;
        let found = collect(self.c, &plan, self.authority, &[Bind::List(&ids)])?;
        Ok(found.into_iter().map(|(id, _)| id).collect())
    }

    /// Looks for what refers to these rows.
    fn follow(&mut self, rows: &Rows) -> Result<()> {
        let models = self.models;
        for child in models {
            for (position, key_column) in child.columns.iter().enumerate() {
                if !key_column.target.is_some_and(|target| target().is(rows.model)) {
                    continue;
                }
                let found = self.referring(child, key_column, &rows.ids)?;
                if found.is_empty() {
                    continue;
                }
                // A cascade must not do what its actor may not do row by row. Which row, it does not say.
                if found.iter().any(|(_, may)| !may) && !removed(Control::Cascade) {
                    return Err(Error::Forbidden);
                }
                let ids = found.into_iter().map(|(id, _)| id);
                match key_column.on_delete {
                    OnDelete::Restrict => self.restricting.push(Rows {
                        model: child,
                        ids: ids.collect(),
                    }),
                    OnDelete::Cascade | OnDelete::CascadeOwned => self.go(child, ids.collect())?,
                    OnDelete::SetNull => {
                        for id in ids {
                            let (_, keys) = self
                                .emptied
                                .entry(key(child, &id))
                                .or_insert_with(|| (child, Vec::new()));
                            if !keys.contains(&position) {
                                keys.push(position);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows of `child` that refer to these, and whether the actor may delete each that goes with them. What is emptied is
    /// judged when it is known what else the row loses.
    fn referring(
        &self,
        child: &'static ModelMeta,
        key: &'static ColumnMeta,
        ids: &[Value],
    ) -> Result<Vec<(Value, bool)>> {
        let plan = self.plan(b'F', child, &[key], |renderer| {
            let list = renderer.value();
            let source = renderer.source(child, Which::Found)?;
            let may = match key.on_delete {
                OnDelete::Restrict | OnDelete::CascadeOwned | OnDelete::SetNull => Cond::True,
                OnDelete::Cascade => {
                    let view = renderer.rule(Action::View, child, source.row())?;
                    let delete = renderer.rule(Action::Delete, child, source.row())?.behind(&view);
                    view.and(delete)
                }
            };
            let referring = is_one_of(&source.column(key), &list);
            Ok(source.select(&with_right(&source, &may), referring))
        })?;
        collect(self.c, &plan, self.authority, &[Bind::List(ids)])
    }

    /// The rows that stay and lose references, by the references that each of them loses.
    fn emptied(&mut self) -> Vec<(Vec<&'static ColumnMeta>, Rows)> {
        let mut groups: BTreeMap<(&'static str, Vec<usize>), Rows> = BTreeMap::new();
        for ((table, id), (model, mut keys)) in std::mem::take(&mut self.emptied) {
            let row = (table, id);
            if self.going.contains(&row) {
                continue;
            }
            keys.sort_unstable();
            let rows = groups.entry((table, keys)).or_insert_with(|| Rows {
                model,
                ids: Vec::new(),
            });
            rows.ids.push(Value::Blob(row.1));
        }
        let columns = |keys: Vec<usize>, model: &'static ModelMeta| {
            keys.into_iter().map(|at| &model.columns[at]).collect()
        };
        groups
            .into_iter()
            .map(|((_, keys), rows)| (columns(keys, rows.model), rows))
            .collect()
    }

    /// Whether the actor may change every row into what it becomes in the end: without all of the references at once.
    fn judge_emptied(&self, keys: &[&'static ColumnMeta], rows: &Rows) -> Result<()> {
        let model = rows.model;
        let plan = self.plan(b'J', model, keys, |renderer| {
            let list = renderer.value();
            let source = renderer.source(model, Which::Found)?;
            let old = source.row();
            let new: Vec<_> = keys.iter().map(|key| (*key, "NULL".to_owned())).collect();
            let row = Row { new: &new, ..old };
            let view = renderer.rule(Action::View, model, old)?;
            let mut may = renderer.rule(Action::Change, model, old)?;
            // To change is also to see, what it becomes as well as what it was.
            may = may.and(renderer.rule(Action::View, model, row)?);
            may = may.and(renderer.rule(Action::Change, model, row)?);
            for key in keys.iter().filter(|key| key.privilege != Privilege::Open) {
                may = may.and(renderer.may_set(Action::Change, model, key, old)?);
                may = may.and(renderer.may_set(Action::Change, model, key, row)?);
            }
            let may = may.behind(&view);
            let may = view.and(may);
            Ok(source.select(&with_right(&source, &may), is_one_of(&source.id(), &list)))
        })?;
        let judged = collect(self.c, &plan, self.authority, &[Bind::List(&rows.ids)])?;
        if judged.iter().any(|(_, may)| !may) && !removed(Control::Cascade) {
            return Err(Error::Forbidden);
        }
        Ok(())
    }

    fn empty(&self, keys: &[&'static ColumnMeta], rows: &Rows) -> Result<()> {
        let model = rows.model;
        let plan = self.plan(b'N', model, keys, |renderer| {
            let list = renderer.value();
            let set: Vec<_> = keys
                .iter()
                .map(|key| format!("\"{}\" = NULL", key.column))
                .collect();
            let set = format!("{}, \"row_version\" = t.\"row_version\" + 1", set.join(", "));
            let source = renderer.source(model, Which::Found)?;
            Ok(source.update(&set, is_one_of(&source.id(), &list)))
        })?;
        self.write(&plan, rows)
    }

    /// Deletes what goes, a table at a time: the database looks at the end of a statement whether somebody still refers to what
    /// is gone, so that rows of one table may refer to each other in any way.
    fn delete(&mut self) -> Result<()> {
        let refers = |child: &Rows, parent: &Rows| {
            let mut targets = child.model.columns.iter().filter_map(|column| column.target);
            !child.model.is(parent.model) && targets.any(|target| target().is(parent.model))
        };
        while !self.rows.is_empty() {
            // Children before parents.
            let last = self
                .rows
                .iter()
                .position(|parent| !self.rows.iter().any(|child| refers(child, parent)));
            let Some(last) = last else {
                return self.delete_circle();
            };
            let rows = self.rows.swap_remove(last);
            self.delete_rows(&rows)?;
        }
        Ok(())
    }

    /// Tables that refer to each other in a circle: the database looks when all of it is gone.
    fn delete_circle(&self) -> Result<()> {
        // CWE-400: what it would find only at the COMMIT would fail everybody's, so nobody but the models, whose rows are
        // known, may refer to these tables.
        if let Some(rows) = self.rows.first()
            && self.referred_by_others()?
        {
            return Err(Error::Restricted {
                table: rows.model.table,
            });
        }
        self.c.sqlite.execute_batch("PRAGMA defer_foreign_keys = ON")?;
        let done = self.rows.iter().try_for_each(|rows| self.delete_rows(rows));
        self.c.sqlite.execute_batch("PRAGMA defer_foreign_keys = OFF")?;
        done
    }

    /// Whether a table or column that no model knows refers to one of these tables.
    fn referred_by_others(&self) -> Result<bool> {
        let known = |model: &'static ModelMeta| {
            let keys = model.columns.iter().filter(|column| column.target.is_some());
            keys.map(|column| format!("{}.{}", model.table, column.column))
        };
        let known: Vec<_> = self.models.iter().copied().flat_map(known).collect();
        let tables: Vec<_> = self.rows.iter().map(|rows| rows.model.table).collect();
        let mut statement = self.c.sqlite.prepare_cached(
            "SELECT s.name || '.' || f.\"from\" FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f \
             WHERE s.type = 'table' AND lower(f.\"table\") IN (SELECT lower(value) FROM json_each(?1))",
        )?;
        let mut rows = statement.query([serde_json::json!(tables).to_string()])?;
        while let Some(row) = rows.next()? {
            let by: String = row.get(0)?;
            if !known.iter().any(|known| known.eq_ignore_ascii_case(&by)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn delete_rows(&self, rows: &Rows) -> Result<()> {
        let model = rows.model;
        let plan = self.plan(b'D', model, &[], |renderer| {
            let list = renderer.value();
            let source = renderer.source(model, Which::Found)?;
            Ok(source.delete(is_one_of(&source.id(), &list)))
        })?;
        self.write(&plan, rows)
    }

    fn write(&self, plan: &Plan, rows: &Rows) -> Result<()> {
        let mut statement = self.c.bind(plan, self.authority.id(), &[Bind::List(&rows.ids)])?;
        statement
            .raw_execute()
            .map_err(|error| translate(error, rows.model))?;
        Ok(())
    }

    /// A statement on one list of keys.
    fn plan(
        &self,
        kind: u8,
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        make: impl FnOnce(&mut Renderer<'_>) -> Result<String>,
    ) -> Result<Arc<Plan>> {
        let mut shape = vec![kind];
        push(&mut shape, model);
        self.authority.shape(&mut shape);
        columns.iter().for_each(|column| push(&mut shape, *column));
        self.c.plan(&shape, || {
            let mut renderer = Renderer::new(self.authority, false, 1);
            let sql = make(&mut renderer)?;
            Ok(Plan::new(sql, renderer.constants))
        })
    }
}

/// What is read of rows that may go: the key, and whether `may` holds.
fn with_right(source: &Source, may: &Cond) -> String {
    format!("{}, ({}) IS TRUE", source.id(), may.sql())
}

/// Whether a key is one of a list that is bound as one parameter.
fn is_one_of(key: &str, list: &str) -> Cond {
    Cond::safe(format!("{key} IN (SELECT unhex(value) FROM json_each({list}))"))
}

fn key(model: &ModelMeta, id: &Value) -> Key {
    let bytes = match id.as_ref() {
        ValueRef::Blob(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    (model.table, bytes)
}
