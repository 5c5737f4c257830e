//! A migration's steps in SQLite's SQL.

use super::super::column_type::{ColumnType, rescaled};
use super::super::operation::{ColumnState, ConstraintState, Operation};
use super::super::state::{IndexState, State, TableState};
use super::index::create_index;
use crate::tree::value::Kind;

/// An index or a trigger of a table.
pub(in crate::migrations) struct Attached {
    pub(in crate::migrations) trigger: bool,
    pub(in crate::migrations) name: String,
    /// The statement that makes it.
    pub(in crate::migrations) sql: String,
}

/// See [`Dialect::statements`](super::Dialect::statements).
pub(in crate::migrations) fn statements(
    operation: &Operation,
    before: &State,
) -> Result<Vec<String>, String> {
    if rebuilt_table(operation, before).is_some() {
        return rebuilt(operation, before, None);
    }
    let one = match operation {
        Operation::CreateTable {
            table,
            columns,
            constraints,
        } => create_table(table, columns, constraints),
        Operation::AddColumn {
            table,
            column,
            default,
        } => {
            let default = default.as_ref().map(|value| format!(" DEFAULT {value}"));
            let default = default.unwrap_or_default();
            format!(
                "ALTER TABLE \"{table}\" ADD COLUMN {}{default}",
                self::column(column)
            )
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
                name: name.clone(),
                columns: columns.clone(),
                unique: *unique,
                ignores_case: ignores_case.clone(),
                only: only.clone(),
            };
            match before.tables.get(table) {
                Some(state) => index_of(table, &index, state),
                // One that was made by hand.
                None => older_index_of(table, &index),
            }
        }
        Operation::AddConstraint { table, constraint } => {
            format!("ALTER TABLE \"{table}\" ADD {}", self::constraint(constraint))
        }
        Operation::AlterColumn { .. } if only_says_more(operation, before) => return Ok(Vec::new()),
        Operation::AlterColumn { table, .. } => return Err(no_table(table)),
        Operation::DropColumn { table, column } => {
            let state = before.tables.get(table).ok_or_else(|| no_table(table))?;
            // SQLite drops no column that an index is made of.
            let with_it = state.indexes.iter().filter(|index| index.speaks_of(column));
            let mut all: Vec<String> = with_it
                .map(|index| format!("DROP INDEX \"{}\"", index.name))
                .collect();
            all.push(format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\""));
            return Ok(all);
        }
        Operation::RenameColumn { table, from, to } => {
            format!("ALTER TABLE \"{table}\" RENAME COLUMN \"{from}\" TO \"{to}\"")
        }
        Operation::DropTable { table } => format!("DROP TABLE \"{table}\""),
        Operation::RenameTable { from, to } => format!("ALTER TABLE \"{from}\" RENAME TO \"{to}\""),
        Operation::RenameIndex { table, from, to } => {
            let state = before.tables.get(table).ok_or_else(|| no_table(table))?;
            let index = state.indexes.iter().find(|index| index.name == *from);
            let index = index.ok_or_else(|| format!("`{table}` has no index `{from}`"))?;
            return Ok(vec![
                format!("DROP INDEX \"{from}\""),
                index_of(
                    table,
                    &IndexState {
                        name: to.clone(),
                        ..index.clone()
                    },
                    state,
                ),
            ]);
        }
        Operation::DropIndex { name } => format!("DROP INDEX \"{name}\""),
        Operation::DropConstraint { table, name } => {
            format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\"")
        }
        Operation::Run { .. } => {
            return Ok(super::run::statements(
                operation,
                crate::sql::dialect::Dialect::Sqlite,
            ));
        }
        Operation::Sql { sql, .. } => sql.clone(),
    };
    Ok(vec![one])
}

/// Whether foreign keys are checked after the step and not meanwhile: a table that is made anew is gone for a moment, and of
/// tables that refer to each other one goes first.
pub(in crate::migrations) fn keys_afterwards(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AlterColumn { .. } | Operation::DropColumn { .. } | Operation::DropTable { .. }
    )
}

/// Whether the step changes nothing that the database has: more digits of a decimal, or what an older file left open.
fn only_says_more(operation: &Operation, before: &State) -> bool {
    let Operation::AlterColumn {
        table,
        column,
        using: None,
    } = operation
    else {
        return false;
    };
    let had = before
        .tables
        .get(table)
        .and_then(|state| state.column(&column.name));
    had.is_some_and(|had| {
        let same = ColumnState {
            kind: had.kind,
            ..column.clone()
        };
        had.kind != column.kind && had.kind.stays(column.kind) && *had == same
    })
}

/// The table that the step makes anew.
pub(in crate::migrations) fn rebuilt_table<'a>(
    operation: &'a Operation,
    before: &State,
) -> Option<&'a String> {
    match operation {
        Operation::AlterColumn { table, .. } => {
            (before.tables.contains_key(table) && !only_says_more(operation, before)).then_some(table)
        }
        Operation::DropColumn { table, column } => {
            // SQLite drops no column that a key is made of.
            let column = before.tables.get(table)?.column(column)?;
            column.references.is_some().then_some(table)
        }
        _ => None,
    }
}

