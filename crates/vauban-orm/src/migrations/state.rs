//! What the schema is: told by migration files one after the other, or by the models.

use std::collections::{BTreeMap, BTreeSet};

use super::MigrationError;
use super::column_type::ColumnType;
use super::file::Migration;
use super::names::{bounds_name, full_index_name};
use super::operation::{ColumnState, ConstraintState, Operation};
use super::stated;
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::Kind;

/// A schema, as migrations say it or as models want it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Its tables by name.
    pub tables: BTreeMap<String, TableState>,
}

/// A table of a schema: its columns in order, its constraints and indexes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableState {
    /// Its columns, in order.
    pub columns: Vec<ColumnState>,
    /// Its indexes; the names follow from their content.
    pub indexes: BTreeSet<IndexState>,
    /// Conditions that every row has to fit, by their names.
    pub constraints: Vec<ConstraintState>,
}

/// An index, or the uniqueness of some columns taken together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexState {
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Whether no two rows may agree in all of them.
    pub unique: bool,
    /// Those of them that are compared without the case of ASCII letters.
    pub ignores_case: Vec<String>,
    /// The rows that it is of, in SQL, if not of all.
    pub only: Option<String>,
    /// What it is called in the database: no two of a database are called alike.
    pub name: String,
}

impl State {
    /// What the models ask for.
    pub fn of_models(models: &[&'static ModelMeta]) -> Self {
        let tables = models
            .iter()
            .map(|model| (model.table.to_owned(), TableState::of_model(model)));
        Self {
            tables: tables.collect(),
        }
    }

    /// The schema after one more step.
    ///
    /// # Errors
    /// If the step does not fit the schema before it: what it names is missing, or there already.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::CreateTable {
                table,
                columns,
                constraints,
            } => {
                let state = TableState {
                    columns: columns.clone(),
                    constraints: constraints.clone(),
                    ..TableState::default()
                };
                match self.tables.insert(table.clone(), state) {
                    Some(_) => Err(format!("the table `{table}` is there already")),
                    None => Ok(()),
                }
            }
            Operation::DropTable { table } => self
                .tables
                .remove(table)
                .map(|_| ())
                .ok_or_else(|| format!("there is no table `{table}`")),
            Operation::RenameTable { from, to } => {
                if self.tables.contains_key(to) {
                    return Err(format!("the table `{to}` is there already"));
                }
                let state = self
                    .tables
                    .remove(from)
                    .ok_or_else(|| format!("there is no table `{from}`"))?;
                self.tables.insert(to.clone(), state);
                for column in self.tables.values_mut().flat_map(|table| &mut table.columns) {
                    if column.references.as_ref() == Some(from) {
                        column.references = Some(to.clone());
                    }
                }
                Ok(())
            }
            Operation::AddColumn { table, column, .. } => {
                let state = self.table(table)?;
                if state.columns.iter().any(|c| c.name == column.name) {
                    return Err(format!("the column `{table}.{}` is there already", column.name));
                }
                state.columns.push(column.clone());
                Ok(())
            }
            Operation::AlterColumn { table, column, .. } => {
                let state = self.table(table)?;
                let place = state.place(table, &column.name)?;
                state.columns[place] = column.clone();
                Ok(())
            }
            Operation::DropColumn { table, column } => {
                let state = self.table(table)?;
                let place = state.place(table, column)?;
                state.columns.remove(place);
                state.indexes.retain(|index| !index.speaks_of(column));
                Ok(())
            }
            Operation::RenameColumn { table, from, to } => {
                let state = self.table(table)?;
                let place = state.place(table, from)?;
                if state.column(to).is_some() {
                    return Err(format!("the column `{table}.{to}` is there already"));
                }
                state.columns[place].name.clone_from(to);
                let indexes = std::mem::take(&mut state.indexes);
                state.indexes = indexes
                    .into_iter()
                    .map(|index| index.with_column(from, to))
                    .collect();
                for constraint in &mut state.constraints {
                    constraint.check = with_name(&constraint.check, from, to);
                }
                Ok(())
            }
            Operation::CreateIndex {
                name,
                table,
                columns,
                unique,
                ignores_case,
                only,
            } => {
                let index = IndexState {
                    columns: columns.clone(),
                    unique: *unique,
                    ignores_case: ignores_case.clone(),
                    only: only.clone(),
                    name: name.clone(),
                };
                if self.table(table)?.indexes.insert(index) {
                    Ok(())
                } else {
                    Err(format!("the index `{name}` is there already"))
                }
            }
            Operation::RenameIndex { table, from, to } => {
                let has = |name: &str| {
                    let mut indexes = self.tables.values().flat_map(|state| &state.indexes);
                    indexes.any(|index| index.name == name)
                };
                if has(to) {
                    return Err(format!("the index `{to}` is there already"));
                }
                let indexes = &mut self.table(table)?.indexes;
                let found = indexes.iter().find(|index| index.name == *from).cloned();
                let mut index = found.ok_or_else(|| format!("`{table}` has no index `{from}`"))?;
                indexes.remove(&index);
                index.name.clone_from(to);
                indexes.insert(index);
                Ok(())
            }
            Operation::DropIndex { name } => {
                let before: usize = self.indexes();
                for table in self.tables.values_mut() {
                    table.indexes.retain(|index| &index.name != name);
                }
                if self.indexes() < before {
                    Ok(())
                } else {
                    Err(format!("there is no index `{name}`"))
                }
            }
            Operation::AddConstraint { table, constraint } => {
                self.table(table)?.constraints.push(constraint.clone());
                Ok(())
            }
            Operation::DropConstraint { table, name } => {
                let constraints = &mut self.table(table)?.constraints;
                let before = constraints.len();
                constraints.retain(|constraint| &constraint.name != name);
                if constraints.len() < before {
                    Ok(())
                } else {
                    Err(format!("there is no constraint `{name}`"))
                }
            }
            Operation::Run {
                table, reads, writes, ..
            } => {
                let state = self.table(table)?;
                let mut named = reads.iter().chain(writes);
                named.try_for_each(|name| state.place(table, name).map(drop))?;
                match state.column("id") {
                    Some(id) if id.primary_key => Ok(()),
                    _ => Err(format!(
                        "`{table}` has no key `id`, by which its rows are gone through"
                    )),
                }
            }
            Operation::Sql { .. } => Ok(()),
        }
    }

    /// The schema after a whole migration.
    ///
    /// # Errors
    /// See [`State::apply`].
    pub(super) fn apply_all(&mut self, migration: &Migration) -> Result<(), MigrationError> {
        for operation in &migration.operations {
            self.apply(operation).map_err(|problem| MigrationError::File {
                migration: migration.id(),
                problem,
            })?;
        }
        Ok(())
    }

    fn table(&mut self, name: &str) -> Result<&mut TableState, String> {
        self.tables
            .get_mut(name)
            .ok_or_else(|| format!("there is no table `{name}`"))
    }

    /// What its indexes are called: no two of a database alike.
    pub(super) fn index_names(&self) -> BTreeSet<String> {
        let indexes = self.tables.values().flat_map(|table| &table.indexes);
        indexes.map(|index| index.name.clone()).collect()
    }

    fn indexes(&self) -> usize {
        self.tables.values().map(|table| table.indexes.len()).sum()
    }
}

