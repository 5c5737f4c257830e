//! A migration's steps in SQLite's SQL.

use super::super::column_type::ColumnType;
use super::super::operation::{ColumnState, ConstraintState, Operation};
use super::super::state::{IndexState, State, TableState};
use crate::tree::value::Kind;

/// See [`Dialect::statements`](super::Dialect::statements).
pub(super) fn statements(operation: &Operation, before: &State) -> Result<Vec<String>, String> {
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
        } => create_index(name, table, columns, *unique),
        Operation::AddConstraint { table, constraint } => {
            format!("ALTER TABLE \"{table}\" ADD {}", self::constraint(constraint))
        }
        Operation::AlterColumn { table, column, using } => {
            let value = using.clone().unwrap_or_else(|| converted(before, table, column));
            return rebuilt(operation, before, table, Some((&column.name, &value)));
        }
        Operation::DropColumn { table, column } => {
            let state = before
                .tables
                .get(table)
                .ok_or_else(|| format!("there is no table `{table}`"))?;
            let refers = state
                .columns
                .iter()
                .any(|c| &c.name == column && c.references.is_some());
            // SQLite drops no column that a key or an index is made of.
            if refers {
                return rebuilt(operation, before, table, None);
            }
            let with_it = state
                .indexes
                .iter()
                .filter(|index| index.columns.contains(column));
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
        Operation::DropIndex { name } => format!("DROP INDEX \"{name}\""),
        Operation::DropConstraint { table, name } => {
            format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\"")
        }
        Operation::Sql { sql, .. } => sql.clone(),
    };
    Ok(vec![one])
}

/// Whether the step makes a table anew, for which foreign keys are checked afterwards and not meanwhile.
pub(in crate::migrations) fn rebuilds(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AlterColumn { .. } | Operation::DropColumn { .. }
    )
}

/// SQLite alters no column: a table with the new one takes the rows, then the old one's name.
fn rebuilt(
    operation: &Operation,
    before: &State,
    table: &str,
    value: Option<(&str, &str)>,
) -> Result<Vec<String>, String> {
    let mut after = before.clone();
    after.apply(operation)?;
    let TableState {
        columns,
        indexes,
        constraints,
    } = after
        .tables
        .get(table)
        .ok_or_else(|| format!("there is no table `{table}`"))?;
    let made = format!("{table}__new");
    let names: Vec<String> = columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
    let values = columns.iter().zip(&names).map(|(column, name)| match value {
        Some((altered, value)) if column.name == altered => value.to_owned(),
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
        format!("ALTER TABLE \"{made}\" RENAME TO \"{table}\""),
    ];
    let indexed = |index: &IndexState| create_index(&index.name, table, &index.columns, index.unique);
    all.extend(indexes.iter().map(indexed));
    Ok(all)
}

/// The value that a row has in an altered column. A `STRICT` table takes what fits its type without loss, and stops the
/// migration at the first value that does not; a number that is too large for its column is made to be one.
fn converted(before: &State, table: &str, column: &ColumnState) -> String {
    let name = format!("\"{}\"", column.name);
    let had = before
        .tables
        .get(table)
        .and_then(|state| state.columns.iter().find(|c| c.name == column.name));
    let had = had.map(|column| column.kind);
    if column.kind == ColumnType::Of(Kind::Int) && had != Some(column.kind) {
        return format!(
            "iif(CAST({name} AS INTEGER) NOT BETWEEN -2147483648 AND 2147483647, 'too large', {name})"
        );
    }
    name
}

fn create_table(table: &str, columns: &[ColumnState], constraints: &[ConstraintState]) -> String {
    let columns = columns.iter().map(column);
    let lines: Vec<String> = columns.chain(constraints.iter().map(constraint)).collect();
    // STRICT: a column holds only values of its type, whoever writes them.
    format!(
        "CREATE TABLE \"{table}\" (\n    {}\n) STRICT",
        lines.join(",\n    ")
    )
}

fn create_index(name: &str, table: &str, columns: &[String], unique: bool) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    format!(
        "CREATE {unique}INDEX \"{name}\" ON \"{table}\" (\"{}\")",
        columns.join("\", \"")
    )
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
