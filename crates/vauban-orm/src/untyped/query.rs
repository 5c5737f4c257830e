//! Queries on a table.

use super::column::AnyColumn;
use super::filter::{AnyFilter, AnyOrder, keys_of};
use super::given::AnyKey;
use super::load::{AnyLoad, AnyLoads, rows, taken};
use super::row::AnyRow;
use crate::error::Result;
use crate::model::assignment::Assignment;
use crate::query::{self, Changeable, Cursor, Deletable, KeysetPage, Page, Permitted};
use crate::tree::meta::ModelMeta;
use crate::tree::value::Value;
use crate::unit::handles::{Db, Write};

/// A query on the rows of one table that whoever asks may see. Nothing is read before one of the methods that take a handle.
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct AnyQuerySet {
    pub(super) model: &'static ModelMeta,
    pub(super) query: query::QuerySet<AnyRow>,
    pub(super) loads: AnyLoads,
}

/// A query whose rows say what the actor may do to them: see [`AnyQuerySet::with_may`].
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until `all`, `page`, `get`, …"]
pub struct AnyPermittedQuerySet(AnyQuerySet);

impl AnyQuerySet {
    pub(super) fn new(model: &'static ModelMeta) -> Self {
        Self {
            model,
            query: query::QuerySet::of(model),
            loads: AnyLoads::default(),
        }
    }

    /// Only rows that are so; several filters hold together.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for a filter on another table's rows.
    pub fn filter(mut self, condition: AnyFilter) -> Result<Self> {
        self.query.narrow(condition.on(self.model)?);
        Ok(self)
    }

    /// In this order; rows that agree in it are in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for an order of another table's rows.
    pub fn order_by(mut self, order: impl IntoIterator<Item = AnyOrder>) -> Result<Self> {
        self.query.order(keys_of(order, self.model)?);
        Ok(self)
    }

    /// Loads the row behind a foreign key in the same statement. One that may not be seen is
    /// [`Related::Hidden`](crate::Related::Hidden).
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for a column that is no foreign key of this table.
    pub fn related(mut self, key: &AnyColumn) -> Result<Self> {
        self.query.load(key.key_of(self.model)?);
        Ok(self)
    }

    /// Loads the rows that refer to these by a foreign key of theirs, in one statement for all of them: see
    /// [`AnyRow::loaded`]. Each stands under its own table's view rule.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for a foreign key to another table.
    pub fn load(mut self, load: AnyLoad) -> Result<Self> {
        self.loads.0.push(load.on(self.model)?);
        Ok(self)
    }

    /// At most `rows` of them, from row `first` (from 0) on.
    ///
    /// # Errors
    /// [`Error::TooDeep`](crate::Error::TooDeep) behind row [`DEEPEST_ROW`](crate::DEEPEST_ROW).
    pub fn slice(mut self, first: u32, rows: u32) -> Result<Self> {
        self.query.slice(first, rows)?;
        Ok(self)
    }

    /// So many rows on a page (25 if it is not said): for [`page`](Self::page).
    pub fn per_page(mut self, rows: u32) -> Self {
        self.query.set_per_page(rows);
        self
    }

    /// Asks in the same statement what the actor may do to each row.
    pub fn with_may(self) -> AnyPermittedQuerySet {
        AnyPermittedQuerySet(self)
    }

    /// All rows.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn all(self, db: &Db) -> Result<Vec<AnyRow>> {
        if self.loads.0.is_empty() {
            return self.query.rows_in(db.asker()).await;
        }
        rows(self.query, self.loads, db.asker()).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn first(self, db: &Db) -> Result<Option<AnyRow>> {
        if self.loads.0.is_empty() {
            return self.query.first_in(db.asker()).await;
        }
        let mut query = self.query;
        query.set_limit(1);
        Ok(rows(query, self.loads, db.asker()).await?.pop())
    }

