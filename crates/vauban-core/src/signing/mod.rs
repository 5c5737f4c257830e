//! Signed tokens: HMAC-SHA-256 with a key derived for one purpose, a key id and an expiry in every token.
//!
//! A token is `v1.<key id>.<payload>.<expiry>.<tag>`, all base64url without padding, the expiry in seconds
//! since 1970 as hexadecimal digits. The tag covers version, purpose, a context that is not in the token
//! (for example whose session it belongs to), payload and expiry, each with its length (CWE-345, CWE-347).

mod keys;
mod sealer;
#[cfg(test)]
mod vectors;

use std::borrow::Cow;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

pub(crate) use keys::Keys;
pub use keys::ModuleKeys;
pub use sealer::Sealer;

const VERSION: &str = "v1";
const TAG: usize = 32;
/// By how many seconds two computers' clocks may differ.
const SKEW: u64 = 60;

/// Signs and checks tokens of one purpose. Cheap to use: the keys' first blocks are hashed already.
#[derive(Clone)]
pub struct Signer {
    purpose: Cow<'static, str>,
    /// The current key first, then those that only check.
    keys: Vec<SigningKey>,
}

#[derive(Clone)]
struct SigningKey {
    id: [u8; 6],
    mac: Hmac<Sha256>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a token of ours in form.
    Malformed,
    /// Signed by a key that is not in use any more, or never was.
    UnknownKey,
    /// The tag does not fit: changed, of another purpose, or of another context.
    Forged,
    /// It was ours, and its time is over.
    Expired,
    /// Its time ends later than that of any token that is signed now: a clock stood ahead.
    Early,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the token is malformed",
            Self::UnknownKey => "the token's key is not in use",
            Self::Forged => "the token's signature does not fit",
            Self::Expired => "the token has expired",
            Self::Early => "the token was signed while a clock stood ahead",
        })
    }
}

impl std::error::Error for TokenError {}

/// Seconds since 1970, UTC.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

impl Signer {
    /// A token for `payload`, believed until `expires` (seconds since 1970) and only with the same `context`.
    pub fn sign(&self, payload: &[u8], context: &[&[u8]], expires: u64) -> String {
        let mut out = String::with_capacity(80 + payload.len() * 4 / 3);
        self.write(payload, context, expires, &mut out);
        out
    }

    /// Like [`sign`](Self::sign), at the end of `out`.
    pub fn write(&self, payload: &[u8], context: &[&[u8]], expires: u64, out: &mut String) {
        use std::fmt::Write;
        let Some(key) = self.keys.first() else { return };
        let tag = self.tag(key, payload, context, expires).finalize().into_bytes();
        out.push_str(VERSION);
        out.push('.');
        BASE64.encode_string(key.id, out);
        out.push('.');
        BASE64.encode_string(payload, out);
        let _ = write!(out, ".{expires:x}.");
        BASE64.encode_string(tag, out);
    }

    /// The payload of a token that we signed for this purpose and context and that is not over at `now`. `life` is for
    /// how many seconds such tokens are signed: one whose time ends later was signed while a clock stood ahead, and
    /// would be good for as long again.
    ///
    /// # Errors
    /// See [`TokenError`]. An expired token is reported as such only if its tag fits.
    pub fn verify(&self, token: &str, context: &[&[u8]], now: u64, life: u64) -> Result<Vec<u8>, TokenError> {
        let parts = Parts::read(token)?;
        let key = self
            .keys
            .iter()
            .find(|k| k.id == parts.key)
            .ok_or(TokenError::UnknownKey)?;
        // CWE-208: the comparison takes the same time wherever the tags differ.
        self.tag(key, &parts.payload, context, parts.expires)
            .verify_slice(&parts.tag)
            .map_err(|_| TokenError::Forged)?;
        // CWE-613
        if now >= parts.expires {
            return Err(TokenError::Expired);
        }
        if parts.expires > now.saturating_add(life).saturating_add(SKEW) {
            return Err(TokenError::Early);
        }
        Ok(parts.payload)
    }

    /// A seal of `value` that does not tell it: 16 octets, another for every `nonce`.
    pub(crate) fn seal(&self, value: &[u8], nonce: &[u8]) -> Option<[u8; 16]> {
        let tag = self.tag(self.keys.first()?, value, &[nonce], 0);
        let mut seal = [0; 16];
        seal.copy_from_slice(&tag.finalize().into_bytes()[..16]);
        Some(seal)
    }

    /// Whether a seal is this value's.
    pub(crate) fn is_seal(&self, seal: &[u8], value: &[u8], nonce: &[u8]) -> bool {
        // CWE-208: the comparison takes the same time wherever the tags differ. CWE-347: never of a shorter one.
        seal.len() == 16
            && self.keys.iter().any(|key| {
                let tag = self.tag(key, value, &[nonce], 0);
                tag.verify_truncated_left(seal).is_ok()
            })
    }

    fn tag(&self, key: &SigningKey, payload: &[u8], context: &[&[u8]], expires: u64) -> Hmac<Sha256> {
        let mut mac = key.mac.clone();
        // CWE-347: with lengths, no part can borrow bytes of the next.
        for part in [VERSION.as_bytes(), self.purpose.as_bytes()]
            .iter()
            .chain(context)
            .chain([&payload])
        {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.update(&expires.to_be_bytes());
        mac
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {} keys)", self.purpose, self.keys.len())
    }
}

