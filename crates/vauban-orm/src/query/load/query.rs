//! Queries whose rows are loaded with what belongs to them.

use super::super::again::Asked;
use super::super::rows::{Page, Permitted};
use super::super::select::{Ask, read_one, read_permitted};
use super::super::{PermittedQuerySet, QuerySet, one};
use super::run::Loaded;
use super::{Asks, Joins, Load, LoadWeight, Loading, RowQuery, With};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::IntoFilter;
use crate::model::order::IntoOrder;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::tree::value::RowReader;
use crate::unit::handles::{Bound, Reads};

/// A query whose rows are [`With`] what it loads for them: see [`QuerySet::with`].
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct LoadingQuerySet<Q, L> {
    query: Q,
    loads: L,
}

impl<M: Record> RowQuery for QuerySet<M> {
    type Model = M;
    type Row = M;
    type Held = M;

    fn base_mut(&mut self) -> &mut Self {
        self
    }
    fn statement(&self) -> Asks<'_> {
        Asks {
            select: &self.select,
            ask: Ask::Rows,
        }
    }
    fn hold(&self, row: &mut RowReader<'_>) -> Result<M> {
        read_one(&self.select, row)
    }
    async fn fill(&self, held: Vec<M>, _: &mut Loading<'_>) -> Result<Vec<M>> {
        Ok(held)
    }
}

impl<M: Record> RowQuery for PermittedQuerySet<M> {
    type Model = M;
    type Row = Permitted<M>;
    type Held = Permitted<M>;

    fn base_mut(&mut self) -> &mut QuerySet<M> {
        &mut self.0
    }
    fn statement(&self) -> Asks<'_> {
        Asks {
            select: &self.0.select,
            ask: Ask::Permitted,
        }
    }
    fn hold(&self, row: &mut RowReader<'_>) -> Result<Permitted<M>> {
        read_permitted(&self.0.select, row)
    }
    async fn fill(&self, held: Vec<Permitted<M>>, _: &mut Loading<'_>) -> Result<Vec<Permitted<M>>> {
        Ok(held)
    }
}

impl<Q: RowQuery, L: Load<Q::Model>> RowQuery for LoadingQuerySet<Q, L> {
    type Model = Q::Model;
    type Row = With<Q::Row, L::Got>;
    type Held = (Q::Held, L::Held);

    fn base_mut(&mut self) -> &mut QuerySet<Q::Model> {
        self.query.base_mut()
    }
    fn statement(&self) -> Asks<'_> {
        self.query.statement()
    }
    fn plan(&self, joins: &mut Joins) {
        self.query.plan(joins);
        self.loads.plan(joins, None);
    }
    fn hold(&self, row: &mut RowReader<'_>) -> Result<Self::Held> {
        let own = self.query.hold(row)?;
        Ok((own, self.loads.hold(row, 0)?))
    }
    async fn fill(&self, held: Vec<Self::Held>, run: &mut Loading<'_>) -> Result<Vec<Self::Row>> {
        let (rows, loads): (Vec<_>, Vec<_>) = held.into_iter().unzip();
        let rows = self.query.fill(rows, run).await?;
        let loaded = self.loads.fill(loads, run).await?;
        let all = rows.into_iter().zip(loaded);
        Ok(all.map(|(row, loaded)| With { row, loaded }).collect())
    }
    fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
        self.query.weigh(depth, weight);
        self.loads.weigh(depth, weight);
    }
}

impl<M: Model> QuerySet<M> {
    /// Loads relations into the result's type: `.with(|t| (t.owner.load(), t.comments.load().limit(3)))` gives rows that are
    /// [`With`]`<Task, (`[`One`](super::One)`<User>, Vec<Comment>)>`.
    ///
    /// A foreign key's row is joined; a relation to many takes one statement, for all rows together, and all statements of a
    /// query see one state of the database. Every row that is loaded stands under its own model's view rule: one of many that
    /// may not be seen is absent, behind a foreign key it is [`One::Hidden`](super::One::Hidden). A query loads at most 24
    /// relations, 8 steps away, and 20,000 rows of relations to many.
    pub fn with<L: Load<M>>(self, loads: impl FnOnce(&Columns<M>) -> L) -> LoadingQuerySet<Self, L> {
        LoadingQuerySet::new(self, loads(&M::columns(&Path::ROOT)))
    }
}

