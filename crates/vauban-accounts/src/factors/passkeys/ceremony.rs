//! What is asked of an authenticator, and whether its answer is right: Web Authentication, §7.1 and §7.2, by `webauthn-rs`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;
use vauban::http::{Error, Result};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder,
};

use super::{CHALLENGE_FOR, PasskeyAnswer};

/// The site, as authenticators know it.
pub(crate) struct RelyingParty(Webauthn);

/// What is asked.
pub(crate) struct Asked {
    /// For the browser: the options of `navigator.credentials`, as JSON.
    pub(crate) options: String,
    /// For the row: the challenge, and what was asked with it.
    pub(crate) state: String,
}

/// A passkey that was made.
pub(crate) struct NewKey {
    pub(super) credential: Vec<u8>,
    pub(super) key: String,
    pub(super) counter: u32,
}

/// What a passkey has signed, before it is known whose it is.
pub(crate) struct Signed(PublicKeyCredential);

impl RelyingParty {
    /// The site at this address, which is configured and not the request's (CWE-346): a passkey is bound to its host, and what is signed to
    /// its origin. `None`: passkeys do not work there, for a browser knows no IP address by name.
    pub(crate) fn at(address: &str, site: &str) -> Option<Self> {
        let address = Url::parse(address).ok()?;
        let origin = Url::parse(&address.origin().ascii_serialization()).ok()?;
        let builder = WebauthnBuilder::new(origin.domain()?, &origin).ok()?;
        let lifetime = Duration::from_secs(CHALLENGE_FOR.unsigned_abs());
        builder.rp_name(site).timeout(lifetime).build().ok().map(Self)
    }

    /// Asks for a new passkey of somebody who has these.
    pub(crate) fn ask_new(&self, user: Uuid, email: &str, has: Vec<Vec<u8>>) -> Result<Asked> {
        let (asked, state) = self
            .0
            .start_passkey_registration(user, email, email, Some(has))
            .map_err(failed)?;
        let mut options = serde_json::to_value(&asked.public_key)?;
        // The library discourages it, and what is not discoverable signs nobody in alone.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok(Asked {
            options: options.to_string(),
            state: serde_json::to_string(&state)?,
        })
    }

    /// Asks for a signature of one of these; of any passkey, where there are none (CWE-204: the same for everybody).
    pub(crate) fn ask_known(&self, known: &[Vec<u8>]) -> Result<Asked> {
        let (asked, state) = self.0.start_discoverable_authentication().map_err(failed)?;
        // Only these: the library asks for a menu of the browser's as well, and ours is a button.
        let mut options = serde_json::to_value(&asked.public_key)?;
        let known = known
            .iter()
            .map(|id| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) }));
        options["allowCredentials"] = known.collect();
        Ok(Asked {
            options: options.to_string(),
            state: serde_json::to_string(&state)?,
        })
    }

    /// The passkey that was made for what was asked. `None`: it is not right.
    pub(crate) fn made(&self, answer: &PasskeyAnswer, state: &str) -> Option<NewKey> {
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer.json()).ok()?;
        let state: PasskeyRegistration = serde_json::from_str(state).ok()?;
        // A browser that says that it is not discoverable. Most say nothing, and have failed before that.
        let props = answer.extensions.cred_props.as_ref();
        if props.is_some_and(|props| props.rk == Some(false)) {
            return None;
        }
        // CWE-346, CWE-347: challenge, origin, host, and that its owner was verified.
        let made = self.0.finish_passkey_registration(&answer, &state).ok()?;
        let credential = made.cred_id().to_vec();
        let mut key = serde_json::to_value(&made).ok()?;
        let counter = key.pointer_mut("/cred/counter")?;
        // We keep the count ourselves: one that does not go on is an event, and refuses nobody whose device counts wrong.
        let counted = std::mem::replace(counter, Value::from(0)).as_u64()?;
        Some(NewKey {
            credential,
            key: key.to_string(),
            counter: u32::try_from(counted).ok()?,
        })
    }

    /// Whether this passkey has signed what was asked, of this person: gives its count. `None`: it has not.
    pub(crate) fn verify(&self, signed: &Signed, state: &str, key: &str) -> Option<u32> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).ok()?;
        let key: Passkey = serde_json::from_str(key).ok()?;
        // CWE-346, CWE-347: challenge, origin, host and signature.
        let result = self
            .0
            .finish_discoverable_authentication_v2(&signed.0, state, key)
            .ok()?;
        // ASVS 6.3.3, CWE-308: who only has the device has one kind of proof.
        result.user_verified().then(|| result.counter())
    }
}

impl Signed {
    /// CWE-502: into a closed type, or nothing.
    pub(crate) fn of(answer: &PasskeyAnswer) -> Option<Self> {
        serde_json::from_str(answer.json()).ok().map(Self)
    }

    pub(crate) fn credential(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whose it is, as its authenticator says.
    pub(crate) fn user(&self) -> Option<&[u8]> {
        self.0.get_user_unique_id()
    }
}

fn failed(error: webauthn_rs::prelude::WebauthnError) -> Error {
    Error::internal(format!("an authenticator could not be asked: {error:?}"))
}
