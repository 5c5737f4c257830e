//! What a session's owner has proved, and when.

use uuid::Uuid;
use vauban::orm::DateTime;

use super::SessionRow;

/// Proofs of three kinds. A password and what a provider says are one kind, an app's code and a recovery code are another: two of a kind
/// are one. A passkey is two by itself: its authenticator is there, and has verified its owner (ASVS 6.3.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proofs {
    pub(crate) password: Option<DateTime>,
    pub(crate) totp: Option<DateTime>,
    pub(crate) recovery: Option<DateTime>,
    pub(crate) passkey: Option<ByPasskey>,
    /// A provider of single sign-on said so.
    pub(crate) oidc: Option<DateTime>,
}

/// A passkey that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByPasskey {
    /// Its row.
    pub(crate) id: Uuid,
    pub(crate) at: DateTime,
}

impl Proofs {
    /// Those of a session. One that names none began with a password: it is of a release that knew no others.
    pub(crate) fn of(row: &SessionRow) -> Self {
        let named = Self {
            password: row.password_at,
            totp: row.totp_at,
            recovery: row.recovery_at,
            passkey: row
                .passkey
                .zip(row.passkey_at)
                .map(|(id, at)| ByPasskey { id, at }),
            oidc: row.oidc_at,
        };
        match named == Self::default() {
            true => Self {
                password: Some(row.created),
                ..named
            },
            false => named,
        }
    }

    /// When its owner last proved it here, in a session that began then. CWE-306: that a provider still knew them, without asking, is no
    /// proof of now.
    pub(crate) fn last(&self, began: DateTime) -> DateTime {
        let here = self.password.or(self.totp).or(self.recovery);
        match (here.or(self.passkey.map(|by| by.at)), self.oidc) {
            (None, Some(there)) => there.min(began),
            _ => began,
        }
    }

    /// Whether there are two of two kinds (ASVS 6.3.3).
    pub(crate) fn are_two(&self) -> bool {
        // CWE-308: whatever the provider asked of them, it is one kind here: a second factor of ours is asked by us.
        let first = self.password.is_some() || self.oidc.is_some();
        let second = self.totp.is_some() || self.recovery.is_some();
        self.passkey.is_some() || (first && second)
    }
}
