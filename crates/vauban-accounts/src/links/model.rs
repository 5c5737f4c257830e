//! The rows behind links. Nobody may see or change them but their store.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use vauban::Model;
use vauban::orm::field::{Field, Kind, Mismatch, Value, ValueRef};
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use crate::sessions::TokenHash;
use crate::{Email, Hash};

/// What a link is for. A link for one is nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Making an account.
    SignUp,
    /// Choosing a new password.
    Reset,
    /// Proving an account's new address.
    Email,
    /// Adding a second factor where one has to have it.
    Factor,
    /// Taking back that an account is to be deleted.
    Deletion,
    /// Belonging to a tenant. Its rows are invitations, with who invited and as what.
    Invitation,
}

impl Purpose {
    /// What rows call it, and throttles.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Factor => "factor",
            Self::Deletion => "deletion",
            Self::Invitation => "invitation",
        }
    }
}

/// What an account's password and address were when a link was made. It is good for as long as they are the same, whoever
/// changes them and however (CWE-613, CWE-640).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch([u8; 32]);

impl Epoch {
    /// That of an account; of nobody, where there is none.
    pub(crate) fn of(email: &Email, hash: Option<&Hash>) -> Self {
        let (email, hash) = (email.as_str(), hash.map_or("", Hash::as_str));
        let mut digest = Sha256::new();
        digest.update((email.len() as u64).to_be_bytes());
        digest.update(email.as_bytes());
        digest.update(hash.as_bytes());
        Self(digest.finalize().into())
    }
}

impl Field for Epoch {
    const KIND: Kind = Kind::Bytes;
    const SECRET: bool = true;

    fn to_value(&self) -> Value {
        Value::Blob(self.0.to_vec())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => bytes.try_into().map(Self).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
}

/// One link that may still be used. There is one per address, purpose and account.
#[derive(Model, Clone)]
#[model(table = "vauban_link", unique(email, purpose, account))]
pub(crate) struct LinkRow {
    #[field(random)]
    pub(crate) id: Id<LinkRow>,
    /// SHA-256 of the token in the mail (CWE-522: whoever reads the table finds nothing to follow).
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// [`Purpose::name`].
    #[field(max_length = 20)]
    pub(crate) purpose: String,
    /// The address that it was sent to, which is what it proves (CVE-2026-32700: not the account's at the time of the click).
    pub(crate) email: Email,
    /// Whose it is; where there is no account yet, the invitation that it is made through, or the nil UUID.
    #[field(index)]
    pub(crate) account: Uuid,
    pub(crate) epoch: Epoch,
    #[field(index)]
    pub(crate) expires: DateTime,
}

impl Policy for LinkRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the store only.
        Rules::none()
    }
}
