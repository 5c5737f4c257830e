//! The row behind a foreign key, joined.

use std::marker::PhantomData;

use super::super::stored::unknown;
use super::parts::boxed;
use super::{Joins, Load, LoadWeight, Loading, With};
use crate::error::Result;
use crate::model::Model;
use crate::model::columns::Columns;
use crate::model::key::Rel;
use crate::model::path::Path;
use crate::model::scope::Own;
use crate::tree::meta::ColumnMeta;
use crate::tree::value::{Mismatch, RowReader};

/// The row behind a foreign key, as a query loaded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum One<M> {
    /// It may be seen.
    Row(M),
    /// There is a key, and no row that may be seen. Nothing says whether it is hidden or absent (CWE-204).
    Hidden,
    /// There is no key.
    Empty,
}

impl<M> One<M> {
    /// The row, if it may be seen.
    pub fn get(&self) -> Option<&M> {
        match self {
            Self::Row(row) => Some(row),
            Self::Hidden | Self::Empty => None,
        }
    }

    /// The row, if it may be seen.
    pub fn into_row(self) -> Option<M> {
        match self {
            Self::Row(row) => Some(row),
            Self::Hidden | Self::Empty => None,
        }
    }

    /// Whether there is a key, and no row that may be seen.
    pub fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }
}

/// Loads the row behind a foreign key of `M`, in the statement that reads the row itself: `.with(|t| t.owner.load())`.
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded unless a query has it: `.with(|t| t.owner.load())`"]
pub struct LoadOne<M, T, L = ()> {
    key: &'static ColumnMeta,
    more: L,
    models: PhantomData<fn() -> (M, T)>,
}

impl<M: Model, T: Model> Rel<Own<M>, T> {
    /// Loads the row that it refers to: see [`QuerySet::with`](crate::QuerySet::with).
    pub fn load(&self) -> LoadOne<M, T> {
        LoadOne {
            key: self.column_meta(),
            more: (),
            models: PhantomData,
        }
    }
}

impl<M: Model, T: Model> LoadOne<M, T> {
    /// Loads what belongs to that row as well.
    pub fn with<L: Load<T>>(self, more: impl FnOnce(&Columns<T>) -> L) -> LoadOne<M, T, (L,)> {
        LoadOne {
            key: self.key,
            more: (more(&T::columns(&Path::ROOT)),),
            models: PhantomData,
        }
    }
}

/// Whether more is loaded for a joined row, and what it becomes with it.
#[doc(hidden)]
pub trait More<T>: Send + Sync + 'static {
    type Loads: Load<T>;
    type Row: Send + Sync + 'static;
    fn loads(&self) -> Option<&Self::Loads>;
    fn row(row: T, got: Option<<Self::Loads as Load<T>>::Got>) -> Option<Self::Row>;
}

/// Nothing.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum NoLoad {}

impl<T: Send + Sync + 'static> Load<T> for NoLoad {
    type Got = ();
    type Held = ();
    fn plan(&self, _: &mut Joins, _: Option<usize>) {}
    fn width(&self) -> usize {
        0
    }
    fn hold(&self, _: &mut RowReader<'_>, _: usize) -> Result<()> {
        Ok(())
    }
    async fn fill(&self, held: Vec<()>, _: &mut Loading<'_>) -> Result<Vec<()>> {
        Ok(held)
    }
    fn weigh(&self, _: usize, _: &mut LoadWeight) {}
}

impl<T: Send + Sync + 'static> More<T> for () {
    type Loads = NoLoad;
    type Row = T;
    fn loads(&self) -> Option<&NoLoad> {
        None
    }
    fn row(row: T, _: Option<()>) -> Option<T> {
        Some(row)
    }
}

impl<T: Send + Sync + 'static, L: Load<T>> More<T> for (L,) {
    type Loads = L;
    type Row = With<T, L::Got>;
    fn loads(&self) -> Option<&L> {
        Some(&self.0)
    }
    fn row(row: T, got: Option<L::Got>) -> Option<With<T, L::Got>> {
        got.map(|loaded| With { row, loaded })
    }
}

/// What there is of it when the statement has been read.
type HeldOne<T, L> = One<(T, Option<<<L as More<T>>::Loads as Load<T>>::Held>)>;

impl<M: Model, T: Model, L: More<T>> Load<M> for LoadOne<M, T, L> {
    type Got = One<L::Row>;
    type Held = HeldOne<T, L>;

    fn plan(&self, joins: &mut Joins, from: Option<usize>) {
        let own = joins.0.len();
        joins.0.push((from, self.key));
        if let Some(more) = self.more.loads() {
            more.plan(joins, Some(own));
        }
    }

    fn width(&self) -> usize {
        T::meta().columns.len() + self.more.loads().map_or(0, Load::width)
    }

    fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Self::Held> {
        let first = row.at();
        // The joined row's first column is its primary key: NULL means that the rule in ON hid it.
        if row.peek_is_null() {
            row.skip(self.width());
            let key = M::meta().position(self.key).map(|at| base + at);
            let is_empty = key.is_some_and(|key| row.is_null_at(key));
            return Ok(if is_empty { One::Empty } else { One::Hidden });
        }
        let target = T::from_row(row).map_err(|Mismatch| unknown(T::meta(), first, row))?;
        let more = self.more.loads().map(|more| more.hold(row, first)).transpose()?;
        Ok(One::Row((target, more)))
    }

    async fn fill(&self, held: Vec<Self::Held>, run: &mut Loading<'_>) -> Result<Vec<Self::Got>> {
        let (mut all, mut more) = (Vec::with_capacity(held.len()), Vec::new());
        for one in held {
            all.push(match one {
                One::Row((row, held)) => {
                    more.extend(held);
                    One::Row(row)
                }
                One::Hidden => One::Hidden,
                One::Empty => One::Empty,
            });
        }
        let mut got = match self.more.loads() {
            Some(loads) => boxed(loads.fill(more, run)).await?,
            None => Vec::new(),
        }
        .into_iter();
        let all = all.into_iter().map(|one| match one {
            One::Row(row) => L::row(row, got.next()).map_or(One::Hidden, One::Row),
            One::Hidden => One::Hidden,
            One::Empty => One::Empty,
        });
        Ok(all.collect())
    }

    fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
        weight.add(depth + 1);
        if let Some(more) = self.more.loads() {
            more.weigh(depth + 1, weight);
        }
    }
}
