//! What is left of an account that is gone, by whatever statement it went.

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::orm::actor::Action;
use vauban::orm::{Acting, Change, ChangeHook, Changes, Result, Write};

use super::model::DeletionRow;
use crate::UserAccount;
use crate::credential::Credential;
use crate::data::ExportRow;
use crate::factors::{HalfRow, PasskeyChallengeRow, PasskeyRow, RecoveryRow, TotpRow};
use crate::history::AccountEvent;
use crate::links::LinkRow;
use crate::oidc::{BegunRow, ProviderLinkRow};
use crate::rights::{GroupRow, MemberRow};
use crate::sessions::{RenewedToken, SessionRow};
use crate::tenancy::InvitationRow;

vauban::orm::service! {
    /// Takes away what is left of accounts that are gone.
    pub(crate) Remains: View<Credential>, Delete<Credential>, View<SessionRow>, Delete<SessionRow>, View<RenewedToken>, Delete<RenewedToken>,
        View<LinkRow>, Delete<LinkRow>, View<AccountEvent>, Delete<AccountEvent>, View<ExportRow>, Delete<ExportRow>,
        View<DeletionRow>, Delete<DeletionRow>, View<MemberRow>, Delete<MemberRow>, View<GroupRow>, Delete<GroupRow>,
        View<TotpRow>, Delete<TotpRow>, View<RecoveryRow>, Delete<RecoveryRow>, View<HalfRow>, Delete<HalfRow>,
        View<PasskeyRow>, Delete<PasskeyRow>, View<PasskeyChallengeRow>, Delete<PasskeyChallengeRow>,
        View<InvitationRow>, Delete<InvitationRow>, View<ProviderLinkRow>, Delete<ProviderLinkRow>, View<BegunRow>, Delete<BegunRow>;
    waiver!(ServiceRights, "what is left of an account that is gone is nobody's")
}

/// People whose rows one statement deletes.
const AT_ONCE: usize = 500;

/// With an account goes all that the framework kept of it (CWE-459, CWE-613): these rows know their person by id alone, and none of
/// them opens the account that comes to have this id, from a backup or by an import.
pub(crate) struct NothingRemains<U>(PhantomData<fn() -> U>);

impl<U> NothingRemains<U> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<U> fmt::Debug for NothingRemains<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NothingRemains")
    }
}

impl<U: UserAccount> ChangeHook for NothingRemains<U> {
    type Service = Remains;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<Remains, Write>) -> Result<()> {
        let gone: Vec<Uuid> = changes
            .iter()
            .filter(|change| std::ptr::eq(change.model(), U::meta()) && change.action() == Action::Delete)
            .map(Change::id)
            .collect();
        for gone in gone.chunks(AT_ONCE) {
            take_away(gone, db).await?;
        }
        Ok(())
    }
}

async fn take_away(gone: &[Uuid], db: &Acting<Remains, Write>) -> Result<()> {
    let these = || gone.iter().copied();
    let sessions = || SessionRow::objects().filter(|s| s.user.is_in(these()));
    let ids = sessions().values(|s| &s.id).all(db).await?;
    // CWE-770: an account has few sessions, and many accounts have many.
    for ids in ids.chunks(AT_ONCE) {
        let renewed = RenewedToken::objects().filter(|t| t.session.is_in(ids.iter().map(|id| id.uuid())));
        renewed.delete_all(db).await?;
    }
    sessions().delete_all(db).await?;
    let hashes = Credential::objects().filter(|c| c.user.is_in(these()));
    hashes.delete_all(db).await?;
    let links = LinkRow::objects().filter(|l| l.account.is_in(these()));
    links.delete_all(db).await?;
    let events = AccountEvent::objects().filter(|e| e.account.is_in(these()));
    events.delete_all(db).await?;
    let data = ExportRow::objects().filter(|e| e.user.is_in(these()));
    data.delete_all(db).await?;
    let wishes = DeletionRow::objects().filter(|d| d.user.is_in(these()));
    wishes.delete_all(db).await?;
    let memberships = MemberRow::objects().filter(|m| m.person.is_in(these()));
    memberships.delete_all(db).await?;
    let own = GroupRow::objects().filter(|g| g.person.is_in(these()));
    own.delete_all(db).await?;
    let apps = TotpRow::objects().filter(|t| t.user.is_in(these()));
    apps.delete_all(db).await?;
    let codes = RecoveryRow::objects().filter(|r| r.user.is_in(these()));
    codes.delete_all(db).await?;
    let halves = HalfRow::objects().filter(|h| h.user.is_in(these()));
    halves.delete_all(db).await?;
    let passkeys = PasskeyRow::objects().filter(|p| p.user.is_in(these()));
    passkeys.delete_all(db).await?;
    let asked = PasskeyChallengeRow::objects().filter(|c| c.user.is_in(these()));
    asked.delete_all(db).await?;
    let invitations = InvitationRow::objects().filter(|i| i.inviter.is_in(these()));
    invitations.delete_all(db).await?;
    let identities = ProviderLinkRow::objects().filter(|l| l.user.is_in(these()));
    identities.delete_all(db).await?;
    let begun = BegunRow::objects().filter(|b| b.user.is_in(these()));
    begun.delete_all(db).await?;
    Ok(())
}
