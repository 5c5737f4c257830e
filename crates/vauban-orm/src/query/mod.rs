//! Queries: `Article::objects().filter(…).order_by(…).page(&db, n)`.

mod again;
mod change;
mod change_each;
mod chunks;
mod computed;
pub(crate) mod constraint;
mod counsel;
mod create;
mod create_all;
mod cursor;
mod delete;
mod erase;
mod for_update;
mod groups;
mod keyset;
mod limit;
mod links;
pub(crate) mod load;
mod loads;
mod mark;
mod misfit;
mod or_create;
mod preview;
mod rows;
mod run;
mod seal;
mod select;
mod stored;
mod told;
mod upsert;
mod values;
mod written;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

pub use chunks::Chunks;
pub use create::Create;
pub use create_all::CreateAll;
pub use cursor::{BadCursor, Cursor};
#[cfg(test)]
pub(crate) use delete::TEST_MOST;
pub use for_update::ForUpdate;
pub(crate) use groups::Grouping;
pub use groups::{GroupedValues, Groups};
pub use keyset::KeysetPage;
pub use links::Links;
pub(crate) use links::{Pairs, is_link};
pub use load::{Load, LoadMany, LoadOne, LoadingQuerySet, One, RowQuery, With};
pub use preview::{DeletePreview, RowCount};
pub use rows::{Changeable, DEEPEST_ROW, Deletable, Page, Permitted, Version};
pub use upsert::{CreateOrChangeAll, OwnColumns};
pub use values::{ChosenValues, ValuesQuery};

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
use crate::policy::actor::actions::{Change, Delete};
use crate::unit::handles::{Reads, Writes};
use select::Select;

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

impl<M: Model> QuerySet<M> {
    /// All rows that whoever asks may see.
    pub fn new() -> Self {
        const { M::__DERIVED.is_so() };
        Self::of(M::meta())
    }

    /// Only rows that are so; several filters hold together.
    pub fn filter<F: IntoFilter<M>>(mut self, condition: impl FnOnce(&Columns<M>) -> F) -> Self {
        self.narrow_by(condition);
        self
    }

    /// As [`filter`](Self::filter), in its place.
    fn narrow_by<F: IntoFilter<M>>(&mut self, condition: impl FnOnce(&Columns<M>) -> F) {
        let filter = condition(&M::columns(&Path::ROOT)).into_filter();
        self.narrow(filter.expr);
    }

    /// In this order; rows that agree in it are in the order of their ids.
    pub fn order_by<O: IntoOrder<M>>(mut self, order: impl FnOnce(&Columns<M>) -> O) -> Self {
        self.sort_by(order);
        self
    }

    /// As [`order_by`](Self::order_by), in its place.
    fn sort_by<O: IntoOrder<M>>(&mut self, order: impl FnOnce(&Columns<M>) -> O) {
        let order = order(&M::columns(&Path::ROOT)).into_order();
        self.select.order = order.into_iter().map(|by| by.key).collect();
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
        if let Some(position) = self.select.model.position(key(&columns).column_meta()) {
            self.load(position);
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
    pub async fn all(self, db: &dyn Reads<M>) -> Result<Vec<M>> {
        self.rows_in(db.bound()).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first(self, db: &dyn Reads<M>) -> Result<Option<M>> {
        self.first_in(db.bound()).await
    }

    /// The last row, if there is one: the first in the opposite order.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] with a limit.
    pub async fn last(mut self, db: &dyn Reads<M>) -> Result<Option<M>> {
        self.select.whole_set()?;
        self.select.turn_round();
        self.first_in(db.bound()).await
    }

    /// The rows with these ids, by id: those that are absent or hidden are not among them.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::TooLarge`] for more than 10,000 ids.
    pub async fn in_bulk(
        self,
        db: &dyn Reads<M>,
        ids: impl IntoIterator<Item = Id<M>>,
    ) -> Result<BTreeMap<Id<M>, M>> {
        let id = Column::<Own<M>, Id<M>>::new(Path::ROOT, self.select.model.id());
        let rows = self.filter(|_| id.is_in(ids)).all(db).await?;
        Ok(rows.into_iter().map(|row| (row.id(), row)).collect())
    }

    /// Page `number` (from 1) of rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] for page 0, and for a page after the first that has no rows; [`Error::TooDeep`] for one that
    /// begins behind row [`DEEPEST_ROW`]; [`Error::Internal`] with a
    /// limit, which is no page's size.
    pub async fn page(self, db: &dyn Reads<M>, number: u32) -> Result<Page<M>> {
        self.page_in(db.bound(), number).await
    }

    /// How many rows; with a [`limit`](Self::limit) no more are counted than that.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count(self, db: &dyn Reads<M>) -> Result<u64> {
        self.count_in(db.bound()).await
    }

    /// How many rows; no more are counted than `most`: for a page that says "more than 1,000".
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_up_to(self, db: &dyn Reads<M>, most: u32) -> Result<u64> {
        self.count_up_to_in(db.bound(), most).await
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn exists(self, db: &dyn Reads<M>) -> Result<bool> {
        self.exists_in(db.bound()).await
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
        self.filter(condition).one_in(db.bound()).await
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
        self.filter(condition).one_to_change(db.bound()).await
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
        self.filter(condition).one_to_delete(db.bound()).await
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
        let changes = changes(&M::columns(&Path::ROOT));
        self.change_all_in(db.bound(), changes).await
    }

    /// Deletes all rows that are so and that the actor may delete; returns how many.
    ///
    /// # Errors
    /// [`Error::Restricted`] if others refer to one of them: then none is deleted. [`Error::Internal`] with a
    /// limit.
    pub async fn delete_all(self, db: &dyn Writes<Delete, M>) -> Result<u64> {
        self.delete_all_in(db.bound()).await
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
        self.0.permitted_in(db.bound()).await
    }

    /// See [`QuerySet::first`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first(self, db: &dyn Reads<M>) -> Result<Option<Permitted<M>>> {
        self.0.first_permitted_in(db.bound()).await
    }

    /// See [`QuerySet::page`].
    ///
    /// # Errors
    /// As [`QuerySet::page`].
    pub async fn page(self, db: &dyn Reads<M>, number: u32) -> Result<Page<Permitted<M>>> {
        self.0.permitted_page_in(db.bound(), number).await
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
        self.0.filter(condition).one_permitted_in(db.bound()).await
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
