//! Bringing a database to what the files say, under a lock.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::MigrationError;
use super::file::Migration;
use super::make;
use super::set::{self, Set};
use super::state::State;
use crate::meta::ModelMeta;

/// How a database and a program's migrations differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// The program has them, the database lacks them: `package/name`. It may not serve like this.
    pub missing: Vec<String>,
    /// The database has them, the program does not: another version runs beside it. A warning.
    pub ahead: Vec<String>,
    /// Applied, and edited since.
    pub changed: Vec<String>,
    /// How long ago the database had its first one.
    pub age: Duration,
}

/// One migration that was applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which migration it is: `package/name`.
    pub id: String,
    /// What it did, a few words for each step.
    pub steps: Vec<String>,
}

/// How a database and these migrations differ. Writes nothing.
///
/// # Errors
/// Files that cannot be read; a database that cannot be asked.
pub fn pending(connection: &Connection, sets: &[Set]) -> Result<Pending, MigrationError> {
    let migrations = set::ordered(sets)?;
    let recorded = recorded(connection)?;
    let mut out = Pending::default();
    for migration in &migrations {
        match recorded.get(&migration.id()) {
            None => out.missing.push(migration.id()),
            Some(checksum) if *checksum != migration.checksum => out.changed.push(migration.id()),
            Some(_) => {}
        }
    }
    let known: Vec<String> = migrations.iter().map(Migration::id).collect();
    if !recorded.is_empty() {
        out.age = age(connection)?;
    }
    out.ahead = recorded.into_keys().filter(|id| !known.contains(id)).collect();
    Ok(out)
}

/// Applies what the database lacks, each migration whole or not at all. Two processes may try at once: the
/// second waits, and finds the work done.
///
/// # Errors
/// [`MigrationError::Changed`] before anything is done, if an applied file was edited; what the database
/// says of a statement; [`MigrationError::Locked`] after ten seconds.
pub fn apply(
    connection: &mut Connection,
    sets: &[Set],
    mut on_applied: impl FnMut(&Applied),
) -> Result<Vec<Applied>, MigrationError> {
    let migrations = set::ordered(sets)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(setup)?;
    connection.execute_batch(TABLE).map_err(setup)?;
    let changed = pending(connection, sets)?.changed;
    if !changed.is_empty() {
        return Err(MigrationError::Changed { migrations: changed });
    }
    let mut done = Vec::new();
    for migration in &migrations {
        if let Some(applied) = apply_one(connection, migration)? {
            on_applied(&applied);
            done.push(applied);
        }
    }
    Ok(done)
}

