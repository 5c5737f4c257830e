//! UPDATE: the change rule for the row as it is, and again for the row as it becomes, in one WHERE.

use std::fmt::Write as _;
use std::sync::Arc;

use uuid::Uuid;

use super::computed::Fit;
use super::constraint::{hidden_target, position, targets, translate};
use super::seal::{Seal, is_no_set, is_sealed, with_index};
use super::stored::{key_of, mismatch, unknown};
use super::told::{Before, returning, values_of};
use crate::backend::Session;
use crate::error::{Error, FieldProblem, Refusal, Result};
use crate::model::assignment::{Assignment, New};
use crate::model::record::Record;
use crate::model::types::{DateTime, Id};
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::problem::Problem;
use crate::sabotage::{Control, removed};
use crate::sql::cond::Class;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Cond, Renderer, Row, Scope};
use crate::sql::source::{Source, Which};
use crate::sql::statement::{Statement, Text};
use crate::tree::bounds;
use crate::tree::expr::{Bind, Col, Expr, Op, push, push_number};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta, Privilege};
use crate::tree::value::{Kind, Mismatch, RowReader, Value};
use crate::unit::Steps;

/// New values for columns of rows that exist.
pub(super) struct Changes {
    pub(super) model: &'static ModelMeta,
    columns: Vec<&'static ColumnMeta>,
    new: Vec<New>,
}

