//! The secret in the session cookie, and what the database keeps of it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// 256 random bits that only the browser and the answer that set the cookie know.
///
/// There is no way to print or compare it; the store looks for its [`TokenHash`].
pub(crate) struct SessionToken(Zeroizing<[u8; 32]>);

/// What the database keeps: SHA-256 of the token.
///
/// CWE-522: somebody who reads the table finds nothing to put into a cookie. A fast hash is right, because
/// nobody can guess 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl SessionToken {
    /// A fresh one (ASVS 7.2.3, CWE-330: from the operating system's generator).
    ///
    /// # Errors
    /// Where the operating system has no random bytes; then there is no session.
    pub(crate) fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// One that was made of another.
    pub(super) fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// For what is made of it.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0[..]
    }

    /// Reads a cookie's value: exactly 43 characters of unpadded base64url, in the one spelling there is.
    pub(crate) fn from_cookie(value: &str) -> Option<Self> {
        read(value).map(Self)
    }

    /// The cookie's value.
    pub(crate) fn to_cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    /// What the database keeps.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(*self.0).into())
    }
}

fn read(value: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let length = (value.len() == 43).then(|| URL_SAFE_NO_PAD.decode_slice(value, &mut *bytes).ok())??;
    (length == 32).then_some(bytes)
}

impl TokenHash {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads a cookie's value: of a session that is over.
    pub(crate) fn from_cookie(value: &str) -> Option<Self> {
        read(value).map(|bytes| Self(*bytes))
    }

    /// A cookie's value that opens nothing.
    pub(crate) fn to_cookie(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Of another secret that nobody can guess.
    pub(crate) fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: a token in a log is a session in a log.
        f.write_str("SessionToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS 7.2.2, 7.2.3.
    #[test]
    fn tokens_are_long_and_never_the_same() {
        let tokens: std::collections::HashSet<String> = (0..10_000)
            .map(|_| SessionToken::fresh().unwrap().to_cookie().to_string())
            .collect();
        assert_eq!(tokens.len(), 10_000);
        assert!(tokens.iter().all(|t| t.len() == 43));
    }

    /// CWE-522: a stolen row does not give a session: what is stored is not what opens it.
    #[test]
    fn what_is_stored_does_not_open_the_session() {
        let token = SessionToken::fresh().unwrap();
        let stored = token.hash();
        let replayed = SessionToken::from_cookie(&URL_SAFE_NO_PAD.encode(stored.as_bytes())).unwrap();
        assert_ne!(replayed.hash(), stored);
        assert_eq!(
            SessionToken::from_cookie(&token.to_cookie()).unwrap().hash(),
            stored
        );
    }

    #[test]
    fn a_cookie_has_one_spelling() {
        let value = SessionToken::fresh().unwrap().to_cookie().to_string();
        for bad in [
            String::new(),
            format!("{value}="),
            value[1..].to_owned(),
            format!(" {}", &value[1..]),
        ] {
            assert!(SessionToken::from_cookie(&bad).is_none(), "{bad}");
        }
        // The last character carries four bits; other spellings of them are refused.
        let odd = format!("{}{}", "A".repeat(42), "B");
        assert!(SessionToken::from_cookie(&odd).is_none());
    }
}
