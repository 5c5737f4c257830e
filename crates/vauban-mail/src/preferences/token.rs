//! The token of a link by which one leaves: sealed, so that neither the address nor the kind can be read or changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vauban::Email;
use vauban::http::{Error, Result};
use vauban::orm::Db;
use vauban::signing::Sealer;

/// The longest token: of the longest address and kind.
const MOST: usize = 600;

/// The address that leaves, and which kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub(crate) email: Email,
    pub(crate) kind: String,
}

impl Choice {
    /// The address of the page where this kind is left.
    pub(crate) fn link(&self, links: &Sealer, db: &Db) -> Result<String> {
        let token = self
            .token(links)
            .ok_or_else(|| Error::internal("a link could not be sealed"))?;
        let token = token
            .parse()
            .map_err(|_| Error::internal("a sealed token is no text of a path"))?;
        Ok(crate::urls::unsubscribe(&token).absolute(db)?.to_string())
    }

    pub(crate) fn token(&self, links: &Sealer) -> Option<String> {
        let plain = format!("{}\n{}", self.kind, self.email);
        Some(URL_SAFE_NO_PAD.encode(links.seal(plain.as_bytes(), &[])?))
    }

    /// What a token says; `None` if we did not write it (CWE-345).
    pub(crate) fn read(links: &Sealer, token: &str) -> Option<Self> {
        if token.len() > MOST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let plain = links.open(&sealed, &[])?;
        let (kind, email) = std::str::from_utf8(&plain).ok()?.split_once('\n')?;
        Some(Self {
            email: Email::parse(email).ok()?,
            kind: kind.to_owned(),
        })
    }
}
