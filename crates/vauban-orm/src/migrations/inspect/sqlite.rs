//! The tables of a SQLite file.

use rusqlite::{Connection, OpenFlags};

use super::tables::{Inspected, InspectedColumn, InspectedIndex};

/// All of them, by name. The file is opened to be read and stays as it is.
///
/// # Errors
/// If it is none, or cannot be read.
pub(super) fn tables(path: &str) -> rusqlite::Result<Vec<Inspected>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let names: Vec<String> = all(&connection, names, [], |row| row.get(0))?;
    names.into_iter().map(|name| table(&connection, name)).collect()
}

fn table(connection: &Connection, name: String) -> rusqlite::Result<Inspected> {
    let mut out = Inspected {
        name,
        ..Inspected::default()
    };
    let columns =
        "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid";
    let columns = all(connection, columns, [&out.name], |row| {
        let column = InspectedColumn {
            name: row.get(0)?,
            sql_type: row.get(1)?,
            null: !row.get::<_, bool>(2)?,
            refers: None,
        };
        Ok((column, row.get::<_, i64>(3)?))
    })?;
    let mut key: Vec<(i64, String)> = columns
        .iter()
        .filter(|(_, place)| *place > 0)
        .map(|(column, place)| (*place, column.name.clone()))
        .collect();
    key.sort();
    out.key = key.into_iter().map(|(_, name)| name).collect();
    out.columns = columns.into_iter().map(|(column, _)| column).collect();
    // Of one column alone; without a column it is the other table's key.
    let keys = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1) AS k
                 WHERE (SELECT count(*) FROM pragma_foreign_key_list(?1) AS o WHERE o.id = k.id) = 1";
    let keys = all(connection, keys, [&out.name], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, Option<String>>(2)?,
        ))
    })?;
    for (from, target, to) in keys {
        if let Some(column) = out.columns.iter_mut().find(|column| column.name == from) {
            column.refers = Some((target, to.unwrap_or_default()));
        }
    }
    let indexes = "SELECT name, \"unique\" FROM pragma_index_list(?) WHERE partial = 0 AND origin <> 'pk'";
    let indexes = all(connection, indexes, [&out.name], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
    })?;
    for (name, unique) in indexes {
        let columns = "SELECT name FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno";
        let columns: Vec<Option<String>> = all(connection, columns, [&name], |row| row.get(0))?;
        // An expression has no name.
        if let Some(mut columns) = columns.into_iter().collect::<Option<Vec<_>>>() {
            // One of ours ends in the id by itself.
            if !unique && columns.len() > 1 && columns.last() == out.key.last() && out.key.len() == 1 {
                columns.pop();
            }
            out.indexes.push(InspectedIndex { columns, unique });
        }
    }
    Ok(out)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map(parameters, read)?.collect()
}
