//! Sealed bytes (CWE-311, ASVS 11.3.2): XChaCha20-Poly1305 with a key of one purpose, bound to where they are kept.

use std::borrow::Cow;
use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keys::Root;

const FORM: u8 = 1;
const ROOT: usize = 6;
const ID: usize = 4;
const NONCE: usize = 24;

/// Seals and opens bytes of one purpose: what it sealed tells nothing, and opens only in the context in which it was sealed.
///
/// Sealed bytes are `01 ‖ root (6) ‖ key id (4, big-endian) ‖ nonce (24) ‖ ciphertext`: they name the secret that their key comes
/// of, so they open under a fallback of `secret_key` as well.
///
/// ```
/// # fn seal(wiring: &vauban_core::module::Wiring<'_>) -> Option<()> {
/// let sealer = wiring.keys().sealer("letters");
/// let sealed = sealer.seal(b"Dear Ann", &[b"letter", b"17"])?;
/// assert_eq!(**sealer.open(&sealed, &[b"letter", b"17"])?, *b"Dear Ann");
/// assert!(sealer.open(&sealed, &[b"letter", b"18"]).is_none());
/// # Some(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sealer {
    purpose: Cow<'static, str>,
    /// The current root first, then those that only open.
    roots: Vec<Root>,
}

impl Sealer {
    pub(super) fn new(purpose: Cow<'static, str>, roots: Vec<Root>) -> Self {
        Self { purpose, roots }
    }

    /// Seals; `None` where the operating system has no random bytes. `context` is where they are kept: it is not in what comes
    /// out, and opening asks for the same.
    pub fn seal(&self, plain: &[u8], context: &[&[u8]]) -> Option<Vec<u8>> {
        let root = self.roots.first()?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let id = 1_u32;
        let aad = self.bound_to(&root.id, id, context);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = self
            .cipher(root, id)
            .encrypt(&XNonce::from(nonce), payload)
            .ok()?;
        Some([&[FORM], &root.id[..], &id.to_be_bytes(), &nonce, &sealed].concat())
    }

    /// Opens; `None` if it was not sealed for this purpose and context, or by a secret that is not in use any more (CWE-354).
    pub fn open(&self, sealed: &[u8], context: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
        let (form, rest) = sealed.split_first()?;
        let (root, rest) = rest.split_first_chunk::<ROOT>()?;
        let (id, rest) = rest.split_first_chunk::<ID>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        if *form != FORM {
            return None;
        }
        let root = self.roots.iter().find(|known| known.id == *root)?;
        let id = u32::from_be_bytes(*id);
        let aad = self.bound_to(&root.id, id, context);
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        let plain = self
            .cipher(root, id)
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self, root: &Root, id: u32) -> XChaCha20Poly1305 {
        let key = root.expand(b"seal ", &format!("{id}/{}", self.purpose));
        XChaCha20Poly1305::new(&Key::from(*key))
    }

    /// CWE-345: what is sealed for one place opens in no other; with lengths, no part can borrow bytes of the next.
    fn bound_to(&self, root: &[u8; ROOT], id: u32, context: &[&[u8]]) -> Vec<u8> {
        let id = id.to_be_bytes();
        let parts = [self.purpose.as_bytes(), root, &id];
        let mut aad = Vec::new();
        for part in parts.iter().chain(context) {
            aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({}, {} keys)", self.purpose, self.roots.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Keys;

    /// ASVS 11.3.3, CWE-354. Attack: sealed bytes are moved to another place or purpose, changed, or cut.
    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let keys = Keys::new(b"one secret of the site", &[]);
        let sealer = keys.of_module("mail").sealer("letters");
        let sealed = sealer.seal(b"Dear Ann", &[b"a", b"bc"]).unwrap();
        let open =
            |sealed: &[u8], context: &[&[u8]]| sealer.open(sealed, context).map(|plain| plain.to_vec());
        assert_eq!(open(&sealed, &[b"a", b"bc"]).unwrap(), b"Dear Ann");
        for moved in [&[&b"ab"[..], b"c"][..], &[b"a"], &[b"a", b"bc", b""], &[]] {
            assert!(open(&sealed, moved).is_none(), "{moved:?}");
        }
        for other in [
            keys.of_module("mail").sealer("notes"),
            keys.of_module("shop").sealer("letters"),
            keys.of_site().sealer("letters"),
        ] {
            assert!(other.open(&sealed, &[b"a", b"bc"]).is_none(), "{other:?}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&changed, &[b"a", b"bc"]).is_none(), "{at}");
            assert!(open(&sealed[..at], &[b"a", b"bc"]).is_none(), "{at}");
        }
        // The same twice is not the same.
        assert_ne!(sealed, sealer.seal(b"Dear Ann", &[b"a", b"bc"]).unwrap());
    }

    /// ASVS 11.2.2, CWE-320: a new secret opens what the old one sealed, as long as that is a fallback.
    #[test]
    fn a_fallback_opens_what_it_sealed() {
        let sealed_by = |secret: &[u8]| {
            let keys = Keys::new(secret, &[]);
            keys.of_module("mail").sealer("x").seal(b"plain", &[]).unwrap()
        };
        let sealed = sealed_by(b"old");
        let sealer = |fallbacks: &[&[u8]]| Keys::new(b"new", fallbacks).of_module("mail").sealer("x");
        assert_eq!(**sealer(&[b"old"]).open(&sealed, &[]).unwrap(), *b"plain");
        assert!(sealer(&[]).open(&sealed, &[]).is_none());
    }
}
