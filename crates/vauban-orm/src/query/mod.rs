//! Queries: `Article::objects().filter(…).order_by(…).page(&db, n)`.

mod again;
mod change;
mod constraint;
mod create;
mod delete;
mod rows;
mod select;
mod stored;
mod written;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

pub use create::Create;
pub use rows::{Changeable, DEEPEST_ROW, Deletable, Page, Permitted, Version};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::{Column, Columns};
use crate::model::filter::IntoFilter;
use crate::model::key::Rel;
use crate::model::order::IntoOrder;
use crate::model::path::Path;
use crate::model::scope::Own;
use crate::model::types::Id;
use crate::policy::actor::Action;
use crate::policy::actor::actions::{Change, Delete};
use crate::unit::handles::{Reads, Writes};
use again::Asked;
use select::{Ask, Number, PermittedRows, Rows, Select};

/// A query on rows of `M`. Nothing is read before one of the methods that take a handle.
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct QuerySet<M> {
    select: Select,
    per_page: u32,
    model: PhantomData<fn() -> M>,
}

/// A query whose rows say what the actor may do to them: see [`QuerySet::with_may`].
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct PermittedQuerySet<M>(QuerySet<M>);

impl<M> Clone for QuerySet<M> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            per_page: self.per_page,
            model: PhantomData,
        }
    }
}
impl<M> fmt::Debug for QuerySet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("QuerySet").field(&self.select).finish()
    }
}
impl<M> Clone for PermittedQuerySet<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
impl<M> fmt::Debug for PermittedQuerySet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PermittedQuerySet").field(&self.0.select).finish()
    }
}

/// Rows on a page if the query does not say.
const PER_PAGE: u32 = 25;

impl<M: Model> QuerySet<M> {
    /// All rows that whoever asks may see.
    pub fn new() -> Self {
        const { M::__DERIVED.is_so() };
        Self {
            select: Select::new(M::meta()),
            per_page: PER_PAGE,
            model: PhantomData,
        }
    }

    /// Only rows that are so; several filters hold together.
    pub fn filter<F: IntoFilter<M>>(mut self, condition: impl FnOnce(&Columns<M>) -> F) -> Self {
        let filter = condition(&M::columns(&Path::ROOT)).into_filter();
        let before = std::mem::replace(&mut self.select.filter, crate::tree::expr::Expr::True);
        self.select.filter = before.and(filter.expr);
        self
    }

    /// In this order; rows that agree in it are in the order of their ids.
    pub fn order_by<O: IntoOrder<M>>(mut self, order: impl FnOnce(&Columns<M>) -> O) -> Self {
        let order = order(&M::columns(&Path::ROOT)).into_order();
        self.select.order = order
            .into_iter()
            .map(|key| (key.steps, key.column, key.descending))
            .collect();
        self
    }

    /// So many rows on a page (25 if it is not said): for [`page`](Self::page).
    pub fn per_page(mut self, rows: u32) -> Self {
        self.per_page = rows.max(1);
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.select.limit = Some(i64::from(rows));
        self
    }

    /// At most so many rows, and no more than the query says itself. For lists of choices.
    #[doc(hidden)]
    pub fn at_most(mut self, rows: u32) -> Self {
        let rows = i64::from(rows);
        self.select.limit = Some(self.select.limit.map_or(rows, |own| own.min(rows)));
        self
    }

    /// Those of its rows that have one of these ids. For lists of choices: is what somebody chose one of them?
    ///
    /// # Errors
    /// See [`Error`].
    #[doc(hidden)]
    pub async fn among(self, db: &dyn Reads<M>, ids: &[Id<M>]) -> Result<Vec<M>> {
        // The first so many are other rows once there is one more filter.
        if self.select.limit.is_some() {
            let mut rows = self.all(db).await?;
            rows.retain(|row| ids.contains(&row.id()));
            return Ok(rows);
        }
        let id = Column::<Own<M>, Id<M>>::new(Path::ROOT, M::meta().id());
        let ids = ids.iter().copied();
        self.filter(|_| id.is_in(ids)).all(db).await
    }

    /// Loads the row behind a foreign key in the same statement: `.related(|a| &a.author)`. One that may
    /// not be seen is [`Related::Hidden`](crate::Related::Hidden).
    pub fn related<T: Model>(mut self, key: impl FnOnce(&Columns<M>) -> &Rel<Own<M>, T>) -> Self {
        let columns = M::columns(&Path::ROOT);
        if let Some(position) = self.select.model.position(key(&columns).column_meta())
            && !self.select.related.contains(&position)
        {
            self.select.related.push(position);
        }
        self
    }

