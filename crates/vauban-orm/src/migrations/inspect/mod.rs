//! `inspectdb`: the tables of any database, as models to begin with.

mod names;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod source;
mod sqlite;
mod types;

use super::MigrationError;

/// Models of the tables of a SQLite file, as the source of a program. The file is only read.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn of_sqlite(path: &str) -> Result<String, MigrationError> {
    let told = |error: rusqlite::Error| MigrationError::Set(format!("{path}: {error}"));
    let tables = sqlite::tables(path).map_err(told)?;
    Ok(source::write(&tables))
}

/// A table that was found.
#[derive(Debug, Default)]
struct Inspected {
    name: String,
    columns: Vec<InspectedColumn>,
    /// The columns of its primary key.
    key: Vec<String>,
    indexes: Vec<InspectedIndex>,
}

#[derive(Debug, Default)]
struct InspectedColumn {
    name: String,
    /// As the database calls it.
    sql_type: String,
    null: bool,
    /// The table and the column that it refers to.
    refers: Option<(String, String)>,
}

/// An index over whole columns and all rows.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InspectedIndex {
    columns: Vec<String>,
    unique: bool,
}
