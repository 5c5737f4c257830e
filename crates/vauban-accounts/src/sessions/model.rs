//! The rows behind sessions. Nobody may see or change them but the session store.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::field::{Field, Kind, Mismatch, Value, ValueRef};
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use super::token::TokenHash;

/// One session of somebody who is signed in. There are no others: what a stranger's browser must remember
/// stands in signed cookies, so that no request of a stranger writes a row (CWE-770).
#[derive(Model, Clone)]
#[model(table = "vauban_session", index(remembered, seen))]
pub(crate) struct SessionRow {
    #[field(random)]
    pub(crate) id: Id<SessionRow>,
    /// SHA-256 of the token in the cookie.
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// Whose it is.
    #[field(index)]
    pub(crate) user: Uuid,
    /// When it began: at the sign-in.
    pub(crate) created: DateTime,
    /// The last request, to the minute.
    pub(crate) seen: DateTime,
    /// Small typed values, as a JSON object.
    #[field(max_length = 4096)]
    pub(crate) data: String,
    /// In which browser it was seen last, for its owner to read: [`Visitor`](super::Visitor).
    #[field(max_length = 40, default = "")]
    pub(crate) device: String,
    /// From which network.
    #[field(max_length = 50, default = "")]
    pub(crate) network: String,
    /// Until when it may be renewed, where its owner asked to be remembered.
    pub(crate) remembered: Option<DateTime>,
    /// What its forms' tokens belong to, where it has been renewed: they outlive that.
    pub(crate) bound: Option<TokenHash>,
    /// When its owner last proved the password, a code of their app, a recovery code and a passkey: [`Proofs`](super::Proofs).
    pub(crate) password_at: Option<DateTime>,
    pub(crate) totp_at: Option<DateTime>,
    pub(crate) recovery_at: Option<DateTime>,
    pub(crate) passkey_at: Option<DateTime>,
    /// Which passkey it was.
    pub(crate) passkey: Option<Uuid>,
    /// When a provider of single sign-on last said who they are.
    pub(crate) oidc_at: Option<DateTime>,
    /// Whether its owner has a second factor: it stands here so that no request has to ask for it. Whatever adds or removes one writes
    /// it into all of their sessions, in the same unit.
    #[field(default = false)]
    pub(crate) has_factor: bool,
}

impl SessionRow {
    /// What its forms' tokens belong to.
    pub(crate) fn binding(&self) -> TokenHash {
        self.bound.unwrap_or(self.token)
    }

    /// What goes on where a session is renewed: the password's proof, without what the session held (CWE-308).
    pub(crate) fn with_password_only(self) -> Self {
        Self {
            data: String::new(),
            password_at: self.password_at.or(Some(self.created)),
            totp_at: None,
            recovery_at: None,
            passkey_at: None,
            passkey: None,
            oidc_at: None,
            ..self
        }
    }
}

impl Policy for SessionRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the session store only.
        Rules::none()
    }
}

/// A token that a remembered session had before it was renewed. Whoever sends one later has stolen it, or somebody else has.
#[derive(Model, Clone)]
#[model(table = "vauban_renewed_token")]
pub(crate) struct RenewedToken {
    #[field(random)]
    pub(crate) id: Id<RenewedToken>,
    /// SHA-256 of the token.
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// The session's row.
    #[field(index)]
    pub(crate) session: Uuid,
    /// What its successor is made with.
    #[field(max_length = 16)]
    pub(crate) salt: Vec<u8>,
    /// When it was renewed.
    #[field(index)]
    pub(crate) renewed: DateTime,
}

impl Policy for RenewedToken {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the session store only.
        Rules::none()
    }
}

impl Field for TokenHash {
    const KIND: Kind = Kind::Bytes;
    const SECRET: bool = true;

    fn to_value(&self) -> Value {
        Value::Blob(self.as_bytes().to_vec())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => Self::from_bytes(bytes).ok_or(Mismatch),
            _ => Err(Mismatch),
        }
    }
}
