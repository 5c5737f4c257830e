//! The ORM's statements on a connection.

use super::connection::Connection;
use super::decode::Row;
use super::failure::Failure;
use super::marked::in_order;
use crate::error::{Error, Result};
use crate::sql::statement::{Statement, Text};
use crate::tree::expr::Bind;
use crate::tree::ring::Ring;
use crate::tree::value::{Cells, Mismatch, RowReader, Value, ValueRef};

impl Cells for Row {
    fn cell(&self, at: usize) -> Result<ValueRef<'_>, Mismatch> {
        self.value(at)
    }
}

impl Connection {
    /// Runs a statement and hands on each of its rows.
    pub(crate) async fn rows(
        &self,
        statement: &Statement<'_>,
        ring: &Ring,
        mut row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        let actor = statement.actor.map_or(Value::Null, Value::Uuid);
        let sought = sought(statement, ring)?;
        let binds = binds(statement, &actor, &sought);
        let text = statement.text;
        let row = |found: &Row| row(&mut RowReader::new(found, ring));
        if text.aside.is_empty() {
            let rows = self.fetch(&text.sql, &text.parameters, binds.iter().copied(), row);
            return rows.await;
        }
        let rows = async {
            self.fetch(&text.sql, &text.parameters, binds.iter().copied(), row)
                .await
        };
        Box::pin(self.aside(&text.aside, rows)).await
    }

    /// Runs a statement for which policies step aside, and for no other. One that fails is undone, and that with it.
    async fn aside<T>(&self, aside: &str, run: impl Future<Output = Result<T>>) -> Result<T> {
        let (stepped, ran) = in_order(self.step_aside(aside), run).await;
        stepped?;
        let ran = ran?;
        self.step_aside("").await?;
        Ok(ran)
    }

    /// Has a text read, and runs nothing.
    ///
    /// # Errors
    /// What PostgreSQL does not understand.
    pub(crate) async fn understands(&self, text: &Text) -> Result<(), Failure> {
        self.read_only(&text.sql, &text.parameters).await
    }

    /// How PostgreSQL would run a text whatever its values are, a line for each step. `by_indexes`: as it would with many rows,
    /// where it reads a whole table only if no index serves.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn plan(&self, text: &Text, by_indexes: bool) -> Result<Vec<String>> {
        let types: Vec<_> = text
            .parameters
            .iter()
            .map(|one| one.of().name().to_owned())
            .collect();
        let nothing = vec!["NULL"; types.len()].join(", ");
        let seqscan = if by_indexes { "off" } else { "on" };
        self.batch(&format!(
            "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = {seqscan};\
             PREPARE planned ({}) AS {}",
            types.join(", "),
            text.sql
        ))
        .await?;
        let mut steps = Vec::new();
        self.fetch::<crate::error::Error>(
            &format!("EXPLAIN (COSTS OFF) EXECUTE planned ({nothing})"),
            &[],
            std::iter::empty(),
            |row| {
                if let Ok(ValueRef::Text(step)) = row.value(0) {
                    steps.push(step.to_owned());
                }
                Ok(())
            },
        )
        .await?;
        self.batch("DEALLOCATE planned; ROLLBACK").await?;
        Ok(steps)
    }

    /// Runs a statement without rows; how many it changed.
    pub(crate) async fn changed(&self, statement: &Statement<'_>, ring: &Ring) -> Result<u64> {
        let actor = statement.actor.map_or(Value::Null, Value::Uuid);
        let sought = sought(statement, ring)?;
        let binds = binds(statement, &actor, &sought);
        let text = statement.text;
        if text.aside.is_empty() {
            let changed = self.execute(&text.sql, &text.parameters, binds.iter().copied());
            return Ok(changed.await?);
        }
        let changed = async {
            let changed = self.execute(&text.sql, &text.parameters, binds.iter().copied());
            Ok(changed.await?)
        };
        Box::pin(self.aside(&text.aside, changed)).await
    }
}

/// What is looked for by an index of what is sealed. CWE-311: what was to be sealed does not leave.
fn sought(statement: &Statement<'_>, ring: &Ring) -> Result<Vec<Value>> {
    let unsealed = statement.values.iter().filter_map(|bind| match bind {
        Bind::One(Value::Unsealed(sought)) => Some(sought),
        _ => None,
    });
    let bound = unsealed.map(|sought| sought.bound(ring).map(Value::Blob));
    let all: Option<_> = bound.collect();
    all.ok_or_else(|| Error::Internal("what is to be encrypted was not sealed, and is not sent".into()))
}

/// The values of all parameters, in their order.
fn binds<'a>(statement: &Statement<'a>, actor: &'a Value, sought: &'a [Value]) -> Vec<Bind<'a>> {
    let constants = statement.text.constants.iter().map(Bind::One);
    let mut sought = sought.iter();
    let values = statement.values.iter().map(move |bind| match bind {
        Bind::One(Value::Unsealed(_)) => sought.next().map_or(*bind, Bind::One),
        bind => *bind,
    });
    std::iter::once(Bind::One(actor))
        .chain(values)
        .chain(constants)
        .collect()
}
