//! The last superuser stays.

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::checks::{CheckingRows, Finding};
use vauban::orm::actor::Action;
use vauban::orm::{Acting, Change, ChangeHook, Changes, Error, Id, QuerySet, Result, Write};

use crate::UserAccount;
use crate::services::Administration;

/// Superusers above which `check` asks whether all of them need to be (CWE-250).
const MANY: u64 = 3;

/// Looks, before a unit is saved that deactivates, demotes or deletes somebody, whether an active superuser is left (CWE-269: whoever
/// holds the machine would have to step in). `#[model(user)]` has it told.
pub(crate) struct SuperusersStay<U>(PhantomData<fn() -> U>);

impl<U> SuperusersStay<U> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<U> fmt::Debug for SuperusersStay<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuperusersStay")
    }
}

impl<U: UserAccount> ChangeHook for SuperusersStay<U> {
    type Service = Administration<U>;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<Administration<U>, Write>) -> Result<()> {
        let lost: Vec<&Change> = changes
            .iter()
            .filter(|change| std::ptr::eq(change.model(), U::meta()) && change.action() != Action::Add)
            .filter(|change| FLAGS.iter().any(|flag| had(change, flag) == Some(true)))
            .collect();
        if lost.is_empty() || one_is_left::<U>(db).await? {
            return Ok(());
        }
        for change in lost {
            // Whoever was none, deactivated as they were, leaves nobody missing.
            if was::<U>(db, changes, change.id(), SUPERUSER).await?
                && was::<U>(db, changes, change.id(), ACTIVE).await?
            {
                return Err(Error::Refused(
                    "This would leave no active superuser. Make another one first (`createsuperuser`).",
                ));
            }
        }
        Ok(())
    }
}

const SUPERUSER: &str = "is_superuser";
const ACTIVE: &str = "is_active";
const FLAGS: [&str; 2] = [SUPERUSER, ACTIVE];

/// Whether a change found this flag set; `None` if it did not touch it. What is told to nobody, since the model keeps its field to itself,
/// may have been anything.
fn had(change: &Change, flag: &str) -> Option<bool> {
    let column = change.columns().find(|column| column.field() == flag)?;
    Some(column.old().to_string() != "false")
}

/// Whether somebody had a flag at any time of the unit: of several changes each may take one away.
async fn was<U: UserAccount>(
    db: &Acting<Administration<U>, Write>,
    changes: &Changes<'_>,
    id: Uuid,
    flag: &str,
) -> Result<bool> {
    let theirs = changes
        .iter()
        .filter(|change| std::ptr::eq(change.model(), U::meta()) && change.id() == id);
    let told: Vec<bool> = theirs.filter_map(|change| had(change, flag)).collect();
    if !told.is_empty() {
        return Ok(told.contains(&true));
    }
    // It has what it had.
    let row = QuerySet::<U>::new().filter(|u| U::columns_of_account(u).id.eq(Id::from_uuid(id)));
    let row = row.first(db).await?;
    Ok(row.is_some_and(|user| match flag {
        SUPERUSER => user.is_superuser(),
        _ => user.is_active(),
    }))
}

/// CWE-362: the first one is locked, so that of two who demote each other one waits for the other, and is undone.
async fn one_is_left<U: UserAccount>(db: &Acting<Administration<U>, Write>) -> Result<bool> {
    let first = superusers::<U>()
        .order_by(|u| U::columns_of_account(u).id.asc())
        .for_update()
        .first(db)
        .await?;
    Ok(first.is_some())
}

/// Those who may administer the site: active, and superusers.
pub(crate) fn superusers<U: UserAccount>() -> QuerySet<U> {
    QuerySet::<U>::new().filter(|u| {
        let columns = U::columns_of_account(u);
        columns.is_superuser.eq(true) & columns.is_active.eq(true)
    })
}

/// What `check` says of their number.
pub(crate) async fn too_many<U: UserAccount>(checking: CheckingRows) -> Result<Vec<Finding>> {
    let unit = checking.units.begin();
    let count = superusers::<U>()
        .count(&unit.read_db().acting::<Administration<U>>())
        .await?;
    let what = format!("{count} active accounts are superusers");
    let hint = "Grant what people need, by `permissions grant` and `groups add`, and let three or fewer be superusers.";
    Ok(match count > MANY {
        true => vec![Finding::warning("accounts.superusers", what, hint)],
        false => Vec::new(),
    })
}
