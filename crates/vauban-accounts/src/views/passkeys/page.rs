//! The page that asks an authenticator, and the challenge behind it.

use uuid::Uuid;
use vauban::forms::{Form, Problem};
use vauban::http::{Cookie, Error, Result};
use vauban::{Template, Url};

use crate::factors::passkeys::{
    Asked, CHALLENGE_FOR, PASSKEY_COOKIE, PasskeyAnswer, Purpose, RelyingParty, Verified, challenge_of,
};
use crate::forms::PasskeyForm;
use crate::params::AccountPages;
use crate::sessions::{ByPasskey, Proofs};
use crate::urls;

/// One sentence for whatever was wrong (CWE-204): a passkey that is nobody's, another one's, a challenge that is over, a signature.
pub(super) const WRONG: Problem = Problem::new(
    "passkey_wrong",
    "The passkey was not taken: it may be removed, or the page was open for too long. Try again.",
);

/// The page that has the browser ask for a passkey: its script does at once, and sends the form.
#[derive(Template)]
#[template("accounts/passkey.html", replaceable)]
pub struct PasskeyPage {
    /// The form, with its fields `passkey`, hidden, and `name`.
    pub form: Form<PasskeyForm>,
    /// What the page is for.
    pub heading: &'static str,
    /// What is asked, for the script: empty where nothing is yet, and the button asks.
    pub options: String,
    /// A new one is made, and has a name.
    pub is_new: bool,
    /// Where one goes who has none at hand.
    pub back: Url,
}

impl AccountPages {
    /// The site, as authenticators know it.
    ///
    /// # Errors
    /// 404 where it has no passkeys; an address at which they do not work.
    pub(super) fn relying_party(&self) -> Result<RelyingParty> {
        if !self.accounts.has_passkeys {
            return Err(Error::not_found());
        }
        // CWE-346: the configured address, and never the request's Host.
        let address = self.cx.site().absolute_url(&urls::login());
        let address = address.map_err(|error| Error::internal(error.to_string()))?;
        RelyingParty::at(&address, &self.accounts.site).ok_or_else(|| {
            Error::internal(format!(
                "passkeys do not work at {address}: set `origins` to an address with a host name, such as https://example.com"
            ))
        })
    }

    /// Asks this browser: keeps the challenge, and gives the page's options.
    pub(super) async fn ask(&self, purpose: Purpose, user: Uuid, asked: Asked) -> Result<String> {
        let factors = &self.accounts.factors;
        let token = factors.keep_challenge(purpose, user, &asked.state).await?;
        #[allow(deprecated)]
        let cookie = Cookie::__of_framework(PASSKEY_COOKIE, &token.to_cookie());
        self.cx.set_cookie(cookie.max_age(CHALLENGE_FOR));
        Ok(asked.options)
    }

    /// What this browser was asked; good once.
    pub(super) async fn asked(&self, purpose: Purpose, user: Uuid) -> Result<Option<String>> {
        let Some(token) = challenge_of(&self.cx) else {
            return Ok(None);
        };
        #[allow(deprecated)]
        let gone = Cookie::__of_framework(PASSKEY_COOKIE, "").max_age(0);
        self.cx.set_cookie(gone);
        let factors = &self.accounts.factors;
        Ok(factors.take_challenge(&token, purpose, user).await?)
    }

    /// Whether the answer is right to what this browser was asked; `of`: whose it has to be.
    pub(super) async fn verified(
        &self,
        site: &RelyingParty,
        answer: &PasskeyAnswer,
        purpose: Purpose,
        of: Option<Uuid>,
    ) -> Result<Option<Verified>> {
        match self.asked(purpose, of.unwrap_or_default()).await? {
            Some(state) => {
                let factors = &self.accounts.factors;
                Ok(factors.verify_passkey(site, answer, &state, of).await?)
            }
            None => Ok(None),
        }
    }

    /// A passkey, beside other proofs.
    pub(super) fn with_passkey(&self, id: Uuid, proofs: Proofs) -> Proofs {
        let passkey = Some(ByPasskey { id, at: self.now() });
        Proofs { passkey, ..proofs }
    }
}
