//! The statements of a query that loads: its own, then one for each relation to many, of all parents together.

use std::collections::HashMap;

use uuid::Uuid;

use super::super::loads::{Batch, By};
use super::super::stored::no_key;
use super::{LoadWeight, Loading, RowQuery};
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::tree::bounds;
use crate::tree::meta::ColumnMeta;
use crate::tree::value::{RowReader, Value, ValueRef};
use crate::unit::Steps;

/// Reads rows with what belongs to them.
pub(super) struct Loaded<Q> {
    query: Q,
    several: bool,
}

impl<Q: RowQuery> Loaded<Q> {
    pub(super) fn new(query: Q) -> Result<Self> {
        let mut weight = LoadWeight::default();
        query.weigh(0, &mut weight);
        weight.check()?;
        // What is joined is part of the one statement.
        let several = weight.has_batches();
        Ok(Self { query, several })
    }
}

impl<Q: RowQuery> Steps for Loaded<Q> {
    type Found = Vec<Q::Row>;

    fn are_several(&self) -> bool {
        self.several
    }

    async fn run(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<Self::Found> {
        let select = self.query.statement().select(&self.query);
        let mut held = Vec::new();
        let row = |row: &mut RowReader<'_>| {
            held.push(self.query.hold(row)?);
            Ok(())
        };
        select.read(authority, session, said, row).await?;
        let mut run = Loading {
            authority,
            session,
            said,
            left: bounds::MAX_LOADED,
        };
        self.query.fill(held, &mut run).await
    }
}

impl Loading<'_> {
    /// The rows that refer to each of these parents by this foreign key.
    pub(crate) async fn children<Q: RowQuery>(
        &mut self,
        query: &Q,
        key: &'static ColumnMeta,
        parents: &[Uuid],
    ) -> Result<Vec<Vec<Q::Row>>> {
        self.batch(query, By::Key(key), parents).await
    }

    /// The rows that belong to each of these parents, in the parents' order.
    pub(super) async fn batch<Q: RowQuery>(
        &mut self,
        query: &Q,
        by: By,
        parents: &[Uuid],
    ) -> Result<Vec<Vec<Q::Row>>> {
        let mut all: Vec<Vec<Q::Row>> = parents.iter().map(|_| Vec::new()).collect();
        // A parent that stands behind several foreign keys is asked for once.
        let mut places: HashMap<Uuid, Vec<usize>> = HashMap::with_capacity(parents.len());
        for (place, parent) in parents.iter().enumerate() {
            places.entry(*parent).or_default().push(place);
        }
        if places.is_empty() {
            return Ok(all);
        }
        // CWE-770
        if places.len() > bounds::MAX_VALUES {
            return Err(Error::TooLarge(bounds::LOADED_FOR));
        }
        let mut select = query.statement().select(query);
        select.loads.batch = Some(Batch {
            by,
            parents: places.keys().copied().map(Value::Uuid).collect(),
            limit: select.limit.take(),
        });
        let (mut rows, mut of) = (Vec::new(), Vec::new());
        let left = &mut self.left;
        let row = |row: &mut RowReader<'_>| {
            let mut first = Some(query.hold(row)?);
            let parent = match row.value() {
                Ok(ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).map_err(|_| no_key())?,
                _ => return Err(no_key()),
            };
            for place in places.get(&parent).into_iter().flatten() {
                // CWE-400: what belongs to a few rows may be all that there is.
                *left = left.checked_sub(1).ok_or(Error::TooLarge(bounds::LOADED))?;
                rows.push(match first.take() {
                    Some(first) => first,
                    None => query.hold(&mut row.again())?,
                });
                of.push(*place);
            }
            Ok(())
        };
        select.read(self.authority, self.session, self.said, row).await?;
        let rows = query.fill(rows, self).await?;
        for (row, place) in rows.into_iter().zip(of) {
            all[place].push(row);
        }
        Ok(all)
    }
}
