//! INSERT of many rows: each under the add rule, all or none, and none justified by another.

use std::ops::Range;
use std::sync::Arc;

use super::constraint::translate;
use super::create::{Create, Insert, columns, condition};
use super::seal::{Seal, Taken, unless_taken};
use super::stored::mismatch;
use crate::backend::Session;
use crate::error::{Error, Result, RowProblem};
use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::policy::actor::actions::Add;
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::cond::Cond;
use crate::sql::dialect::Dialect;
use crate::sql::render::Renderer;
use crate::sql::source::{first_refused, insert, insert_lists, of_list};
use crate::sql::statement::{Parameter, Statement, Text};
use crate::tree::bounds;
use crate::tree::expr::{Bind, push, push_number};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Writes};

/// Rows of one statement, at most.
pub(super) const AT_ONCE: usize = 1_000;

/// Rows to be added together: `Article::create_all(lines.map(|line| NewArticle { … })).save(&db)`. Rows with values of their own
/// for what has a default are collected: `rows.map(|row| Article::create(row).set(…)).collect::<CreateAll<_>>()`.
#[derive(Debug, Clone)]
#[must_use = "nothing is added before `save`"]
pub struct CreateAll<M> {
    rows: Vec<Create<M>>,
}

impl<M: Model> CreateAll<M> {
    #[doc(hidden)]
    pub fn new(rows: impl IntoIterator<Item = M::New>) -> Self {
        rows.into_iter().map(Create::new).collect()
    }

    /// Sets fields of each of the rows that have a value of their own: see [`Create::set`].
    pub fn set<A: IntoIterator<Item = Assignment<M>>>(self, set: impl Fn(&Columns<M>) -> A) -> Self {
        self.rows.into_iter().map(|row| row.set(&set)).collect()
    }

    /// Adds the rows, if the add rule allows each of them and every row that one refers to may be seen; up to 1,000 in a
    /// statement, and up to 100,000 at once. Whether a row may be added is read from what was there before the first of them; where
    /// the rule counts rows of `M`, it has to hold again when the row's turn comes, so that many rows together are not more than it
    /// allows one by one (CWE-863).
    ///
    /// # Errors
    /// [`Error::Rows`]: the position of a row, and what [`Create::save`] would have said of it. None is added then.
    pub async fn save(self, db: &dyn Writes<Add, M>) -> Result<Vec<M>> {
        self.save_in(M::meta(), db.bound()).await
    }
}

impl<M> FromIterator<Create<M>> for CreateAll<M> {
    fn from_iter<I: IntoIterator<Item = Create<M>>>(rows: I) -> Self {
        Self {
            // CWE-770: no more of them is taken than there may be.
            rows: rows.into_iter().take(bounds::MAX_ADDED + 1).collect(),
        }
    }
}

impl<M: Record> CreateAll<M> {
    pub(crate) async fn save_in(self, model: &'static ModelMeta, bound: &Bound) -> Result<Vec<M>> {
        let rows = inserts(model, self.rows)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        bound.write_steps(InsertAll::new(model, rows)).await
    }
}

impl<M> CreateAll<M> {
    pub(super) fn into_rows(self) -> Vec<Create<M>> {
        self.rows
    }
}

/// The rows with all of their values, or what is wrong with those of some.
pub(super) fn inserts<M: Record>(model: &'static ModelMeta, new: Vec<Create<M>>) -> Result<Vec<Insert<M>>> {
    if new.len() > bounds::MAX_ADDED {
        return Err(Error::TooLarge(bounds::ADDED));
    }
    let (mut rows, mut wrong) = (Vec::with_capacity(new.len()), Vec::new());
    for (row, create) in new.into_iter().enumerate() {
        match Insert::new(model, create) {
            Ok(insert) => rows.push(insert),
            Err(error) if wrong.len() < bounds::MAX_TOLD => wrong.push(RowProblem { row, error }),
            Err(_) => {}
        }
    }
    if wrong.is_empty() {
        Ok(rows)
    } else {
        Err(Error::Rows(wrong))
    }
}

pub(super) struct InsertAll<M> {
    pub(super) model: &'static ModelMeta,
    pub(super) rows: Vec<Insert<M>>,
    /// The first of them with a value that another row has.
    taken: Option<(usize, Taken)>,
}

