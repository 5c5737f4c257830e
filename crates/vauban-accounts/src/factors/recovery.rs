//! Recovery codes: ten of 128 random bits, each good once.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Code;
use super::totp::{base32, in_groups};
use crate::sessions::TokenHash;

/// How many there are.
pub(super) const MANY: usize = 10;

/// One code (ASVS 6.5.4: 128 bits are more than anybody guesses). It cannot be printed but for its owner.
pub(crate) struct RecoveryCode(Zeroizing<[u8; 16]>);

impl RecoveryCode {
    pub(super) fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 16]);
        // ASVS 6.5.3, CWE-330: from the operating system's generator.
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0[..]
    }

    /// As its owner writes it down.
    pub(crate) fn shown(&self) -> String {
        in_groups(&base32(self.expose()), "-")
    }

    /// What the database keeps.
    pub(super) fn hash(&self) -> TokenHash {
        hash_of(&base32(self.expose()))
    }
}

/// What the database keeps of a code as it was typed, in either case.
pub(super) fn hash_of_typed(code: &Code) -> TokenHash {
    hash_of(&Zeroizing::new(code.reveal().to_ascii_uppercase()))
}

fn hash_of(code: &str) -> TokenHash {
    TokenHash::of_digest(Sha256::digest(code).into())
}
