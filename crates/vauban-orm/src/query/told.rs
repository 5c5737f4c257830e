//! What stands in rows before a statement changes them, where somebody is told of it. Of a model that does not ask nothing is read.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::policy::changes::{Changes, key};
use crate::sql::cond::Cond;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Renderer, Row, Scope};
use crate::sql::source::{Source, Which};
use crate::sql::statement::{Parameter, Statement};
use crate::tree::expr::{Bind, Expr, push, push_number};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};

/// What stands in these columns of some rows.
pub(super) struct Before<'a> {
    changes: &'a Changes,
    authority: &'a Authority,
    model: &'static ModelMeta,
    columns: Vec<&'static ColumnMeta>,
    rows: BTreeMap<Uuid, Vec<Value>>,
}

/// The columns that [`Before::of`] reads.
fn found(source: &Source, columns: &[&'static ColumnMeta]) -> String {
    let columns = columns.iter().map(|column| source.column(column));
    let all: Vec<_> = std::iter::once(source.id()).chain(columns).collect();
    all.join(", ")
}

/// The same, of the rows that a statement has changed, as they became.
pub(super) fn returning(dialect: Dialect, model: &ModelMeta, columns: &[&'static ColumnMeta]) -> String {
    // On SQLite, what is changed has no other name there.
    let of = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "t.",
    };
    let all = std::iter::once(model.id()).chain(columns.iter().copied());
    let all: Vec<_> = all.map(|column| format!("{of}\"{}\"", column.column)).collect();
    format!(" RETURNING {}", all.join(", "))
}

/// What stands in these columns of a row that has all of its model's.
pub(super) fn values_of(
    columns: &[&'static ColumnMeta],
    model: &'static ModelMeta,
    row: &RowReader<'_>,
) -> Result<Vec<Value>> {
    let value = |column: &&'static ColumnMeta| {
        let at = model.position(column).unwrap_or(0);
        let value = row.value_at(at).and_then(|value| stood(column, value));
        value.map_err(mismatch(model))
    };
    columns.iter().map(value).collect()
}

impl<'a> Before<'a> {
    /// Of one row, if somebody is told of it.
    pub(super) async fn of_row(
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        id: &Value,
        authority: &'a Authority,
        session: Session<'_>,
    ) -> Result<Option<Self>> {
        Self::of_rows(model, columns, std::slice::from_ref(id), authority, session).await
    }

    /// Of the rows with these keys. What is done with them is judged by the statement that does it.
    pub(super) async fn of_rows(
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        ids: &[Value],
        authority: &'a Authority,
        session: Session<'_>,
    ) -> Result<Option<Self>> {
        if authority.changes_of(model).is_none() {
            return Ok(None);
        }
        let mut shape = vec![b'o'];
        push(&mut shape, model);
        authority.shape(&mut shape);
        columns.iter().for_each(|column| push(&mut shape, *column));
        let text = session.text(&shape, || {
            let mut renderer = Renderer::new(session.dialect(), authority, false, 1);
            let list = renderer.value(Parameter::List(Kind::Uuid));
            let source = renderer.source(model, Which::Found)?;
            let these = renderer.dialect().is_one_of(Kind::Uuid, &source.id(), &list);
            let sql = source.select_locked(&mut renderer, &found(&source, columns), Cond::safe(these));
            renderer.text(sql)
        })?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &[Bind::List(ids)],
        };
        Self::of(model, columns, &statement, authority, session).await
    }

    /// Of those that are so, may be seen and may be changed: the rows that a statement on the set is about to change.
    pub(super) async fn of_set(
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        filter: &Expr,
        authority: &'a Authority,
        session: Session<'_>,
    ) -> Result<Option<Self>> {
        if authority.changes_of(model).is_none() {
            return Ok(None);
        }
        let mut shape = vec![b'q'];
        push(&mut shape, model);
        authority.shape(&mut shape);
        push_number(&mut shape, columns.len());
        columns.iter().for_each(|column| push(&mut shape, *column));
        let mut values = Vec::new();
        filter.shape(&mut shape, &mut values);
        let text = session.text(&shape, || {
            let one = filter.names_one_row();
            let mut renderer = Renderer::new(session.dialect(), authority, one, values.len());
            let filter = renderer.condition(filter, Row::old("t"), Scope::Query)?;
            let source = renderer.source(model, Which::Asked)?;
            let change = renderer.rule(Action::Change, model, source.row())?;
            let what = found(&source, columns);
            let sql = source.select_locked(&mut renderer, &what, change.and(filter));
            renderer.text(sql)
        })?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        Self::of(model, columns, &statement, authority, session).await
    }

    /// Of the rows that a statement finds, which gives the key and these columns.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than a unit tells of: nothing is changed then.
    async fn of(
        model: &'static ModelMeta,
        columns: &[&'static ColumnMeta],
        statement: &Statement<'_>,
        authority: &'a Authority,
        session: Session<'_>,
    ) -> Result<Option<Self>> {
        let Some(changes) = authority.changes_of(model) else {
            return Ok(None);
        };
        let mut rows = BTreeMap::new();
        let mut room = changes.room();
        let each = |row: &mut RowReader<'_>| {
            let (id, values) = read(model, columns, row)?;
            room.take(&values)?;
            rows.insert(id, values);
            Ok(())
        };
        session.fetch(statement, each).await?;
        session.charge(rows.len())?;
        Ok(Some(Self {
            changes,
            authority,
            model,
            columns: columns.to_vec(),
            rows,
        }))
    }

    /// The one row became this.
    pub(super) fn changed(self, id: &Value, new: Vec<Value>) -> Result<()> {
        self.note(key(Some(id))?, new)
    }

    /// Runs the statement that changes them, which is [`returning`] what they became; says how many it changed.
    pub(super) async fn change_set(&self, statement: &Statement<'_>, session: Session<'_>) -> Result<u64> {
        let mut changed = 0;
        let each = |row: &mut RowReader<'_>| {
            let (id, new) = read(self.model, &self.columns, row)?;
            changed += 1;
            self.note(id, new)
        };
        // What is told and what is done are one: where the one fails, the other is undone.
        session.begin_step().await?;
        let done = session.fetch(statement, each).await;
        session.end_step(done.is_ok()).await?;
        done.map(|()| changed)
    }

    /// They hold nothing in these columns any more.
    pub(super) fn emptied(self) -> Result<()> {
        let none = vec![Value::Null; self.columns.len()];
        self.rows.keys().try_for_each(|id| self.note(*id, none.clone()))
    }

    /// They are gone; the columns are all of the model's.
    pub(super) fn deleted(self) -> Result<()> {
        let actor = self.authority.actor;
        let mut rows = self.rows.values();
        rows.try_for_each(|values| self.changes.deleted(actor, self.model, values))
    }

    /// The row with this key became this.
    pub(super) fn note(&self, id: Uuid, new: Vec<Value>) -> Result<()> {
        // By the clock in a filter or a rule, a row may be one of the set a moment later.
        let Some(old) = self.rows.get(&id) else {
            return Err(Error::Busy(
                "a row came to match while its set was changed, and nothing is: send it again",
            ));
        };
        let columns = self.columns.iter().zip(old).zip(new);
        let columns = columns.map(|((column, old), new)| (*column, old.clone(), new));
        self.changes
            .changed(self.authority.actor, self.model, id, columns)
    }
}

/// What stood in a column. CWE-755: a choice that the program does not know (a release was rolled back) is told as it stands, so that its row
/// can be changed and deleted.
fn stood(column: &ColumnMeta, value: ValueRef<'_>) -> Result<Value, Mismatch> {
    column.read(value).or_else(|wrong| match value {
        ValueRef::Text(text) if !column.untyped.choices.is_empty() => Ok(Value::Text(text.to_owned())),
        _ => Err(wrong),
    })
}

fn read(
    model: &'static ModelMeta,
    columns: &[&'static ColumnMeta],
    row: &mut RowReader<'_>,
) -> Result<(Uuid, Vec<Value>)> {
    let wrong = mismatch(model);
    let id = model.id().read(row.value().map_err(&wrong)?).map_err(&wrong)?;
    let mut value = |column: &&'static ColumnMeta| {
        let value = row.value().and_then(|value| stood(column, value));
        value.map_err(&wrong)
    };
    let values = columns.iter().map(&mut value).collect::<Result<_>>()?;
    Ok((key(Some(&id))?, values))
}
