//! From the difference between models and files to a new migration, or to a refusal that says what to do.

use std::collections::BTreeSet;

use super::MigrationError;
use super::file;
use super::operation::{ColumnState, Operation};
use super::set::{self, Set};
use super::state::{State, TableState};
use crate::meta::ModelMeta;

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

/// A difference that cannot be made without losing data or guessing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What differs, and what to write by hand.
    pub message: String,
}

/// Compares the models of `package` with what the files of all packages say.
///
/// `None`: the files say everything.
///
/// # Errors
/// Files that cannot be read or contradict each other. The inner error: differences that Vauban does not
/// make by itself, all of them at once.
pub fn make(
    package: &str,
    models: &[&'static ModelMeta],
    sets: &[Set],
) -> Result<Result<Option<NewMigration>, Vec<Refusal>>, MigrationError> {
    let migrations = set::ordered(sets)?;
    let mut state = State::default();
    let mut own_tables = BTreeSet::new();
    for migration in &migrations {
        let before: BTreeSet<String> = state.tables.keys().cloned().collect();
        for operation in &migration.operations {
            state.apply(operation).map_err(|problem| MigrationError::File {
                migration: migration.id(),
                problem,
            })?;
        }
        own_tables.retain(|table| state.tables.contains_key(table));
        if migration.package == package {
            own_tables.extend(
                state
                    .tables
                    .keys()
                    .filter(|table| !before.contains(*table))
                    .cloned(),
            );
        }
    }
    let own: Vec<&'static ModelMeta> = models
        .iter()
        .copied()
        .filter(|model| model.package == package)
        .collect();
    let changes = match changes(&own, &state, &own_tables) {
        Ok(changes) if changes.is_empty() => return Ok(Ok(None)),
        Ok(changes) => changes,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let number = next_number(package, sets);
    let name = format!("{number:04}_{}", title(number, &changes));
    let text = file::write(
        package,
        &name,
        &dependencies(package, &changes, &migrations),
        &changes,
    );
    Ok(Ok(Some(NewMigration {
        name,
        text,
        operations: changes,
    })))
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
    set::ordered(sets).map_err(|error| error.to_string())?;
    let name = format!("{:04}_{title}", next_number(package, sets));
    let text = file::write_empty(package, &name);
    Ok(NewMigration {
        name,
        text,
        operations: Vec::new(),
    })
}

/// The most characters of what a migration is called after its number.
const MAX_TITLE: usize = 48;

fn next_number(package: &str, sets: &[Set]) -> usize {
    let own = sets.iter().filter(|set| set.package == package);
    own.map(|set| set.files.len()).sum::<usize>() + 1
}

/// The steps from an empty schema to the models'.
pub(super) fn from_nothing(models: &[&'static ModelMeta]) -> Vec<Operation> {
    changes(models, &State::default(), &BTreeSet::new()).unwrap_or_default()
}

fn changes(
    models: &[&'static ModelMeta],
    state: &State,
    own_tables: &BTreeSet<String>,
) -> Result<Vec<Operation>, Vec<Refusal>> {
    let wanted = State::of_models(models);
    let mut refusals = Vec::new();
    let mut tables = Vec::new();
    let mut rest = Vec::new();
    for model in in_order(models) {
        let table = model.table;
        let want = &wanted.tables[table];
        let mut indexes = want.indexes.clone();
        if let Some(have) = state.tables.get(table) {
            columns(model, want, have, &mut rest, &mut refusals);
            constraints(table, want, have, &mut rest, &mut refusals);
            indexes.retain(|index| {
                !have
                    .indexes
                    .iter()
                    .any(|h| h.columns == index.columns && h.unique == index.unique)
            });
            for gone in have.indexes.iter().filter(|h| {
                !want
                    .indexes
                    .iter()
                    .any(|w| w.columns == h.columns && w.unique == h.unique)
            }) {
                rest.push(Operation::DropIndex {
                    name: gone.name.clone(),
                });
            }
        } else {
            tables.push(Operation::CreateTable {
                table: table.to_owned(),
                columns: want.columns.clone(),
                constraints: want.constraints.clone(),
            });
        }
        rest.extend(indexes.into_iter().map(|index| Operation::CreateIndex {
            name: index.name,
            table: table.to_owned(),
            columns: index.columns,
            unique: index.unique,
        }));
    }
    for gone in own_tables
        .iter()
        .filter(|table| !wanted.tables.contains_key(*table))
    {
        refusals.push(by_hand(
            format!("no model has the table `{gone}` any more"),
            &[
                format!("drop_table = \"{gone}\""),
                format!("rename_table = \"{gone}\"\nto = \"…\""),
            ],
        ));
    }
    tables.extend(rest);
    if refusals.is_empty() {
        Ok(tables)
    } else {
        Err(refusals)
    }
}

fn columns(
    model: &ModelMeta,
    want: &TableState,
    have: &TableState,
    out: &mut Vec<Operation>,
    refusals: &mut Vec<Refusal>,
) {
    let table = model.table;
    let is_new = |column: &&ColumnState| !have.columns.iter().any(|c| c.name == column.name);
    let is_gone = |column: &&ColumnState| !want.columns.iter().any(|c| c.name == column.name);
    // A column that is gone and one that is new, the same but for the name: most likely it was renamed.
    let renamed = |gone: &ColumnState| {
        let same = |new: &&ColumnState| {
            let named_alike = ColumnState {
                name: gone.name.clone(),
                ..(*new).clone()
            };
            named_alike == *gone
        };
        let mut alike = want.columns.iter().filter(is_new).filter(same);
        alike.next().filter(|_| alike.next().is_none())
    };
    let gone: Vec<(&ColumnState, Option<&ColumnState>)> = have
        .columns
        .iter()
        .filter(is_gone)
        .map(|gone| (gone, renamed(gone)))
        .collect();
    for (column, meta) in want.columns.iter().zip(model.columns) {
        // Told below, as a rename.
        if gone
            .iter()
            .any(|(_, new)| new.is_some_and(|new| new.name == column.name))
        {
            continue;
        }
        match have.columns.iter().find(|c| c.name == column.name) {
            Some(before) if before == column => {}
            Some(before) => refusals.push(altered(table, before, column)),
            None => {
                let default = meta.default.map(|default| default().literal());
                if !column.null && default.is_none() {
                    refusals.push(Refusal {
                        message: format!(
                            "`{table}.{0}` is new and needs a value for the rows that are there: give the field a \
                             `#[field(default = …)]`, or make it an `Option`",
                            column.name
                        ),
                    });
                } else if column.references.is_some() && !column.null {
                    refusals.push(Refusal {
                        message: format!(
                            "`{table}.{0}` is a new foreign key, and the rows that are there have nothing to refer to: \
                             make it an `Option`, fill it, and require it in the form",
                            column.name
                        ),
                    });
                } else {
                    out.push(Operation::AddColumn {
                        table: table.to_owned(),
                        column: column.clone(),
                        default,
                    });
                }
            }
        }
    }
    for (gone, new) in gone {
        let to = new.map_or("…", |new| new.name.as_str());
        let drop = format!("drop_column = \"{}\"\ntable = \"{table}\"", gone.name);
        let rename = format!(
            "rename_column = \"{}\"\nto = \"{to}\"\ntable = \"{table}\"",
            gone.name
        );
        refusals.push(match new {
            None => by_hand(
                format!(
                    "`{table}.{}` is in the migrations but no longer in the model. It may have gone, or have another name",
                    gone.name
                ),
                &[drop, rename],
            ),
            Some(new) => by_hand(
                format!(
                    "`{table}.{}` is in the migrations but no longer in the model, where `{}` is new and like it. It may \
                     have been renamed, or have gone",
                    gone.name, new.name
                ),
                &[rename, drop],
            ),
        });
    }
}

fn constraints(
    table: &str,
    want: &TableState,
    have: &TableState,
    out: &mut Vec<Operation>,
    refusals: &mut Vec<Refusal>,
) {
    for constraint in &want.constraints {
        match have.constraints.iter().find(|c| c.name == constraint.name) {
            Some(before) if before == constraint => {}
            Some(_) => refusals.push(by_hand(
                format!(
                    "the constraint `{}` of `{table}` has another condition now",
                    constraint.name
                ),
                &[format!(
                    "drop_constraint = \"{}\"\ntable = \"{table}\"",
                    constraint.name
                )],
            )),
            None => {
                out.push(Operation::AddConstraint {
                    table: table.to_owned(),
                    constraint: constraint.clone(),
                });
            }
        }
    }
    for gone in have
        .constraints
        .iter()
        .filter(|c| !want.constraints.iter().any(|w| w.name == c.name))
    {
        refusals.push(by_hand(
            format!(
                "the constraint `{}` of `{table}` is no longer in the model",
                gone.name
            ),
            &[format!(
                "drop_constraint = \"{}\"\ntable = \"{table}\"",
                gone.name
            )],
        ));
    }
}

fn altered(table: &str, before: &ColumnState, now: &ColumnState) -> Refusal {
    let what = if before.kind != now.kind {
        "is stored otherwise"
    } else if before.null != now.null {
        if now.null {
            "may be without a value now"
        } else {
            "may not be without a value any more"
        }
    } else {
        "refers to something else"
    };
    Refusal {
        message: format!(
            "`{table}.{0}` {what}. Altering a column is not made by itself: add a column of another name, fill it in \
             a migration of your own (`sql = \"UPDATE …\"`), then drop the old one by hand",
            now.name
        ),
    }
}

fn by_hand(what: String, choices: &[String]) -> Refusal {
    let choices: Vec<String> = choices
        .iter()
        .map(|choice| format!("    [[operations]]\n    {}", choice.replace('\n', "\n    ")))
        .collect();
    Refusal {
        message: format!(
            "{what}. Vauban does not guess what may lose data: write the next migration by hand\n\
             (`makemigrations --empty NAME` makes the file) with\n{}",
            choices.join("\n  or\n")
        ),
    }
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
        Operation::AddColumn { column, .. } => vec![column],
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
        [Operation::CreateIndex { name, .. }, ..] => name.clone(),
        [Operation::AddConstraint { table, constraint }, ..] => format!("{table}_{}", constraint.name),
        _ => "changes".to_owned(),
    };
    words.chars().take(MAX_TITLE).collect()
}
