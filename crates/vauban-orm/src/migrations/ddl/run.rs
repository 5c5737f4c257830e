//! What a function of the program does with rows, as `sqlmigrate` shows it.

use super::super::operation::{AT_ONCE, NOTHING, Operation};
use crate::sql::dialect::Dialect;

/// What is run, for `sqlmigrate`: the statements of each batch.
pub(super) fn statements(operation: &Operation, dialect: Dialect) -> Vec<String> {
    let Operation::Run {
        run,
        table,
        reads,
        writes,
        ..
    } = operation
    else {
        return Vec::new();
    };
    if run == NOTHING {
        return vec!["-- nothing is done with the rows".to_owned()];
    }
    let mark = match dialect {
        Dialect::Sqlite => '?',
        Dialect::Postgres => '$',
    };
    let read = reads
        .iter()
        .chain(writes.iter().filter(|name| !reads.contains(name)));
    let read: Vec<_> = read.map(|name| format!(", \"{name}\"")).collect();
    let set: Vec<_> = writes.iter().map(|name| format!("\"{name}\" = …")).collect();
    vec![
        format!(
            "-- `{run}`, in transactions of {AT_ONCE} rows:\nSELECT \"id\"{} FROM \"{table}\" WHERE \"id\" > {mark}1 ORDER BY \"id\" \
             LIMIT {AT_ONCE}",
            read.concat()
        ),
        format!("UPDATE \"{table}\" SET {} WHERE \"id\" = {mark}1", set.join(", ")),
    ]
}
