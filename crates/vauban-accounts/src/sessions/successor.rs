//! How a remembered session's next token is made of the one that it has.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha256;
use vauban::orm::{Error, Result};
use zeroize::Zeroizing;

use super::SessionToken;

/// What the setting `accounts.remember_lifetime` may be.
pub(crate) const fn bounds() -> (Duration, Duration) {
    (Duration::from_secs(86_400), Duration::from_secs(90 * 86_400))
}

/// How sessions are renewed.
#[derive(Clone)]
pub(crate) struct Renewal {
    key: Zeroizing<[u8; 32]>,
    /// For how long a session may be renewed after it began.
    pub(super) lifetime: SignedDuration,
}

impl Renewal {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>, lifetime: Duration) -> Self {
        Self {
            key,
            lifetime: SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::ZERO),
        }
    }

    /// The token that takes this one's place. Made, and not drawn, so that whoever has this one gets that very one within the
    /// minute, although the database has but its hash (CWE-522). ASVS 7.2.3: it is as unguessable as this one, which is random. Who has read
    /// the site's keys and an old token needs the salt, too, which is gone with the session.
    pub(super) fn successor(&self, token: &SessionToken, salt: &[u8]) -> Result<SessionToken> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key[..]);
        let mut mac = mac.map_err(|error| Error::Internal(error.to_string()))?;
        mac.update(token.expose());
        mac.update(salt);
        Ok(SessionToken::of(mac.finalize().into_bytes().into()))
    }
}

impl std::fmt::Debug for Renewal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renewal")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
