//! Data migrations on SQLite.

use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use uuid::Uuid;

use super::super::MigrationError;
use super::super::owned::PROGRESS;
use super::super::plan::Step;
use super::super::record::{self, recorded, setup};
use super::each::Each;
use super::function::DataMigrationMeta;
use super::progress::{self, Half, Progress, hex, unhex};
use crate::backend::sqlite::value_of;
use crate::sql::dialect::Dialect;
use crate::tree::value::Value;

/// The data migrations that are half made or half undone, as far as this database knows.
///
/// # Errors
/// What the database says.
pub(in crate::migrations) fn half(connection: &Connection) -> Result<Vec<String>, MigrationError> {
    Ok(progress(connection)?.into_keys().collect())
}

/// See [`refuse_half`](progress::refuse_half).
///
/// # Errors
/// Those of it.
pub(in crate::migrations) fn refuse_half(
    connection: &Connection,
    steps: &[Step],
) -> Result<(), MigrationError> {
    progress::refuse_half(&progress(connection)?, steps)
}

/// Goes through the rows, some in a transaction, and on from where it was.
///
/// # Errors
/// What the database or a function says; what was done before is kept.
pub(in crate::migrations) fn run(
    connection: &mut Connection,
    step: &Step,
    functions: &[DataMigrationMeta],
) -> Result<bool, MigrationError> {
    let all = Each::all(step, functions)?;
    let mut any = false;
    loop {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(setup)?;
        // Under the lock: another process may have gone on with it, or ended it.
        if recorded(&transaction)?.contains_key(&step.id()) != step.back {
            return Ok(any);
        }
        any = true;
        let now = progress(&transaction)?.remove(&step.id());
        let mut now = now.unwrap_or_else(|| Progress::begun(step.back));
        let is_done = match all.get(now.operation) {
            None => true,
            Some(each) => {
                if !batch(&transaction, each, &mut now.last)? {
                    now.operation += 1;
                    now.last = String::new();
                }
                false
            }
        };
        if is_done {
            forget(&transaction, step).map_err(setup)?;
            record::write(&transaction, &step.migration, step.back).map_err(setup)?;
        } else {
            keep(&transaction, step, &now).map_err(setup)?;
        }
        transaction.commit().map_err(setup)?;
        if is_done {
            return Ok(true);
        }
    }
}

/// The next rows; whether there were some.
fn batch(transaction: &Transaction<'_>, each: &Each<'_>, last: &mut String) -> Result<bool, MigrationError> {
    if each.has_nothing_to_do() {
        return Ok(false);
    }
    let select = each.select(Dialect::Sqlite);
    let refused = |error: rusqlite::Error| each.refused(&select, error.to_string());
    let mut rows: Vec<(Vec<u8>, Vec<Value>)> = Vec::new();
    {
        let mut statement = transaction.prepare_cached(&select).map_err(refused)?;
        let mut found = statement.query([unhex(last)]).map_err(refused)?;
        while let Some(row) = found.next().map_err(refused)? {
            let id: Vec<u8> = row.get(0).map_err(refused)?;
            let values = (1..=each.columns.len()).map(|at| row.get_ref(at).map(value_of));
            rows.push((id, values.collect::<Result<_, _>>().map_err(refused)?));
        }
    }
    for (id, values) in &rows {
        let key = Uuid::from_slice(id).map_err(|error| each.refused(&select, error.to_string()))?;
        let changed = each.changed(key, values)?;
        if changed.is_empty() {
            continue;
        }
        let columns: Vec<_> = changed.iter().map(|(at, _)| *at).collect();
        let update = each.update(Dialect::Sqlite, &columns);
        let own = std::iter::once(Value::Blob(id.clone()));
        let bound = own.chain(changed.into_iter().map(|(_, value)| value));
        let mut statement = transaction.prepare_cached(&update).map_err(refused)?;
        let done = statement.execute(params_from_iter(bound));
        done.map_err(|error| each.refused(&format!("{update} (the row {key})"), error.to_string()))?;
    }
    match rows.last() {
        None => Ok(false),
        Some((id, _)) => {
            *last = hex(id);
            Ok(true)
        }
    }
}

fn progress(connection: &Connection) -> Result<Half, MigrationError> {
    if !connection.table_exists(None, PROGRESS).map_err(setup)? {
        return Ok(Half::new());
    }
    let mut statement = connection
        .prepare(&format!(
            "SELECT \"package\" || '/' || \"name\", \"back\", \"operation\", \"last\" FROM \"{PROGRESS}\""
        ))
        .map_err(setup)?;
    let rows = statement.query_map([], |row| {
        let operation: i64 = row.get(2)?;
        let progress = Progress {
            back: row.get(1)?,
            operation: usize::try_from(operation).unwrap_or(0),
            last: row.get(3)?,
        };
        Ok((row.get(0)?, progress))
    });
    rows.map_err(setup)?.collect::<Result<_, _>>().map_err(setup)
}

fn keep(transaction: &Transaction<'_>, step: &Step, now: &Progress) -> rusqlite::Result<()> {
    transaction.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS \"{PROGRESS}\" (\"package\" TEXT NOT NULL, \"name\" TEXT NOT NULL, \"back\" INTEGER NOT NULL, \
         \"operation\" INTEGER NOT NULL, \"last\" TEXT NOT NULL, PRIMARY KEY (\"package\", \"name\")) STRICT"
    ))?;
    let (package, name) = (&step.migration.package, &step.migration.name);
    let operation = i64::try_from(now.operation).unwrap_or(i64::MAX);
    transaction.execute(
        &format!("INSERT OR REPLACE INTO \"{PROGRESS}\" VALUES (?, ?, ?, ?, ?)"),
        (package, name, now.back, operation, &now.last),
    )?;
    Ok(())
}

fn forget(transaction: &Transaction<'_>, step: &Step) -> rusqlite::Result<()> {
    if transaction.table_exists(None, PROGRESS)? {
        transaction.execute(
            &format!("DELETE FROM \"{PROGRESS}\" WHERE \"package\" = ? AND \"name\" = ?"),
            (&step.migration.package, &step.migration.name),
        )?;
    }
    Ok(())
}