/// A column's new value as SQL over the row `t`.
pub(super) type Becomes = (&'static ColumnMeta, String);

impl Changes {
    pub(super) fn new<M>(
        model: &'static ModelMeta,
        assignments: impl IntoIterator<Item = Assignment<M>>,
    ) -> Result<Self> {
        let mut changes = Self {
            model,
            columns: Vec::new(),
            new: Vec::new(),
        };
        let mut problems = Vec::new();
        // CWE-770: of more than there are columns, one is set twice.
        for assignment in assignments.into_iter().take(model.columns.len() + 1) {
            let column = assignment.column;
            if let Some(problem) = assignment.problem {
                problems.push(FieldProblem {
                    field: column.field,
                    problem,
                });
            }
            if matches!(column.auto, Auto::Id | Auto::RandomId) {
                problems.push(FieldProblem {
                    field: column.field,
                    problem: crate::model::field::ID_IS_NEVER_SET,
                });
            }
            if changes.columns.iter().any(|mine| std::ptr::eq(*mine, column)) {
                problems.push(FieldProblem {
                    field: column.field,
                    problem: Problem::new("set_twice", "Set twice."),
                });
            }
            if let (Some(index), New::Value(value)) = (with_index(model, column), &assignment.new) {
                changes.columns.push(index);
                changes.new.push(New::Value(value.clone()));
            }
            changes.columns.push(&model.columns[position(model, column)?]);
            changes.new.push(assignment.new);
        }
        if !problems.is_empty() && !removed(Control::Validation) {
            return Err(Error::Invalid(problems));
        }
        for column in model.columns {
            if column.auto == Auto::Now && !changes.columns.iter().any(|mine| std::ptr::eq(*mine, column)) {
                changes.columns.push(column);
                changes.new.push(New::Value(DateTime::now_value()));
            }
        }
        Ok(changes)
    }

    /// Everything that decides the statement's text, and its values in the order in which the text refers to them.
    pub(super) fn shape<'a>(
        &'a self,
        kind: u8,
        authority: &Authority,
        values: &mut Vec<Bind<'a>>,
    ) -> Vec<u8> {
        let mut key = vec![kind];
        push(&mut key, self.model);
        authority.shape(&mut key);
        push_number(&mut key, self.columns.len());
        for (column, new) in self.columns.iter().zip(&self.new) {
            push(&mut key, *column);
            match new {
                New::Value(value) => {
                    key.push(0);
                    values.push(Bind::One(value));
                }
                New::More(by) => {
                    key.push(1);
                    values.push(Bind::One(by));
                }
                New::Term(term) => {
                    key.push(2);
                    term.shape(&mut key, values);
                }
            }
        }
        key
    }

    /// Whether the database computes one of the values.
    pub(super) fn computes(&self) -> bool {
        self.new.iter().any(|new| matches!(new, New::Term(_)))
    }

    /// Whether what it computes may be an error on some rows, or takes long where they hold much.
    fn raises(&self) -> bool {
        self.new
            .iter()
            .any(|new| matches!(new, New::Term(term) if term.has_fragment() || term.is_long()))
    }

    /// The columns' new values, and which of them the columns have to take.
    pub(super) fn assigned(&self, renderer: &mut Renderer<'_>) -> Result<(Vec<Becomes>, Vec<Fit>)> {
        let (mut all, mut fits) = (Vec::with_capacity(self.columns.len()), Vec::new());
        for (column, new) in self.columns.iter().zip(&self.new) {
            let sql = match new {
                New::Value(_) => {
                    let value = renderer.one(column.kind);
                    renderer.dialect().constant(column.kind, value)
                }
                New::More(_) => {
                    let by = renderer.one(column.kind);
                    saturating_add(column, &by)
                }
                New::Term(term) => {
                    // CWE-203: as in a query, related rows that may not be seen are absent.
                    let (sql, beyond) = renderer.exact_term(term, Row::old("t"))?;
                    fits.push(Fit::new(column, &sql, &beyond));
                    sql
                }
            };
            all.push((*column, sql));
        }
        Ok((all, fits))
    }

    /// What must hold of the row as it becomes, and of what is computed for it.
    fn after(&self, renderer: &mut Renderer<'_>, new: &[Becomes], fits: &[Fit]) -> Result<Cond> {
        let judged = after(renderer, self.model, new)?;
        let fits = fits.iter().filter_map(Fit::holds).map(Cond::safe);
        let all = fits.fold(judged, Cond::and);
        // CWE-209: what is computed stands in the rules, too, and is no more of an error there than where it is set.
        Ok(match &all {
            Cond::Sql(_) if self.raises() => Cond::new(all.sql().into_owned(), Class::Raising, all.asks()),
            _ => all,
        })
    }

    /// The rows that may be seen, and what must hold of one as it is besides: that it may be changed.
    pub(super) fn before(&self, renderer: &mut Renderer<'_>) -> Result<(Source, Cond)> {
        let source = renderer.source(self.model, Which::Asked)?;
        let change = renderer.rule(Action::Change, self.model, source.row())?;
        Ok((source, change))
    }

    /// What the columns are set to, and the next version. Where `judged` does not hold there is none, and a row without one is no
    /// row: the statement fails, and nothing of it is done.
    fn set_clause(&self, new: &[Becomes], fits: &[Fit], judged: &Cond) -> String {
        let mut out = String::new();
        for (column, value) in new {
            let name = column.column;
            let fit = fits.iter().find(|fit| std::ptr::eq(fit.column, *column));
            let _ = match fit.filter(|_| *judged != Cond::True).and_then(Fit::holds) {
                // What the column does not take would be the database's own error, before the version is one.
                Some(fits) => write!(
                    out,
                    "\"{name}\" = CASE WHEN {fits} THEN {value} ELSE t.\"{name}\" END, "
                ),
                None => write!(out, "\"{name}\" = {value}, "),
            };
        }
        // A counter that goes up beside what people edit is no other version of it. CWE-362: what is read and then set is.
        let mut columns = self.columns.iter().zip(&self.new);
        let edited = columns.any(|(column, new)| {
            (column.versioned || matches!(new, New::Value(_))) && column.auto != Auto::Now
        });
        let by = u8::from(edited);
        let next = format!("t.\"row_version\" + {by}");
        let _ = match judged {
            Cond::True => write!(out, "\"row_version\" = {next}"),
            judged => write!(
                out,
                "\"row_version\" = CASE WHEN {} THEN {next} END",
                judged.sql()
            ),
        };
        out
    }

    /// Whether a row has no version, because it may not become what it would.
    fn is_refusal(&self, error: &Error) -> bool {
        match error {
            Error::Database(refused) => match refused.refusal() {
                Some(Refusal::NotNull(column)) => *column == format!("{}.row_version", self.model.table),
                _ => false,
            },
            _ => false,
        }
    }

    /// The statement for one row, whose id and version follow the new values.
    fn text_of_one(&self, dialect: Dialect, authority: &Authority, values: usize) -> Result<Text> {
        let mut renderer = Renderer::new(dialect, authority, true, values);
        let (new, fits) = self.assigned(&mut renderer)?;
        let (id, version) = (renderer.one(Kind::Uuid), renderer.one(Kind::BigInt));
        let mut current = format!("t.\"row_version\" = {version}");
        if removed(Control::Version) {
            current = format!("{version} IS NOT NULL");
        }
        let (source, change) = self.before(&mut renderer)?;
        let named = Cond::safe(format!("{} = {id} AND {current}", source.id()));
        let before = source.under_the_rule(named.clone().and(change.clone()));
        let after = self.after(&mut renderer, &new, &fits)?.behind(&before);
        let returning: Vec<_> = self
            .model
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.column))
            .collect();
        let update = source.update(
            &self.set_clause(&new, &fits, &Cond::True),
            named.and(change).and(after),
        );
        let sql = format!("{update} RETURNING {}", returning.join(", "));
        renderer.text(sql)
    }

    /// Changes the row with this id, of this version.
    pub(super) async fn on_one<M: Record>(
        &self,
        id: Id<M>,
        version: i64,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<M> {
        let mut seal = Seal::of(session, authority, self.model);
        let sealed = match &mut seal {
            Some(seal) => Some(Box::pin(self.sealed(id.uuid().as_bytes(), seal)).await?),
            None => None,
        };
        let taken = seal.and_then(|mut seal| seal.taken());
        let changes = sealed.as_ref().unwrap_or(self);
        let model = changes.model;
        let id = Value::Uuid(id.uuid());
        let mut values = Vec::with_capacity(8);
        let key = changes.shape(b'U', authority, &mut values);
        values.push(Bind::One(&id));
        values.push(Bind::Int(version));
        let text = session.text(&key, || {
            changes.text_of_one(session.dialect(), authority, values.len())
        })?;
        text.note(said);
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let told = Before::of_row(model, &changes.columns, &id, authority, session).await?;
        let is_told = told.is_some();
        let is_step = is_told || taken.is_some();
        // CWE-778: what is told and what is done are one: where the one fails, the other is undone.
        if is_step {
            session.begin_step().await?;
        }
        let mut new = Vec::new();
        let changed = session.one(&statement, |row| {
            if is_told {
                new = values_of(&changes.columns, model, row)?;
            }
            let first = row.at();
            M::read(model, row).map_err(|Mismatch| unknown(model, first, row))
        });
        let changed = changed.await.and_then(|row| {
            // CWE-203: only who may write it hears that it is taken.
            if let (Some(_), Some(taken)) = (&row, taken) {
                return Err(taken.error());
            }
            if let (Some(_), Some(told)) = (&row, told) {
                told.changed(&id, new)?;
            }
            Ok(row)
        });
        if is_step {
            session.end_step(changed.is_ok()).await?;
        }
        match changed.map_err(|error| translate(error, model))? {
            Some(row) => Ok(row),
            None => Err(changes.why_not(&id, version, authority, session).await?),
        }
    }

    /// What is set in the row with this id, of which something is sealed.
    async fn sealed(&self, id: &[u8], seal: &mut Seal<'_>) -> Result<Self> {
        let mut new = Vec::with_capacity(self.new.len());
        for (column, value) in self.columns.iter().zip(&self.new) {
            new.push(match value {
                New::Value(value) => New::Value(seal.value(id, column, value).await?),
                other => other.clone(),
            });
        }
        Ok(Self {
            model: self.model,
            columns: self.columns.clone(),
            new,
        })
    }

    /// Why no row was changed: absent, not changeable, changed meanwhile, or a new value that is not allowed.
    async fn why_not(
        &self,
        id: &Value,
        version: i64,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<Error> {
        let mut key = vec![b'W'];
        push(&mut key, self.model);
        authority.shape(&mut key);
        let text = session.text(&key, || {
            let mut renderer = Renderer::new(session.dialect(), authority, true, 1);
            let id = renderer.one(Kind::Uuid);
            let source = renderer.source(self.model, Which::Asked)?;
            let change = renderer.rule(Action::Change, self.model, source.row())?;
            let what = format!("t.\"row_version\", ({}) IS TRUE", change.sql());
            let sql = source.select_where(&what, self.model.id(), &id, Cond::True);
            renderer.text(sql)
        })?;
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &[Bind::One(id)],
        };
        let wrong = mismatch(self.model);
        let found = session
            .one(&statement, |row| {
                let now = row.integer().map_err(&wrong)?;
                Ok((now, row.flag().map_err(&wrong)?))
            })
            .await?;
        Ok(match found {
            None => Error::NotFound,
            Some((_, false)) => Error::Forbidden,
            Some((now, true)) if now != version => Error::Conflict,
            Some(_) => {
                let of_id = Expr::Compare(Op::Eq, Col::of_root(self.model.id()), id.clone());
                let misfit = self.misfit(&of_id, true, authority, session).await?;
                let new = self.columns.iter().copied().zip(&self.new);
                let values: Vec<_> = new
                    .filter_map(|(column, new)| match new {
                        New::Value(value) => Some((column, value)),
                        New::More(_) | New::Term(_) => None,
                    })
                    .collect();
                let hidden = hidden_target(authority, session, &values).await?;
                misfit.or(hidden).unwrap_or(Error::Forbidden)
            }
        })
    }

    /// The statement for a set, which judges each row as it is and as it becomes, locks it and writes it: between the three
    /// nobody comes (CWE-367). Relations are read as they were before the first row is written.
    fn text_of_all(
        &self,
        filter: &Expr,
        is_told: bool,
        dialect: Dialect,
        authority: &Authority,
        values: usize,
    ) -> Result<Text> {
        // A set of one row looks related rows up, as a row does.
        let one = filter.names_one_row();
        let mut renderer = Renderer::new(dialect, authority, one, values);
        let (new, fits) = self.assigned(&mut renderer)?;
        let filter = renderer.condition(filter, Row::old("t"), Scope::Query)?;
        let opened = renderer.opened();
        let (source, change) = self.before(&mut renderer)?;
        let matching = change.and(filter);
        let before = source.under_the_rule(matching.clone());
        let after = self.after(&mut renderer, &new, &fits)?.behind(&before);
        let in_turn = !one && renderer.has_opened(opened, self.model) && !removed(Control::InTurn);
        if in_turn && self.computes() {
            return Err(Error::Internal(format!(
                "`change_all` of `{}` computes a value, and a rule counts rows like those that it changes, so that each is judged in its turn, \
                 when those before it are changed: read the rows, and change each of them (`change_each`)",
                self.model.name
            )));
        }
        let mut sql = if in_turn {
            // What they may become; they become it one by one.
            source.select_locked(&mut renderer, &source.id_and(&after), matching)
        } else {
            let set = self.set_clause(&new, &fits, &after);
            match one {
                true => source.update(&set, matching),
                false => source.update_as_read(dialect, &set, matching),
            }
        };
        if in_turn {
            let mut text = renderer.text(sql)?;
            text.in_turn = true;
            return Ok(text);
        }
        if is_told {
            sql.push_str(&returning(dialect, self.model, &self.columns));
        }
        renderer.text(sql)
    }
}

