//! Granting, by whoever is signed in: never more than they hold themselves.

use std::sync::Arc;

use uuid::Uuid;
use vauban::http::{Error, Result};
use vauban::orm::{Db, Permission, PermissionMeta, Write};
use vauban::routing::{BySession, Call, Param, Refusal, Writing};

use super::store::{Holder, Rights, names_of};
use crate::Accounts;
use crate::identify::SignedInAs;
use crate::params::AccountPages;

/// Grants and revokes permissions in a view, as whoever is signed in. Nobody gives, or takes, what they do not hold themselves at that
/// moment (CWE-269, ASVS 8.2.1): that is 403. Nor does anybody grant to themselves: what they hold by a group that they may
/// leave would be theirs for good. What they may do at all says the view's access rule. An operator does it by the
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
    accounts: Arc<Accounts>,
    rights: Rights,
    /// Who grants.
    who: Uuid,
}

impl Param<Writing, BySession> for Granting {
    async fn take(call: &mut Call<Writing, BySession>) -> Result<Self> {
        let AccountPages { cx, accounts } = AccountPages::take(call).await?;
        let who = SignedInAs::of(&cx).ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        let rights = accounts.rights.asked_by(&cx);
        Ok(Self::new(accounts, rights, who.person.facts.id))
    }
}

impl Granting {
    pub(crate) fn new(accounts: Arc<Accounts>, rights: Rights, who: Uuid) -> Self {
        Self {
            accounts,
            rights,
            who,
        }
    }

    /// Grants a permission to somebody else; `false` if they were granted it before.
    ///
    /// # Errors
    /// 403 for whoever does not hold it, and for themselves; 404 where there is no such account; those of the database.
    pub async fn grant<P: Permission>(&self, db: &Db<Write>, person: Uuid) -> Result<bool> {
        let permission = PermissionMeta::of::<P>();
        self.holds(db, &permission).await?;
        self.is_another(db, person).await?;
        let to = Holder::Person(person);
        Ok(self.rights.give(db, &to, permission.name).await?)
    }

    /// Takes a permission away that somebody was granted themselves; `false` if they were not.
    ///
    /// # Errors
    /// 403 for whoever does not hold it; those of the database.
    pub async fn revoke<P: Permission>(&self, db: &Db<Write>, person: Uuid) -> Result<bool> {
        let permission = PermissionMeta::of::<P>();
        self.holds(db, &permission).await?;
        let from = Holder::Person(person);
        Ok(self.rights.take(db, &from, permission.name).await?)
    }

    /// Makes somebody else a member of a group; `false` if they are one.
    ///
    /// # Errors
    /// 403 for whoever does not hold everything that the group holds, for themselves, and for a group that holds nothing: that is the
    /// operator's; 404 where there is no such group or account; 409 where they are in as many as one may be.
    pub async fn add(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        self.holds_all_of(db, group).await?;
        self.is_another(db, person).await?;
        self.rights.add_member(db, group, person).await
    }

    /// Ends somebody's membership; `false` if there is none.
    ///
    /// # Errors
    /// 403 for whoever does not hold everything that the group holds, and for a group that holds nothing; 404 where there is no such
    /// group.
    pub async fn remove(&self, db: &Db<Write>, group: &str, person: Uuid) -> Result<bool> {
        self.holds_all_of(db, group).await?;
        self.rights.remove_member(db, group, person).await
    }

    /// Refuses whoever does not hold the permission, by the rows as they stand in this unit. CWE-367: what they held when the request came
    /// may have been revoked since.
    async fn holds(&self, db: &Db<Write>, permission: &PermissionMeta) -> Result<()> {
        self.stands(db).await?;
        only_if(self.rights.of(db, self.who).await?.has(permission))
    }

    /// Refuses whoever does not hold everything that the group holds.
    async fn holds_all_of(&self, db: &Db<Write>, group: &str) -> Result<()> {
        self.stands(db).await?;
        let row = self.rights.found(db, &Holder::Group(group.to_owned())).await?;
        let row = row.ok_or_else(Error::not_found)?;
        let held = self.rights.names(db, self.who).await?;
        // What the program does not list today it may list tomorrow. CWE-862: of nothing everybody holds all.
        let asked = names_of(&row.permissions);
        only_if(!asked.is_empty() && asked.iter().all(|name| held.contains(*name)))
    }

    /// CWE-613, CWE-367: whoever was deactivated while their request was on its way grants nothing.
    async fn stands(&self, db: &Db<Write>) -> Result<()> {
        db.begin().await?;
        let who = self.accounts.users.read(db, self.who).await?;
        only_if(who.is_some_and(|who| who.is_active))
    }

    /// CWE-269: what somebody holds for a while, by a group, they would hold for good.
    async fn is_another(&self, db: &Db<Write>, person: Uuid) -> Result<()> {
        only_if(person != self.who)?;
        self.accounts.must_be(db, person).await
    }
}

impl Accounts {
    /// Refuses what is nobody's account: such a row nobody would take away.
    pub(crate) async fn must_be(&self, db: &Db<Write>, person: Uuid) -> Result<()> {
        db.begin().await?;
        match self.users.read(db, person).await? {
            Some(_) => Ok(()),
            None => Err(Error::not_found()),
        }
    }
}

fn only_if(may: bool) -> Result<()> {
    match may {
        true => Ok(()),
        false => Err(Error::refused(Refusal::Forbidden)),
    }
}