/// What a statement on some of the rows is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those that may be added, and are.
    JudgeAndAdd,
    /// Whether they may.
    Judge,
    /// They may, and are added.
    Add,
}

impl<M: Record> Steps for InsertAll<M> {
    type Found = Vec<M>;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<Vec<M>> {
        let sealed = Box::pin(self.sealed(authority, session)).await?;
        sealed
            .as_ref()
            .unwrap_or(self)
            .save(authority, session, said)
            .await?;
        self.rows.iter().map(Insert::added).collect()
    }

    fn is_large(&self) -> bool {
        self.rows.len() > 100
    }
}

impl<M> InsertAll<M> {
    pub(super) fn new(model: &'static ModelMeta, rows: Vec<Insert<M>>) -> Self {
        Self {
            model,
            rows,
            taken: None,
        }
    }
}

impl<M: Record> InsertAll<M> {
    /// The rows as they are written, if something in them is sealed.
    pub(super) async fn sealed(&self, authority: &Authority, session: Session<'_>) -> Result<Option<Self>> {
        let Some(mut seal) = Seal::of(session, authority, self.model) else {
            return Ok(None);
        };
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut first = None;
        for (position, row) in self.rows.iter().enumerate() {
            rows.push(row.sealed(&mut seal).await.map_err(|error| at(position, error))?);
            first = first.or(seal.taken().map(|taken| (position, taken)));
        }
        Ok(Some(Self {
            taken: first,
            ..Self::new(self.model, rows)
        }))
    }

