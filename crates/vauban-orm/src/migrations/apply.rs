//! Bringing a database to what the files say, under a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::MigrationError;
use super::data::{self, DataMigrationMeta};
use super::ddl::sqlite;

use super::found::{found, lost, unsound};
use super::guard::Guard;
use super::make;
use super::operation::Operation;
use super::plan::{self, Step, Target, plan};
use super::record::{self, KEYS, TABLE, age, recorded, setup};
use super::set::{self, Set};
use super::state::State;
use crate::backend::sqlite::settle;
use crate::error::DatabaseError;
use crate::sql::dialect::Dialect;
use crate::tree::meta::ModelMeta;

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
    /// Data migrations that the database is in the middle of: the next `migrate` goes on with them.
    pub half: Vec<String>,
}

/// One migration that was applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which migration it is: `package/name`.
    pub id: String,
    /// Whether it was undone.
    pub back: bool,
    /// What it did, a few words for each step.
    pub steps: Vec<String>,
}

impl Applied {
    pub(super) fn of(step: &Step) -> Self {
        Self {
            id: step.id(),
            back: step.back,
            steps: step.operations.iter().map(Operation::summary).collect(),
        }
    }
}

/// How a database and these migrations differ. Writes nothing.
///
/// # Errors
/// Files that cannot be read; a database that cannot be asked.
pub fn pending(connection: &Connection, sets: &[Set]) -> Result<Pending, MigrationError> {
    let recorded = recorded(connection)?;
    let age = if recorded.is_empty() {
        Duration::ZERO
    } else {
        age(connection)?
    };
    let mut out = compared(sets, recorded, age)?;
    out.half = data::sqlite::half(connection)?;
    Ok(out)
}

/// How what a database has recorded, the first of it so long ago, and these migrations differ.
pub(super) fn compared(
    sets: &[Set],
    recorded: BTreeMap<String, String>,
    age: Duration,
) -> Result<Pending, MigrationError> {
    let mut out = Pending {
        age,
        ..Pending::default()
    };
    let mut known = BTreeSet::new();
    for migration in set::ordered(sets)? {
        let id = migration.id();
        match recorded.get(&id) {
            None => out.missing.push(id.clone()),
            Some(checksum) if *checksum != migration.checksum => out.changed.push(id.clone()),
            Some(_) => {}
        }
        known.insert(id);
    }
    out.ahead = recorded.into_keys().filter(|id| !known.contains(id)).collect();
    Ok(out)
}

/// Brings the database to `target`, each migration whole or not at all. Two processes may try at once: the second waits, and
/// finds the work done.
///
/// # Errors
/// [`MigrationError::Changed`] before anything is done, if an applied file was edited; [`MigrationError::OneWay`] likewise, if
/// there is no way back; [`MigrationError::Late`] and [`MigrationError::Differs`], where something would be lost that the files
/// do not know of; what the database says of a statement; [`MigrationError::Locked`] after ten seconds.
pub fn apply(
    connection: &mut Connection,
    sets: &[Set],
    target: &Target,
    on_applied: impl FnMut(&Applied),
) -> Result<Vec<Applied>, MigrationError> {
    apply_with(connection, sets, target, &[], on_applied)
}

/// As [`apply`], with the functions that data migrations run.
///
/// # Errors
/// Those of [`apply`]; a function that is not there or has not the rights.
pub fn apply_with(
    connection: &mut Connection,
    sets: &[Set],
    target: &Target,
    functions: &[DataMigrationMeta],
    mut on_applied: impl FnMut(&Applied),
) -> Result<Vec<Applied>, MigrationError> {
    settle(connection).map_err(setup)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(setup)?;
    connection.execute_batch(TABLE).map_err(setup)?;
    connection.execute_batch(KEYS).map_err(setup)?;
    let changed = pending(connection, sets)?.changed;
    if !changed.is_empty() {
        return Err(MigrationError::Changed { migrations: changed });
    }
    let mut done = Vec::new();
    let steps = plan(connection, sets, target)?;
    data::check(&steps, functions)?;
    data::sqlite::refuse_half(connection, &steps)?;
    let guard = Guard::install(connection).map_err(setup)?;
    for step in steps {
        let made = match data::goes_through_rows(&step) {
            true => data::sqlite::run(connection, &step, functions)?,
            false => make_step(connection, &step, &guard)?,
        };
        if made {
            let applied = Applied::of(&step);
            on_applied(&applied);
            done.push(applied);
        }
    }
    guard.remove(connection).map_err(setup)?;
    Ok(done)
}

