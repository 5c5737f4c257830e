//! Names that follow from a model.

use super::file::short;

/// What the index on these columns is called.
pub(crate) fn index_name(table: &str, columns: &[&str], unique: bool) -> String {
    let suffix = if unique { "uniq" } else { "idx" };
    short(format!("{table}_{}_{suffix}", columns.join("_")))
}

/// What the constraint is called that holds a column's numbers to their bounds.
pub(crate) fn bounds_name(table: &str, column: &str) -> String {
    short(format!("{table}_{column}_bounds"))
}