    async fn save(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<()> {
        let groups = self.groups();
        // CWE-863: no row justifies another that is added with it.
        let (mut apart, mut in_turn) = (false, self.rows.len() > 1);
        let mut counts = false;
        for group in &groups {
            let text = self.rows[group.start].kept_text(authority, session)?;
            text.note(said);
            apart |= text.reads_its_own;
            counts |= text.in_turn;
        }
        let unjudged = removed(Control::EachRow);
        in_turn &= counts && !unjudged && !removed(Control::InTurn);
        let at_once = session.dialect() == Dialect::Postgres && groups.len() == 1 && !in_turn;
        let apart = apart && !at_once && !removed(Control::TogetherUnjustified);
        let part = if unjudged || (apart && !in_turn) {
            Part::Add
        } else {
            Part::JudgeAndAdd
        };
        if apart && !unjudged {
            self.judge_each(authority, session).await?;
        }
        self.add_each(part, in_turn, authority, session).await
    }

    /// Whether each of the rows may be added.
    pub(super) async fn judge_each(&self, authority: &Authority, session: Session<'_>) -> Result<()> {
        for group in self.groups() {
            self.on_each(Part::Judge, group, authority, session).await?;
        }
        Ok(())
    }

    /// Adds the rows, of which each may be; among `several` writes, each is asked about again in its turn if its rules count rows
    /// like it.
    pub(super) async fn add_judged(
        &self,
        several: bool,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        let mut counts = false;
        for group in self.groups() {
            counts |= self.rows[group.start].kept_text(authority, session)?.in_turn;
        }
        let in_turn = several && counts && !removed(Control::EachRow) && !removed(Control::InTurn);
        let part = if in_turn { Part::JudgeAndAdd } else { Part::Add };
        self.add_each(part, in_turn, authority, session).await
    }

    async fn add_each(
        &self,
        part: Part,
        in_turn: bool,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        let taken = self.taken.map(|(position, taken)| at(position, taken.error()));
        unless_taken(taken, session, async {
            for group in self.groups() {
                match session.dialect() {
                    Dialect::Postgres if !in_turn => self.add_lists(part, group, authority, session).await?,
                    _ => self.on_each(part, group, authority, session).await?,
                }
            }
            Ok(())
        })
        .await?;
        if let Some(changes) = authority.changes_of(self.model) {
            for row in &self.rows {
                changes.added(authority.actor, self.model, &row.values)?;
            }
        }
        Ok(())
    }

    /// Rows next to each other of which the same columns with privilege are set, so that one text fits all of them.
    fn groups(&self) -> Vec<Range<usize>> {
        let mut first = 0;
        let mut groups = Vec::new();
        for alike in self.rows.chunk_by(|a, b| a.privileged == b.privileged) {
            for part in alike.chunks(AT_ONCE) {
                groups.push(first..first + part.len());
                first += part.len();
            }
        }
        groups
    }

    /// Whether each of them may be added to what is there now, if that could be another thing when those before it are.
    pub(super) async fn judge(&self, authority: &Authority, session: Session<'_>) -> Result<()> {
        for group in self.groups() {
            let text = self.rows[group.start].kept_text(authority, session)?;
            if text.reads_its_own {
                self.on_each(Part::Judge, group, authority, session).await?;
            }
        }
        Ok(())
    }

    /// A statement for each row. There is no way to a database in the same process that would be saved, and each value goes
    /// there as it is; to a server, each in its turn.
    async fn on_each(
        &self,
        part: Part,
        rows: Range<usize>,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        let text = match (part, session.dialect()) {
            (Part::Judge, Dialect::Postgres) => return self.judge_lists(rows, authority, session).await,
            (Part::JudgeAndAdd, _) => self.rows[rows.start].kept_text(authority, session)?,
            (Part::Judge | Part::Add, _) => self.text(part, rows.start, authority, session)?,
        };
        for position in rows {
            let row = &self.rows[position];
            let values: Vec<Bind<'_>> = row.values.iter().map(Bind::One).collect();
            let statement = Statement {
                text: &text,
                actor: authority.id(),
                values: &values,
            };
            let may = if part == Part::Judge {
                let may = session.one(&statement, |row| row.flag().map_err(mismatch(self.model)));
                may.await? == Some(true)
            } else {
                match session.execute(&statement).await {
                    Err(error) if row.is_refusal(&error) => false,
                    Err(error) => return Err(at(position, translate(error, self.model))),
                    Ok(added) => added == 1,
                }
            };
            if !may {
                return Err(at(position, row.why_not(authority, session).await?));
            }
        }
        Ok(())
    }

    async fn judge_lists(
        &self,
        rows: Range<usize>,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        let text = self.text(Part::Judge, rows.start, authority, session)?;
        let lists = self.lists(rows.clone());
        let values: Vec<_> = lists.iter().map(|list| Bind::List(list)).collect();
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let refused = session.one(&statement, |row| row.integer().map_err(mismatch(self.model)));
        match refused.await? {
            None => Ok(()),
            Some(place) => {
                let position = rows.start + usize::try_from(place - 1).unwrap_or(0);
                let row = self.rows.get(position).unwrap_or(&self.rows[rows.start]);
                Err(at(position, row.why_not(authority, session).await?))
            }
        }
    }

    /// One statement for rows of a server. If the schema refuses one of them, which one it is is looked for by halves.
    async fn add_lists(
        &self,
        part: Part,
        rows: Range<usize>,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        session.begin_step().await?;
        let done = self.add_lists_once(part, rows.clone(), authority, session).await;
        session.end_step(done.is_ok()).await?;
        match done {
            Err(error) if is_of_a_row(&error) && rows.len() > 1 => {}
            Err(error) if is_of_a_row(&error) => return Err(at(rows.start, error)),
            done => return done,
        }
        // Of these all are added, up to `good`; not up to `bad`.
        let (mut good, mut bad) = (rows.start, rows.end);
        let mut first = None;
        while good < bad {
            let middle = good + (bad - good).div_ceil(2);
            session.begin_step().await?;
            let done = self.add_lists_once(part, good..middle, authority, session).await;
            session.end_step(done.is_ok()).await?;
            match done {
                Ok(()) => good = middle,
                Err(error) if middle - good > 1 && is_of_a_row(&error) => bad = middle,
                Err(error) => {
                    first = Some(error);
                    break;
                }
            }
        }
        Err(match first {
            Some(error) if is_of_a_row(&error) => at(good, error),
            Some(error) => error,
            None => done_by_another(),
        })
    }

    async fn add_lists_once(
        &self,
        part: Part,
        rows: Range<usize>,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<()> {
        let text = self.text(part, rows.start, authority, session)?;
        let lists = self.lists(rows.clone());
        let values: Vec<_> = lists.iter().map(|list| Bind::List(list)).collect();
        let statement = Statement {
            text: &text,
            actor: authority.id(),
            values: &values,
        };
        let mut added = Vec::with_capacity(rows.len());
        let each = |row: &mut crate::tree::value::RowReader<'_>| {
            if let Ok(ValueRef::Blob(id)) = row.value() {
                added.push(Value::Blob(id.to_vec()));
            }
            Ok(())
        };
        let done = session.fetch(&statement, each).await;
        done.map_err(|error| translate(error, self.model))?;
        // In the order in which they were given: the first that is not there was refused.
        let mut added = added.iter();
        for position in rows {
            let row = &self.rows[position];
            let id = row.values.first().map(Value::as_ref);
            if added.next().map(Value::as_ref) != id {
                return Err(at(position, row.why_not(authority, session).await?));
            }
        }
        Ok(())
    }

    /// The rows' values, a list for each column.
    fn lists(&self, rows: Range<usize>) -> Vec<Vec<Value>> {
        let rows = &self.rows[rows];
        let of_column = |at: usize| rows.iter().map(|row| row.values[at].clone()).collect();
        (0..self.model.columns.len()).map(of_column).collect()
    }

    /// The text for a part, of rows like the one at this position.
    fn text(
        &self,
        part: Part,
        like: usize,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<Arc<Text>> {
        let like = &self.rows[like];
        let dialect = session.dialect();
        let mut key = vec![b'B', part as u8];
        push(&mut key, self.model);
        authority.shape(&mut key);
        like.privileged
            .iter()
            .for_each(|position| push_number(&mut key, *position));
        session.text(&key, || {
            let model = self.model;
            let mut renderer = Renderer::new(dialect, authority, true, model.columns.len());
            let (mut new, mut given) = (Vec::new(), Vec::new());
            for (number, column) in model.columns.iter().enumerate() {
                match dialect {
                    Dialect::Sqlite => new.push((column, renderer.one(column.kind))),
                    Dialect::Postgres => {
                        given.push(renderer.value(Parameter::List(column.kind)));
                        new.push((column, dialect.constant(column.kind, of_list(number))));
                    }
                }
            }
            let may = match part {
                Part::Add => Cond::True,
                Part::Judge | Part::JudgeAndAdd => condition(&mut renderer, model, &new, &like.privileged)?,
            };
            let values: Vec<_> = new.iter().map(|(_, value)| value.as_str()).collect();
            if part != Part::Judge {
                // Their ids come back, also of those that are not the actor's to see.
                renderer.step_aside(&[Action::View], model);
            }
            if part == Part::Add {
                // They were judged before the first of them was there.
                renderer.step_aside(&[Action::Add], model);
            }
            let sql = match (dialect, part) {
                (Dialect::Sqlite, Part::Judge) => format!("SELECT ({}) IS TRUE", may.sql()),
                (Dialect::Postgres, Part::Judge) => first_refused(&given, &may),
                (Dialect::Postgres, _) => {
                    insert_lists(model, &columns(model), &values.join(", "), &given, &may)
                }
                (Dialect::Sqlite, _) => {
                    let (id, rest) = values.split_first().unwrap_or((&"NULL", &[]));
                    let rest: String = rest.iter().map(|value| format!("{value}, ")).collect();
                    insert(dialect, model, &columns(model), (id, &format!("{rest}1")), &may)
                }
            };
            renderer.text(sql)
        })
    }
}

/// What is wrong with the row at this position.
pub(super) fn at(row: usize, error: Error) -> Error {
    match error {
        Error::NotFound
        | Error::Forbidden
        | Error::Conflict
        | Error::Invalid(_)
        | Error::Unique { .. }
        | Error::Restricted { .. } => Error::Rows(vec![RowProblem { row, error }]),
        // Whatever else there is is not the row's.
        error => error,
    }
}

/// Whether a statement failed over one of its rows, and does not say which.
pub(super) fn is_of_a_row(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid(_) | Error::Unique { .. } | Error::Restricted { .. }
    )
}

fn done_by_another() -> Error {
    Error::Busy("what kept these rows from being added is gone: send it again")
}
