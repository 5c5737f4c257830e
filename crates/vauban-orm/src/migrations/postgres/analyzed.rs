//! The statistics of tables that migrations have changed: PostgreSQL looks at a table by itself only when enough of its rows
//! were, which may be never.

use std::collections::BTreeSet;

use super::super::operation::Operation;
use super::super::plan::Step;
use super::asked::texts;
use crate::backend::postgres::{Connection, Failure};

/// Looks at the tables that these steps have changed, one after the other. A table takes a bounded time: so many of its rows
/// are looked at, however many there are.
pub(super) async fn analyze(connection: &Connection, steps: &[Step]) {
    for table in steps.iter().flat_map(tables).collect::<BTreeSet<_>>() {
        if let Err(failure) = one(connection, table).await {
            // The tables are as they should be, and autovacuum comes by.
            tracing::warn!(target: "vauban::orm", table, %failure, "the table's statistics are not written");
        }
    }
}

async fn one(connection: &Connection, table: &str) -> Result<(), Failure> {
    let quoted = format!("\"{}\"", table.replace('"', "\"\""));
    let is_there = format!(
        "SELECT 'there' WHERE to_regclass('{}') IS NOT NULL",
        quoted.replace('\'', "''")
    );
    // What a later step has dropped or renamed.
    if texts(connection, &is_there).await?.is_empty() {
        return Ok(());
    }
    connection.batch(&format!("ANALYZE {quoted}")).await
}

/// The tables that a step changes, by the names that they have afterwards.
fn tables(step: &Step) -> Vec<&str> {
    let mut out = Vec::new();
    for operation in &step.operations {
        match operation {
            Operation::CreateTable { table, .. }
            | Operation::AddColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::CreateIndex { table, .. }
            | Operation::Run { table, .. } => out.push(&**table),
            Operation::RenameTable { to, .. } => out.push(to),
            // What no row and no index becomes another by.
            Operation::AddConstraint { .. }
            | Operation::DropColumn { .. }
            | Operation::RenameColumn { .. }
            | Operation::DropTable { .. }
            | Operation::RenameIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::DropConstraint { .. } => {}
            // By hand: whatever there is.
            Operation::Sql { .. } => out.extend(step.before.tables.keys().map(String::as_str)),
        }
    }
    out
}