impl<M: Model> PermittedQuerySet<M> {
    /// Loads relations into the result's type: see [`QuerySet::with`].
    pub fn with<L: Load<M>>(self, loads: impl FnOnce(&Columns<M>) -> L) -> LoadingQuerySet<Self, L> {
        LoadingQuerySet::new(self, loads(&M::columns(&Path::ROOT)))
    }
}

impl<M: Model, L: Load<M>> LoadingQuerySet<QuerySet<M>, L> {
    /// Asks in the same statement what the actor may do to each row: see [`QuerySet::with_may`].
    pub fn with_may(self) -> LoadingQuerySet<PermittedQuerySet<M>, L> {
        LoadingQuerySet::new(self.query.with_may(), self.loads)
    }
}

impl<Q: RowQuery, L: Load<Q::Model>> LoadingQuerySet<Q, L> {
    pub(crate) fn new(query: Q, loads: L) -> Self {
        Self { query, loads }
    }

    pub(crate) async fn loaded_in(self, bound: &Bound) -> Result<Vec<With<Q::Row, L::Got>>> {
        bound.read(Loaded::new(self)?).await
    }

    pub(crate) async fn loaded_page_in(
        mut self,
        bound: &Bound,
        number: u32,
    ) -> Result<Page<With<Q::Row, L::Got>>> {
        let base = self.query.base_mut();
        let per_page = base.per_page;
        *base = base.clone().page_query(number)?;
        // The row that tells whether there is a next page is loaded with the others, and goes.
        let rows = self.loaded_in(bound).await?;
        Page::new(rows, number, per_page)
    }

    pub(crate) async fn one_loaded_in(mut self, bound: &Bound) -> Result<With<Q::Row, L::Got>> {
        self.query.base_mut().select.limit = Some(2);
        let asked = Asked::of(&self.query.base_mut().select, bound);
        let found = one(self.loaded_in(bound).await?);
        asked.told(bound, Action::View, found).await
    }
}

impl<Q: RowQuery, L: Load<Q::Model>> LoadingQuerySet<Q, L>
where
    Q::Model: Model,
{
    /// Keeps the rows that also fit this filter: see [`QuerySet::filter`].
    pub fn filter<F: IntoFilter<Q::Model>>(
        mut self,
        condition: impl FnOnce(&Columns<Q::Model>) -> F,
    ) -> Self {
        self.query.base_mut().narrow_by(condition);
        self
    }

    /// The order of the rows: see [`QuerySet::order_by`].
    pub fn order_by<O: IntoOrder<Q::Model>>(mut self, order: impl FnOnce(&Columns<Q::Model>) -> O) -> Self {
        self.query.base_mut().sort_by(order);
        self
    }

    /// How many rows a page has: see [`QuerySet::per_page`].
    pub fn per_page(mut self, rows: u32) -> Self {
        self.query.base_mut().set_per_page(rows);
        self
    }

    /// At most so many rows: see [`QuerySet::limit`].
    pub fn limit(mut self, rows: u32) -> Self {
        self.query.base_mut().select.limit = Some(i64::from(rows));
        self
    }

    /// All rows.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than a query loads; see [`Error`].
    pub async fn all(self, db: &dyn Reads<Q::Model>) -> Result<Vec<With<Q::Row, L::Got>>> {
        self.loaded_in(db.bound()).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(mut self, db: &dyn Reads<Q::Model>) -> Result<Option<With<Q::Row, L::Got>>> {
        self.query.base_mut().select.limit = Some(1);
        let bound = db.bound();
        let asked = Asked::of(&self.query.base_mut().select, bound);
        let first = self.loaded_in(bound).await?.pop().ok_or(Error::NotFound);
        Ok(asked.told(bound, Action::View, first).await.ok())
    }

    /// Page `number` (from 1) of rows.
    ///
    /// # Errors
    /// As [`QuerySet::page`] and [`all`](Self::all).
    pub async fn page(self, db: &dyn Reads<Q::Model>, number: u32) -> Result<Page<With<Q::Row, L::Got>>> {
        self.loaded_page_in(db.bound(), number).await
    }

    /// The one row that is so.
    ///
    /// # Errors
    /// As [`QuerySet::get`] and [`all`](Self::all).
    pub async fn get<F: IntoFilter<Q::Model>>(
        self,
        db: &dyn Reads<Q::Model>,
        condition: impl FnOnce(&Columns<Q::Model>) -> F,
    ) -> Result<With<Q::Row, L::Got>> {
        self.filter(condition).one_loaded_in(db.bound()).await
    }
}
