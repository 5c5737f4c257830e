//! What was made by hand before, while others worked: an index by `CREATE INDEX CONCURRENTLY`, a condition by `NOT VALID`. It is
//! taken for the step's own only if it does the same (CWE-1289: a name alone says nothing).

use super::super::MigrationError;
use super::super::ddl::postgres::condition;
use super::super::operation::{ConstraintState, Operation};
use super::asked::{refused_step, setup, texts};
use crate::backend::postgres::Connection;

/// Whether the database has what the step makes.
///
/// # Errors
/// What to do where it has something else of the name; a database that cannot be asked.
pub(super) async fn is_made(
    connection: &Connection,
    migration: &str,
    operation: &Operation,
) -> Result<bool, MigrationError> {
    let refused = |problem| MigrationError::File {
        migration: migration.to_owned(),
        problem,
    };
    match operation {
        Operation::CreateIndex {
            name,
            table,
            columns,
            unique,
            ignores_case,
            only: None,
        } if ignores_case.is_empty() => {
            let found = format!(
                "SELECT x.indisvalid::text, c.relname::text, x.indisunique::text,
                        (x.indpred IS NULL AND x.indexprs IS NULL AND m.amname = 'btree')::text,
                        (SELECT string_agg(a.attname, ',' ORDER BY k.o) FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (n, o)
                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n WHERE k.o <= x.indnkeyatts)::text
                   FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
                   JOIN pg_am m ON m.oid = i.relam WHERE x.indexrelid = to_regclass('\"{name}\"')"
            );
            let Some(found) = texts(connection, &found).await.map_err(setup)?.pop() else {
                return Ok(false);
            };
            if found.first().is_none_or(|valid| valid != "true") {
                return Err(refused(format!(
                    "the index `{name}` is there and not valid: a `CREATE INDEX CONCURRENTLY` was stopped, or found what is not \
                     unique. Drop it by hand (`DROP INDEX \"{name}\"`), and make it again or leave it to the migration"
                )));
            }
            let wanted = [
                table.clone(),
                unique.to_string(),
                "true".to_owned(),
                columns.join(","),
            ];
            if found[1..] == wanted {
                return Ok(true);
            }
            Err(refused(format!(
                "the index `{name}` is there already, and another one than the file says: rename or drop it by hand"
            )))
        }
        Operation::AddConstraint { table, constraint } => {
            let Some((valid, has)) = condition_of(connection, table, &constraint.name).await? else {
                return Ok(false);
            };
            // As PostgreSQL writes the condition of the file.
            let probe = ConstraintState {
                name: format!("vauban_{}", &constraint.name[..constraint.name.len().min(50)]),
                check: constraint.check.clone(),
            };
            let statement = format!("ALTER TABLE \"{table}\" ADD {} NOT VALID", condition(&probe));
            let run = async |statement: String| {
                let made = connection.batch(&statement).await;
                made.map_err(|failure| refused_step(migration, operation, &statement, failure))
            };
            run(statement).await?;
            let wanted = condition_of(connection, table, &probe.name).await?;
            run(format!(
                "ALTER TABLE \"{table}\" DROP CONSTRAINT \"{}\"",
                probe.name
            ))
            .await?;
            let name = &constraint.name;
            match wanted.is_some_and(|(_, wanted)| wanted == has) {
                true if valid => Ok(true),
                true => Err(refused(format!(
                    "the constraint `{name}` of `{table}` is there, and older rows were not judged by it yet: run by hand `ALTER \
                     TABLE \"{table}\" VALIDATE CONSTRAINT \"{name}\"`"
                ))),
                false => Err(refused(format!(
                    "the constraint `{name}` of `{table}` is there already, and says something else than the file: drop it by hand"
                ))),
            }
        }
        _ => Ok(false),
    }
}

/// Whether a condition holds for all rows, and what it says.
async fn condition_of(
    connection: &Connection,
    table: &str,
    name: &str,
) -> Result<Option<(bool, String)>, MigrationError> {
    let found = format!(
        "SELECT convalidated::text, pg_get_expr(conbin, conrelid) FROM pg_constraint
          WHERE conrelid = to_regclass('\"{table}\"') AND conname = '{}' AND contype = 'c'",
        name.replace('\'', "''")
    );
    let found = texts(connection, &found).await.map_err(setup)?.pop();
    Ok(found.and_then(|row| {
        let [valid, says] = <[String; 2]>::try_from(row).ok()?;
        Some((valid == "true", says))
    }))
}
