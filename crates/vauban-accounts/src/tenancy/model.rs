//! The rows behind invitations. Nobody may see or change them but their store.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use crate::Email;
use crate::sessions::TokenHash;

/// Somebody is invited to a tenant. An address is invited to a tenant once.
#[derive(Model, Clone)]
#[model(table = "vauban_invitation", unique(email, kind, tenant))]
pub(crate) struct InvitationRow {
    #[field(random)]
    pub(crate) id: Id<InvitationRow>,
    /// SHA-256 of the token in the mail (CWE-522).
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// Which of the site's memberships: its table.
    #[field(max_length = 63)]
    pub(crate) kind: String,
    #[field(index)]
    pub(crate) tenant: Uuid,
    /// The role's name.
    #[field(max_length = 100)]
    pub(crate) role: String,
    /// Who is invited: nobody with another address comes in (CWE-639).
    pub(crate) email: Email,
    /// By whom.
    #[field(index)]
    pub(crate) inviter: Uuid,
    /// The link by which an account is made that then belongs to the tenant.
    #[field(unique)]
    pub(crate) sign_up: Option<TokenHash>,
    #[field(index)]
    pub(crate) expires: DateTime,
}

impl Policy for InvitationRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the store only.
        Rules::none()
    }
}

vauban::orm::service! {
    /// Makes, withdraws and spends invitations.
    pub(crate) Invitations: View<InvitationRow>, Add<InvitationRow>, Change<InvitationRow>, Delete<InvitationRow>;
    waiver!(ServiceRights, "whoever is invited belongs to nothing yet")
}
