//! Names that follow from a model.

use super::file::checksum;

/// What the index on these columns is called.
pub(crate) fn index_name(table: &str, columns: &[&str], unique: bool) -> String {
    let suffix = if unique { "uniq" } else { "idx" };
    let name = format!("{table}_{}_{suffix}", columns.join("_"));
    if name.len() <= 63 {
        return name;
    }
    // Long names are cut; the digest keeps them apart.
    let digest = checksum(&name);
    format!("{}_{}", &name[..54], &digest[..8])
}
