//! What helps to develop, and is in no release build (CWE-489): the first administrator's link, and the switch
//! that shows the site as somebody else. Both answer loopback addresses only, and neither does once the site
//! is shared (`--share-dev`).

mod first_administrator;
mod look_as;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::accounts::Accounts;
use super::params::Door;
use super::{Email, InvalidEmail};
use crate::http::{Error, Result};

crate::routes! {
    first_administrator => first_administrator::show,
    first_administrator_post => first_administrator::submit,
    look_as => look_as::show,
    look_as_post => look_as::submit,
}

/// What of development is on.
#[derive(Debug, Default)]
pub(super) struct Switches {
    /// SHA-256 of the first administrator's token, until it is used.
    token: Mutex<Option<[u8; 32]>>,
    /// Whom one may look as: address and a few words.
    people: Mutex<Vec<(Email, &'static str)>>,
    shared: AtomicBool,
}

impl Accounts {
    /// The path of the link that makes the first administrator, below the mount of the account pages. `None`
    /// if there is a superuser already, or the site is shared. Each call makes the link before invalid.
    ///
    /// # Errors
    /// Those of the database and of the random generator.
    pub(crate) async fn first_administrator_path(&self) -> Result<Option<String>> {
        if self.development.is_shared() || self.users.has_superuser(&self.database).await? {
            return Ok(None);
        }
        let mut token = [0; 32];
        getrandom::fill(&mut token).map_err(|e| Error::internal(e.to_string()))?;
        *self.development.token() = Some(Sha256::digest(token).into());
        Ok(Some(format!(
            "first-administrator/{}/",
            URL_SAFE_NO_PAD.encode(token)
        )))
    }

    /// Names people whom a developer may look as, each with a few words.
    ///
    /// # Errors
    /// If one of the addresses is none.
    pub(crate) fn offer_to_look_as(&self, people: &[(&str, &'static str)]) -> Result<(), InvalidEmail> {
        let people: Result<Vec<_>, _> = people
            .iter()
            .map(|(email, note)| Email::parse(email).map(|email| (email, *note)))
            .collect();
        *self
            .development
            .people
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = people?;
        Ok(())
    }

    /// Turns both off, because others than the developer can reach the site.
    pub(crate) fn share_development(&self) {
        self.development.shared.store(true, Ordering::Relaxed);
        *self.development.token() = None;
    }

    /// Whether others than the developer can reach the site.
    pub(crate) fn is_development_shared(&self) -> bool {
        self.development.is_shared()
    }
}

impl Switches {
    fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }

    fn token(&self) -> std::sync::MutexGuard<'_, Option<[u8; 32]>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is the token of the link that was printed last and not used yet.
    fn fits(&self, token: &str) -> bool {
        let mut bytes = [0; 32];
        let decoded = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes);
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        // CWE-208: hashes are compared, in constant time.
        matches!(decoded, Ok(32)) && self.token().is_some_and(|known| known.ct_eq(&digest).into())
    }

    fn people(&self) -> Vec<(Email, &'static str)> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Door {
    /// 404 unless the developer's own machine asks: the connection and the host are loopback, and the site is
    /// not shared.
    fn developer_only(&self) -> Result<()> {
        let host = self.cx.host();
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name);
        let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost");
        if self.cx.client_ip().to_canonical().is_loopback() && local && !self.accounts.development.is_shared()
        {
            Ok(())
        } else {
            Err(Error::not_found())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-613: only the last link, and only whole.
    #[test]
    fn the_token_is_one_and_exact() {
        let switches = Switches::default();
        assert!(!switches.fits(&URL_SAFE_NO_PAD.encode([0; 32])));
        *switches.token() = Some(Sha256::digest([7; 32]).into());
        assert!(switches.fits(&URL_SAFE_NO_PAD.encode([7; 32])));
        for bad in [
            URL_SAFE_NO_PAD.encode([8; 32]),
            URL_SAFE_NO_PAD.encode([7; 31]),
            String::new(),
        ] {
            assert!(!switches.fits(&bad), "{bad}");
        }
    }
}