    /// Asks in the same statement what the actor may do to each row, for templates.
    pub fn with_may(self) -> PermittedQuerySet<M> {
        PermittedQuerySet(self)
    }

    /// All rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all(mut self, db: &dyn Reads<M>) -> Result<Vec<M>> {
        self.select.ask = Ask::Rows;
        db.bound().read(Rows::<M>::of(self.select)).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first(self, db: &dyn Reads<M>) -> Result<Option<M>> {
        let query = self.limit(1);
        let asked = Asked::of(&query.select, db.bound());
        let first = query.all(db).await?.pop();
        // A view that asks so makes a 404 of its own of nothing.
        let first = asked
            .told(db.bound(), Action::View, first.ok_or(Error::NotFound))
            .await;
        Ok(first.ok())
    }

    /// Page `number` (from 1) of rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] for page 0, and for a page after the first that has no rows; [`Error::TooDeep`] for one that
    /// begins behind row [`DEEPEST_ROW`]; [`Error::Internal`] with a
    /// limit, which is no page's size.
    pub async fn page(self, db: &dyn Reads<M>, number: u32) -> Result<Page<M>> {
        let per_page = self.per_page;
        let rows = self.page_query(number, per_page)?.all(db).await?;
        Page::new(rows, number, per_page)
    }

    /// How many rows; with a [`limit`](Self::limit) no more are counted than that.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count(mut self, db: &dyn Reads<M>) -> Result<u64> {
        self.select.ask = Ask::Count;
        let count = db.bound().read(Number(self.select)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn exists(mut self, db: &dyn Reads<M>) -> Result<bool> {
        self.select.ask = Ask::Exists;
        Ok(db.bound().read(Number(self.select)).await? != 0)
    }

    /// The one row that is so.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the actor may see; [`Error::Multiple`] if there are several.
    pub async fn get<F: IntoFilter<M>>(
        self,
        db: &dyn Reads<M>,
        condition: impl FnOnce(&Columns<M>) -> F,
    ) -> Result<M> {
        let query = self.filter(condition).limit(2);
        let asked = Asked::of(&query.select, db.bound());
        let found = one(query.all(db).await?);
        asked.told(db.bound(), Action::View, found).await
    }

    /// The one row that is so, to be changed.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Forbidden`] if the actor may see but not change it.
    pub async fn get_to_change<F: IntoFilter<M>>(
        self,
        db: &dyn Reads<M>,
        condition: impl FnOnce(&Columns<M>) -> F,
    ) -> Result<Changeable<M>> {
        let query = self.filter(condition).limit(2);
        let asked = Asked::of(&query.select, db.bound());
        let found = one(query.permitted(db).await?).and_then(|found| {
            let may = found.changeable;
            let row = Changeable::new(found.row, found.row_version);
            may.then_some(row).ok_or(Error::Forbidden)
        });
        asked.told(db.bound(), Action::Change, found).await
    }

    /// The one row that is so, to be deleted.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Forbidden`] if the actor may see but not delete it.
    pub async fn get_to_delete<F: IntoFilter<M>>(
        self,
        db: &dyn Reads<M>,
        condition: impl FnOnce(&Columns<M>) -> F,
    ) -> Result<Deletable<M>> {
        let query = self.filter(condition).limit(2);
        let asked = Asked::of(&query.select, db.bound());
        let found = one(query.permitted(db).await?).and_then(|found| {
            let may = found.deletable;
            may.then_some(Deletable::new(found.row)).ok_or(Error::Forbidden)
        });
        asked.told(db.bound(), Action::Delete, found).await
    }

    /// Changes all rows that are so and that the actor may change; returns how many.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if one of them would become a row that the actor may not change, or refer to
    /// one that they may not see: then none is changed. [`Error::Internal`] with a limit.
    pub async fn change_all<const N: usize>(
        self,
        db: &dyn Writes<Change, M>,
        changes: impl FnOnce(&Columns<M>) -> [Assignment<M>; N],
    ) -> Result<u64> {
        self.select.whole_set()?;
        let changes = changes(&M::columns(&Path::ROOT));
        let changes = change::Changes::new(M::meta(), changes)?;
        let filter = self.select.filter;
        db.bound().write_steps(change::All { changes, filter }).await
    }

    /// Deletes all rows that are so and that the actor may delete; returns how many.
    ///
    /// # Errors
    /// [`Error::Restricted`] if others refer to one of them: then none is deleted. [`Error::Internal`] with a
    /// limit.
    pub async fn delete_all(self, db: &dyn Writes<Delete, M>) -> Result<u64> {
        self.select.whole_set()?;
        let bound = db.bound();
        let (select, models) = (self.select, bound.models());
        bound.write_steps(delete::All { select, models }).await
    }

    fn page_query(mut self, number: u32, per_page: u32) -> Result<Self> {
        if number == 0 {
            return Err(Error::NotFound);
        }
        if self.select.limit.is_some() {
            return Err(Error::Internal(
                "`limit` with `page`: write `.per_page(n)` for the number of rows on a page".into(),
            ));
        }
        self.select.offset = i64::from(number - 1).saturating_mul(i64::from(per_page));
        // CWE-400: each row before the page is read and thrown away.
        if self.select.offset > DEEPEST_ROW {
            return Err(Error::TooDeep);
        }
        // One more row tells whether there is a next page.
        self.select.limit = Some(i64::from(per_page) + 1);
        Ok(self)
    }

    async fn permitted(mut self, db: &dyn Reads<M>) -> Result<Vec<Permitted<M>>> {
        self.select.ask = Ask::Permitted;
        db.bound().read(PermittedRows::<M>::of(self.select)).await
    }
}

impl<M: Model> Default for QuerySet<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> PermittedQuerySet<M> {
    /// Keeps the rows that also fit this filter: see [`QuerySet::filter`].
    pub fn filter<F: IntoFilter<M>>(self, condition: impl FnOnce(&Columns<M>) -> F) -> Self {
        Self(self.0.filter(condition))
    }

