//! What is left of rights whose person, or whose permission, is gone.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::checks::{CheckingRows, Finding};
use vauban::orm::actor::Action;
use vauban::orm::{Acting, Change, ChangeHook, Changes, Result, Write};

use super::model::{GroupRow, MemberRow};
use super::store::{RightsStore, names_of};
use crate::UserAccount;

/// People whose rows one statement deletes.
const AT_ONCE: usize = 500;

/// With an account goes what it was granted, by whatever statement (CWE-459): the rows know their person by id alone.
pub(crate) struct RightsEnd<U>(PhantomData<fn() -> U>);

impl<U> RightsEnd<U> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<U> fmt::Debug for RightsEnd<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RightsEnd")
    }
}

impl<U: UserAccount> ChangeHook for RightsEnd<U> {
    type Service = RightsStore;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<RightsStore, Write>) -> Result<()> {
        let gone: Vec<Uuid> = changes
            .iter()
            .filter(|change| std::ptr::eq(change.model(), U::meta()) && change.action() == Action::Delete)
            .map(Change::id)
            .collect();
        for gone in gone.chunks(AT_ONCE) {
            let memberships = MemberRow::objects().filter(|m| m.person.is_in(gone.iter().copied()));
            memberships.delete_all(db).await?;
            let own = GroupRow::objects().filter(|g| g.person.is_in(gone.iter().copied()));
            own.delete_all(db).await?;
        }
        Ok(())
    }
}

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
