//! Encryption of kept forms (CWE-311): XChaCha20-Poly1305 with a key that is made of the site's and of the token in the
//! browser's cookie. Neither the file with its secret key nor a cookie without them opens a row.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeptRow;
use crate::sessions::{SessionToken, TokenHash};

const NONCE: usize = 24;
const MARK: usize = 16;

/// What a row says openly of the address that its form was sent to: whether another form was sent there, too. Only whoever
/// has the site's key knows which address it is.
pub(super) type Mark = [u8; MARK];

/// The mark of a row's form.
pub(super) fn mark_of(row: &KeptRow) -> Option<Mark> {
    row.sealed.first_chunk().copied()
}

/// The site's part of the keys.
#[derive(Clone)]
pub(super) struct SiteKey(pub(super) Zeroizing<[u8; 32]>);

/// What a row says besides: it cannot be put into another one.
pub(super) struct Place {
    pub(super) browser: TokenHash,
    pub(super) session: TokenHash,
    pub(super) sent: i64,
}

impl Place {
    pub(super) fn of(row: &KeptRow) -> Self {
        Self {
            browser: row.browser,
            session: row.session,
            sent: row.sent.as_second(),
        }
    }

    fn bytes(&self, mark: Mark) -> Vec<u8> {
        let sent = self.sent.to_be_bytes();
        let (browser, session) = (self.browser.as_bytes(), self.session.as_bytes());
        [b"v2", browser, session, &sent, &mark].concat()
    }
}

impl SiteKey {
    /// The mark of forms that are sent to this address.
    pub(super) fn mark(&self, address: &str) -> Option<Mark> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).ok()?;
        // No token of a browser begins so: they are base64url.
        mac.update(b"address:");
        mac.update(address.as_bytes());
        mac.finalize().into_bytes().first_chunk().copied()
    }

    /// Encrypts; `None` where the operating system has no random bytes.
    pub(super) fn seal(
        &self,
        browser: &SessionToken,
        place: &Place,
        mark: Mark,
        plain: &[u8],
    ) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let aad = place.bytes(mark);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = self
            .cipher(browser)?
            .encrypt(&XNonce::from(nonce), payload)
            .ok()?;
        Some([mark.as_slice(), &nonce, &sealed].concat())
    }

    /// Decrypts; `None` if it was not encrypted so (CWE-354).
    pub(super) fn open(
        &self,
        browser: &SessionToken,
        place: &Place,
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (mark, sealed) = sealed.split_first_chunk::<MARK>()?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let aad = place.bytes(*mark);
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        let plain = self
            .cipher(browser)?
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self, browser: &SessionToken) -> Option<XChaCha20Poly1305> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).ok()?;
        mac.update(browser.to_cookie().as_bytes());
        let key = Key::from(<[u8; 32]>::from(mac.finalize().into_bytes()));
        Some(XChaCha20Poly1305::new(&key))
    }
}