    /// The order of the rows, the most important column first: see [`QuerySet::order_by`].
    pub fn order_by<O: IntoOrder<M>>(self, order: impl FnOnce(&Columns<M>) -> O) -> Self {
        Self(self.0.order_by(order))
    }

    /// How many rows a page has: see [`QuerySet::per_page`].
    pub fn per_page(self, rows: u32) -> Self {
        Self(self.0.per_page(rows))
    }

    /// At most so many rows: see [`QuerySet::limit`].
    pub fn limit(self, rows: u32) -> Self {
        Self(self.0.limit(rows))
    }

    /// Loads the row that a foreign key refers to as well: see [`QuerySet::related`].
    pub fn related<T: Model>(self, key: impl FnOnce(&Columns<M>) -> &Rel<Own<M>, T>) -> Self {
        Self(self.0.related(key))
    }

    /// See [`QuerySet::all`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all(self, db: &dyn Reads<M>) -> Result<Vec<Permitted<M>>> {
        self.0.permitted(db).await
    }

    /// See [`QuerySet::first`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first(self, db: &dyn Reads<M>) -> Result<Option<Permitted<M>>> {
        let query = self.0.limit(1);
        let asked = Asked::of(&query.select, db.bound());
        let first = query.permitted(db).await?.pop();
        let first = asked
            .told(db.bound(), Action::View, first.ok_or(Error::NotFound))
            .await;
        Ok(first.ok())
    }

    /// See [`QuerySet::page`].
    ///
    /// # Errors
    /// As [`QuerySet::page`].
    pub async fn page(self, db: &dyn Reads<M>, number: u32) -> Result<Page<Permitted<M>>> {
        let per_page = self.0.per_page;
        let rows = self.0.page_query(number, per_page)?.permitted(db).await?;
        Page::new(rows, number, per_page)
    }

    /// See [`QuerySet::get`].
    ///
    /// # Errors
    /// As [`QuerySet::get`].
    pub async fn get<F: IntoFilter<M>>(
        self,
        db: &dyn Reads<M>,
        condition: impl FnOnce(&Columns<M>) -> F,
    ) -> Result<Permitted<M>> {
        let query = self.0.filter(condition).limit(2);
        let asked = Asked::of(&query.select, db.bound());
        let found = one(query.permitted(db).await?);
        asked.told(db.bound(), Action::View, found).await
    }
}

impl<M> Deref for Permitted<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.row
    }
}

fn one<T>(mut rows: Vec<T>) -> Result<T> {
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (None, _) => Err(Error::NotFound),
        (Some(_), false) => Err(Error::Multiple),
    }
}
