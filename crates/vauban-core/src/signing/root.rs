//! A secret, from which the keys of every purpose are derived (RFC 5869).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

#[derive(Clone)]
pub(super) struct Root {
    pub(super) id: [u8; 6],
    key: Zeroizing<[u8; 32]>,
}

impl Root {
    pub(super) fn extract(secret: &[u8]) -> Self {
        let mut mac = keyed(b"vauban secret_key v1");
        mac.update(secret);
        let mut root = Self {
            id: [0; 6],
            key: Zeroizing::new(mac.finalize().into_bytes().into()),
        };
        let id = root.expand(b"id ", "");
        root.id.copy_from_slice(&id[..6]);
        root
    }

    /// HKDF-Expand for one block.
    pub(super) fn expand(&self, kind: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = keyed(&self.key[..]);
        mac.update(kind);
        mac.update(purpose.as_bytes());
        mac.update(&[1]);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// HMAC takes keys of any length, so there is nothing to fail.
pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => Hmac::<Sha256>::new(&Default::default()),
    }
}
