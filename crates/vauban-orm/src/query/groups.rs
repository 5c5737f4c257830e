//! Groups of rows, and what each of them becomes: `.group_by(|a| &a.author).values(|a| a.id.count())`.

use std::marker::PhantomData;

use super::QuerySet;
use super::select::Select;
use super::values::{Chosen, ChosenValues, How, ReadRow};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::filter::Filter;
use crate::model::key::own_columns;
use crate::model::order::IntoOrder;
use crate::model::record::Record;
use crate::model::scope::Grouped;
use crate::tree::expr::Expr;
use crate::tree::term::{SortKey, Term};
use crate::tree::value::{Mismatch, RowReader};
use crate::unit::handles::{Bound, Reads};

/// Groups of rows, whether the types of what they become are known or not.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    /// The query had a limit before its rows became groups.
    of_some: bool,
    select: Select,
    /// What makes a group, and behind that what it becomes.
    terms: Vec<Term>,
    keys: usize,
    having: Expr,
}

impl Grouping {
    fn new(mut select: Select, mut keys: Vec<Term>, values: Vec<Term>) -> Self {
        let made_of = keys.len();
        keys.extend(values);
        // The order of rows is none of groups.
        select.order.clear();
        let of_some = select.limit.take().is_some();
        Self {
            of_some,
            select,
            terms: keys,
            keys: made_of,
            having: Expr::True,
        }
    }

    pub(crate) fn narrow(&mut self, condition: Expr) {
        let before = std::mem::replace(&mut self.having, Expr::True);
        self.having = before.and(condition);
    }

    pub(crate) fn order(&mut self, order: Vec<SortKey>) {
        self.select.order = order;
    }

    pub(crate) fn set_limit(&mut self, groups: u32) {
        self.select.limit = Some(i64::from(groups));
    }

    pub(crate) async fn read_in<R: Send + 'static>(
        self,
        bound: &Bound,
        read: impl Fn(&mut RowReader<'_>) -> Result<R, Mismatch> + Send + Sync + 'static,
    ) -> Result<Vec<R>> {
        if self.of_some {
            return Err(Error::Internal(
                "groups are made of all rows that match: take the limit before `group_by` away; how many groups there are is \
                 limited behind it"
                    .into(),
            ));
        }
        let mut chosen = Chosen::new(self.select, self.terms, How::Groups(self.keys));
        chosen.having = self.having;
        chosen.read_in(bound, read).await
    }
}

impl<M: Record> QuerySet<M> {
    /// Groups of terms that are made of metadata.
    pub(crate) fn grouped(self, keys: Vec<Term>, values: Vec<Term>) -> Grouping {
        Grouping::new(self.select, keys, values)
    }
}

/// Rows of `M` in groups that agree in values which are read as a `K`: from [`QuerySet::group_by`](super::QuerySet::group_by).
#[must_use = "groups are nothing until `.values(…)` says what each of them becomes"]
pub struct Groups<M, K> {
    select: Select,
    keys: Vec<Term>,
    read: ReadRow<K>,
    model: PhantomData<fn() -> M>,
}

impl<M, K> std::fmt::Debug for Groups<M, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Groups").field(&self.select).finish()
    }
}

impl<M: Model> QuerySet<M> {
    /// Rows that agree in these values are one group: `.group_by(|a| &a.author)`.
    pub fn group_by<K: ChosenValues<M>>(
        self,
        keys: impl FnOnce(&'static Columns<M>) -> K,
    ) -> Groups<M, K::Row> {
        Groups {
            select: self.select,
            keys: keys(own_columns::<M>()).terms().0,
            read: K::read,
            model: PhantomData,
        }
    }
}

impl<M: Model, K: Send + 'static> Groups<M, K> {
    /// What each group becomes, beside its key: `.values(|a| (a.id.count(), a.likes.sum()))`.
    pub fn values<C: ChosenValues<Grouped<M>>>(
        self,
        values: impl FnOnce(&'static Columns<M>) -> C,
    ) -> GroupedValues<M, K, C::Row> {
        let values = values(own_columns::<M>()).terms().0;
        GroupedValues {
            groups: Grouping::new(self.select, self.keys, values),
            read: (self.read, C::read),
            model: PhantomData,
        }
    }
}

/// A query for groups of rows, each with its key `K` and with what it becomes, `V`. Groups are in the order of their keys.
#[must_use = "a query reads nothing until `all`"]
pub struct GroupedValues<M, K, V> {
    groups: Grouping,
    read: (ReadRow<K>, ReadRow<V>),
    model: PhantomData<fn() -> M>,
}

impl<M, K, V> std::fmt::Debug for GroupedValues<M, K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GroupedValues").field(&self.groups).finish()
    }
}

impl<M: Model, K: Send + 'static, V: Send + 'static> GroupedValues<M, K, V> {
    /// Only groups that are so: `.having(|a| a.id.count().gt(3))`.
    pub fn having(mut self, condition: impl FnOnce(&Columns<M>) -> Filter<Grouped<M>>) -> Self {
        self.groups.narrow(condition(own_columns::<M>()).expr);
        self
    }

    /// In this order; groups that agree in it are in the order of their keys.
    pub fn order_by<O: IntoOrder<Grouped<M>>>(mut self, order: impl FnOnce(&Columns<M>) -> O) -> Self {
        let order = order(own_columns::<M>()).into_order();
        self.groups.order(order.into_iter().map(|by| by.key).collect());
        self
    }

    /// At most so many groups.
    pub fn limit(mut self, groups: u32) -> Self {
        self.groups.set_limit(groups);
        self
    }

    /// All groups, each with its key.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] for groups of a query with a limit, which would be groups of whatever rows came first.
    pub async fn all(self, db: &dyn Reads<M>) -> Result<Vec<(K, V)>> {
        let (key, value) = self.read;
        let read = move |row: &mut RowReader<'_>| Ok((key(row)?, value(row)?));
        self.groups.read_in(db.bound(), read).await
    }
}
