//! What of development is on.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Email;

/// What of development is on.
#[derive(Debug, Default)]
pub(crate) struct Helps {
    /// SHA-256 of the first administrator's token, until it is used.
    token: Mutex<Option<[u8; 32]>>,
    /// Whom one may look as: address and a few words.
    people: Mutex<Vec<(Email, &'static str)>>,
}

impl Helps {
    /// From now on this token makes the first administrator, and none before.
    pub(super) fn expect(&self, token: &[u8; 32]) {
        *self.token() = Some(Sha256::digest(token).into());
    }

    /// Names whom one may look as.
    pub(super) fn offer(&self, people: Vec<(Email, &'static str)>) {
        *self.people.lock().unwrap_or_else(PoisonError::into_inner) = people;
    }

    pub(super) fn token(&self) -> std::sync::MutexGuard<'_, Option<[u8; 32]>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is the token of the link that was printed last and not used yet.
    pub(super) fn fits(&self, token: &str) -> bool {
        let mut bytes = [0; 32];
        let decoded = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes);
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        // CWE-208: hashes are compared, in constant time.
        matches!(decoded, Ok(32)) && self.token().is_some_and(|known| known.ct_eq(&digest).into())
    }

    pub(super) fn people(&self) -> Vec<(Email, &'static str)> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-613: only the last link, and only whole.
    #[test]
    fn the_token_is_one_and_exact() {
        let helps = Helps::default();
        assert!(!helps.fits(&URL_SAFE_NO_PAD.encode([0; 32])));
        *helps.token() = Some(Sha256::digest([7; 32]).into());
        assert!(helps.fits(&URL_SAFE_NO_PAD.encode([7; 32])));
        for bad in [
            URL_SAFE_NO_PAD.encode([8; 32]),
            URL_SAFE_NO_PAD.encode([7; 31]),
            String::new(),
        ] {
            assert!(!helps.fits(&bad), "{bad}");
        }
    }
}
