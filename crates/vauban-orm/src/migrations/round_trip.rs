//! For tests: from every state that the migrations lead through, a database with rows goes to the newest one and back.

use rusqlite::Connection;

use super::apply::apply_with;
use super::data::DataMigrationMeta;
use super::found::{Difference, found};
use super::operation::ColumnState;
use super::plan::{Target, ids};
use super::set::{self, Set};
use super::state::State;
use super::{ColumnType, MigrationError};
use crate::backend::sqlite::settle;
use crate::tree::value::{Kind, Storage};

/// Makes a database of every earlier state, with a row in each table that takes one, brings it to the newest state, and as far back
/// as there is a way.
///
/// # Errors
/// Which migration does not go, from where, and why; a table whose row was lost though nothing dropped it, or that is not what its
/// operations say.
pub fn round_trip(sets: &[Set], functions: &[DataMigrationMeta]) -> Result<(), String> {
    let all = ids(sets).map_err(|error| error.to_string())?;
    for last in 0..=all.len() {
        let from = all[..last].last().map_or("nothing", String::as_str);
        one(sets, functions, &all[..last])
            .map_err(|problem| format!("from a database that ends with {from}: {problem}"))?;
    }
    Ok(())
}

fn one(sets: &[Set], functions: &[DataMigrationMeta], made: &[String]) -> Result<(), String> {
    let told = |error: MigrationError| error.to_string();
    let mut connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
    settle(&connection).map_err(|error| error.to_string())?;
    let mut state = State::default();
    for migration in set::ordered(sets).map_err(told)? {
        if made.contains(&migration.id()) {
            apply_with(
                &mut connection,
                sets,
                &Target::Last(migration.id()),
                functions,
                |_| {},
            )
            .map_err(told)?;
            state.apply_all(&migration).map_err(told)?;
        }
    }
    let filled = fill(&connection, &state);
    apply_with(&mut connection, sets, &Target::Newest, functions, |_| {}).map_err(told)?;
    let newest = State::of_files(sets).map_err(told)?;
    for table in filled.iter().filter(|table| newest.tables.contains_key(*table)) {
        let rows = connection.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0));
        let rows: i64 = rows.map_err(|error| error.to_string())?;
        if rows != 1 {
            return Err(format!("the row of `{table}` became {rows}"));
        }
    }
    as_said(&connection, &newest)?;
    // Package by package, as far as there is a way.
    for id in ids(sets).map_err(told)?.iter().rev() {
        let package = id.split('/').next().unwrap_or_default();
        match apply_with(
            &mut connection,
            sets,
            &Target::Zero(package.to_owned()),
            functions,
            |_| {},
        ) {
            Ok(_) | Err(MigrationError::OneWay { .. }) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    apply_with(&mut connection, sets, &Target::Newest, functions, |_| {}).map_err(told)?;
    as_said(&connection, &newest)
}

/// A table that SQL by hand changed otherwise than the operations say could not be made anew later.
fn as_said(connection: &Connection, newest: &State) -> Result<(), String> {
    for (table, state) in &newest.tables {
        let found = found(connection, table).map_err(|error| error.to_string())?;
        let found = found.ok_or_else(|| format!("the table `{table}` is not there in the end"))?;
        let Difference { missing, more } = found.difference(state);
        if let Some(told) = missing.first() {
            return Err(format!(
                "`{table}` lacks {told} in the end, which its operations say"
            ));
        }
        if let Some(told) = more.first() {
            return Err(format!(
                "`{table}` has {told} in the end, which no operation says: a later migration that makes it anew would stop. \
                 Take it out of the SQL that makes it, and say it by an operation"
            ));
        }
    }
    Ok(())
}

/// The tables that took a row.
fn fill(connection: &Connection, state: &State) -> Vec<String> {
    let mut filled: Vec<String> = Vec::new();
    // A table that others refer to may come later in the alphabet.
    for _ in 0..state.tables.len() {
        for (table, has) in &state.tables {
            if filled.contains(table) {
                continue;
            }
            let columns: Vec<String> = has
                .columns
                .iter()
                .map(|column| format!("\"{}\"", column.name))
                .collect();
            let values: Vec<String> = has
                .columns
                .iter()
                .map(|column| sample(table, column, &filled))
                .collect();
            let sql = format!(
                "INSERT INTO \"{table}\" ({}) VALUES ({})",
                columns.join(", "),
                values.join(", ")
            );
            // A condition of the table's may refuse what is made up here.
            if connection.execute(&sql, []).is_ok() {
                filled.push(table.clone());
            }
        }
    }
    filled
}

fn sample(table: &str, column: &ColumnState, filled: &[String]) -> String {
    match &column.references {
        Some(target) if filled.contains(target) => return format!("(SELECT \"id\" FROM \"{target}\")"),
        Some(target) if column.null || target != table => return "NULL".to_owned(),
        _ => {}
    }
    match (column.kind, column.kind.storage()) {
        (ColumnType::Of(Kind::Json), _) => "'{}'".to_owned(),
        (ColumnType::Of(Kind::Date), _) => "'2026-11-29'".to_owned(),
        (_, Storage::Text) => "'a text'".to_owned(),
        (_, Storage::Integer) => "1".to_owned(),
        (_, Storage::Real) => "1.5".to_owned(),
        (_, Storage::Blob) => "x'000102030405060708090a0b0c0d0e0f'".to_owned(),
    }
}
