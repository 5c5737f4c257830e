//! What helps to develop, and is in no release build (CWE-489): the first administrator's link, and the switch
//! that shows the site as somebody else. Both answer loopback addresses only, and neither does once the site
//! is shared (`--share-dev`).

mod first_administrator;
mod helps;
mod look_as;

pub(super) use helps::Helps;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
        self.development.expect(&token);
        Ok(Some(URL_SAFE_NO_PAD.encode(token)))
    }

    /// Whether this is the token of the first administrator's link, and there is none yet.
    ///
    /// CWE-613: another process, or a command, may have made one since the link was printed.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn link_opens(&self, token: &str) -> Result<bool> {
        if !self.development.fits(token) {
            return Ok(false);
        }
        if self.users.has_superuser(&self.units).await? {
            *self.development.token() = None;
            return Ok(false);
        }
        Ok(true)
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
        self.development.offer(people?);
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
