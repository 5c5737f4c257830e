//! A migration's steps in SQL.

mod literal;
pub(super) mod postgres;
pub(super) mod sqlite;

use super::column_type::ColumnType;
use super::operation::{ColumnState, Operation};
use super::state::State;
use crate::sql::dialect::Dialect;

impl Dialect {
    /// The statements of a step, for a schema that is as `before` says. Names were checked when the file was read; they are
    /// quoted all the same, for some are SQL's own words.
    ///
    /// # Errors
    /// If the step does not fit the schema: what it names is missing.
    pub(super) fn statements(self, operation: &Operation, before: &State) -> Result<Vec<String>, String> {
        match self {
            Self::Sqlite => sqlite::statements(operation, before),
            Self::Postgres => postgres::statements(operation, before),
        }
    }
}

/// Refuses a column that would be taken for another one, although it is stored alike (CWE-681): a number of seconds for a moment
/// in microseconds.
///
/// # Errors
/// What to write.
fn no_other_meaning(table: &str, column: &ColumnState, had: Option<ColumnType>) -> Result<(), String> {
    let (name, becomes) = (&column.name, column.kind.written());
    match had {
        Some(had) if had.is_misread_as(column.kind) => Err(format!(
            "`{table}.{name}` is `{}`, and as `{becomes}` the same values would mean something else: say what they become, by \
             `using = \"…\"`",
            had.written()
        )),
        _ => Ok(()),
    }
}
