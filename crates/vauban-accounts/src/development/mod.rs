//! What helps to develop, and is in no release build (CWE-489): the first administrator's link, and the switch
//! that shows the site as somebody else. Both answer loopback addresses only, and neither does once the site
//! is shared (`--share-dev`).

mod first_administrator;
mod look_as;

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::accounts::Accounts;
use super::{Email, InvalidEmail, LookAs};
use vauban::commands::Failure;
use vauban::http::{Error, Result};
use vauban::module::StartLink;
use vauban::site::Site;

vauban::routes! {
    first_administrator => first_administrator::show,
    first_administrator_post => first_administrator::submit,
    look_as => look_as::show,
    look_as_post => look_as::submit,
}

/// What of development is on.
#[derive(Debug, Default)]
pub(super) struct Helps {
    /// SHA-256 of the first administrator's token, until it is used.
    token: Mutex<Option<[u8; 32]>>,
    /// Whom one may look as: address and a few words.
    people: Mutex<Vec<(Email, &'static str)>>,
}

impl Accounts {
    /// The token of the link that makes the first administrator. `None` if there is a superuser already. Each call makes
    /// the link before invalid.
    ///
    /// # Errors
    /// Those of the database and of the random generator.
    pub(crate) async fn first_administrator_token(&self) -> Result<Option<String>> {
        if self.users.has_superuser(&self.units).await? {
            return Ok(None);
        }
        let mut token = [0; 32];
        getrandom::fill(&mut token).map_err(|e| Error::internal(e.to_string()))?;
        *self.development.token() = Some(Sha256::digest(token).into());
        Ok(Some(URL_SAFE_NO_PAD.encode(token)))
    }

    /// Names people whom a developer may look as, each with a few words.
    ///
    /// # Errors
    /// If one of the addresses is none.
    pub(crate) fn offer_to_look_as(&self, people: &[LookAs]) -> Result<(), InvalidEmail> {
        let people: Result<Vec<_>, _> = people
            .iter()
            .map(|one| Email::parse(one.email).map(|email| (email, one.about)))
            .collect();
        *self
            .development
            .people
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = people?;
        Ok(())
    }
}

/// What the development server prints: the link that makes the first administrator, while there is none.
pub(crate) async fn start_link(site: Arc<Site>) -> Result<Option<StartLink>, Failure> {
    if site.settings().is_shared() {
        return Ok(None);
    }
    let Some(accounts) = site.part::<Arc<Accounts>>() else {
        return Ok(None);
    };
    let Some(token) = accounts.first_administrator_token().await.map_err(Failure::of)? else {
        return Ok(None);
    };
    Ok(Some(StartLink {
        label: "Administrator",
        url: first_administrator(&token.parse()?),
        about: "this link works once",
    }))
}

impl Helps {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-613: only the last link, and only whole.
    #[test]
    fn the_token_is_one_and_exact() {
        let helps = Helps::default();
        assert!(!helps.fits(&URL_SAFE_NO_PAD.encode([0; 32])));
        *helps.token() = Some(Sha256::digest([7; 32]).into());
        assert!(helps.fits(&URL_SAFE_NO_PAD.encode([7; 32])));
        for bad in [
            URL_SAFE_NO_PAD.encode([8; 32]),
            URL_SAFE_NO_PAD.encode([7; 31]),
            String::new(),
        ] {
            assert!(!helps.fits(&bad), "{bad}");
        }
    }
}
