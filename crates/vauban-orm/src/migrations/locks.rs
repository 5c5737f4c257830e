//! What a step keeps others from on PostgreSQL while it looks at every row, and how to do that part before, while they work.

use std::collections::BTreeSet;

use super::ddl::postgres::condition;
use super::operation::Operation;
use super::state::State;
use crate::sql::dialect::Dialect;

/// What to know of these steps before they are made on tables with many rows. `before`: the schema that they change.
pub(super) fn warnings(operations: &[Operation], before: &State, dialect: Dialect) -> Vec<String> {
    if dialect == Dialect::Sqlite {
        return Vec::new();
    }
    let mut state = before.clone();
    let mut new = BTreeSet::new();
    let mut out = Vec::new();
    for operation in operations {
        if let Operation::CreateTable { table, .. } = operation {
            new.insert(table);
        }
        let is_new = |table: &String| new.contains(table);
        out.extend(warning(operation, &state, is_new).map(|told| format!("{}: {told}", operation.summary())));
        // What does not fit is told where its statements are written.
        let _ = state.apply(operation);
    }
    out
}

/// Not of a table that is new, and has no rows.
fn warning(operation: &Operation, before: &State, is_new: impl Fn(&String) -> bool) -> Option<String> {
    let by_hand = |statements: &[&str]| {
        format!(
            "Where that takes too long, run by hand before, outside a transaction: {}; the migration finds it done",
            statements.join("; ")
        )
    };
    match operation {
        Operation::CreateIndex {
            table,
            ignores_case,
            only,
            ..
        } if !is_new(table) && (only.is_some() || !ignores_case.is_empty()) => {
            Some(format!("nobody writes to `{table}` while it is made"))
        }
        Operation::CreateIndex {
            name, table, unique, ..
        } if !is_new(table) => {
            let made = Dialect::Postgres.statements(operation, before).ok()?.pop()?;
            let unique = if *unique { "UNIQUE " } else { "" };
            let concurrently = made.replacen(
                &format!("CREATE {unique}INDEX \"{name}\""),
                &format!("CREATE {unique}INDEX CONCURRENTLY \"{name}\""),
                1,
            );
            Some(format!(
                "nobody writes to `{table}` while it is made. {}",
                by_hand(&[&concurrently])
            ))
        }
        Operation::AddConstraint { table, constraint } if !is_new(table) => {
            let name = &constraint.name;
            Some(format!(
                "nobody reads or writes `{table}` while its rows are judged. {}",
                by_hand(&[
                    &format!("ALTER TABLE \"{table}\" ADD {} NOT VALID", condition(constraint)),
                    &format!("ALTER TABLE \"{table}\" VALIDATE CONSTRAINT \"{name}\""),
                ])
            ))
        }
        Operation::AlterColumn { table, column, using } if !is_new(table) => {
            let (name, had) = (&column.name, before.tables.get(table)?.column(&column.name)?);
            if using.is_some() || !had.kind.stays(column.kind) {
                return Some(format!(
                    "`{table}` is written anew, and nobody reads or writes it meanwhile. Where that takes too long, add a column \
                     beside it, fill that by `sql = …` in migrations of their own, then drop this one and rename that"
                ));
            }
            let filled = format!("CONSTRAINT \"{name}_filled\"");
            (had.null && !column.null).then(|| {
                format!(
                    "nobody reads or writes `{table}` while its rows are looked at. {}, and then drop it",
                    by_hand(&[
                        &format!(
                            "ALTER TABLE \"{table}\" ADD {filled} CHECK (\"{name}\" IS NOT NULL) NOT VALID"
                        ),
                        &format!("ALTER TABLE \"{table}\" VALIDATE {filled}"),
                    ])
                )
            })
        }
        _ => None,
    }
}
