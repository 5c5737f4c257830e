//! Names that follow from a model.

use super::file::{checksum, short};
use super::stated;
use crate::tree::meta::IndexMeta;

/// What an index of a model is called: with what it says besides its columns, so that two on the same ones are two.
pub(crate) fn name_of(table: &str, index: &IndexMeta) -> String {
    let only = index.only.map(|only| stated::sql_or_none(&only()));
    full_index_name(
        table,
        index.columns,
        index.unique,
        index.ignores_case,
        only.as_deref(),
    )
}

/// See [`name_of`].
pub(super) fn full_index_name<S: AsRef<str>>(
    table: &str,
    columns: &[S],
    unique: bool,
    ignores_case: &[S],
    only: Option<&str>,
) -> String {
    let folded = |name: &str| ignores_case.iter().any(|other| other.as_ref() == name);
    let mut parts: Vec<String> = Vec::new();
    for name in columns {
        let name = name.as_ref();
        parts.push(if folded(name) {
            format!("lower_{name}")
        } else {
            name.to_owned()
        });
    }
    if let Some(only) = only {
        parts.push(format!("where_{}", &checksum(only)[..8]));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    index_name(table, &parts, unique)
}

/// What the index on these columns is called.
pub(crate) fn index_name(table: &str, columns: &[&str], unique: bool) -> String {
    let suffix = if unique { "uniq" } else { "idx" };
    short(format!("{table}_{}_{suffix}", columns.join("_")))
}

/// What the constraint is called that holds a column's numbers to their bounds.
pub(crate) fn bounds_name(table: &str, column: &str) -> String {
    short(format!("{table}_{column}_bounds"))
}
