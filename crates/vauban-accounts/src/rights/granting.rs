//! Granting, by whoever is signed in: never more than they hold themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;
use vauban::http::{Error, Request, Result};
use vauban::orm::{Db, Permission, PermissionMeta, Write};
use vauban::routing::{BySession, Call, Param, Refusal, Writing};

use super::model::{GroupRow, MemberRow};
use super::store::{Holder, MOST_GROUPS, Rights, RightsStore, names_of};
use crate::events;
use crate::identify::SignedInAs;
use crate::params::AccountPages;

/// Grants and revokes permissions in a view, as whoever is signed in. Nobody gives, or takes, what they do not hold themselves at that
/// moment (CWE-269, ASVS 8.2.1): that is 403. What they may do at all says the view's access rule. An operator does it by the
/// commands `permissions` and `groups`.
///
/// ```ignore
/// #[view(post, "/moderators/{id}/")]
/// async fn appoint(_: HasPerm<Moderate>, db: Db<Write>, granting: Granting, id: Path<Id<User>>) -> Result<Redirect> {
///     granting.grant::<HideComments>(&db, id.uuid()).await?;
///     Ok(urls::moderators().redirect())
/// }
/// ```
#[derive(Debug)]
pub struct Granting {
    cx: Arc<Request>,
    rights: Rights,
    /// Who grants.
    who: Uuid,
}

impl Param<Writing, BySession> for Granting {
    async fn take(call: &mut Call<Writing, BySession>) -> Result<Self> {
        let AccountPages { cx, accounts } = AccountPages::take(call).await?;
        let who = SignedInAs::of(&cx).ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        Ok(Self {
            cx,
            rights: accounts.rights.clone(),
            who: who.person.facts.id,
        })
    }
}

impl Granting {
    /// Grants a permission to somebody; `false` if they were granted it before.
    ///
    /// # Errors
    /// 403 for whoever does not hold it; those of the database.
    pub async fn grant<P: Permission>(&self, db: &Db<Write>, person: Uuid) -> Result<bool> {
        let permission = PermissionMeta::of::<P>();
        self.rights.holds(db, self.who, &permission).await?;
        let done = self
            .rights
            .give(db, &Holder::Person(person), permission.name)
            .await?;
        events::PERMISSION_GRANTED.log(Some(&self.cx));
        Ok(done)
    }

    /// Takes a permission away that somebody was granted themselves; `false` if they were not.
    ///
    /// # Errors
    /// 403 for whoever does not hold it; those of the database.
    pub async fn revoke<P: Permission>(&self, db: &Db<Write>, person: Uuid) -> Result<bool> {
        let permission = PermissionMeta::of::<P>();
        self.rights.holds(db, self.who, &permission).await?;
        let done = self
            .rights
            .take(db, &Holder::Person(person), permission.name)
            .await?;
        events::PERMISSION_REVOKED.log(Some(&self.cx));
        Ok(done)
    }

    /// Makes somebody a member of a group; `false` if they are one.
    ///
    /// # Errors
    /// 403 for whoever does not hold everything that the group holds; 404 where there is no such group; 409 where they are in as many as one may be.
    pub async fn add(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        self.rights.holds_all_of(db, self.who, group).await?;
        let done = self.rights.add_member(db, group, person).await?;
        events::PERMISSION_GRANTED.log(Some(&self.cx));
        Ok(done)
    }

    /// Ends somebody's membership; `false` if there is none.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub async fn remove(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        self.rights.holds_all_of(db, self.who, group).await?;
        let done = self.rights.remove_member(db, group, person).await?;
        events::PERMISSION_REVOKED.log(Some(&self.cx));
        Ok(done)
    }
}

impl Rights {
    /// Refuses whoever does not hold the permission, by the rows as they stand in this unit. CWE-367: what they held when the request came
    /// may have been revoked since.
    pub(crate) async fn holds(&self, db: &Db<Write>, who: Uuid, permission: &PermissionMeta) -> Result<()> {
        db.begin().await?;
        match self.of(db, who).await?.has(permission) {
            true => Ok(()),
            false => Err(Error::refused(Refusal::Forbidden)),
        }
    }

    /// Refuses whoever does not hold everything that the group holds.
    pub(crate) async fn holds_all_of(&self, db: &Db<Write>, who: Uuid, group: &str) -> Result<()> {
        db.begin().await?;
        let row = self.found(db, &Holder::Group(group.to_owned())).await?;
        let row = row.ok_or_else(Error::not_found)?;
        let held = self.names(db, who).await?;
        // What the program does not list today it may list tomorrow.
        match names_of(&row.permissions).iter().all(|name| held.contains(*name)) {
            true => Ok(()),
            false => Err(Error::refused(Refusal::Forbidden)),
        }
    }

    /// Every name that stands in a row of somebody's.
    pub(crate) async fn names(&self, db: &Db<Write>, who: Uuid) -> Result<BTreeSet<String>> {
        let memberships = MemberRow::objects()
            .filter(|m| m.person.eq(who))
            .related(|m| &m.group)
            .limit(MOST_GROUPS)
            .all(&db.acting::<RightsStore>())
            .await?;
        let groups = memberships.iter().filter_map(|membership| membership.group.get());
        let names = groups.flat_map(|group: &GroupRow| names_of(&group.permissions));
        Ok(names.map(str::to_owned).collect())
    }
}