/// Changes one row, of this version.
pub(super) struct One<M> {
    pub(super) changes: Changes,
    pub(super) id: Id<M>,
    pub(super) version: i64,
}

impl<M: Record> Steps for One<M> {
    type Found = M;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<M> {
        let changes = &self.changes;
        changes
            .on_one(self.id, self.version, authority, session, said)
            .await
    }
}

/// Changes all matching rows that may be changed; one forbidden new value undoes the statement.
pub(super) struct All {
    pub(super) changes: Changes,
    pub(super) filter: Expr,
}

impl Steps for All {
    type Found = u64;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<u64> {
        let mut set = self.changes.columns.iter().zip(&self.changes.new);
        let each = |new: &New| matches!(new, New::Value(Value::Unsealed(_)));
        if let Some((column, _)) = set.find(|(column, new)| each(new) && is_sealed(column)) {
            return Err(is_no_set(self.changes.model, column));
        }
        let (text, values) = self.changes.of_all(&self.filter, authority, session)?;
        text.note(said);
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        if !text.in_turn {
            return self
                .changes
                .on_all(&self.filter, &statement, authority, session)
                .await;
        }
        let ids = self.changes.may_become(&statement, session).await?;
        session.begin_step().await?;
        let done = self.changes.in_turn(&ids, authority, session).await;
        session.end_step(done.is_ok()).await?;
        done.map(|()| ids.len() as u64)
    }

