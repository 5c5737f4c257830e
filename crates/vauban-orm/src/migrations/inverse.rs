//! The way back: what undoes a step.

use super::operation::{ColumnState, Operation};
use super::state::{State, TableState};

/// The steps that undo `operation`, which was made in a schema that was as `before` says. What the rows had in a column that
/// was dropped is not brought back.
///
/// # Errors
/// Why there is no way back.
pub(super) fn inverse(operation: &Operation, before: &State) -> Result<Vec<Operation>, String> {
    let table_before = |table: &str| {
        let state = before.tables.get(table);
        state.ok_or_else(|| format!("there is no table `{table}`"))
    };
    let one = match operation {
        Operation::CreateTable { table, .. } => Operation::DropTable { table: table.clone() },
        Operation::AddColumn { table, column, .. } => Operation::DropColumn {
            table: table.clone(),
            column: column.name.clone(),
        },
        Operation::CreateIndex { name, .. } => Operation::DropIndex { name: name.clone() },
        Operation::AddConstraint { table, constraint } => Operation::DropConstraint {
            table: table.clone(),
            name: constraint.name.clone(),
        },
        Operation::AlterColumn { table, column, .. } => {
            let was = column_of(table_before(table)?, &column.name)?;
            if !column.kind.converts(was.kind) {
                return Err(format!(
                    "what `{table}.{}` holds does not become what it held",
                    column.name
                ));
            }
            Operation::AlterColumn {
                table: table.clone(),
                column: was.clone(),
                using: None,
            }
        }
        Operation::DropColumn { table, column } => {
            let state = table_before(table)?;
            let was = column_of(state, column)?;
            if !was.null {
                return Err(format!(
                    "the rows of `{table}` have no value for `{column}`, which it needs"
                ));
            }
            let with_it = state.indexes.iter().filter(|index| index.speaks_of(column));
            let mut all = vec![Operation::AddColumn {
                table: table.clone(),
                column: was.clone(),
                default: None,
            }];
            all.extend(with_it.map(|index| index.created(table)));
            return Ok(all);
        }
        Operation::RenameColumn { table, from, to } => Operation::RenameColumn {
            table: table.clone(),
            from: to.clone(),
            to: from.clone(),
        },
        Operation::RenameTable { from, to } => Operation::RenameTable {
            from: to.clone(),
            to: from.clone(),
        },
        Operation::RenameIndex { table, from, to } => Operation::RenameIndex {
            table: table.clone(),
            from: to.clone(),
            to: from.clone(),
        },
        Operation::DropTable { table } => {
            let state = table_before(table)?;
            let mut all = vec![Operation::CreateTable {
                table: table.clone(),
                columns: state.columns.clone(),
                constraints: state.constraints.clone(),
            }];
            all.extend(state.indexes.iter().map(|index| index.created(table)));
            return Ok(all);
        }
        Operation::DropIndex { name } => {
            let mut indexes = before.tables.iter().flat_map(|(table, state)| {
                let mine = state.indexes.iter().filter(|index| &index.name == name);
                mine.map(move |index| index.created(table))
            });
            indexes
                .next()
                .ok_or_else(|| format!("there is no index `{name}`"))?
        }
        Operation::DropConstraint { table, name } => {
            let constraints = &table_before(table)?.constraints;
            let was = constraints.iter().find(|constraint| &constraint.name == name);
            Operation::AddConstraint {
                table: table.clone(),
                constraint: was
                    .cloned()
                    .ok_or_else(|| format!("there is no constraint `{name}`"))?,
            }
        }
        Operation::Run {
            run,
            table,
            reads,
            writes,
            back: Some(back),
        } => Operation::Run {
            run: back.clone(),
            table: table.clone(),
            reads: reads.clone(),
            writes: writes.clone(),
            back: Some(run.clone()),
        },
        Operation::Run { run, back: None, .. } => {
            return Err(format!(
                "it runs `{run}` without a `back = \"…\"`: the function that undoes it, or `nothing` where nothing is to be done"
            ));
        }
        Operation::Sql {
            back: Some(back),
            sql,
        } => Operation::Sql {
            sql: back.clone(),
            back: Some(sql.clone()),
        },
        Operation::Sql { back: None, .. } => {
            return Err("it runs SQL without a `back = \"…\"` that undoes it".to_owned());
        }
    };
    Ok(vec![one])
}

fn column_of<'a>(state: &'a TableState, name: &str) -> Result<&'a ColumnState, String> {
    let found = state.columns.iter().find(|column| column.name == name);
    found.ok_or_else(|| format!("there is no column `{name}`"))
}