impl TableState {
    fn of_model(model: &ModelMeta) -> Self {
        let columns = model.columns.iter().enumerate().map(|(i, column)| ColumnState {
            name: column.column.to_owned(),
            kind: ColumnType::of_model(column),
            null: column.nullable,
            primary_key: i == 0,
            references: column.target.map(|target| target().table.to_owned()),
        });
        // Every table counts its rows' changes: how a change made meanwhile is noticed.
        let version = ColumnState {
            name: "row_version".to_owned(),
            kind: ColumnType::Of(Kind::BigInt),
            null: false,
            primary_key: false,
            references: None,
        };
        let single = model.columns.iter().skip(1).filter_map(|column| {
            // A foreign key has an index: deleting its target looks for the rows that refer to it.
            let wanted = column.unique || column.index || column.target.is_some();
            let columns = vec![column.column.to_owned()];
            wanted.then(|| IndexState::new(model.table, columns, column.unique, Vec::new(), None))
        });
        let several = model.indexes.iter().map(|index| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            let only = index.only.map(|only| stated::sql_or_none(&only()));
            let (columns, ignores_case) = (owned(index.columns), owned(index.ignores_case));
            IndexState::new(model.table, columns, index.unique, ignores_case, only)
        });
        let constraints = model.constraints.iter().map(|constraint| ConstraintState {
            name: constraint.name.to_owned(),
            check: match constraint.typed {
                Some(condition) => stated::sql_or_none(&condition()),
                None => constraint.sql.to_owned(),
            },
        });
        let bounds = model.columns.iter().filter_map(|column| {
            Some(ConstraintState {
                name: bounds_name(model.table, column.column),
                check: within(column)?,
            })
        });
        Self {
            columns: columns.chain([version]).collect(),
            indexes: single.chain(several).collect(),
            constraints: constraints.chain(bounds).collect(),
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<&ColumnState> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn place(&self, table: &str, column: &str) -> Result<usize, String> {
        let place = self.columns.iter().position(|c| c.name == column);
        place.ok_or_else(|| format!("there is no column `{table}.{column}`"))
    }
}

impl IndexState {
    fn new(
        table: &str,
        columns: Vec<String>,
        unique: bool,
        ignores_case: Vec<String>,
        only: Option<String>,
    ) -> Self {
        let name = full_index_name(table, &columns, unique, &ignores_case, only.as_deref());
        Self {
            columns,
            unique,
            ignores_case,
            only,
            name,
        }
    }

