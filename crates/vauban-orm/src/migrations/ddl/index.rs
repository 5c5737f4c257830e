//! The statement that makes an index: the same on both databases.

/// An index of columns, perhaps of some rows only. `lower` folds ASCII letters alone: on PostgreSQL by the columns' collation.
pub(super) fn create_index(
    name: &str,
    table: &str,
    columns: &[String],
    unique: bool,
    ignores_case: &[String],
    only: Option<&str>,
) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    let key = |column: &String| {
        if ignores_case.contains(column) {
            format!("lower(\"{column}\")")
        } else {
            format!("\"{column}\"")
        }
    };
    let keys: Vec<String> = columns.iter().map(key).collect();
    let only = only.map_or_else(String::new, |only| format!(" WHERE {only}"));
    format!(
        "CREATE {unique}INDEX \"{name}\" ON \"{table}\" ({}){only}",
        keys.join(", ")
    )
}
