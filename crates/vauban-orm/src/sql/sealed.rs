//! The texts that go through ciphertexts: which rows a key seals, which are to be moved to another, whether a value is taken. They ask for
//! nobody: none of them gives more of a row than its key and what is sealed in it, and no handle leads here. `{n}` is the nth value.

use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::ring::HEADER;

/// In how many rows a key seals, or is what they are found by.
pub(crate) fn rows_of(model: &ModelMeta, column: &ColumnMeta, index: Option<&ColumnMeta>) -> String {
    let by_index = index.map(|index| format!(" OR substr(\"{}\", 1, 4) = {{1}}", index.column));
    format!(
        "SELECT count(*) FROM \"{}\" WHERE substr(\"{}\", 1, {HEADER}) = {{0}}{}",
        model.table,
        column.column,
        by_index.unwrap_or_default()
    )
}

/// The next rows by their keys, with what is sealed in them; `more`: behind the first value.
pub(crate) fn next_rows(
    model: &ModelMeta,
    column: &ColumnMeta,
    index: Option<&ColumnMeta>,
    more: bool,
    limit: usize,
) -> String {
    let (id, column) = (model.id().column, column.column);
    let index = index.map_or_else(|| "NULL".to_owned(), |index| format!("\"{}\"", index.column));
    let more = if more {
        format!(" AND \"{id}\" > {{0}}")
    } else {
        String::new()
    };
    format!(
        "SELECT \"{id}\", \"{column}\", {index} FROM \"{}\" WHERE \"{column}\" IS NOT NULL{more} ORDER BY \"{id}\" LIMIT {limit}",
        model.table,
    )
}

/// Another ciphertext of the same value, in the row with this key, if `same` holds of what stands there.
pub(crate) fn sealed_anew(
    model: &ModelMeta,
    column: &ColumnMeta,
    index: Option<&ColumnMeta>,
    same: &str,
) -> String {
    let index = index.map(|index| format!(", \"{}\" = {{3}}", index.column));
    format!(
        "UPDATE \"{}\" SET \"{}\" = {{0}}{} WHERE \"{}\" = {{1}} AND {same}",
        model.table,
        column.column,
        index.unwrap_or_default(),
        model.id().column
    )
}

/// Whether another row is found by this value.
pub(crate) fn is_taken(model: &ModelMeta, index: &ColumnMeta) -> String {
    format!(
        "SELECT 1 FROM \"{}\" WHERE \"{}\" = {{0}} AND \"{}\" <> {{1}} LIMIT 1",
        model.table,
        index.column,
        model.id().column
    )
}
