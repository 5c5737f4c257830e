//! Migrations that come late: those that a database lacks, although it has others that follow them.

use std::collections::{BTreeMap, BTreeSet};

use super::MigrationError;
use super::file::Migration;
use super::operation::Operation;
use super::state::State;

/// Refuses a migration that would be made after one which builds on it, unless they touch different tables.
///
/// # Errors
/// [`MigrationError::Late`].
pub(super) fn refuse(
    migrations: &[Migration],
    applied: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
) -> Result<(), MigrationError> {
    let mut below: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (at, migration) in migrations.iter().enumerate() {
        let mut stands_on: BTreeSet<String> = migration.depends_on.iter().cloned().collect();
        for on in &migration.depends_on {
            stands_on.extend(below.get(on).into_iter().flatten().cloned());
        }
        if applied.contains(&migration.id()) && wanted.contains(&migration.id()) {
            let late = migrations[..at].iter().filter(|other| {
                let id = other.id();
                stands_on.contains(&id) && wanted.contains(&id) && !applied.contains(&id)
            });
            for late in late {
                if let Some(table) = Touched::by(late).meets(&Touched::by(migration)) {
                    return Err(MigrationError::Late {
                        migration: late.id(),
                        applied: migration.id(),
                        table,
                    });
                }
            }
        }
        below.insert(migration.id(), stands_on);
    }
    Ok(())
}

/// Refuses an order that leads elsewhere than the files' own, which every new database takes.
///
/// # Errors
/// [`MigrationError::Set`], or what does not fit in the files' own order.
pub(super) fn same_as_in_order(
    migrations: &[Migration],
    wanted: &BTreeSet<String>,
    reached: &State,
) -> Result<(), MigrationError> {
    let mut in_order = State::default();
    for migration in migrations.iter().filter(|m| wanted.contains(&m.id())) {
        in_order.apply_all(migration)?;
    }
    let sorted = |state: &State| {
        let mut state = state.clone();
        for table in state.tables.values_mut() {
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
        state
    };
    let (in_order, reached) = (sorted(&in_order), sorted(reached));
    let names = in_order.tables.keys().chain(reached.tables.keys());
    let mut differing = names.filter(|table| in_order.tables.get(*table) != reached.tables.get(*table));
    match differing.next() {
        None => Ok(()),
        Some(table) => Err(MigrationError::Set(format!(
            "the migrations that this database lacks would make another `{table}` of it than of a new database, because they \
             stand before others that it has already. Nothing was changed. Put what they do into a new migration, after all \
             others"
        ))),
    }
}

/// The tables that a migration makes, changes or drops.
#[derive(Default)]
struct Touched<'a> {
    tables: BTreeSet<&'a str>,
    /// SQL by hand, or an index by its name alone.
    anything: bool,
}

impl<'a> Touched<'a> {
    fn by(migration: &'a Migration) -> Self {
        let mut out = Self::default();
        for operation in &migration.operations {
            match operation {
                Operation::CreateTable { table, .. }
                | Operation::AddColumn { table, .. }
                | Operation::AlterColumn { table, .. }
                | Operation::CreateIndex { table, .. }
                | Operation::AddConstraint { table, .. }
                | Operation::DropColumn { table, .. }
                | Operation::RenameColumn { table, .. }
                | Operation::DropTable { table }
                | Operation::RenameIndex { table, .. }
                | Operation::Run { table, .. }
                | Operation::DropConstraint { table, .. } => {
                    out.tables.insert(table);
                }
                Operation::RenameTable { from, to } => out.tables.extend([from.as_str(), to.as_str()]),
                Operation::DropIndex { .. } | Operation::Sql { .. } => out.anything = true,
            }
        }
        out
    }

    /// What both touch.
    fn meets(&self, other: &Self) -> Option<String> {
        if self.anything || other.anything {
            return Some("whatever SQL by hand or the name of an index stands for".to_owned());
        }
        let both = self.tables.intersection(&other.tables).next();
        both.map(|table| format!("`{table}`"))
    }
}
