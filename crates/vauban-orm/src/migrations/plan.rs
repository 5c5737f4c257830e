//! Which migrations are made or undone, one after the other, and by which statements.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::MigrationError;
use super::file::Migration;
use super::found::lost;
use super::inverse::inverse;
use super::late;
use super::locks;
use super::operation::Operation;
use super::record::{recorded, setup};
use super::resolved::resolved;
use super::set::{self, Set};
use super::state::State;
use crate::sql::dialect::Dialect;
use crate::tree::meta::ModelMeta;

/// Where a database is brought to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Every migration that the program has.
    Newest,
    /// This migration is its package's last one, `package/name`: what it depends on is made, what comes after it in the
    /// package, and what depends on that, is undone.
    Last(String),
    /// No migration of this package.
    Zero(String),
}

/// As it stands behind `migrate`.
impl std::str::FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((package, "zero")) => Ok(Self::Zero(package.to_owned())),
            Some(_) => Ok(Self::Last(text.to_owned())),
            None => Err(format!(
                "`{text}` is no migration: write `package/0002_name`, or `package/zero` for none of the package's"
            )),
        }
    }
}

/// One migration to be made, or to be undone.
#[derive(Debug, Clone)]
pub struct Step {
    /// The migration whose step it is.
    pub migration: Migration,
    /// Whether it is undone, instead of made.
    pub back: bool,
    /// What is done: the file's operations, or those that undo them.
    pub operations: Vec<Operation>,
    /// The SQL that does it, one statement each. A table that is made anew gets back the indexes and triggers that the
    /// database has on it, which only the database knows; here are those of the files.
    pub statements: Vec<String>,
    /// On PostgreSQL, what it keeps others from while it looks at every row of a table, and the way round.
    pub warnings: Vec<String>,
    /// The schema before it: of what the database has applied, not of what stands before it in the order.
    pub(super) before: State,
}

impl Step {
    /// Which migration it is: `package/name`.
    pub fn id(&self) -> String {
        self.migration.id()
    }
}

/// What is to be done with this database, in order. Writes nothing.
///
/// # Errors
/// Files that cannot be read or contradict each other, a target that there is not, no way back, a migration that comes too
/// late, a database that cannot be asked or is not as the files say where a step would lose what it has.
pub fn plan(connection: &Connection, sets: &[Set], target: &Target) -> Result<Vec<Step>, MigrationError> {
    let applied = recorded(connection)?.into_keys().collect();
    let (steps, has) = steps(&set::ordered(sets)?, &applied, target, Dialect::Sqlite)?;
    keeps_everything(connection, &steps, &has)?;
    Ok(steps)
}

