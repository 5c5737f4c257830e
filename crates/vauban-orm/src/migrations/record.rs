//! The table in which a database keeps which migrations it has.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::MigrationError;
use super::file::Migration;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"vauban_migration\" (
    \"package\" TEXT NOT NULL,
    \"name\" TEXT NOT NULL,
    \"checksum\" TEXT NOT NULL,
    \"applied\" TEXT NOT NULL,
    PRIMARY KEY (\"package\", \"name\")
) STRICT";

/// The keys of what is sealed in the database: which there are, never what they are made of.
pub(super) const KEYS: &str = "CREATE TABLE IF NOT EXISTS \"vauban_key\" (
    \"label\" TEXT NOT NULL,
    \"id\" INTEGER NOT NULL,
    \"root\" BLOB NOT NULL,
    \"state\" TEXT NOT NULL,
    \"since\" INTEGER NOT NULL,
    \"used\" INTEGER NOT NULL,
    PRIMARY KEY (\"label\", \"id\")
) STRICT";

/// A key that rows may use: its label, its number, its secret's name.
pub(crate) type UsedKey = (String, u32, [u8; 6]);

/// Those of a database.
pub(crate) fn used_keys(connection: &Connection) -> Result<Vec<UsedKey>, MigrationError> {
    if !connection.table_exists(None, "vauban_key").map_err(setup)? {
        return Ok(Vec::new());
    }
    let mut statement = connection
        .prepare("SELECT \"label\", \"id\", \"root\" FROM \"vauban_key\" WHERE \"used\" = 1 AND \"state\" <> 'retired'")
        .map_err(setup)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(setup)?;
    rows.collect::<Result<_, _>>().map_err(setup)
}

/// Id and checksum of what the database has applied.
pub(super) fn recorded(connection: &Connection) -> Result<BTreeMap<String, String>, MigrationError> {
    if !connection.table_exists(None, "vauban_migration").map_err(setup)? {
        return Ok(BTreeMap::new());
    }
    let mut statement = connection
        .prepare("SELECT \"package\" || '/' || \"name\", \"checksum\" FROM \"vauban_migration\"")
        .map_err(setup)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(setup)?;
    rows.collect::<Result<_, _>>().map_err(setup)
}

/// How long ago the first one was applied; nothing where the clock says that it is to come.
pub(super) fn age(connection: &Connection) -> Result<Duration, MigrationError> {
    let first: Option<String> = connection
        .query_row("SELECT min(\"applied\") FROM \"vauban_migration\"", [], |row| {
            row.get(0)
        })
        .map_err(setup)?;
    Ok(first.map_or(Duration::ZERO, |first| since(&first)))
}

/// How long ago a recorded moment is.
pub(super) fn since(recorded: &str) -> Duration {
    let first = recorded.parse::<jiff::Timestamp>().ok();
    let age = first.map(|first| jiff::Timestamp::now().duration_since(first));
    age.and_then(|age| Duration::try_from(age).ok())
        .unwrap_or_default()
}

pub(super) fn setup(error: rusqlite::Error) -> MigrationError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => MigrationError::Locked,
        _ => MigrationError::Database {
            migration: "(the list of applied ones)".into(),
            statement: "vauban_migration".into(),
            error: error.into(),
        },
    }
}

/// Notes that a migration was made, or was undone.
pub(super) fn write(connection: &Connection, migration: &Migration, undone: bool) -> rusqlite::Result<()> {
    let Migration {
        package,
        name,
        checksum,
        ..
    } = migration;
    if undone {
        connection.execute(
            "DELETE FROM \"vauban_migration\" WHERE \"package\" = ? AND \"name\" = ?",
            (package, name),
        )?;
    } else {
        let now = jiff::Timestamp::now().to_string();
        connection.execute(
            "INSERT INTO \"vauban_migration\" VALUES (?, ?, ?, ?)",
            (package, name, checksum, now),
        )?;
    }
    Ok(())
}
