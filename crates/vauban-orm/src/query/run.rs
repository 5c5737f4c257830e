//! What a query does with its statement, the same for rows of a type and for those that are known by metadata alone.

use std::marker::PhantomData;

use super::again::Asked;
use super::rows::{Changeable, DEEPEST_ROW, Deletable, Page, Permitted};
use super::select::{Ask, Number, PermittedRows, Rows, Select};
use super::{PermittedQuerySet, QuerySet, change, delete, one};
use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::tree::expr::Expr;
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::term::SortKey;
use crate::unit::handles::Bound;

/// Rows on a page if the query does not say.
const PER_PAGE: u32 = 25;

impl<M: Record> QuerySet<M> {
    pub(crate) fn of(model: &'static ModelMeta) -> Self {
        Self {
            select: Select::new(model),
            per_page: PER_PAGE,
            model: PhantomData,
        }
    }

    pub(crate) fn narrow(&mut self, filter: Expr) {
        let before = std::mem::replace(&mut self.select.filter, Expr::True);
        self.select.filter = before.and(filter);
    }

    pub(crate) fn order(&mut self, keys: Vec<(Vec<&'static ColumnMeta>, &'static ColumnMeta, bool)>) {
        let keys = keys.into_iter();
        self.select.order = keys
            .map(|(steps, column, descending)| SortKey::of_column(steps, column, descending))
            .collect();
    }

    /// Loads the row behind the foreign key with this position.
    pub(crate) fn load(&mut self, position: usize) {
        if !self.select.related.contains(&position) {
            self.select.related.push(position);
        }
    }

    /// Rows `first` (from 0) to before `first + rows`.
    pub(crate) fn slice(&mut self, first: u32, rows: u32) -> Result<()> {
        self.select.offset = i64::from(first);
        // CWE-400: each row before them is read and thrown away.
        if self.select.offset > DEEPEST_ROW {
            return Err(Error::TooDeep);
        }
        self.select.limit = Some(i64::from(rows));
        Ok(())
    }

    pub(crate) fn set_limit(&mut self, rows: u32) {
        self.select.limit = Some(i64::from(rows));
    }

    pub(crate) fn into_permitted(self) -> PermittedQuerySet<M> {
        PermittedQuerySet(self)
    }

    pub(crate) fn set_per_page(&mut self, rows: u32) {
        self.per_page = rows.max(1);
    }

    pub(crate) async fn rows_in(mut self, bound: &Bound) -> Result<Vec<M>> {
        self.select.ask = Ask::Rows;
        bound.read(Rows::<M>::of(self.select)).await
    }

    pub(crate) async fn permitted_in(mut self, bound: &Bound) -> Result<Vec<Permitted<M>>> {
        self.select.ask = Ask::Permitted;
        bound.read(PermittedRows::<M>::of(self.select)).await
    }

    pub(crate) async fn count_in(mut self, bound: &Bound) -> Result<u64> {
        self.select.ask = Ask::Count;
        let count = bound.read(Number(self.select)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub(crate) async fn count_up_to_in(mut self, bound: &Bound, most: u32) -> Result<u64> {
        let most = i64::from(most);
        self.select.limit = Some(self.select.limit.map_or(most, |own| own.min(most)));
        self.count_in(bound).await
    }

    pub(crate) async fn exists_in(mut self, bound: &Bound) -> Result<bool> {
        self.select.ask = Ask::Exists;
        Ok(bound.read(Number(self.select)).await? != 0)
    }

    pub(crate) async fn first_in(mut self, bound: &Bound) -> Result<Option<M>> {
        self.select.limit = Some(1);
        let asked = Asked::of(&self.select, bound);
        let first = self.rows_in(bound).await?.pop();
        // A view that asks so makes a 404 of its own of nothing.
        let first = first.ok_or(Error::NotFound);
        Ok(asked.told(bound, Action::View, first).await.ok())
    }

    pub(crate) async fn first_permitted_in(mut self, bound: &Bound) -> Result<Option<Permitted<M>>> {
        self.select.limit = Some(1);
        let asked = Asked::of(&self.select, bound);
        let first = self.permitted_in(bound).await?.pop();
        let first = first.ok_or(Error::NotFound);
        Ok(asked.told(bound, Action::View, first).await.ok())
    }

    pub(crate) async fn page_in(self, bound: &Bound, number: u32) -> Result<Page<M>> {
        let per_page = self.per_page;
        let rows = self.page_query(number)?.rows_in(bound).await?;
        Page::new(rows, number, per_page)
    }

    pub(crate) async fn permitted_page_in(self, bound: &Bound, number: u32) -> Result<Page<Permitted<M>>> {
        let per_page = self.per_page;
        let rows = self.page_query(number)?.permitted_in(bound).await?;
        Page::new(rows, number, per_page)
    }

    pub(crate) async fn one_in(mut self, bound: &Bound) -> Result<M> {
        self.select.limit = Some(2);
        let asked = Asked::of(&self.select, bound);
        let found = one(self.rows_in(bound).await?);
        asked.told(bound, Action::View, found).await
    }

    pub(crate) async fn one_permitted_in(mut self, bound: &Bound) -> Result<Permitted<M>> {
        self.select.limit = Some(2);
        let asked = Asked::of(&self.select, bound);
        let found = one(self.permitted_in(bound).await?);
        asked.told(bound, Action::View, found).await
    }

    pub(crate) async fn one_to_change(mut self, bound: &Bound) -> Result<Changeable<M>> {
        self.select.limit = Some(2);
        let asked = Asked::of(&self.select, bound);
        let found = one(self.permitted_in(bound).await?).and_then(|found| {
            let may = found.changeable;
            let row = Changeable::new(found.row, found.row_version);
            may.then_some(row).ok_or(Error::Forbidden)
        });
        asked.told(bound, Action::Change, found).await
    }

    pub(crate) async fn one_to_delete(mut self, bound: &Bound) -> Result<Deletable<M>> {
        self.select.limit = Some(2);
        let asked = Asked::of(&self.select, bound);
        let found = one(self.permitted_in(bound).await?).and_then(|found| {
            let may = found.deletable;
            may.then_some(Deletable::new(found.row)).ok_or(Error::Forbidden)
        });
        asked.told(bound, Action::Delete, found).await
    }

    pub(crate) async fn change_all_in(
        self,
        bound: &Bound,
        changes: impl IntoIterator<Item = Assignment<M>>,
    ) -> Result<u64> {
        self.select.whole_set()?;
        let changes = change::Changes::new(self.select.model, changes)?;
        let filter = self.select.filter;
        bound.write(change::All { changes, filter }).await
    }

    pub(crate) async fn delete_all_in(self, bound: &Bound) -> Result<u64> {
        self.select.whole_set()?;
        let (select, models) = (self.select, bound.models());
        let erases = false;
        bound
            .write_steps(delete::All {
                select,
                erases,
                models,
            })
            .await
    }

    pub(super) fn page_query(mut self, number: u32) -> Result<Self> {
        if number == 0 {
            return Err(Error::NotFound);
        }
        if self.select.limit.is_some() {
            return Err(Error::Internal(
                "`limit` with `page`: write `.per_page(n)` for the number of rows on a page".into(),
            ));
        }
        self.select.offset = i64::from(number - 1).saturating_mul(i64::from(self.per_page));
        // CWE-400: each row before the page is read and thrown away.
        if self.select.offset > DEEPEST_ROW {
            return Err(Error::TooDeep);
        }
        // One more row tells whether there is a next page.
        self.select.limit = Some(i64::from(self.per_page) + 1);
        Ok(self)
    }
}
