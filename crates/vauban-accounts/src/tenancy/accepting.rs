//! Accepting an invitation: by an account with the invited address, or by the account that is made through it.

use uuid::Uuid;
use vauban::PathSecret;
use vauban::http::Result;
use vauban::orm::{DateTime, Db, QuerySet, Write};

use super::kind::Standing;
use super::model::{InvitationRow, Invitations};
use super::telling::Told;
use crate::accounts::Accounts;
use crate::links::{Epoch, Link, Purpose};
use crate::sessions::SessionToken;
use crate::{Email, urls};

/// An invitation that may be accepted.
pub(crate) struct Open {
    row: InvitationRow,
    by: Standing,
    /// What people read of the role.
    pub(crate) label: String,
}

impl Open {
    pub(crate) fn email(&self) -> &Email {
        &self.row.email
    }

    /// What the tenant is called.
    pub(crate) fn tenant(&self) -> &str {
        &self.by.tenant
    }

    /// Who invites.
    pub(crate) fn inviter(&self) -> &str {
        &self.by.name
    }
}

/// What came of accepting one.
pub(crate) struct Accepted {
    /// What the tenant is called.
    pub(crate) tenant: String,
    /// They did not belong to it before. Whoever did keeps their role: an invitation lowers and raises nobody.
    pub(crate) joined: bool,
}

impl Accounts {
    /// The invitation that a token opens now, without using it. `None`: it was used or withdrawn, is over or none, or whoever invited may
    /// not do so any more.
    pub(crate) async fn invitation(&self, db: &Db, token: &PathSecret) -> Result<Option<Open>> {
        let Some(rows) = self.invitation_row(token) else {
            return Ok(None);
        };
        let Some(row) = rows.first(&db.acting::<Invitations>()).await? else {
            return Ok(None);
        };
        self.still_open(db, row).await
    }

    async fn still_open(&self, db: &Db, row: InvitationRow) -> Result<Option<Open>> {
        let Some(tenancy) = self.tenancy(&row.kind) else {
            return Ok(None);
        };
        let by = tenancy.standing(db, row.tenant, row.inviter).await?;
        // CWE-269, reference §1 #36: asked again, for what they gave may be above them by now.
        let Some(by) = by.filter(|by| tenancy.manages(by.role, &row.role)) else {
            return Ok(None);
        };
        let roles = tenancy.roles();
        let label = roles.into_iter().find(|(name, _)| *name == row.role);
        Ok(label.map(|(_, label)| Open {
            row,
            by,
            label: label.to_owned(),
        }))
    }

    /// Makes whoever has the invited address a member. `None`: the link opens nothing, for them.
    pub(crate) async fn accept(
        &self,
        db: &Db<Write>,
        token: &PathSecret,
        person: Uuid,
    ) -> Result<Option<Accepted>> {
        let Some(rows) = self.invitation_row(token) else {
            return Ok(None);
        };
        db.begin().await?;
        let found = rows.first(&db.acting::<Invitations>()).await?;
        match found {
            Some(row) => self.accept_row(db, row, person).await,
            None => Ok(None),
        }
    }

    /// The account that was made through an invitation belongs to its tenant. `None`: the link was no invitation's, or that is over.
    pub(crate) async fn accept_by_sign_up(
        &self,
        db: &Db<Write>,
        link: &PathSecret,
        person: Uuid,
    ) -> Result<Option<Accepted>> {
        let Some(link) = SessionToken::from_cookie(link.expose()) else {
            return Ok(None);
        };
        let rows = self.unexpired().filter(|i| i.sign_up.eq(link.hash()));
        match rows.first(&db.acting::<Invitations>()).await? {
            Some(row) => self.accept_row(db, row, person).await,
            None => Ok(None),
        }
    }

    /// Whether a link to an account may be used: one of an invitation, while that is open (CWE-613); any other, always.
    pub(crate) async fn is_sign_up_open(&self, db: &Db, link: &Link, token: &PathSecret) -> Result<bool> {
        if !link.is_of_invitation() {
            return Ok(true);
        }
        let Some(token) = SessionToken::from_cookie(token.expose()) else {
            return Ok(false);
        };
        let rows = self.unexpired().filter(|i| i.sign_up.eq(token.hash()));
        match rows.first(&db.acting::<Invitations>()).await? {
            Some(row) => Ok(self.still_open(db, row).await?.is_some()),
            None => Ok(false),
        }
    }

    async fn accept_row(&self, db: &Db<Write>, row: InvitationRow, person: Uuid) -> Result<Option<Accepted>> {
        // CWE-639, reference §1 #35: a link that was handed on opens nothing. The address of the account as it stands, which a link
        // has confirmed.
        let account = self.users.read(db, person).await?;
        if !account.is_some_and(|account| account.is_active && account.email == row.email) {
            return Ok(None);
        }
        // CWE-367: whoever deletes the row has the invitation; of any number that try, one.
        let this = InvitationRow::objects().filter(|i| i.id.eq(row.id) & i.token.eq(row.token));
        if this.delete_all(&db.acting::<Invitations>()).await? != 1 {
            return Ok(None);
        }
        let Some(tenancy) = self.tenancy(&row.kind) else {
            return Ok(None);
        };
        let owners = self.owners_to_tell(db, tenancy, row.tenant, person).await?;
        let Some(by) = self
            .may_invite(db, tenancy, row.tenant, row.inviter, &row.role)
            .await?
        else {
            return Ok(None);
        };
        let joined = tenancy.join(db, row.tenant, person, &row.role).await?;
        if joined {
            let roles = tenancy.roles();
            let label = roles.iter().find(|(name, _)| *name == row.role);
            let told = Told::Joined(label.map_or(row.role.as_str(), |(_, label)| label));
            self.tell_owners(db, &owners, (&by.tenant, person), told).await?;
        }
        Ok(Some(Accepted {
            tenant: by.tenant,
            joined,
        }))
    }

    /// A link to an account for whoever was invited and has none: it proves the address as the invitation did, which came to it by mail.
    pub(crate) async fn sign_up_through(
        &self,
        db: &Db<Write>,
        open: &Open,
    ) -> Result<vauban::http::Redirect> {
        let email = open.row.email.clone();
        let link = Link {
            epoch: Epoch::of(&email, None),
            email,
            account: open.row.id.uuid(),
        };
        let token = self.links.make(db, Purpose::SignUp, link).await?;
        let hash = SessionToken::from_cookie(token.expose()).map(|token| token.hash());
        InvitationRow::objects()
            .filter(|i| i.id.eq(open.row.id))
            .change_all(&db.acting::<Invitations>(), |i| [i.sign_up.set(hash)])
            .await?;
        Ok(vauban::http::Redirect::to(urls::signup_link(&token)))
    }

    fn invitation_row(&self, token: &PathSecret) -> Option<QuerySet<InvitationRow>> {
        // CWE-208: hashes are compared, so no timing tells of a token.
        let hash = SessionToken::from_cookie(token.expose())?.hash();
        Some(self.unexpired().filter(|i| i.token.eq(hash)))
    }

    fn unexpired(&self) -> QuerySet<InvitationRow> {
        let now = DateTime::from(self.sessions.clock().now());
        // CWE-613
        InvitationRow::objects().filter(|i| i.expires.gt(now))
    }
}
