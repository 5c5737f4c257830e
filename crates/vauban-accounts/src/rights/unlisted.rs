//! What is left of rights whose permission is gone.

use std::collections::BTreeSet;

use vauban::checks::{CheckingRows, Finding};
use vauban::orm::Result;

use super::model::GroupRow;
use super::store::{RightsStore, names_of};

/// What `check` says of names that rows hold and no module lists.
pub(crate) async fn unlisted(checking: CheckingRows) -> Result<Vec<Finding>> {
    let unit = checking.units.begin();
    let listed: BTreeSet<&str> = checking.permissions.iter().map(|listed| listed.name).collect();
    let mut names = BTreeSet::new();
    let db = unit.read_db().acting::<RightsStore>();
    let mut rows = GroupRow::objects().chunks(1_000);
    while let Some(some) = rows.next(&db).await? {
        let all = some.iter().flat_map(|row| names_of(&row.permissions));
        names.extend(all.filter(|name| !listed.contains(name)).map(str::to_owned));
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = names.into_iter().collect();
    let what = format!("rows grant what no module lists: {}", names.join(", "));
    let hint = "Take it away, by `permissions revoke` and `groups revoke`: a permission that is called so later would be theirs at once.";
    Ok(vec![Finding::warning(
        "accounts.unlisted_permissions",
        what,
        hint,
    )])
}