/// Makes the models' tables in an empty database, without files: for tests.
///
/// # Errors
/// What the database says.
pub fn create_all(connection: &mut Connection, models: &[&'static ModelMeta]) -> Result<(), MigrationError> {
    for operation in make::from_nothing(models) {
        let statement = operation.sqlite();
        connection
            .execute_batch(&statement)
            .map_err(|error| MigrationError::Database {
                migration: "create_all".into(),
                statement,
                error,
            })?;
    }
    Ok(())
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"vauban_migration\" (
    \"package\" TEXT NOT NULL,
    \"name\" TEXT NOT NULL,
    \"checksum\" TEXT NOT NULL,
    \"applied\" TEXT NOT NULL,
    PRIMARY KEY (\"package\", \"name\")
) STRICT";

fn apply_one(connection: &mut Connection, migration: &Migration) -> Result<Option<Applied>, MigrationError> {
    // The lock: one writer at a time, and what it finds is asked again under it.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(setup)?;
    if recorded(&transaction)?.contains_key(&migration.id()) {
        return Ok(None);
    }
    let mut steps = Vec::new();
    for operation in &migration.operations {
        let statement = operation.sqlite();
        if let Err(error) = transaction.execute_batch(&statement) {
            // Dropping the transaction undoes the steps before.
            return Err(MigrationError::Database {
                migration: migration.id(),
                statement,
                error,
            });
        }
        steps.push(operation.summary());
    }
    transaction
        .execute(
            "INSERT INTO \"vauban_migration\" VALUES (?, ?, ?, ?)",
            (
                &migration.package,
                &migration.name,
                &migration.checksum,
                jiff::Timestamp::now().to_string(),
            ),
        )
        .and_then(|_| transaction.commit())
        .map_err(setup)?;
    Ok(Some(Applied {
        id: migration.id(),
        steps,
    }))
}

/// Id and checksum of what the database has applied.
fn recorded(connection: &Connection) -> Result<BTreeMap<String, String>, MigrationError> {
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
fn age(connection: &Connection) -> Result<Duration, MigrationError> {
    let first: Option<String> = connection
        .query_row("SELECT min(\"applied\") FROM \"vauban_migration\"", [], |row| {
            row.get(0)
        })
        .map_err(setup)?;
    let first = first.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let age = first.map(|first| jiff::Timestamp::now().duration_since(first));
    Ok(age
        .and_then(|age| Duration::try_from(age).ok())
        .unwrap_or_default())
}

fn setup(error: rusqlite::Error) -> MigrationError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => MigrationError::Locked,
        _ => MigrationError::Database {
            migration: "(the list of applied ones)".into(),
            statement: "vauban_migration".into(),
            error,
        },
    }
}

impl State {
    /// For the checks at start: whether the models ask for more than the files say.
    ///
    /// # Errors
    /// Files that cannot be read or contradict each other.
    pub fn of_files(sets: &[Set]) -> Result<Self, MigrationError> {
        let mut state = Self::default();
        for migration in set::ordered(sets)? {
            for operation in &migration.operations {
                state.apply(operation).map_err(|problem| MigrationError::File {
                    migration: migration.id(),
                    problem,
                })?;
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::SetFile;

    const AFTERTHOUGHT: &str = "[[operations]]\ndrop_table = 'team'";
    const FIRST: &str = "[[operations]]\ncreate_table = 'team'\ncolumns = [{ name = 'id', type = 'blob', primary_key = true }]";
    const SECOND: &str = "[[operations]]\nadd_column = 'team'\ncolumn = { name = 'size', type = 'integer', default = '3' }\n\
        [[operations]]\nadd_constraint = 'team'\nconstraint = { name = 'some', check = '\"size\" > 0' }";
    const BROKEN: &str =
        "[[operations]]\nsql = 'DELETE FROM team'\n[[operations]]\nsql = 'SELECT nothing FROM nowhere'";

    fn set(files: &[(&'static str, &'static str)]) -> Set {
        let files: Vec<SetFile> = files.iter().map(|&(name, text)| SetFile { name, text }).collect();
        Set {
            package: "demo",
            folder: "",
            files: files.leak(),
        }
    }

    fn ids(applied: &[Applied]) -> Vec<&str> {
        applied.iter().map(|a| a.id.as_str()).collect()
    }

    #[test]
    fn applies_what_is_missing_and_nothing_twice() {
        let mut connection = Connection::open_in_memory().unwrap();
        let one = [set(&[("0001", FIRST)])];
        let two = [set(&[("0001", FIRST), ("0002", SECOND)])];
        assert_eq!(
            pending(&connection, &two).unwrap().missing,
            ["demo/0001", "demo/0002"]
        );
        assert_eq!(ids(&apply(&mut connection, &one, |_| {}).unwrap()), ["demo/0001"]);
        connection.execute("INSERT INTO team VALUES (x'01')", []).unwrap();
        assert_eq!(ids(&apply(&mut connection, &two, |_| {}).unwrap()), ["demo/0002"]);
        assert_eq!(ids(&apply(&mut connection, &two, |_| {}).unwrap()), [""; 0]);
        let none = pending(&connection, &two).unwrap();
        assert!(none.missing.is_empty() && none.ahead.is_empty() && none.changed.is_empty());
        assert!(none.age < Duration::from_secs(3600));
        let old = "UPDATE vauban_migration SET applied = '2020-01-01T00:00:00Z' WHERE name = '0001'";
        connection.execute(old, []).unwrap();
        assert!(pending(&connection, &two).unwrap().age > Duration::from_secs(365 * 86_400));
        // An older program beside a newer database warns.
        assert_eq!(pending(&connection, &one).unwrap().ahead, ["demo/0002"]);
        let size: i64 = connection
            .query_row("SELECT size FROM team", [], |row| row.get(0))
            .unwrap();
        assert_eq!(size, 3);
        assert!(
            connection.execute("UPDATE team SET size = 0", []).is_err(),
            "the new constraint holds"
        );
    }

    #[test]
    fn an_edited_file_is_refused_before_anything_is_done() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[set(&[("0001", FIRST)])], |_| {}).unwrap();
        let edited = [set(&[("0001", AFTERTHOUGHT), ("0002", SECOND)])];
        assert_eq!(pending(&connection, &edited).unwrap().changed, ["demo/0001"]);
        let error = apply(&mut connection, &edited, |_| {}).unwrap_err();
        assert!(matches!(error, MigrationError::Changed { .. }), "{error}");
        assert_eq!(pending(&connection, &edited).unwrap().missing, ["demo/0002"]);
    }

    #[test]
    fn a_migration_is_whole_or_not_at_all() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[set(&[("0001", FIRST)])], |_| {}).unwrap();
        connection.execute("INSERT INTO team VALUES (x'01')", []).unwrap();
        let error = apply(
            &mut connection,
            &[set(&[("0001", FIRST), ("0002", BROKEN)])],
            |_| {},
        )
        .unwrap_err();
        assert!(error.to_string().contains("demo/0002 is undone"), "{error}");
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM team", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1, "the DELETE before the failure is undone");
    }

    #[test]
    fn packages_wait_for_each_other() {
        let late = "depends_on = ['vauban/0001']\n[[operations]]\nsql = \"INSERT INTO team VALUES (x'02')\"";
        let app = set(&[("0001", late)]);
        let framework = Set {
            package: "vauban",
            ..set(&[("0001", FIRST)])
        };
        let mut connection = Connection::open_in_memory().unwrap();
        let applied = apply(&mut connection, &[app.clone(), framework], |_| {}).unwrap();
        assert_eq!(ids(&applied), ["vauban/0001", "demo/0001"]);
        let error = pending(&connection, &[app]).unwrap_err().to_string();
        assert!(error.contains("`vauban/0001`, which is not among"), "{error}");
    }

    #[test]
    fn two_processes_at_once_apply_each_migration_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let migrate = || {
            let mut connection = Connection::open(&path).unwrap();
            connection.busy_timeout(Duration::from_secs(10)).unwrap();
            apply(
                &mut connection,
                &[set(&[("0001", FIRST), ("0002", SECOND)])],
                |_| {},
            )
            .unwrap()
            .len()
        };
        let total: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(migrate)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(total, 2);
    }
}
