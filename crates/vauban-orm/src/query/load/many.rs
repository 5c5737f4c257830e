//! Relations to many, in batches: one statement for the rows of all parents.

use std::marker::PhantomData;

use uuid::Uuid;

use super::super::loads::By;
use super::super::{PermittedQuerySet, QuerySet};
use super::parts::boxed;
use super::{Joins, Load, LoadWeight, Loading, LoadingQuerySet, RowQuery, key_of};
use crate::error::Result;
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::IntoFilter;
use crate::model::linked::Linked;
use crate::model::many::Many;
use crate::model::order::IntoOrder;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::model::scope::Own;
use crate::tree::value::RowReader;

/// Loads the rows of a relation to many of `M`, all parents' at once: `.with(|t| t.comments.load())`. They are those of a query,
/// narrowed, ordered and cut for each parent by the methods of one.
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded unless a query has it: `.with(|t| t.comments.load())`"]
pub struct LoadMany<M, Q> {
    query: Q,
    by: By,
    parent: PhantomData<fn() -> M>,
}

impl<M: Model, C: Model> Many<Own<M>, C> {
    /// Loads the rows that refer to it: see [`QuerySet::with`].
    pub fn load(&self) -> LoadMany<M, QuerySet<C>> {
        LoadMany::new(QuerySet::new(), By::Key(self.key_meta()))
    }
}

impl<M: Model, G: Model, T: Model> Linked<Own<M>, G, T> {
    /// Loads the rows that are linked to it: see [`QuerySet::with`]. Each of them may be seen, and the row that links it.
    pub fn load(&self) -> LoadMany<M, QuerySet<T>> {
        let (parent, row) = self.keys();
        let by = By::Link {
            model: G::meta,
            parent,
            row,
        };
        LoadMany::new(QuerySet::new(), by)
    }
}

impl<M, Q: RowQuery> LoadMany<M, Q> {
    pub(in crate::query) fn new(query: Q, by: By) -> Self {
        Self {
            query,
            by,
            parent: PhantomData,
        }
    }

    fn over<R: RowQuery>(self, query: impl FnOnce(Q) -> R) -> LoadMany<M, R> {
        LoadMany::new(query(self.query), self.by)
    }
}

impl<M, Q: RowQuery> LoadMany<M, Q>
where
    Q::Model: Model,
{
    /// Only those that are so: see [`QuerySet::filter`].
    pub fn filter<F: IntoFilter<Q::Model>>(
        mut self,
        condition: impl FnOnce(&Columns<Q::Model>) -> F,
    ) -> Self {
        self.query.base_mut().narrow_by(condition);
        self
    }

    /// In this order: see [`QuerySet::order_by`].
    pub fn order_by<O: IntoOrder<Q::Model>>(mut self, order: impl FnOnce(&Columns<Q::Model>) -> O) -> Self {
        self.query.base_mut().sort_by(order);
        self
    }

    /// At most so many for each parent.
    pub fn limit(mut self, rows: u32) -> Self {
        self.query.base_mut().select.limit = Some(i64::from(rows));
        self
    }

    /// Loads what belongs to them as well: each is a [`With`](super::With) then.
    pub fn with<L: Load<Q::Model>>(
        self,
        loads: impl FnOnce(&Columns<Q::Model>) -> L,
    ) -> LoadMany<M, LoadingQuerySet<Q, L>> {
        self.over(|query| LoadingQuerySet::new(query, loads(&Q::Model::columns(&Path::ROOT))))
    }
}

impl<M, C: Model> LoadMany<M, QuerySet<C>> {
    /// Asks in the same statement what the actor may do to each: see [`QuerySet::with_may`].
    pub fn with_may(self) -> LoadMany<M, PermittedQuerySet<C>> {
        self.over(QuerySet::with_may)
    }
}

impl<M: Record, Q: RowQuery> Load<M> for LoadMany<M, Q> {
    type Got = Vec<Q::Row>;
    type Held = Uuid;

    fn plan(&self, _: &mut Joins, _: Option<usize>) {}

    fn width(&self) -> usize {
        0
    }

    fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Uuid> {
        key_of(row, base)
    }

    async fn fill(&self, held: Vec<Uuid>, run: &mut Loading<'_>) -> Result<Vec<Self::Got>> {
        boxed(run.batch(&self.query, self.by, &held)).await
    }

    fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
        weight.add_batch(depth + 1);
        self.query.weigh(depth + 1, weight);
    }
}
