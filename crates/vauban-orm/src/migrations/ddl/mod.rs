//! A migration's steps in SQL.

mod index;
mod literal;
pub(super) mod postgres;
mod run;
pub(super) mod sqlite;

use super::operation::Operation;
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
