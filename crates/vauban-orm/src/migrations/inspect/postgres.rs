//! The tables of a PostgreSQL database, of the schema in which the connection works.

use super::super::MigrationError;
use super::super::postgres::asked::texts;
use super::source;
use super::tables::{Inspected, InspectedColumn, InspectedIndex};
use crate::backend::postgres::{Connection, Failure};

/// Models of its tables, as the source of a program. Nothing is written.
///
/// # Errors
/// If it cannot be asked.
pub(crate) async fn inspect(connection: &Connection) -> Result<String, MigrationError> {
    let tables = tables(connection).await;
    let tables = tables.map_err(|failure| MigrationError::Set(failure.to_string()))?;
    Ok(source::write(&tables))
}

const TABLES: &str = "SELECT c.relname::text FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname COLLATE \"C\"";

const COLUMNS: &str = "SELECT c.relname::text, a.attname::text,
        CASE format_type(a.atttypid, NULL) WHEN 'integer' THEN 'int4' ELSE format_type(a.atttypid, a.atttypmod) END,
        a.attnotnull::text, coalesce(t.relname, '')::text, coalesce(r.attname, '')::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum]
    LEFT JOIN pg_class t ON t.oid = k.confrelid
    LEFT JOIN pg_attribute r ON r.attrelid = t.oid AND r.attnum = k.confkey[1]
    WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum, k.conname";

const INDEXES: &str =
    "SELECT c.relname::text, x.indisprimary::text, x.indisunique::text, a.attname::text, x.indexrelid::text
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
    CROSS JOIN unnest(x.indkey::int2[]) WITH ORDINALITY AS k (n, o)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND x.indpred IS NULL AND x.indexprs IS NULL
      AND k.o <= x.indnkeyatts AND NOT i.relname LIKE '%\\_like'
    ORDER BY i.relname COLLATE \"C\", k.o";

async fn tables(connection: &Connection) -> Result<Vec<Inspected>, Failure> {
    let names = texts(connection, TABLES).await?.into_iter().flatten();
    let mut out: Vec<Inspected> = names
        .map(|name| Inspected {
            name,
            ..Inspected::default()
        })
        .collect();
    for row in texts(connection, COLUMNS).await? {
        let Ok([table, name, sql_type, needed, target, to]) = <[String; 6]>::try_from(row) else {
            continue;
        };
        let Some(table) = out.iter_mut().find(|found| found.name == table) else {
            continue;
        };
        // Of two keys of one column the first.
        if table.columns.iter().any(|column| column.name == name) {
            continue;
        }
        table.columns.push(InspectedColumn {
            name,
            sql_type,
            null: needed != "true",
            refers: (!target.is_empty()).then_some((target, to)),
        });
    }
    let mut last = String::new();
    for row in texts(connection, INDEXES).await? {
        let Ok([table, primary, unique, column, index]) = <[String; 5]>::try_from(row) else {
            continue;
        };
        let Some(table) = out.iter_mut().find(|found| found.name == table) else {
            continue;
        };
        if primary == "true" {
            table.key.push(column);
            continue;
        }
        if last != index {
            last = index;
            table.indexes.push(InspectedIndex {
                columns: Vec::new(),
                unique: unique == "true",
            });
        }
        if let Some(index) = table.indexes.last_mut() {
            index.columns.push(column);
        }
    }
    Ok(out)
}
