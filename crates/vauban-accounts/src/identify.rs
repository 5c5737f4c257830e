//! Who asks: from the session cookie to the actor, in two reads by key.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(any(test, feature = "testing"))]
use uuid::Uuid;
use vauban::Url;

use super::accounts::Accounts;
use super::people::Account;
use crate::events;
use crate::sessions::{Found, Session, SessionToken};
use vauban::http::{Cookie, Request, Result};
use vauban::site::{Identity, IdentityBackend, SESSION_COOKIE};

/// Somebody who is signed in: what [`Identity::session`] holds.
pub(crate) struct SignedInAs {
    pub(crate) person: Account,
    pub(crate) session: Session,
}

impl SignedInAs {
    /// Whoever is signed in, if anybody is.
    pub(crate) fn of(cx: &Request) -> Option<Arc<Self>> {
        Arc::clone(cx.identity().session.as_ref()?).downcast().ok()
    }
}

impl Accounts {
    /// What a session cookie proves.
    async fn recognise(&self, cx: &Request, cookie: &str) -> Result<Identity> {
        let found = match SessionToken::from_cookie(cookie) {
            Some(token) => self.sessions.find(&token).await?,
            None => Found::Unknown,
        };
        let row = match found {
            Found::Alive(row) => row,
            Found::Expired => return Ok(forget(cx)),
            Found::Unknown => {
                events::SESSION_UNKNOWN.log(Some(cx));
                return Ok(forget(cx));
            }
        };
        // CWE-613, ASVS 7.4.2: whether the account may still be used, at every request.
        let Some(person) = self
            .users
            .by_id(&self.units, row.user)
            .await?
            .filter(|p| p.is_active)
        else {
            events::SESSION_REVOKED.log(Some(cx));
            // Gone for good, also if the account is opened again.
            self.sessions.revoke(row.user).await?;
            return Ok(forget(cx));
        };
        let session = Session::new(self.sessions.clone(), &row);
        let mut binding = [0; 32];
        binding.copy_from_slice(session.binding());
        Ok(Identity {
            user: person.for_pages(),
            user_id: Some(person.facts.id.to_string()),
            binding: Some(binding),
            actor: self.binder.user(person.facts),
            session: Some(Arc::new(SignedInAs { person, session }) as Arc<dyn Any + Send + Sync>),
        })
    }
}

/// Nobody, and the browser forgets the cookie.
fn forget(cx: &Request) -> Identity {
    #[allow(deprecated)]
    let gone = Cookie::__of_framework(SESSION_COOKIE, "", cx.is_secure()).max_age(0);
    cx.set_cookie(gone);
    Identity::nobody()
}

impl IdentityBackend for Accounts {
    fn identify<'a>(
        &'a self,
        cx: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(self.recognise(cx, cookie))
    }

    fn sign_in_page(&self) -> Option<Url> {
        Some(crate::urls::login())
    }

    #[cfg(any(test, feature = "testing"))]
    fn begin_for_test(&self, user: Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async move {
            let found = self.users.by_id(&self.units, user).await?;
            let person = found
                .filter(|p| p.is_active)
                .ok_or_else(vauban::Error::not_found)?;
            let unit = self.units.begin();
            let (token, _) = self.sessions.begin(&unit.db(), person.facts.id, None).await?;
            unit.finish(true).await?;
            Ok(token.to_cookie().to_string())
        })
    }
}
