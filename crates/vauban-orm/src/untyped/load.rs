//! Relations to many by metadata: the rows of a table that refer to the rows of a query, all of them at once.

use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;

use super::column::AnyColumn;
use super::filter::{AnyFilter, AnyOrder, keys_of};
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::query::load::{Asks, Joins, Load, LoadWeight, Loading, RowQuery, key_of};
use crate::query::{LoadingQuerySet, QuerySet, With};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::RowReader;
use crate::unit::handles::Bound;

/// What a query by metadata loads for each of its rows: those that refer to it by a foreign key of theirs, in one statement for
/// all its rows. `comments.column("article")?.load()?.limit(3)`, for [`AnyQuerySet::load`](super::AnyQuerySet::load).
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded unless a query has it: `objects().load(…)`"]
pub struct AnyLoad {
    model: &'static ModelMeta,
    query: QuerySet<AnyRow>,
    loads: AnyLoads,
    key: &'static ColumnMeta,
    /// Whose rows it belongs to.
    to: &'static ModelMeta,
}

impl AnyColumn {
    /// Loads the rows that have this foreign key, for the rows that they refer to.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column that is no foreign key of its own table.
    pub fn load(&self) -> Result<AnyLoad> {
        let key = self.own_of(self.root)?;
        let Some(to) = self.target() else {
            return Err(Error::Internal(format!(
                "`{}.{}` is no foreign key: it leads to no rows that have others",
                self.root.name, key.field
            )));
        };
        Ok(AnyLoad {
            model: self.root,
            query: QuerySet::of(self.root),
            loads: AnyLoads::default(),
            key,
            to,
        })
    }
}

impl AnyLoad {
    /// Only those that are so: see [`AnyQuerySet::filter`](super::AnyQuerySet::filter).
    ///
    /// # Errors
    /// As there.
    pub fn filter(mut self, condition: AnyFilter) -> Result<Self> {
        self.query.narrow(condition.on(self.model)?);
        Ok(self)
    }

    /// In this order: see [`AnyQuerySet::order_by`](super::AnyQuerySet::order_by).
    ///
    /// # Errors
    /// As there.
    pub fn order_by(mut self, order: impl IntoIterator<Item = AnyOrder>) -> Result<Self> {
        self.query.order(keys_of(order, self.model)?);
        Ok(self)
    }

    /// Loads the row behind a foreign key of theirs: see [`AnyQuerySet::related`](super::AnyQuerySet::related).
    ///
    /// # Errors
    /// As there.
    pub fn related(mut self, key: &AnyColumn) -> Result<Self> {
        self.query.load(key.key_of(self.model)?);
        Ok(self)
    }

    /// Loads what refers to them: see [`AnyQuerySet::load`](super::AnyQuerySet::load).
    ///
    /// # Errors
    /// As there.
    pub fn load(mut self, load: Self) -> Result<Self> {
        self.loads.0.push(load.on(self.model)?);
        Ok(self)
    }

    /// At most so many for each row.
    pub fn limit(mut self, rows: u32) -> Self {
        self.query.set_limit(rows);
        self
    }

    /// For a query on this model.
    ///
    /// # Errors
    /// If it refers to the rows of another.
    pub(super) fn on(self, model: &'static ModelMeta) -> Result<Self> {
        if self.to.is(model) {
            return Ok(self);
        }
        Err(Error::Internal(format!(
            "`{}` refers to `{}`, and this is a query on `{}`: load it there",
            self.key.field, self.to.name, model.name
        )))
    }
}

/// What a query loads.
#[derive(Debug, Clone, Default)]
pub(super) struct AnyLoads(pub(super) Vec<AnyLoad>);

/// Rows by the foreign key by which they refer to a row.
type ByKey = Vec<(&'static ColumnMeta, Vec<AnyRow>)>;

impl Load<AnyRow> for AnyLoads {
    type Got = ByKey;
    type Held = Uuid;

    fn plan(&self, _: &mut Joins, _: Option<usize>) {}
    fn width(&self) -> usize {
        0
    }
    fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Uuid> {
        key_of(row, base)
    }
    async fn fill(&self, held: Vec<Uuid>, run: &mut Loading<'_>) -> Result<Vec<ByKey>> {
        filled(self, held, run).await
    }
    fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
        // CWE-674: how deep it is comes from outside, where a page shows whatever there is.
        for load in &self.0 {
            weight.add_batch(depth + 1);
            load.weigh(depth + 1, weight);
        }
    }
}

/// The rows that refer to each of these. What is loaded leads to more of it, so that the step's type stands here.
fn filled<'a>(
    loads: &'a AnyLoads,
    held: Vec<Uuid>,
    run: &'a mut Loading<'_>,
) -> Pin<Box<dyn Future<Output = Result<Vec<ByKey>>> + Send + 'a>> {
    Box::pin(async move {
        let mut all: Vec<ByKey> = held.iter().map(|_| Vec::new()).collect();
        for load in &loads.0 {
            let loaded = run.children(load, load.key, &held).await?;
            for (one, rows) in all.iter_mut().zip(loaded) {
                one.push((load.key, rows));
            }
        }
        Ok(all)
    })
}

impl RowQuery for AnyLoad {
    type Model = AnyRow;
    type Row = AnyRow;
    type Held = (AnyRow, Uuid);

    fn base_mut(&mut self) -> &mut QuerySet<AnyRow> {
        &mut self.query
    }
    fn statement(&self) -> Asks<'_> {
        self.query.statement()
    }
    fn hold(&self, row: &mut RowReader<'_>) -> Result<Self::Held> {
        Ok((self.query.hold(row)?, key_of(row, 0)?))
    }
    async fn fill(&self, held: Vec<Self::Held>, run: &mut Loading<'_>) -> Result<Vec<AnyRow>> {
        let (mut rows, ids): (Vec<_>, Vec<_>) = held.into_iter().unzip();
        let loaded = filled(&self.loads, ids, run).await?;
        for (row, loaded) in rows.iter_mut().zip(loaded) {
            row.take_loaded(loaded);
        }
        Ok(rows)
    }
    fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
        self.loads.weigh(depth, weight);
    }
}

/// A row that takes what was loaded for it.
pub(super) trait Takes {
    /// Takes it.
    fn take_loaded(&mut self, loaded: ByKey);
}

impl Takes for crate::query::Permitted<AnyRow> {
    fn take_loaded(&mut self, loaded: ByKey) {
        self.row_mut().take_loaded(loaded);
    }
}

/// The rows of a query, with what it loads in them.
pub(super) async fn rows<Q: RowQuery<Model = AnyRow, Row: Takes>>(
    query: Q,
    loads: AnyLoads,
    bound: &Bound,
) -> Result<Vec<Q::Row>> {
    let all = LoadingQuerySet::new(query, loads).loaded_in(bound).await?;
    Ok(all.into_iter().map(taken).collect())
}

/// A row with what was loaded in it.
pub(super) fn taken<R: Takes>(With { mut row, loaded }: With<R, ByKey>) -> R {
    row.take_loaded(loaded);
    row
}

impl Takes for AnyRow {
    fn take_loaded(&mut self, loaded: ByKey) {
        self.loaded = loaded;
    }
}
