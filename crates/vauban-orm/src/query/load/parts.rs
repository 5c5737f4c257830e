//! What a query that loads is made of: what its rows become, and what is loaded for them. Each leads to the other, so that they
//! stand together.

use std::future::Future;
use std::pin::Pin;

use super::super::QuerySet;
use super::super::select::{Ask, Select};
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::record::Record;
use crate::policy::authority::Authority;
use crate::tree::bounds;
use crate::tree::meta::ColumnMeta;
use crate::tree::value::RowReader;

/// What is loaded for rows of `M`: a relation, or a tuple of some.
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing to load for a `{M}`",
    label = "no relation of `{M}` that is loaded",
    note = "write `.load()` at a relation of the row: `.with(|t| t.owner.load())`, or several in a tuple: \
            `.with(|t| (t.owner.load(), t.comments.load().limit(3)))`"
)]
pub trait Load<M>: Send + Sync + 'static {
    /// What it gives for each row.
    type Got: Send + Sync + 'static;
    /// What there is of it when the row's statement has been read.
    #[doc(hidden)]
    type Held: Send + 'static;

    /// Adds what is joined, to the statement's own row or to the joined one of this number.
    #[doc(hidden)]
    fn plan(&self, joins: &mut Joins, from: Option<usize>);
    /// How many columns of a row are joined.
    #[doc(hidden)]
    fn width(&self) -> usize;
    /// Reads what was joined, for a row whose columns begin at `base`.
    #[doc(hidden)]
    fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Self::Held>;
    /// Loads the rest, for all rows at once.
    #[doc(hidden)]
    fn fill(
        &self,
        held: Vec<Self::Held>,
        run: &mut Loading<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Got>>> + Send;
    /// Adds how much it is.
    #[doc(hidden)]
    fn weigh(&self, depth: usize, weight: &mut LoadWeight);
}

/// A query by what its rows become: a [`QuerySet`], a [`PermittedQuerySet`](super::super::PermittedQuerySet), or one of them with what it loads.
pub trait RowQuery: Send + Sync + Sized + 'static {
    /// The model that is asked for.
    #[doc(hidden)]
    type Model: Record;
    /// What each row becomes.
    type Row: Send + Sync + 'static;
    /// What there is of it when the statement has been read.
    #[doc(hidden)]
    type Held: Send + 'static;

    #[doc(hidden)]
    fn base_mut(&mut self) -> &mut QuerySet<Self::Model>;
    /// The statement, without what it joins.
    #[doc(hidden)]
    fn statement(&self) -> Asks<'_>;
    #[doc(hidden)]
    fn plan(&self, _: &mut Joins) {}
    #[doc(hidden)]
    fn hold(&self, row: &mut RowReader<'_>) -> Result<Self::Held>;
    #[doc(hidden)]
    fn fill(
        &self,
        held: Vec<Self::Held>,
        run: &mut Loading<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
    #[doc(hidden)]
    fn weigh(&self, _: usize, _: &mut LoadWeight) {}
}

/// A statement, and whether it asks for rights.
#[doc(hidden)]
#[derive(Debug)]
pub struct Asks<'a> {
    pub(super) select: &'a Select,
    pub(super) ask: Ask,
}

impl Asks<'_> {
    /// The statement, with what `query` joins.
    pub(super) fn select<Q: RowQuery>(self, query: &Q) -> Select {
        let mut select = self.select.clone();
        select.ask = self.ask;
        let mut joins = Joins::default();
        query.plan(&mut joins);
        select.loads.joins = joins.0;
        select
    }
}

/// On whose authority, and where, rows are loaded; how many more there may be.
#[doc(hidden)]
#[derive(Debug)]
pub struct Loading<'a> {
    pub(super) authority: &'a Authority,
    pub(super) session: Session<'a>,
    pub(super) said: &'a mut String,
    pub(super) left: usize,
}

/// What a statement joins.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Joins(pub(super) Vec<(Option<usize>, &'static ColumnMeta)>);

/// How many relations are loaded, and how far away.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct LoadWeight {
    relations: usize,
    batches: usize,
    depth: usize,
}

impl LoadWeight {
    /// A relation, so many steps away.
    pub(crate) fn add(&mut self, depth: usize) {
        self.relations += 1;
        self.depth = self.depth.max(depth);
    }

    /// A relation to many, so many steps away.
    pub(crate) fn add_batch(&mut self, depth: usize) {
        self.batches += 1;
        self.add(depth);
    }

    /// Whether there are more statements than one.
    pub(super) fn has_batches(&self) -> bool {
        self.batches > 0
    }

    /// CWE-400: whoever reads relations by what a request names reads so many and no more.
    pub(crate) fn check(&self) -> Result<()> {
        if self.depth > bounds::MAX_LOAD_DEPTH {
            return Err(Error::TooLarge(bounds::LOAD_DEPTH));
        }
        if self.relations > bounds::MAX_LOADS {
            return Err(Error::TooLarge(bounds::LOADS));
        }
        Ok(())
    }
}

/// A step away from the rows that it is loaded for: each apart, so that a compiler that looks at all of them at once does not
/// reach its limit.
pub(super) fn boxed<'a, T>(
    step: impl Future<Output = T> + Send + 'a,
) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(step)
}
