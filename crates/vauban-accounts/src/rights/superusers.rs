//! The last superuser stays.

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::checks::Finding;
use vauban::orm::actor::Action;
use vauban::orm::{Acting, Change, ChangeHook, Changes, Error, Id, QuerySet, Result, Write};
use vauban::units::Units;

use crate::UserAccount;
use crate::services::Administration;

/// Superusers above which `check` asks whether all of them need to be (CWE-250).
const MANY: u64 = 3;

/// Looks, before a unit is saved that deactivates, demotes or deletes somebody, whether an active superuser is left (CWE-269: whoever
/// holds the machine would have to step in). Told of by a user model with `#[model(user, changes)]`.
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
        for change in changes
            .iter()
            .filter(|change| std::ptr::eq(change.model(), U::meta()))
        {
            let goes = match Goes::of(change) {
                Goes::No => false,
                Goes::Yes => true,
                Goes::IfSuperuser => is_superuser::<U>(db, change.id()).await?,
            };
            if goes {
                return one_stays::<U>(db).await;
            }
        }
        Ok(())
    }
}

/// Whether an active superuser may be none after a change. What is told to nobody, since the model keeps its field to itself, may have
/// been anything.
enum Goes {
    No,
    Yes,
    IfSuperuser,
}

impl Goes {
    fn of(change: &Change) -> Self {
        let flag = |name| change.columns().find(|column| column.field() == name);
        if change.action() == Action::Add {
            return Self::No;
        }
        match (flag("is_superuser"), flag("is_active")) {
            (Some(column), _) if column.old().to_string() != "false" => Self::Yes,
            // Of a row that is deleted all columns are told, of one that was changed those that differ.
            (None, Some(column)) if column.new().to_string() != "true" => Self::IfSuperuser,
            _ => Self::No,
        }
    }
}

async fn is_superuser<U: UserAccount>(db: &Acting<Administration<U>, Write>, id: Uuid) -> Result<bool> {
    QuerySet::<U>::new()
        .filter(|u| {
            let columns = U::columns_of_account(u);
            columns.id.eq(Id::from_uuid(id)) & columns.is_superuser.eq(true)
        })
        .exists(db)
        .await
}

/// CWE-362: all of them are locked, in one order, so that of two who demote each other one waits, and is undone.
pub(crate) async fn one_stays<U: UserAccount>(db: &Acting<Administration<U>, Write>) -> Result<()> {
    let left = superusers::<U>()
        .order_by(|u| U::columns_of_account(u).id.asc())
        .for_update()
        .first(db)
        .await?;
    match left {
        Some(_) => Ok(()),
        None => Err(Error::Internal(
            "this would leave no active superuser: make another one first (`createsuperuser`)".into(),
        )),
    }
}

fn superusers<U: UserAccount>() -> QuerySet<U> {
    QuerySet::<U>::new().filter(|u| {
        let columns = U::columns_of_account(u);
        columns.is_superuser.eq(true) & columns.is_active.eq(true)
    })
}

/// What `check` says of their number.
pub(crate) async fn too_many<U: UserAccount>(units: Units) -> Result<Vec<Finding>> {
    let unit = units.begin();
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
