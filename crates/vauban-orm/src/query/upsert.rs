//! INSERT of many rows, or UPDATE where a row with their key is there: each under its rules, all or none, and none justified by
//! another.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;

use super::change::after;
use super::constraint::{hidden_target, position, translate};
use super::create::{Create, Insert};
use super::create_all::{AT_ONCE, CreateAll, InsertAll, at, inserts, is_of_a_row};
use super::stored::mismatch;
use super::told::Before;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::columns::{Column, Columns};
use crate::model::key::{Rel, own_columns};
use crate::model::record::Record;
use crate::model::scope::Own;
use crate::policy::actor::Action;
use crate::policy::actor::actions::{Add, Change};
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::sql::cond::Cond;
use crate::sql::dialect::Dialect;
use crate::sql::render::Renderer;
use crate::sql::source::{Which, of_list};
use crate::sql::statement::{Parameter, Statement, Text};
use crate::tree::expr::{Bind, push, push_number};
use crate::tree::meta::{Auto, ColumnMeta, IndexMeta, ModelMeta};
use crate::tree::value::{Mismatch, RowReader, Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Reads, Writes};

/// Rows to be added together, of which those whose key is taken change the row that has it: from [`CreateAll::or_change`].
#[derive(Debug, Clone)]
#[must_use = "nothing is added before `save`"]
pub struct CreateOrChangeAll<M> {
    rows: Vec<Create<M>>,
    key: Vec<&'static ColumnMeta>,
    update: Vec<&'static ColumnMeta>,
}

/// One of a model's own columns, or a tuple of up to eight of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no columns of `{M}` itself",
    note = "write the row's own columns by reference: `|t| &t.slug`, `|t| (&t.organisation, &t.number)`"
)]
pub trait OwnColumns<M> {
    #[doc(hidden)]
    fn columns(self, all: &mut ColumnList);
}
/// Columns that were named.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct ColumnList(Vec<&'static ColumnMeta>);