    /// Whether it goes with this column.
    pub(super) fn speaks_of(&self, column: &String) -> bool {
        self.columns.contains(column) || self.only.as_ref().is_some_and(|only| names(only, column))
    }

    /// Whether it is over columns as they are, and over all rows.
    #[cfg(feature = "postgres")]
    pub(super) fn is_plain(&self) -> bool {
        self.ignores_case.is_empty() && self.only.is_none()
    }

    /// Whether it keeps the same, whatever it is called.
    pub(super) fn does(&self, other: &Self) -> bool {
        let Self {
            columns,
            unique,
            ignores_case,
            only,
            name: _,
        } = other;
        (&self.columns, self.unique, &self.ignores_case, &self.only) == (columns, *unique, ignores_case, only)
    }

    /// The step that makes it.
    pub(super) fn created(&self, table: &str) -> Operation {
        Operation::CreateIndex {
            name: self.name.clone(),
            table: table.to_owned(),
            columns: self.columns.clone(),
            unique: self.unique,
            ignores_case: self.ignores_case.clone(),
            only: self.only.clone(),
        }
    }

    fn with_column(mut self, from: &str, to: &str) -> Self {
        let all = self.columns.iter_mut().chain(&mut self.ignores_case);
        for column in all.filter(|column| *column == from) {
            to.clone_into(column);
        }
        self.only = self.only.map(|only| with_name(&only, from, to));
        self
    }
}

/// Whether a condition names a column.
pub(super) fn names(condition: &str, column: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    condition.split(|c| !part_of_word(c)).any(|word| word == column)
}

/// The condition that holds a column's numbers to their bounds, if it has some.
fn within(column: &ColumnMeta) -> Option<String> {
    let (limits, name) = (column.limits, column.column);
    let stored = |bound| limits.stored(bound);
    match (limits.min.map(stored), limits.max.map(stored)) {
        (None, None) => None,
        (Some(min), None) => Some(format!("\"{name}\" >= {min}")),
        (None, Some(max)) => Some(format!("\"{name}\" <= {max}")),
        (Some(min), Some(max)) => Some(format!("\"{name}\" BETWEEN {min} AND {max}")),
    }
}

/// A condition in which a column is called otherwise: as SQLite writes it when the column is renamed.
fn with_name(sql: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(first) = rest.chars().next() {
        let end = match first {
            // A text, as it is.
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            c if part_of_word(c) => rest.find(|c| !part_of_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, behind) = rest.split_at(end);
        out.push_str(if word == from { to } else { word });
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_column_is_renamed_in_conditions() {
        assert_eq!(
            with_name("size > 0 AND \"size\" <> 'size' AND resize", "size", "area"),
            "area > 0 AND \"area\" <> 'size' AND resize"
        );
    }
}