struct Parts {
    key: [u8; 6],
    payload: Vec<u8>,
    expires: u64,
    tag: [u8; TAG],
}

impl Parts {
    fn read(token: &str) -> Result<Self, TokenError> {
        const MAX: usize = 8192;
        if token.len() > MAX {
            return Err(TokenError::Malformed);
        }
        let mut parts = token.split('.');
        let mut next = || parts.next().ok_or(TokenError::Malformed);
        let (version, key, payload, expires, tag) = (next()?, next()?, next()?, next()?, next()?);
        let hexadecimal = !expires.is_empty()
            && expires.len() <= 16
            && expires
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if version != VERSION || parts.next().is_some() || !hexadecimal {
            return Err(TokenError::Malformed);
        }
        let decode = |text: &str| BASE64.decode(text).map_err(|_| TokenError::Malformed);
        Ok(Self {
            key: decode(key)?.try_into().map_err(|_| TokenError::Malformed)?,
            payload: decode(payload)?,
            expires: u64::from_str_radix(expires, 16).map_err(|_| TokenError::Malformed)?,
            tag: decode(tag)?.try_into().map_err(|_| TokenError::Malformed)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(purpose: &'static str) -> Signer {
        Keys::new(b"0123456789abcdef0123456789abcdef", &[]).signer(purpose)
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            /// What is signed is read, until it expires, and in no other context.
            #[test]
            fn what_is_signed_is_read(payload: Vec<u8>, context: Vec<u8>, other: Vec<u8>, now in 1_u64..1 << 40) {
                let signer = signer("pairs");
                let token = signer.sign(&payload, &[&context], now + 1);
                proptest::prop_assert!(token.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b';'));
                proptest::prop_assert_eq!(signer.verify(&token, &[&context], now, u64::MAX), Ok(payload));
                proptest::prop_assert!(signer.verify(&token, &[&context], now + 2, u64::MAX).is_err());
                if other != context {
                    proptest::prop_assert!(signer.verify(&token, &[&other], now, u64::MAX).is_err());
                }
            }
        }
    }

    #[test]
    fn a_token_is_believed_for_its_purpose_context_and_time() {
        let token = signer("a").sign(b"payload", &[b"ann"], 100);
        assert_eq!(
            signer("a").verify(&token, &[b"ann"], 99, u64::MAX),
            Ok(b"payload".to_vec())
        );
        // ASVS 9.1.1, CWE-347
        assert_eq!(
            signer("b").verify(&token, &[b"ann"], 99, u64::MAX),
            Err(TokenError::Forged)
        );
        assert_eq!(
            signer("a").verify(&token, &[b"ben"], 99, u64::MAX),
            Err(TokenError::Forged)
        );
        assert_eq!(
            signer("a").verify(&token, &[b"an", b"n"], 99, u64::MAX),
            Err(TokenError::Forged)
        );
        // ASVS 9.2.1, CWE-613
        assert_eq!(
            signer("a").verify(&token, &[b"ann"], 100, u64::MAX),
            Err(TokenError::Expired)
        );
    }

    /// CWE-613. Attack: a token that was signed while the clock stood a year ahead is kept, and used for a year.
    #[test]
    fn cwe_613_a_token_lives_no_longer_than_its_purpose() {
        let (now, life) = (1_000_000, 600);
        let verify = |expires| signer("a").verify(&signer("a").sign(b"x", &[], expires), &[], now, life);
        assert_eq!(verify(now + life), Ok(b"x".to_vec()));
        assert_eq!(
            verify(now + life + 60),
            Ok(b"x".to_vec()),
            "clocks differ a little"
        );
        assert_eq!(verify(now + life + 61), Err(TokenError::Early));
        assert_eq!(verify(now + 365 * 24 * 3600), Err(TokenError::Early));
        assert_eq!(verify(u64::MAX), Err(TokenError::Early));
        assert_eq!(verify(now), Err(TokenError::Expired));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = signer("a").sign(b"payload", &[], u64::MAX);
        for i in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                signer("a").verify(&changed, &[], 0, u64::MAX).is_err(),
                "{changed}"
            );
        }
        for text in [
            "",
            "....",
            "v1....",
            "v1.a.b.c.d",
            &format!("{token}."),
            &token[..token.len() - 1],
        ] {
            assert_eq!(
                signer("a").verify(text, &[], 0, u64::MAX),
                Err(TokenError::Malformed),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_rotate() {
        let (old, new) = (
            b"old old old old old old old old!".as_slice(),
            b"new new new new new new new new!".as_slice(),
        );
        let before = Keys::new(old, &[]).signer("a").sign(b"x", &[], 100);
        assert!(
            Keys::new(new, &[old])
                .signer("a")
                .verify(&before, &[], 0, u64::MAX)
                .is_ok()
        );
        assert_eq!(
            Keys::new(new, &[]).signer("a").verify(&before, &[], 0, u64::MAX),
            Err(TokenError::UnknownKey)
        );
        let after = Keys::new(new, &[old]).signer("a").sign(b"x", &[], 100);
        assert_eq!(
            Keys::new(old, &[]).signer("a").verify(&after, &[], 0, u64::MAX),
            Err(TokenError::UnknownKey)
        );
    }
}