impl<M: Model, T> OwnColumns<M> for &Column<Own<M>, T> {
    fn columns(self, all: &mut ColumnList) {
        all.0.push(self.column_meta());
    }
}
impl<M: Model, T: Model> OwnColumns<M> for &Rel<Own<M>, T> {
    fn columns(self, all: &mut ColumnList) {
        all.0.push(self.column_meta());
    }
}
macro_rules! tuples {
    ($($name:ident)+) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($name: OwnColumns<M>),+> OwnColumns<M> for ($($name,)+) {
            #[allow(non_snake_case, reason = "a name for each type")]
            fn columns(self, all: &mut ColumnList) {
                let ($($name,)+) = self;
                $($name.columns(all);)+
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

impl<M: Model> CreateAll<M> {
    /// Where a row with the same `key` is there, which has to be a unique key of the model, that one is changed: it is given the
    /// new row's values of `update`, and of `auto_now` columns. The others are added.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Price { pub id: Id<Price>, #[field(unique)] pub article: Slug, pub price: Decimal }
    /// # impl Policy for Price { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn import(db: &Db<Write>, lines: Vec<(Slug, Decimal)>) -> Result<usize> {
    ///     let rows = lines.into_iter().map(|(article, price)| NewPrice { article, price });
    ///     let saved = Price::create_all(rows).or_change(|p| &p.article, |p| &p.price).save(db).await?;
    ///     Ok(saved.iter().filter(|(_price, added)| *added).count())
    /// }
    /// # fn main() {}
    /// ```
    pub fn or_change<K: OwnColumns<M>, U: OwnColumns<M>>(
        self,
        key: impl FnOnce(&'static Columns<M>) -> K,
        update: impl FnOnce(&'static Columns<M>) -> U,
    ) -> CreateOrChangeAll<M> {
        let (key, update) = (key(own_columns::<M>()), update(own_columns::<M>()));
        let (mut of_key, mut of_update) = (ColumnList::default(), ColumnList::default());
        key.columns(&mut of_key);
        update.columns(&mut of_update);
        CreateOrChangeAll::of(self, of_key.0, of_update.0)
    }
}

impl<M: Model> CreateOrChangeAll<M> {
    /// Adds and changes the rows; up to 1,000 in a statement, and up to 100,000 at once. Each comes with whether it was added. What
    /// is there is looked for among the rows that the actor may see and judged as any change of it; all rows are judged by what was
    /// there before the first of them, and where a rule counts rows of this model, each again in its turn.
    ///
    /// # Errors
    /// [`Error::Rows`]: the position of a row, and what is wrong with it. One that would be added: what [`Create::save`] would have said;
    /// if a row with its key is there and hidden from the actor, no more than that the key is taken. One that would change a row:
    /// [`Error::Forbidden`] if that may not be changed, or not into this. Two of the same key are [`Error::Unique`]. None is written then.
    pub async fn save<D>(self, db: &D) -> Result<Vec<(M, bool)>>
    where
        D: Reads<M> + Writes<Add, M> + Writes<Change, M>,
    {
        self.save_in(M::meta(), Reads::bound(db)).await
    }
}

impl<M: Record> CreateOrChangeAll<M> {
    /// Of columns that are known by their metadata.
    pub(crate) fn of(
        rows: CreateAll<M>,
        key: Vec<&'static ColumnMeta>,
        update: Vec<&'static ColumnMeta>,
    ) -> Self {
        let rows = rows.into_rows();
        Self { rows, key, update }
    }

    pub(crate) async fn save_in(self, model: &'static ModelMeta, bound: &Bound) -> Result<Vec<(M, bool)>> {
        let upsert = Upsert {
            row: PhantomData,
            model,
            key: places(model, &self.key)?,
            update: places(model, &self.update)?,
            rows: inserts(model, self.rows)?,
        };
        upsert.check()?;
        if upsert.rows.is_empty() {
            return Ok(Vec::new());
        }
        bound.write_steps(upsert).await
    }
}

fn places(model: &'static ModelMeta, columns: &[&'static ColumnMeta]) -> Result<Vec<usize>> {
    columns.iter().map(|column| position(model, column)).collect()
}

struct Upsert<M> {
    row: PhantomData<fn() -> M>,
    model: &'static ModelMeta,
    /// By which a row is found.
    key: Vec<usize>,
    /// What a row that is found is given.
    update: Vec<usize>,
    rows: Vec<Insert<M>>,
}

/// A row that is there, and the position of the one that changes it.
#[derive(Clone, Copy)]
struct Pair {
    position: usize,
    id: Uuid,
}

impl<M: Record> Steps for Upsert<M> {
    type Found = Vec<(M, bool)>;

    async fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<Self::Found> {
        let there = self.find(authority, session, said).await?;
        let pairs = self.pairs(&there)?;
        let new = (0..self.rows.len()).filter(|position| there[*position].is_none());
        let new: Vec<_> = new.collect();
        let adds = new.iter().map(|position| self.rows[*position].clone());
        let adds = InsertAll::new(self.model, adds.collect());
        let sealed = adds
            .sealed(authority, session)
            .await
            .map_err(|error| at_positions(error, &new))?;
        let written = sealed.as_ref().unwrap_or(&adds);
        let of_new = |error| at_positions(error, &new);
        // CWE-863: no row justifies another that is written with it.
        for some in pairs.chunks(AT_ONCE) {
            self.judge(some, authority, session).await?;
        }
        written.judge_each(authority, session).await.map_err(of_new)?;
        // Nor is more allowed of several than of one after the other.
        let several = self.rows.len() > 1;
        let in_turn =
            several && self.text(Part::Judge, authority, session)?.in_turn && !removed(Control::InTurn);
        let mut saved = BTreeMap::new();
        for some in pairs.chunks(if in_turn { 1 } else { AT_ONCE }) {
            if in_turn {
                self.judge(some, authority, session).await?;
            }
            self.change(some, authority, session, &mut saved).await?;
        }
        written
            .add_judged(several, authority, session)
            .await
            .map_err(of_new)?;
        for (row, position) in adds.rows.iter().zip(&new) {
            saved.insert(*position, (row.added()?, true));
        }
        Ok(saved.into_values().collect())
    }

    /// A key that is taken may be that of a row which was not there yet when the transaction began.
    fn may_run_again(&self, error: &Error) -> bool {
        match error {
            Error::Undone => true,
            Error::Rows(rows) => rows.iter().all(|row| matches!(row.error, Error::Unique { .. })),
            _ => false,
        }
    }

    fn is_large(&self) -> bool {
        self.rows.len() > 100
    }
}

/// What is said of some of the rows, of all of them.
fn at_positions(error: Error, positions: &[usize]) -> Error {
    match error {
        Error::Rows(mut rows) => {
            for row in &mut rows {
                row.row = positions.get(row.row).copied().unwrap_or(row.row);
            }
            Error::Rows(rows)
        }
        other => other,
    }
}

impl<M: Record> Upsert<M> {
    /// The key finds one row, and there is something to change.
    fn check(&self) -> Result<()> {
        let model = self.model;
        let names =
            |all: &[usize]| -> Vec<_> { all.iter().map(|place| model.columns[*place].column).collect() };
        let key = names(&self.key);
        let mut indexes = model.indexes.iter();
        let is_one = |index: &IndexMeta| {
            let same =
                index.columns.len() == key.len() && index.columns.iter().all(|name| key.contains(name));
            index.unique && index.only.is_none() && index.ignores_case.is_empty() && same
        };
        let is_unique = match self.key[..] {
            // An id is new for each new row.
            [0] => false,
            [place] if model.columns[place].unique => true,
            _ => indexes.any(is_one),
        };
        if !is_unique {
            return Err(Error::Internal(format!(
                "`or_change` of `{}` by ({}): that is no unique key of it: name a `unique` field, or all columns of a `unique(…)`",
                model.name,
                key.join(", ")
            )));
        }
        if self.update.is_empty() || self.update.contains(&0) {
            return Err(Error::Internal(format!(
                "`or_change` of `{}` changes ({}): name columns that are given a new value, and not the id",
                model.name,
                names(&self.update).join(", ")
            )));
        }
        Ok(())
    }

    /// The ids of the rows that are there, by the positions of those that would change them. CWE-203: one that is hidden is not found,
    /// and its key is taken, as for one that is added alone.
    async fn find(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<Vec<Option<Uuid>>> {
        let text = self.text(Part::Find, authority, session)?;
        text.note(said);
        let mut there = vec![None; self.rows.len()];
        for some in chunks(self.rows.len()) {
            let first = some.start;
            let rows = some.map(|position| self.values(position, &self.key)).collect();
            self.on_rows(&text, rows, authority, session, |place, row| {
                there[first + place] = Some(id(row).map_err(mismatch(self.model))?);
                Ok(())
            })
            .await
            .map_err(|(_, error)| error)?;
        }
        Ok(there)
    }

    /// The rows that are changed. Two that would change the same one are one too many.
    fn pairs(&self, there: &[Option<Uuid>]) -> Result<Vec<Pair>> {
        let (mut pairs, mut ids) = (Vec::new(), BTreeSet::new());
        for (position, id) in there.iter().enumerate() {
            let Some(id) = *id else { continue };
            if !ids.insert(id) {
                let fields = self.key.iter().map(|place| self.model.columns[*place].field);
                let taken = Error::Unique {
                    table: self.model.table,
                    fields: fields.collect(),
                };
                return Err(at(position, taken));
            }
            pairs.push(Pair { position, id });
        }
        Ok(pairs)
    }

    /// Whether each of these may be changed, and into this.
    async fn judge(&self, pairs: &[Pair], authority: &Authority, session: Session<'_>) -> Result<()> {
        if removed(Control::UpsertJudged) {
            return Ok(());
        }
        let text = self.text(Part::Judge, authority, session)?;
        let mut may = vec![false; pairs.len()];
        let rows = pairs.iter().map(|pair| self.changed(*pair)).collect();
        self.on_rows(&text, rows, authority, session, |place, _| {
            may[place] = true;
            Ok(())
        })
        .await
        .map_err(|(_, error)| error)?;
        // CWE-636: silence is no consent: a row that is out of sight by now is not found.
        let Some(pair) = may.iter().position(|may| !may).map(|place| &pairs[place]) else {
            return Ok(());
        };
        let row = &self.rows[pair.position];
        let new = self.written().into_iter();
        let new: Vec<_> = new
            .map(|place| (&self.model.columns[place], &row.values[place]))
            .collect();
        let hidden = hidden_target(authority, session, &new).await?;
        Err(at(pair.position, hidden.unwrap_or(Error::Forbidden)))
    }

    /// Changes these, which may be.
    async fn change(
        &self,
        pairs: &[Pair],
        authority: &Authority,
        session: Session<'_>,
        saved: &mut BTreeMap<usize, (M, bool)>,
    ) -> Result<()> {
        let text = self.text(Part::Change, authority, session)?;
        let written = self.written();
        let columns: Vec<_> = written.iter().map(|place| &self.model.columns[*place]).collect();
        let ids: Vec<_> = pairs.iter().map(|pair| Value::Uuid(pair.id)).collect();
        let told = Before::of_rows(self.model, &columns, &ids, authority, session).await?;
        let mut write = async |some: &[Pair]| {
            let rows = some.iter().map(|pair| self.changed(*pair)).collect();
            let written = self.on_rows(&text, rows, authority, session, |place, row| {
                let read = M::read(self.model, row).map_err(mismatch(self.model))?;
                saved.insert(some[place].position, (read, false));
                Ok(())
            });
            written.await
        };
        session.begin_step().await?;
        let done = write(pairs).await;
        session.end_step(done.is_ok()).await?;
        let Err((place, error)) = done else {
            let became = |pair: &Pair| match &told {
                Some(told) => told.note(pair.id, self.values(pair.position, &written)),
                None => Ok(()),
            };
            return pairs.iter().try_for_each(became);
        };
        if !is_of_a_row(&error) {
            return Err(error);
        }
        if let Some(place) = place {
            return Err(at(pairs[place].position, error));
        }
        // A server does not say which of them it was.
        for pair in pairs {
            session.begin_step().await?;
            let done = write(std::slice::from_ref(pair)).await;
            session.end_step(done.is_ok()).await?;
            done.map_err(|(_, error)| at(pair.position, error))?;
        }
        Err(error)
    }

    /// The columns that are written of a row that is there.
    fn written(&self) -> Vec<usize> {
        let all = 0..self.model.columns.len();
        let is_written =
            |place: &usize| self.update.contains(place) || self.model.columns[*place].auto == Auto::Now;
        all.filter(is_written).collect()
    }

    /// A row's id and its new values.
    fn changed(&self, pair: Pair) -> Vec<Value> {
        let mut values = vec![Value::Uuid(pair.id)];
        values.extend(self.values(pair.position, &self.written()));
        values
    }

    fn values(&self, position: usize, places: &[usize]) -> Vec<Value> {
        let row = &self.rows[position];
        places.iter().map(|place| row.values[*place].clone()).collect()
    }

    /// Runs a statement on each of these rows: on a server one on all of them. What it gives comes with the place of its row; so does
    /// what is wrong, where that is known.
    async fn on_rows(
        &self,
        text: &Arc<Text>,
        rows: Vec<Vec<Value>>,
        authority: &Authority,
        session: Session<'_>,
        mut found: impl FnMut(usize, &mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<(), (Option<usize>, Error)> {
        let wrong = |error| translate(error, self.model);
        if session.dialect() == Dialect::Sqlite {
            for (place, row) in rows.iter().enumerate() {
                let values: Vec<_> = row.iter().map(Bind::One).collect();
                let statement = Statement {
                    text,
                    actor: authority.id(),
                    values: &values,
                };
                let done = session.fetch(&statement, |row| found(place, row)).await;
                done.map_err(|error| (Some(place), wrong(error)))?;
            }
            return Ok(());
        }
        let width = rows.first().map_or(0, Vec::len);
        let of_column = |at: usize| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
        let lists: Vec<_> = (0..width).map(of_column).collect();
        let values: Vec<_> = lists.iter().map(|list| Bind::List(list)).collect();
        let statement = Statement {
            text,
            actor: authority.id(),
            values: &values,
        };
        let done = session.fetch(&statement, |row| {
            let place = row.integer().map_err(mismatch(self.model))?;
            found(usize::try_from(place - 1).unwrap_or(0), row)
        });
        done.await.map_err(|error| (None, wrong(error)))
    }

    fn text(&self, part: Part, authority: &Authority, session: Session<'_>) -> Result<Arc<Text>> {
        let dialect = session.dialect();
        let mut shape = vec![b'M', part as u8];
        push(&mut shape, self.model);
        authority.shape(&mut shape);
        let written = self.written();
        for places in [&self.key, &written] {
            push_number(&mut shape, places.len());
            places.iter().for_each(|place| push_number(&mut shape, *place));
        }
        let model = self.model;
        let mut columns: Vec<_> = match part {
            Part::Find => self.key.iter().map(|place| &model.columns[*place]).collect(),
            Part::Judge | Part::Change => written.iter().map(|place| &model.columns[*place]).collect(),
        };
        if part != Part::Find {
            columns.insert(0, model.id());
        }
        session.text(&shape, || {
            let mut renderer = Renderer::new(dialect, authority, true, columns.len());
            let (mut given, mut lists) = (Vec::new(), Vec::new());
            for (number, column) in columns.iter().enumerate() {
                let value = match dialect {
                    Dialect::Sqlite => renderer.one(column.kind),
                    Dialect::Postgres => {
                        lists.push(renderer.value(Parameter::List(column.kind)));
                        of_list(number)
                    }
                };
                given.push((*column, dialect.constant(column.kind, value)));
            }
            let which = match part {
                Part::Find | Part::Judge => Which::Asked,
                Part::Change => Which::Found,
            };
            let source = renderer.source(model, which)?;
            let equal = |(column, value): &(&'static ColumnMeta, String)| {
                Cond::safe(format!("{} = {value}", source.column(column)))
            };
            let sql = match part {
                Part::Find => {
                    let of_key = given.iter().map(equal).fold(Cond::True, Cond::and);
                    source.select_of_lists(&source.id(), &lists, of_key, Cond::True)
                }
                Part::Judge => {
                    let (named, new) = (equal(&given[0]), &given[1..]);
                    let change = renderer.rule(Action::Change, model, source.row())?;
                    let becomes = after(&mut renderer, model, new)?.behind(&change);
                    let may = change.and(becomes);
                    source.select_of_lists("1", &lists, named, may)
                }
                Part::Change => {
                    let (named, new) = (equal(&given[0]), &given[1..]);
                    let set: String = new
                        .iter()
                        .map(|(column, value)| format!("\"{}\" = {value}, ", column.column))
                        .collect();
                    let set = format!("{set}\"row_version\" = t.\"row_version\" + 1");
                    // They were judged before the first of them was another.
                    renderer.step_aside(&[Action::Change], model);
                    source.update_of_lists(&set, &lists, named)
                }
            };
            let in_turn = part == Part::Judge && renderer.has_opened(0, model);
            let mut text = renderer.text(sql)?;
            text.in_turn = in_turn;
            Ok(text)
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The row that has a key.
    Find,
    /// One that may become what it would.
    Judge,
    Change,
}

fn chunks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows)
        .step_by(AT_ONCE)
        .map(move |first| first..rows.min(first + AT_ONCE))
}

fn id(row: &mut RowReader<'_>) -> Result<Uuid, Mismatch> {
    match row.value()? {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| Mismatch),
        _ => Err(Mismatch),
    }
}
