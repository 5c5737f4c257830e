//! The ORM's statements on a connection.

use super::connection::Connection;
use super::decode::Row;
use super::marked::in_order;
use crate::error::Result;
use crate::sql::statement::Statement;
use crate::tree::expr::Bind;
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
        mut row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        let actor = statement.actor.map_or(Value::Null, Value::Uuid);
        let binds = binds(statement, &actor);
        let text = statement.text;
        let row = |found: &Row| row(&mut RowReader::new(found));
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

    /// Runs a statement without rows; how many it changed.
    pub(crate) async fn changed(&self, statement: &Statement<'_>) -> Result<u64> {
        let actor = statement.actor.map_or(Value::Null, Value::Uuid);
        let binds = binds(statement, &actor);
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

/// The values of all parameters, in their order.
fn binds<'a>(statement: &Statement<'a>, actor: &'a Value) -> Vec<Bind<'a>> {
    let constants = statement.text.constants.iter().map(Bind::One);
    let values = statement.values.iter().copied();
    std::iter::once(Bind::One(actor))
        .chain(values)
        .chain(constants)
        .collect()
}