    fn is_large(&self) -> bool {
        !self.filter.names_one_row()
    }
}

/// What must hold of the row as it becomes: the view and the change rule again, targets, columns with privilege.
pub(super) fn after(renderer: &mut Renderer<'_>, model: &'static ModelMeta, new: &[Becomes]) -> Result<Cond> {
    let old = Row::old("t");
    let row = Row { alias: "t", new };
    let columns: Vec<_> = new.iter().map(|(column, _)| *column).collect();
    let mut condition = renderer.rule(Action::Change, model, row)?;
    // CWE-863: nobody changes a row out of their own sight.
    if renderer.reads(Action::View, model, &columns)? {
        condition = condition.and(renderer.rule(Action::View, model, row)?);
    }
    condition = condition.and(targets(renderer, new)?);
    for column in columns {
        if column.privilege != Privilege::Open {
            condition = condition.and(renderer.may_set(Action::Change, model, column, old)?);
            condition = condition.and(renderer.may_set(Action::Change, model, column, row)?);
        }
    }
    Ok(condition)
}

impl Changes {
    /// The statement for a set, and its values.
    fn of_all<'a>(
        &'a self,
        filter: &'a Expr,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<(Arc<Text>, Vec<Bind<'a>>)> {
        let is_told = authority.changes_of(self.model).is_some();
        let mut values = Vec::with_capacity(8);
        let mut key = self.shape(if is_told { b'a' } else { b'A' }, authority, &mut values);
        filter.shape(&mut key, &mut values);
        let text = session.text(&key, || {
            self.text_of_all(filter, is_told, session.dialect(), authority, values.len())
        })?;
        Ok((text, values))
    }

    async fn on_all(
        &self,
        filter: &Expr,
        statement: &Statement<'_>,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<u64> {
        let told = Before::of_set(self.model, &self.columns, filter, authority, session).await?;
        // A statement that fails would spoil the transaction, in which it is asked next why.
        let asks_why = self.computes();
        if asks_why {
            session.begin_step().await?;
        }
        let done = match told {
            None => session.execute(statement).await,
            Some(told) => told.change_set(statement, session).await,
        };
        if asks_why {
            session.end_step(done.is_ok()).await?;
        }
        match done {
            Err(error) if self.is_refusal(&error) => {
                let misfit = self.misfit(filter, false, authority, session).await?;
                Err(misfit.unwrap_or(Error::Forbidden))
            }
            done => done.map_err(|error| translate(error, self.model)),
        }
    }

    /// The rows of a set, all of which may become what they would by what is there now.
    async fn may_become(&self, found: &Statement<'_>, session: Session<'_>) -> Result<Vec<Uuid>> {
        let mut ids = Vec::new();
        let row = |row: &mut RowReader<'_>| {
            // CWE-770
            if ids.len() >= bounds::MAX_IN_TURN {
                return Err(Error::TooLarge(bounds::IN_TURN));
            }
            ids.push(key_of(row, 0)?);
            row.skip(1);
            match row.flag().map_err(mismatch(self.model))? {
                true => Ok(()),
                false => Err(Error::Forbidden),
            }
        };
        session.fetch(found, row).await?;
        Ok(ids)
    }

    /// CWE-863: each of these rows in its turn, judged by what those before it have become: what a rule allows of one row after
    /// the other, and no more.
    async fn in_turn(&self, ids: &[Uuid], authority: &Authority, session: Session<'_>) -> Result<()> {
        for id in ids {
            let one = Expr::compare(Op::Eq, Col::of_root(self.model.id()), Value::Uuid(*id));
            let (text, values) = self.of_all(&one, authority, session)?;
            let statement = Statement {
                text: &text,
                actor: authority.id(),
                values: &values,
            };
            if self.on_all(&one, &statement, authority, session).await? == 0 {
                return Err(Error::Forbidden);
            }
        }
        Ok(())
    }
}

/// Added, within what the column holds.
fn saturating_add(column: &ColumnMeta, by: &str) -> String {
    let old = format!("t.\"{}\"", column.column);
    let most = if column.kind == Kind::Int {
        i64::from(i32::MAX)
    } else {
        i64::MAX
    };
    let sum = format!(
        "(CASE WHEN {by} > 0 AND {old} > {most} - {by} THEN {most} \
         WHEN {by} < 0 AND {old} < -{most} - 1 - {by} THEN -{most} - 1 \
         ELSE {old} + {by} END)"
    );
    // The bounds of the field are ends, too.
    match (column.limits.min, column.limits.max) {
        (None, None) => sum,
        (Some(min), None) => format!("(CASE WHEN {sum} < {min} THEN {min} ELSE {sum} END)"),
        (None, Some(max)) => format!("(CASE WHEN {sum} > {max} THEN {max} ELSE {sum} END)"),
        (Some(min), Some(max)) => {
            format!("(CASE WHEN {sum} < {min} THEN {min} WHEN {sum} > {max} THEN {max} ELSE {sum} END)")
        }
    }
}
