//! What PostgreSQL would take along with a column or a table, and nobody said: asked of its catalogue before (CWE-1289).

use super::super::ddl;
use super::super::found::Difference;
use super::super::operation::Operation;
use super::super::state::State;
use super::asked::texts;
use crate::backend::postgres::{Connection, Failure};

/// What a step would take of a table that the files do not know of. `before`: what they say of it.
///
/// # Errors
/// If the database cannot be asked.
pub(super) async fn lost(
    connection: &Connection,
    operation: &Operation,
    before: &State,
) -> Result<Option<(String, Difference)>, Failure> {
    let (table, more) = match operation {
        Operation::DropColumn { table, column } => {
            (table, with_column(connection, table, column, before).await?)
        }
        Operation::DropTable { table } => (table, columns_beside(connection, table, before).await?),
        _ => return Ok(None),
    };
    let difference = Difference {
        missing: Vec::new(),
        more,
    };
    Ok((!difference.is_none()).then(|| (table.clone(), difference)))
}

/// Indexes, conditions, triggers, policies, statistics, views and generated columns that need a column: `DROP COLUMN` takes most
/// of them along without a word.
async fn with_column(
    connection: &Connection,
    table: &str,
    column: &str,
    before: &State,
) -> Result<Vec<String>, Failure> {
    let needing = format!(
        "SELECT pg_describe_object(d.classid, d.objid, d.objsubid), coalesce(i.relname, o.conname)::text
           FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           LEFT JOIN pg_class i ON d.classid = 'pg_class'::regclass AND i.oid = d.objid
           LEFT JOIN pg_constraint o ON d.classid = 'pg_constraint'::regclass AND o.oid = d.objid
           LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
          WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass('\"{table}\"') AND a.attname = '{column}'
            AND NOT coalesce(f.adrelid = a.attrelid AND f.adnum = a.attnum, FALSE)
          ORDER BY 1"
    );
    let known = |name: &String| {
        before.tables.iter().any(|(table, state)| {
            state.indexes.iter().any(|index| index.name == *name)
                || state.constraints.iter().any(|check| check.name == *name)
                || ddl::postgres::keys(table, state).any(|key| key == *name)
        })
    };
    let needing = texts(connection, &needing).await?.into_iter();
    let unknown = needing.filter(|row| !row.get(1).is_some_and(known));
    let mut told: Vec<String> = unknown.filter_map(|row| row.into_iter().next()).collect();
    told.dedup();
    Ok(told)
}

/// The columns that a table has and the files do not say, with what their rows have in them.
async fn columns_beside(
    connection: &Connection,
    table: &str,
    before: &State,
) -> Result<Vec<String>, Failure> {
    let Some(state) = before.tables.get(table) else {
        return Ok(Vec::new());
    };
    let columns = format!(
        "SELECT attname::text FROM pg_attribute
          WHERE attrelid = to_regclass('\"{table}\"') AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    );
    let columns = texts(connection, &columns).await?.into_iter().flatten();
    let beside = columns.filter(|name| state.column(name).is_none());
    Ok(beside.map(|name| format!("the column `{name}`")).collect())
}
