//! Inviting, and taking it back: by whoever manages a tenant's members, for roles up to their own.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::PathSecret;
use vauban::http::{Error, Result};
use vauban::orm::{DateTime, Db, Id, Write};
use vauban_mail::Mail as _;

use super::kind::{AnyTenancy, Standing};
use super::model::{InvitationRow, Invitations, NewInvitationRow};
use crate::accounts::Accounts;
use crate::links::Purpose;
use crate::mails::InvitationMail;
use crate::sessions::SessionToken;
use crate::{Email, urls};

/// Invitations of one tenant that are open at once (CWE-770).
const MOST_OPEN: u64 = 200;
/// Rows swept at most when somebody is invited.
const SWEPT_AT_ONCE: u32 = 20;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invited {
    /// A mail is on its way.
    Sent,
    /// It would be a role above one's own, or one may invite nobody; or somebody above invited this address.
    Above,
    /// Too many are open.
    TooMany,
}

impl Accounts {
    /// The membership that a row names. One that the program has no more opens nothing.
    pub(crate) fn tenancy(&self, kind: &str) -> Option<&dyn AnyTenancy> {
        let found = self.tenancies.iter().find(|one| one.model().table == kind);
        found.map(|one| &**one)
    }

    /// Invites an address, whether or not anybody has it (CWE-204). The invitation before it is none any more.
    pub(crate) async fn invite_to(
        &self,
        db: &Db<Write>,
        tenancy: &dyn AnyTenancy,
        tenant: Uuid,
        inviter: Uuid,
        (email, role): (&Email, &str),
    ) -> Result<Invited> {
        db.begin().await?;
        let acting = db.acting::<Invitations>();
        // CWE-367: by the role that they have in this unit.
        let Some(by) = self.may_invite(db, tenancy, tenant, inviter, role).await? else {
            return Ok(Invited::Above);
        };
        let now = self.sessions.clock().now();
        let kind = tenancy.model().table;
        let here = || InvitationRow::objects().filter(|i| i.kind.eq(kind) & i.tenant.eq(tenant));
        let before = here().filter(|i| i.email.eq(email)).first(&acting).await?;
        if let Some(before) = before {
            if before.inviter != inviter && !tenancy.manages(by.role, &before.role) {
                return Ok(Invited::Above);
            }
            InvitationRow::objects()
                .filter(|i| i.id.eq(before.id))
                .delete_all(&acting)
                .await?;
        }
        self.sweep_invitations(db).await?;
        if here().count(&acting).await? >= MOST_OPEN {
            return Ok(Invited::TooMany);
        }
        let token = SessionToken::fresh()?;
        let lifetime = SignedDuration::try_from(self.links.lifetime_of(Purpose::Invitation))
            .map_err(|error| Error::internal(error.to_string()))?;
        let new = NewInvitationRow {
            token: token.hash(),
            kind: kind.to_owned(),
            tenant,
            role: role.to_owned(),
            email: email.clone(),
            inviter,
            sign_up: None,
            expires: DateTime::from(now.saturating_add(lifetime).unwrap_or(now)),
        };
        InvitationRow::create(new).save(&acting).await?;
        let secret =
            PathSecret::parse(&token.to_cookie()).map_err(|error| Error::internal(error.to_string()))?;
        let roles = tenancy.roles();
        let label = roles
            .iter()
            .find(|(name, _)| *name == role)
            .map_or(role, |(_, label)| label);
        let mail = InvitationMail {
            site: self.site.clone(),
            tenant: by.tenant,
            inviter: by.name,
            role: label.to_owned(),
            link: urls::invitation(&secret).absolute(db)?,
            lifetime: self.links.lifetime(Purpose::Invitation),
        };
        mail.to(email).send(db).await?;
        Ok(Invited::Sent)
    }

    /// Takes an invitation back: whoever made it, or manages members up to its role. `false`: there is none that they may take back.
    pub(crate) async fn withdraw(
        &self,
        db: &Db<Write>,
        tenancy: &dyn AnyTenancy,
        tenant: Uuid,
        who: Uuid,
        id: Uuid,
    ) -> Result<bool> {
        db.begin().await?;
        let acting = db.acting::<Invitations>();
        // CWE-639: of the tenant in the address.
        let this = || {
            InvitationRow::objects().filter(|i| {
                i.id.eq(Id::from_uuid(id)) & i.kind.eq(tenancy.model().table) & i.tenant.eq(tenant)
            })
        };
        let Some(row) = this().first(&acting).await? else {
            return Ok(false);
        };
        let standing = tenancy.held(db, tenant, who).await?;
        let may = standing.is_some_and(|by| row.inviter == who || tenancy.manages(by.role, &row.role));
        Ok(may && this().delete_all(&acting).await? == 1)
    }

    /// The invitations of a tenant that are open.
    pub(crate) async fn open_invitations(
        &self,
        db: &Db,
        tenancy: &dyn AnyTenancy,
        tenant: Uuid,
    ) -> Result<Vec<InvitationRow>> {
        let now = DateTime::from(self.sessions.clock().now());
        let open = InvitationRow::objects()
            .filter(|i| i.kind.eq(tenancy.model().table) & i.tenant.eq(tenant) & i.expires.gt(now))
            .limit(u32::try_from(MOST_OPEN).unwrap_or(u32::MAX));
        Ok(open.all(&db.acting::<Invitations>()).await?)
    }

    /// Whoever invites, if they may for this role, as it stands in this unit.
    pub(super) async fn may_invite(
        &self,
        db: &Db<Write>,
        tenancy: &dyn AnyTenancy,
        tenant: Uuid,
        inviter: Uuid,
        role: &str,
    ) -> Result<Option<Standing>> {
        let standing = tenancy.held(db, tenant, inviter).await?;
        Ok(standing.filter(|by| tenancy.manages(by.role, role)))
    }

    /// CWE-770: rows of invitations that nobody accepted go as others come.
    async fn sweep_invitations(&self, db: &Db<Write>) -> Result<()> {
        let acting = db.acting::<Invitations>();
        let now = DateTime::from(self.sessions.clock().now());
        let over = InvitationRow::objects()
            .filter(|i| i.expires.le(now))
            .order_by(|i| i.expires.asc())
            .limit(SWEPT_AT_ONCE);
        let over: Vec<_> = over.all(&acting).await?.into_iter().map(|row| row.id).collect();
        InvitationRow::objects()
            .filter(|i| i.id.is_in(over))
            .delete_all(&acting)
            .await?;
        Ok(())
    }
}