/// Makes the models' tables in an empty database, without files: for tests.
///
/// # Errors
/// What the database says.
pub fn create_all(connection: &mut Connection, models: &[&'static ModelMeta]) -> Result<(), MigrationError> {
    settle(connection).map_err(setup)?;
    connection.execute_batch(KEYS).map_err(setup)?;
    let statements = plan::statements(
        &make::from_nothing(models),
        &mut State::default(),
        Dialect::Sqlite,
    );
    let statements = statements.map_err(MigrationError::Set)?;
    for statement in statements {
        connection
            .execute_batch(&statement)
            .map_err(|error| MigrationError::Database {
                migration: "create_all".into(),
                statement,
                error: error.into(),
            })?;
    }
    Ok(())
}

/// Whether there was something to do still.
fn make_step(connection: &mut Connection, step: &Step, guard: &Guard) -> Result<bool, MigrationError> {
    // A table that is made anew is gone for a moment. Foreign keys are checked before the end instead, all of them.
    let apart = step.operations.iter().any(sqlite::keys_afterwards);
    if apart {
        connection
            .pragma_update(None, "foreign_keys", false)
            .map_err(setup)?;
    }
    let made = in_transaction(connection, step, guard, apart);
    if apart {
        connection
            .pragma_update(None, "legacy_alter_table", false)
            .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
            .map_err(setup)?;
    }
    made
}

fn in_transaction(
    connection: &mut Connection,
    step: &Step,
    guard: &Guard,
    check_keys: bool,
) -> Result<bool, MigrationError> {
    // The lock: one writer at a time, and what it finds is asked again under it.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(setup)?;
    if recorded(&transaction)?.contains_key(&step.id()) != step.back {
        return Ok(false);
    }
    let mut state = step.before.clone();
    let mut rebuilt = false;
    for operation in &step.operations {
        // Whatever happens, dropping the transaction undoes the steps before.
        for statement in statements(&transaction, step, operation, &state)? {
            if let Err(error) = guard.watching(|| transaction.execute_batch(&statement)) {
                let migration = step.id();
                return Err(match guard.refused() {
                    Some(problem) => MigrationError::Forbidden {
                        migration,
                        statement,
                        problem,
                    },
                    None => MigrationError::Database {
                        migration,
                        statement,
                        error: DatabaseError::new(operation.with_remedy(&error.to_string()), None),
                    },
                });
            }
        }
        rebuilt |= sqlite::rebuilt_table(operation, &state).is_some();
        state.apply(operation).map_err(|problem| MigrationError::File {
            migration: step.id(),
            problem,
        })?;
    }
    if rebuilt && let Some((what, error)) = unsound(&transaction).map_err(setup)? {
        let migration = step.id();
        return Err(MigrationError::Unsound {
            migration,
            what,
            error: error.into(),
        });
    }
    if check_keys && let Some((table, target)) = broken_key(&transaction).map_err(setup)? {
        return Err(MigrationError::BrokenKey {
            migration: step.id(),
            table,
            target,
        });
    }
    record::write(&transaction, &step.migration, step.back).map_err(setup)?;
    transaction.commit().map_err(|error| MigrationError::Database {
        migration: step.id(),
        statement: "COMMIT".to_owned(),
        error: error.into(),
    })?;
    Ok(true)
}

/// What makes an operation in this database. What it has on a table that is made anew is asked of it, and kept.
fn statements(
    connection: &Connection,
    step: &Step,
    operation: &Operation,
    before: &State,
) -> Result<Vec<String>, MigrationError> {
    if let Some((table, difference)) = lost(connection, operation, before).map_err(setup)? {
        return Err(difference.refuses(step.id(), table));
    }
    let attached = match sqlite::rebuilt_table(operation, before) {
        Some(table) => found(connection, table)
            .map_err(setup)?
            .map(|found| found.attached),
        None => None,
    };
    let made = match attached {
        Some(attached) => sqlite::rebuilt(operation, before, Some(&attached)),
        None => sqlite::statements(operation, before),
    };
    made.map_err(|problem| MigrationError::File {
        migration: step.id(),
        problem,
    })
}

/// A table with a row that refers to none, and the table that it should refer to.
fn broken_key(connection: &Connection) -> rusqlite::Result<Option<(String, String)>> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        Some(row) => Ok(Some((row.get(0)?, row.get(2)?))),
        None => Ok(None),
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
            state.apply_all(&migration)?;
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

    fn newest(connection: &mut Connection, sets: &[Set]) -> Result<Vec<Applied>, MigrationError> {
        apply(connection, sets, &Target::Newest, |_| {})
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
        assert_eq!(ids(&newest(&mut connection, &one).unwrap()), ["demo/0001"]);
        connection.execute("INSERT INTO team VALUES (x'01')", []).unwrap();
        assert_eq!(ids(&newest(&mut connection, &two).unwrap()), ["demo/0002"]);
        assert_eq!(ids(&newest(&mut connection, &two).unwrap()), [""; 0]);
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
        newest(&mut connection, &[set(&[("0001", FIRST)])]).unwrap();
        let edited = [set(&[("0001", AFTERTHOUGHT), ("0002", SECOND)])];
        assert_eq!(pending(&connection, &edited).unwrap().changed, ["demo/0001"]);
        let error = newest(&mut connection, &edited).unwrap_err();
        assert!(matches!(error, MigrationError::Changed { .. }), "{error}");
        assert_eq!(pending(&connection, &edited).unwrap().missing, ["demo/0002"]);
    }

    #[test]
    fn a_migration_is_whole_or_not_at_all() {
        let mut connection = Connection::open_in_memory().unwrap();
        newest(&mut connection, &[set(&[("0001", FIRST)])]).unwrap();
        connection.execute("INSERT INTO team VALUES (x'01')", []).unwrap();
        let error = newest(&mut connection, &[set(&[("0001", FIRST), ("0002", BROKEN)])]).unwrap_err();
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
        let applied = newest(&mut connection, &[app.clone(), framework]).unwrap();
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
            newest(&mut connection, &[set(&[("0001", FIRST), ("0002", SECOND)])])
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