    /// How many rows; no more are counted than `most`.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn count_up_to(self, db: &Db, most: u32) -> Result<u64> {
        self.query.count_up_to_in(db.asker(), most).await
    }

    /// The sum of a column alone: see [`AnyColumn::sum`] and [`aggregate`](Self::aggregate).
    ///
    /// # Errors
    /// As there.
    pub async fn sum(self, db: &Db, column: &AnyColumn) -> Result<Option<i64>> {
        match self.aggregate(db, [column.sum()?]).await?.pop() {
            Some(Value::Integer(sum)) => Ok(Some(sum)),
            _ => Ok(None),
        }
    }

    /// Page `number` (from 1) of rows.
    ///
    /// # Errors
    /// As [`QuerySet::page`](crate::QuerySet::page).
    pub async fn page(self, db: &Db, number: u32) -> Result<Page<AnyRow>> {
        if self.loads.0.is_empty() {
            return self.query.page_in(db.asker(), number).await;
        }
        let loading = query::LoadingQuerySet::new(self.query, self.loads);
        let page = loading.loaded_page_in(db.asker(), number).await?;
        Ok(page.map(taken))
    }

    /// The rows behind the one that the cursor tells of: see [`QuerySet::page_after`](crate::QuerySet::page_after). What is
    /// [loaded](Self::load) for each row is not.
    ///
    /// # Errors
    /// As there.
    pub async fn page_after(self, db: &Db, after: Option<&Cursor>) -> Result<KeysetPage<AnyRow>> {
        self.query.page_after_in(db.asker(), after).await
    }

    /// How many rows.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn count(self, db: &Db) -> Result<u64> {
        self.query.count_in(db.asker()).await
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn exists(self, db: &Db) -> Result<bool> {
        self.query.exists_in(db.asker()).await
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is none that the actor may see, and for a key of another table.
    pub async fn get(self, db: &Db, key: AnyKey) -> Result<AnyRow> {
        let one = self.with_key(key)?;
        if one.loads.0.is_empty() {
            return one.query.one_in(db.asker()).await;
        }
        let loading = query::LoadingQuerySet::new(one.query, one.loads);
        Ok(taken(loading.one_loaded_in(db.asker()).await?))
    }

    /// The row with this key, to be changed.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Forbidden`](crate::Error::Forbidden) if the actor may see but not change it.
    pub async fn get_to_change(self, db: &Db, key: AnyKey) -> Result<Changeable<AnyRow>> {
        self.with_key(key)?.query.one_to_change(db.asker()).await
    }

    /// The row with this key, to be deleted.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Forbidden`](crate::Error::Forbidden) if the actor may see but not delete it.
    pub async fn get_to_delete(self, db: &Db, key: AnyKey) -> Result<Deletable<AnyRow>> {
        self.with_key(key)?.query.one_to_delete(db.asker()).await
    }

    /// Changes all rows that are so and that the actor may change; returns how many.
    ///
    /// # Errors
    /// As [`QuerySet::change_all`](crate::QuerySet::change_all).
    pub async fn change_all(
        self,
        db: &Db<Write>,
        changes: impl IntoIterator<Item = Assignment<AnyRow>>,
    ) -> Result<u64> {
        self.query.change_all_in(db.asker(), changes).await
    }

    /// Deletes all rows that are so and that the actor may delete; returns how many.
    ///
    /// # Errors
    /// As [`QuerySet::delete_all`](crate::QuerySet::delete_all).
    pub async fn delete_all(self, db: &Db<Write>) -> Result<u64> {
        self.query.delete_all_in(db.asker()).await
    }

    fn with_key(mut self, key: AnyKey) -> Result<Self> {
        self.query.narrow(key.named(self.model)?);
        Ok(self)
    }
}

impl AnyPermittedQuerySet {
    /// See [`AnyQuerySet::all`].
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    pub async fn all(self, db: &Db) -> Result<Vec<Permitted<AnyRow>>> {
        rows(self.0.query.into_permitted(), self.0.loads, db.asker()).await
    }

    /// See [`AnyQuerySet::page`].
    ///
    /// # Errors
    /// As [`AnyQuerySet::page`].
    pub async fn page(self, db: &Db, number: u32) -> Result<Page<Permitted<AnyRow>>> {
        let loading = query::LoadingQuerySet::new(self.0.query.into_permitted(), self.0.loads);
        let page = loading.loaded_page_in(db.asker(), number).await?;
        Ok(page.map(taken))
    }

    /// See [`AnyQuerySet::get`].
    ///
    /// # Errors
    /// As [`AnyQuerySet::get`].
    pub async fn get(self, db: &Db, key: AnyKey) -> Result<Permitted<AnyRow>> {
        let one = self.0.with_key(key)?;
        let loading = query::LoadingQuerySet::new(one.query.into_permitted(), one.loads);
        Ok(taken(loading.one_loaded_in(db.asker()).await?))
    }
}
