//! What a session's owner has proved, and when.

use uuid::Uuid;
use vauban::orm::DateTime;

use super::SessionRow;

/// Proofs of three kinds. A password is one kind, an app's code and a recovery code are another: two of a kind are one. A passkey is two by
/// itself: its authenticator is there, and has verified its owner (ASVS 6.3.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proofs {
    pub(crate) password: Option<DateTime>,
    pub(crate) totp: Option<DateTime>,
    pub(crate) recovery: Option<DateTime>,
    pub(crate) passkey: Option<ByPasskey>,
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
        };
        match named == Self::default() {
            true => Self {
                password: Some(row.created),
                ..named
            },
            false => named,
        }
    }

    /// Whether there are two of two kinds (ASVS 6.3.3).
    pub(crate) fn are_two(&self) -> bool {
        let second = self.totp.is_some() || self.recovery.is_some();
        self.passkey.is_some() || (self.password.is_some() && second)
    }
}
