//! A new migration, from the difference between models and files.

use std::collections::BTreeSet;

use super::MigrationError;
use super::changes::{self, Answers, Rename, Stuck};
use super::file;
use super::operation::Operation;
use super::set::{self, Set};
use super::state::State;
use super::writing;
use crate::tree::meta::ModelMeta;

/// A migration that the models ask for.
#[derive(Debug, Clone)]
pub struct NewMigration {
    /// The file's name without `.toml`: `0002_article_words`.
    pub name: String,
    /// What to write into the file: TOML, with a comment for who reads it.
    pub text: String,
    /// Its steps; none where it is to be filled in by hand.
    pub operations: Vec<Operation>,
}

/// What there is to write.
#[derive(Debug, Clone)]
pub enum Made {
    /// The files say everything that the models say.
    Nothing,
    /// A migration, not yet written to a file.
    New(NewMigration),
    /// First, whether these were renamed.
    Asks(Vec<Rename>),
    /// Differences that Vauban does not make by itself, all of them at once: what differs, and what to write by hand.
    Refuses(Vec<String>),
}

impl Made {
    /// What the models say more than the files, one line each.
    pub fn told(&self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::New(new) => new.operations.iter().map(Operation::summary).collect(),
            Self::Asks(renames) => {
                let told = renames
                    .iter()
                    .map(|rename| format!("{rename}: perhaps renamed, perhaps not"));
                told.collect()
            }
            Self::Refuses(told) => told.clone(),
        }
    }
}

/// Compares the models of `package` with what the files of all packages say. `answers`: what was renamed and what was not;
/// nothing is guessed.
///
/// # Errors
/// Files that cannot be read or contradict each other.
pub fn make(
    package: &str,
    models: &[&'static ModelMeta],
    sets: &[Set],
    answers: &Answers,
) -> Result<Made, MigrationError> {
    let migrations = set::ordered(sets)?;
    let mut state = State::default();
    let mut own_tables = BTreeSet::new();
    for migration in &migrations {
        let before: BTreeSet<String> = state.tables.keys().cloned().collect();
        state.apply_all(migration)?;
        own_tables.retain(|table| state.tables.contains_key(table));
        if migration.package == package {
            let new = state.tables.keys().filter(|table| !before.contains(*table));
            own_tables.extend(new.cloned());
        }
    }
    let own = models.iter().copied().filter(|model| model.package == package);
    let own = in_order(&own.collect::<Vec<_>>());
    let changes = match changes::changes(&own, state.clone(), &own_tables, answers) {
        Ok(changes) if changes.is_empty() => return Ok(Made::Nothing),
        Ok(changes) => changes,
        Err(Stuck::Asks(renames)) => return Ok(Made::Asks(renames)),
        Err(Stuck::Refuses(told)) => return Ok(Made::Refuses(told)),
    };
    let number = next_number(package, &migrations);
    let name = format!("{number:04}_{}", title(number, &changes));
    let text = writing::write(
        package,
        &name,
        &dependencies(package, &changes, &migrations),
        &changes,
        state,
    );
    Ok(Made::New(NewMigration {
        name,
        text,
        operations: changes,
    }))
}

/// The next migration of `package`, to be filled in by hand: a rename, a drop, a change of the rows' data. `title` is
/// what it is called after its number.
///
/// # Errors
/// A sentence that says what a title is made of, or that the newest file is still waiting for its operations.
pub fn empty(package: &str, title: &str, sets: &[Set]) -> Result<NewMigration, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if title.is_empty() || title.len() > MAX_TITLE || !title.chars().all(fits) {
        return Err(format!(
            "`{title}` is no name for a migration: use 1 to {MAX_TITLE} lower-case letters, digits and underscores, \
             like `rename_title`."
        ));
    }
    let migrations = set::ordered(sets).map_err(|error| error.to_string())?;
    let name = format!("{:04}_{title}", next_number(package, &migrations));
    let text = writing::write_empty(package, &name);
    Ok(NewMigration {
        name,
        text,
        operations: Vec::new(),
    })
}

/// The most characters of what a migration is called after its number.
const MAX_TITLE: usize = 48;

fn next_number(package: &str, migrations: &[file::Migration]) -> usize {
    migrations
        .iter()
        .filter(|migration| migration.package == package)
        .count()
        + 1
}

/// The steps from an empty schema to the models'.
pub(super) fn from_nothing(models: &[&'static ModelMeta]) -> Vec<Operation> {
    let answers = Answers::default();
    changes::changes(&in_order(models), State::default(), &BTreeSet::new(), &answers).unwrap_or_default()
}

/// Models after those they refer to, as far as that is possible.
fn in_order(models: &[&'static ModelMeta]) -> Vec<&'static ModelMeta> {
    fn visit(
        model: &'static ModelMeta,
        models: &[&'static ModelMeta],
        seen: &mut BTreeSet<&'static str>,
        out: &mut Vec<&'static ModelMeta>,
    ) {
        if !seen.insert(model.table) {
            return;
        }
        for target in model.columns.iter().filter_map(|column| column.target) {
            if let Some(target) = models.iter().find(|m| m.table == target().table) {
                visit(target, models, seen, out);
            }
        }
        out.push(model);
    }
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    for model in models {
        visit(model, models, &mut seen, &mut out);
    }
    out
}

/// The newest migration of every other package whose tables are referred to.
fn dependencies(package: &str, changes: &[Operation], migrations: &[file::Migration]) -> Vec<String> {
    let referred = changes.iter().flat_map(|change| match change {
        Operation::CreateTable { columns, .. } => columns.iter().collect::<Vec<_>>(),
        Operation::AddColumn { column, .. } | Operation::AlterColumn { column, .. } => vec![column],
        _ => Vec::new(),
    });
    let tables: BTreeSet<&String> = referred.filter_map(|column| column.references.as_ref()).collect();
    let mut ids = BTreeSet::new();
    for migration in migrations.iter().filter(|migration| migration.package != package) {
        let creates = migration
            .operations
            .iter()
            .any(|o| matches!(o, Operation::CreateTable { table, .. } if tables.contains(table)));
        if creates {
            ids.insert(migration.id());
        }
    }
    ids.into_iter().collect()
}

fn title(number: usize, changes: &[Operation]) -> String {
    let words = match changes {
        _ if number == 1 => "initial".to_owned(),
        [Operation::CreateTable { table, .. }, ..] => table.clone(),
        [Operation::AddColumn { table, column, .. }, ..] => format!("{table}_{}", column.name),
        [Operation::AlterColumn { table, column, .. }, ..] => format!("alter_{table}_{}", column.name),
        [Operation::RenameColumn { table, to, .. }, ..] => format!("rename_{table}_{to}"),
        [Operation::RenameTable { to, .. }, ..] => format!("rename_{to}"),
        [Operation::DropColumn { table, column }, ..] => format!("drop_{table}_{column}"),
        [Operation::DropTable { table }, ..] => format!("drop_{table}"),
        [Operation::CreateIndex { name, .. }, ..] => name.clone(),
        [Operation::AddConstraint { table, constraint }, ..] => format!("{table}_{}", constraint.name),
        _ => "changes".to_owned(),
    };
    words.chars().take(MAX_TITLE).collect()
}
