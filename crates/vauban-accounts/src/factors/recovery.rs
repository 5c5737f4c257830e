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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::Secret;

    /// Whether each bit is now one, now zero.
    fn all_vary<const N: usize>(many: impl Iterator<Item = [u8; N]>) -> bool {
        let start = ([0; N], [u8::MAX; N]);
        let (ones, always) = many.fold(start, |(ones, always), bytes| {
            let place = |n: usize| (ones[n] | bytes[n], always[n] & bytes[n]);
            (
                std::array::from_fn(|n| place(n).0),
                std::array::from_fn(|n| place(n).1),
            )
        });
        ones == [u8::MAX; N] && always == [0; N]
    }

    /// ASVS 6.5.3, CWE-330. Attack: a secret or a code is worked out from others.
    #[test]
    fn asvs_6_5_3_every_bit_of_secrets_and_codes_is_random() {
        let secret = || Secret::fresh().unwrap().expose().try_into().unwrap();
        assert!(all_vary::<20>(std::iter::repeat_with(secret).take(100)));
        let code = || RecoveryCode::fresh().unwrap().expose().try_into().unwrap();
        assert!(all_vary::<16>(std::iter::repeat_with(code).take(100)));
    }

    /// ASVS 6.5.4: of what its owner types, 128 bits count, and none is lost in writing.
    #[test]
    fn asvs_6_5_4_a_code_has_128_bits() {
        let code = RecoveryCode::of(&[0; 16]).unwrap();
        for bit in 0..128 {
            let mut bytes = [0; 16];
            bytes[bit / 8] = 1 << (bit % 8);
            let other = RecoveryCode::of(&bytes).unwrap();
            assert_ne!(code.shown(), other.shown(), "{bit}");
            assert!(code.hash() != other.hash(), "{bit}");
            let typed = hash_of_typed(&Code::new(&other.shown().to_ascii_lowercase()));
            assert!(typed == other.hash(), "{bit}");
        }
    }
}
