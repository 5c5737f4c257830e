//! `inspectdb`: the tables of any database, as models to begin with.

mod names;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod source;
mod sqlite;
mod tables;
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