/// The packages' migrations in their order, for a database of this kind: on PostgreSQL the models say what older files leave open.
pub(super) fn ordered_for(
    sets: &[Set],
    dialect: Dialect,
    models: &[&'static ModelMeta],
) -> Result<Vec<Migration>, MigrationError> {
    let migrations = set::ordered(sets)?;
    Ok(match dialect {
        Dialect::Sqlite => migrations,
        Dialect::Postgres => resolved(migrations, models),
    })
}

/// What is to be done where these are applied, and the schema that is there.
///
/// # Errors
/// A target that there is not, no way back, a migration that comes too late.
pub(super) fn steps(
    migrations: &[Migration],
    applied: &BTreeSet<String>,
    target: &Target,
    dialect: Dialect,
) -> Result<(Vec<Step>, State), MigrationError> {
    let wanted = wanted(migrations, target, applied)?;
    late::refuse(migrations, applied, &wanted)?;
    // What the database has is what it applied, whatever stands between in the order.
    let mut now = State::default();
    let mut befores = Vec::new();
    for migration in migrations.iter().filter(|m| applied.contains(&m.id())) {
        befores.push((migration, now.clone()));
        now.apply_all(migration)?;
    }
    let has = now.clone();
    let mut steps = Vec::new();
    for (migration, before) in befores.into_iter().rev() {
        if !wanted.contains(&migration.id()) {
            steps.push(back(migration.clone(), before, &mut now, dialect)?);
        }
    }
    let missing = |m: &&Migration| wanted.contains(&m.id()) && !applied.contains(&m.id());
    for migration in migrations.iter().filter(missing) {
        steps.push(forward(migration.clone(), &mut now, dialect)?);
    }
    late::same_as_in_order(migrations, &wanted, &now)?;
    Ok((steps, has))
}

/// Before anything is done: what these steps would take that the files do not know of.
fn keeps_everything(connection: &Connection, steps: &[Step], has: &State) -> Result<(), MigrationError> {
    for step in steps {
        for operation in &step.operations {
            // What it does to the schema nobody knows; what follows is asked when it comes.
            if matches!(operation, Operation::Sql { .. }) {
                return Ok(());
            }
            if let Some((table, difference)) = lost(connection, operation, has).map_err(setup)? {
                return Err(difference.refuses(step.id(), table));
            }
        }
    }
    Ok(())
}

/// One migration's step, whatever any database has: for `sqlmigrate`. `models` are all of the program's.
///
/// # Errors
/// As [`plan`].
pub fn step(
    sets: &[Set],
    id: &str,
    undone: bool,
    dialect: Dialect,
    models: &[&'static ModelMeta],
) -> Result<Step, MigrationError> {
    let mut state = State::default();
    for migration in ordered_for(sets, dialect, models)? {
        if migration.id() == id {
            if !undone {
                return forward(migration, &mut state, dialect);
            }
            let before = state.clone();
            state.apply_all(&migration)?;
            return back(migration, before, &mut state, dialect);
        }
        state.apply_all(&migration)?;
    }
    Err(unknown(id))
}

/// Every migration's `package/name`, in the order in which they are made.
///
/// # Errors
/// Files that cannot be read or contradict each other.
pub fn ids(sets: &[Set]) -> Result<Vec<String>, MigrationError> {
    Ok(set::ordered(sets)?.iter().map(Migration::id).collect())
}

/// The migrations that the database has in the end.
fn wanted(
    migrations: &[Migration],
    target: &Target,
    applied: &BTreeSet<String>,
) -> Result<BTreeSet<String>, MigrationError> {
    let ids = || migrations.iter().map(Migration::id);
    let (package, last) = match target {
        Target::Newest => return Ok(ids().collect()),
        Target::Last(id) => {
            let found = migrations.iter().find(|migration| migration.id() == *id);
            (found.ok_or_else(|| unknown(id))?.package.as_str(), Some(id))
        }
        Target::Zero(package) => (package.as_str(), None),
    };
    if !migrations.iter().any(|migration| migration.package == package) {
        return Err(unknown(&format!("{package}/zero")));
    }
    // What comes after it in the package, and what depends on that.
    let mut gone = BTreeSet::new();
    let mut passed = last.is_none();
    for migration in migrations {
        let id = migration.id();
        let own = migration.package == package;
        if (own && passed) || migration.depends_on.iter().any(|on| gone.contains(on)) {
            gone.insert(id.clone());
        }
        passed |= Some(&id) == last;
    }
    // And what it depends on.
    let mut kept: BTreeSet<String> = applied.iter().filter(|id| !gone.contains(*id)).cloned().collect();
    kept.extend(last.cloned());
    for migration in migrations.iter().rev() {
        if kept.contains(&migration.id()) {
            kept.extend(migration.depends_on.iter().cloned());
        }
    }
    Ok(kept)
}

fn unknown(id: &str) -> MigrationError {
    MigrationError::Set(format!(
        "there is no migration `{id}`: `showmigrations` lists them"
    ))
}

fn forward(migration: Migration, now: &mut State, dialect: Dialect) -> Result<Step, MigrationError> {
    let before = now.clone();
    let operations = migration.operations.clone();
    let statements = statements(&operations, now, dialect).map_err(|problem| MigrationError::File {
        migration: migration.id(),
        problem,
    })?;
    Ok(Step {
        migration,
        back: false,
        statements,
        warnings: locks::warnings(&operations, &before, dialect),
        operations,
        before,
    })
}

/// `made_in`: the schema in which it was made; `now`: the one in which it is undone.
fn back(
    migration: Migration,
    made_in: State,
    now: &mut State,
    dialect: Dialect,
) -> Result<Step, MigrationError> {
    let one_way = |problem: String| MigrationError::OneWay {
        migration: migration.id(),
        problem,
    };
    let mut state = made_in;
    let mut undoing = Vec::new();
    for operation in &migration.operations {
        undoing.push(inverse(operation, &state).map_err(one_way)?);
        state.apply(operation).map_err(one_way)?;
    }
    let operations: Vec<Operation> = undoing.into_iter().rev().flatten().collect();
    let before = now.clone();
    let statements = statements(&operations, now, dialect).map_err(one_way)?;
    Ok(Step {
        migration,
        back: true,
        statements,
        warnings: locks::warnings(&operations, &before, dialect),
        operations,
        before,
    })
}

/// The statements of these steps. The schema is then as after them.
pub(super) fn statements(
    operations: &[Operation],
    state: &mut State,
    dialect: Dialect,
) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for operation in operations {
        all.extend(dialect.statements(operation, state)?);
        state.apply(operation)?;
    }
    Ok(all)
}