/// SQLite alters no column: a table with the new one takes the rows, then the old one's name. `attached`: the indexes and
/// triggers that the database has on it, which go with it and are made again; without a database, the indexes of the files.
pub(in crate::migrations) fn rebuilt(
    operation: &Operation,
    before: &State,
    attached: Option<&[Attached]>,
) -> Result<Vec<String>, String> {
    let (table, value, dropped) = match operation {
        Operation::AlterColumn { table, column, using } => {
            let value = match using {
                Some(using) => using.clone(),
                None => converted(before, table, column)?,
            };
            (table, Some((&column.name, value)), None)
        }
        Operation::DropColumn { table, column } => (table, None, Some(column)),
        _ => return Err("it makes no table anew".to_owned()),
    };
    let mut after = before.clone();
    after.apply(operation)?;
    let TableState {
        columns,
        indexes,
        constraints,
    } = after.tables.get(table).ok_or_else(|| no_table(table))?;
    let made = format!("{table}__new");
    let names: Vec<String> = columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
    let values = columns.iter().zip(&names).map(|(column, name)| match &value {
        Some((altered, value)) if column.name == **altered => value.clone(),
        _ => name.clone(),
    });
    let values: Vec<String> = values.collect();
    let mut all = vec![
        create_table(&made, columns, constraints),
        format!(
            "INSERT INTO \"{made}\" ({}) SELECT {} FROM \"{table}\"",
            names.join(", "),
            values.join(", ")
        ),
        format!("DROP TABLE \"{table}\""),
        // Views and triggers that name the table stay as they are: they mean the new one.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!("ALTER TABLE \"{made}\" RENAME TO \"{table}\""),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
    ];
    match attached {
        None => {
            let made = &after.tables[table];
            let indexed = |index: &IndexState| index_of(table, index, made);
            all.extend(indexes.iter().map(indexed));
        }
        Some(attached) => {
            // An index of the files goes with its column; one that was written by hand stops the migration.
            let had = before.tables.get(table).map(|state| &state.indexes);
            let goes = |one: &&Attached| {
                let known = had.and_then(|indexes| indexes.iter().find(|index| index.name == one.name));
                !one.trigger
                    && known.is_some_and(|index| dropped.is_some_and(|column| index.speaks_of(column)))
            };
            let again = attached.iter().filter(|one| !goes(one));
            all.extend(again.map(|one| one.sql.clone()));
        }
    }
    Ok(all)
}

fn no_table(table: &str) -> String {
    format!("there is no table `{table}`")
}

/// The value that a row has in an altered column. A `STRICT` table takes what fits its type without loss, and stops the
/// migration at the first value that does not; a number that is too large for its column is made to be one.
///
/// # Errors
/// If it would be taken for another value.
fn converted(before: &State, table: &str, column: &ColumnState) -> Result<String, String> {
    let name = format!("\"{}\"", column.name);
    let had = before
        .tables
        .get(table)
        .and_then(|state| state.columns.iter().find(|c| c.name == column.name));
    let had = had.map(|column| column.kind);
    column.keeps_its_meaning(table, had)?;
    if let Some((fits, value)) = had.and_then(|had| rescaled(&column.name, had, column.kind)) {
        let wrong = format!("does not fit {}", column.kind.written());
        return Ok(format!("iif({name} IS NULL OR ({fits}), {value}, '{wrong}')"));
    }
    if column.kind == ColumnType::Of(Kind::Int) && had != Some(column.kind) {
        return Ok(format!(
            "iif(CAST({name} AS INTEGER) NOT BETWEEN -2147483648 AND 2147483647, 'too large', {name})"
        ));
    }
    Ok(name)
}

pub(in crate::migrations) fn create_table(
    table: &str,
    columns: &[ColumnState],
    constraints: &[ConstraintState],
) -> String {
    let columns = columns.iter().map(column);
    let lines: Vec<String> = columns.chain(constraints.iter().map(constraint)).collect();
    // STRICT: a column holds only values of its type, whoever writes them.
    format!(
        "CREATE TABLE \"{table}\" (\n    {}\n) STRICT",
        lines.join(",\n    ")
    )
}

/// The statement that makes an index of the files. One that is not unique ends in the id: rows that agree in its columns stand
/// in the order in which every page has them, and what a page needs to choose its rows is all in the index.
pub(in crate::migrations) fn index_of(table: &str, index: &IndexState, of: &TableState) -> String {
    let key = of.columns.iter().find(|column| column.primary_key);
    let key = key.filter(|key| !index.unique && !index.columns.contains(&key.name));
    let mut columns = index.columns.clone();
    columns.extend(key.map(|key| key.name.clone()));
    make(table, index, &columns)
}

/// The same as it was made before indexes ended in the id. One that is there stays as it is.
pub(in crate::migrations) fn older_index_of(table: &str, index: &IndexState) -> String {
    make(table, index, &index.columns)
}

fn make(table: &str, index: &IndexState, columns: &[String]) -> String {
    let IndexState {
        unique,
        ignores_case,
        only,
        name,
        ..
    } = index;
    create_index(name, table, columns, *unique, ignores_case, only.as_deref())
}

fn column(column: &ColumnState) -> String {
    let mut out = format!("\"{}\" {}", column.name, column.kind.storage().sql());
    if !column.null {
        out.push_str(" NOT NULL");
    }
    if column.primary_key {
        out.push_str(" PRIMARY KEY");
    }
    if let Some(table) = &column.references {
        // Immediate, for a deferred constraint would fail everybody's shared COMMIT.
        out.push_str(&format!(" REFERENCES \"{table}\""));
    }
    out
}

fn constraint(constraint: &ConstraintState) -> String {
    format!("CONSTRAINT \"{}\" CHECK ({})", constraint.name, constraint.check)
}
