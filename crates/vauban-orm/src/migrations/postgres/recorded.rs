//! The table in which a database on PostgreSQL keeps which migrations it has, and the lock under which it is written.

use std::collections::BTreeMap;

use super::super::file::Migration;
use super::super::plan::Step;
use super::super::record::UsedKey;
use super::asked::texts;
use crate::backend::postgres::{Access, Connection, Failure, Isolation};
use crate::sql::statement::Parameter;
use crate::tree::expr::Bind;
use crate::tree::value::{Kind, Value};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"vauban_migration\" (
    \"package\" text COLLATE \"C\" NOT NULL,
    \"name\" text COLLATE \"C\" NOT NULL,
    \"checksum\" text COLLATE \"C\" NOT NULL,
    \"applied\" text COLLATE \"C\" NOT NULL,
    PRIMARY KEY (\"package\", \"name\")
)";

/// The keys of what is sealed in the database: which there are, never what they are made of.
pub(super) const KEYS: &str = "CREATE TABLE IF NOT EXISTS \"vauban_key\" (
    \"label\" text COLLATE \"C\" NOT NULL,
    \"id\" bigint NOT NULL,
    \"root\" bytea NOT NULL,
    \"state\" text COLLATE \"C\" NOT NULL,
    \"since\" bigint NOT NULL,
    \"used\" bigint NOT NULL,
    PRIMARY KEY (\"label\", \"id\")
)";

/// One process at a time migrates a database: the letters `vauban` and a number.
pub(super) const LOCK: i64 = 0x7661_7562_616e_0001;

/// The list of applied ones is there; two that make it at once would both fail without the lock.
pub(super) async fn ready(connection: &Connection) -> Result<(), Failure> {
    if !is_there(connection, "vauban_migration").await? || !is_there(connection, "vauban_key").await? {
        begin(connection).await?;
        connection.batch(TABLE).await?;
        connection.batch(KEYS).await?;
        connection.commit().await?;
    }
    Ok(())
}

/// A transaction that has the lock. Its statements may take their time, and wait for others a bounded one: who waits for a
/// table keeps everybody behind them from it.
pub(in crate::migrations) async fn begin(connection: &Connection) -> Result<(), Failure> {
    connection.begin(Access::Write, Isolation::ReadCommitted).await?;
    connection
        .batch(&format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock({LOCK})"
        ))
        .await
}

/// Notes that a migration was made, or was undone.
pub(in crate::migrations) async fn record(connection: &Connection, step: &Step) -> Result<(), Failure> {
    let Migration {
        package,
        name,
        checksum,
        ..
    } = &step.migration;
    let now = jiff::Timestamp::now().to_string();
    let values = [package, name, checksum, &now].map(|text| Value::Text(text.clone()));
    let (sql, count) = if step.back {
        (
            "DELETE FROM \"vauban_migration\" WHERE \"package\" = $1 AND \"name\" = $2",
            2,
        )
    } else {
        ("INSERT INTO \"vauban_migration\" VALUES ($1, $2, $3, $4)", 4)
    };
    let parameters = [Parameter::One(Kind::Text); 4];
    let binds = values.iter().take(count).map(Bind::One);
    connection.execute(sql, &parameters[..count], binds).await?;
    Ok(())
}

/// Whether the database has this migration.
pub(in crate::migrations) async fn is_recorded(connection: &Connection, id: &str) -> Result<bool, Failure> {
    Ok(recorded(connection).await?.contains_key(id))
}

/// Id and checksum of what the database has applied.
pub(super) async fn recorded(connection: &Connection) -> Result<BTreeMap<String, String>, Failure> {
    if !is_there(connection, "vauban_migration").await? {
        return Ok(BTreeMap::new());
    }
    let rows = texts(
        connection,
        "SELECT \"package\" || '/' || \"name\", \"checksum\" FROM \"vauban_migration\"",
    )
    .await?;
    let pairs = rows
        .into_iter()
        .filter_map(|row| <[String; 2]>::try_from(row).ok());
    Ok(pairs.map(|[id, checksum]| (id, checksum)).collect())
}

/// The keys that rows may use.
pub(in crate::migrations) async fn used_keys(connection: &Connection) -> Result<Vec<UsedKey>, Failure> {
    if !is_there(connection, "vauban_key").await? {
        return Ok(Vec::new());
    }
    let rows = texts(
        connection,
        "SELECT \"label\", \"id\"::text, encode(\"root\", 'hex') FROM \"vauban_key\" WHERE \"used\" = 1 AND \"state\" <> 'retired'",
    )
    .await?;
    let read = |row: Vec<String>| {
        let [label, id, root] = <[String; 3]>::try_from(row).ok()?;
        let root = u64::from_str_radix(&root, 16).ok()?.to_be_bytes();
        Some((label, id.parse().ok()?, root[2..].try_into().ok()?))
    };
    rows.into_iter()
        .map(|row| read(row).ok_or(Failure::Mismatch))
        .collect()
}

/// Whether one of the framework's own tables is there.
async fn is_there(connection: &Connection, table: &str) -> Result<bool, Failure> {
    let found = format!("SELECT 'there' WHERE to_regclass('{table}') IS NOT NULL");
    Ok(!texts(connection, &found).await?.is_empty())
}
