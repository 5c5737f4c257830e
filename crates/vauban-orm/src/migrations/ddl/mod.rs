//! A migration's steps in SQL.

mod literal;
pub(super) mod postgres;
pub(super) mod sqlite;

use super::operation::Operation;
use super::state::State;
use crate::sql::dialect::Dialect;

/// An index, on both databases. `lower` folds ASCII letters alone: on PostgreSQL by the columns' collation.
fn create_index(
    name: &str,
    table: &str,
    columns: &[String],
    unique: bool,
    ignores_case: &[String],
    only: Option<&str>,
) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    let key = |column: &String| {
        if ignores_case.contains(column) {
            format!("lower(\"{column}\")")
        } else {
            format!("\"{column}\"")
        }
    };
    let keys: Vec<String> = columns.iter().map(key).collect();
    let only = only.map_or_else(String::new, |only| format!(" WHERE {only}"));
    format!(
        "CREATE {unique}INDEX \"{name}\" ON \"{table}\" ({}){only}",
        keys.join(", ")
    )
}

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
