//! What a session's owner has proved, and when.

use vauban::orm::DateTime;

use super::SessionRow;

/// Proofs of two kinds. A password and what a provider says are one kind, an app's code and a recovery code are another: two of a kind
/// are one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proofs {
    pub(crate) password: Option<DateTime>,
    pub(crate) totp: Option<DateTime>,
    pub(crate) recovery: Option<DateTime>,
    /// A provider of single sign-on said so.
    pub(crate) oidc: Option<DateTime>,
}

impl Proofs {
    /// Those of a session. One that names none began with a password: it is of a release that knew no others.
    pub(crate) fn of(row: &SessionRow) -> Self {
        let named = Self {
            password: row.password_at,
            totp: row.totp_at,
            recovery: row.recovery_at,
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
        match (self.password.or(self.totp).or(self.recovery), self.oidc) {
            (None, Some(there)) => there.min(began),
            _ => began,
        }
    }

    /// Whether there are two of two kinds (ASVS 6.3.3).
    pub(crate) fn are_two(&self) -> bool {
        // CWE-308: whatever the provider asked of them, it is one kind here: a second factor of ours is asked by us.
        (self.password.is_some() || self.oidc.is_some()) && (self.totp.is_some() || self.recovery.is_some())
    }
}
