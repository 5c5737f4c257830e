//! The pepper: a secret that is mixed into passwords before they are hashed, and that no database has.
//!
//! CWE-916: whoever steals the rows alone guesses at nothing. Each hash names the pepper that it was made with, so a pepper can
//! be changed or given up: while the former one is a fallback, hashes that name it are verified, and replaced when their owners
//! sign in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use vauban::settings::{Secret, SettingValue};
use vauban::signing::ModuleKeys;
use zeroize::Zeroizing;

use super::error::HashError;

/// What stands in a hash before the name of its pepper.
pub(crate) const NAMED: &str = ",keyid=";

/// The peppers of a site: the one that new hashes are made with, and earlier ones.
#[derive(Clone, Default)]
pub(crate) struct Peppers {
    current: Option<Pepper>,
    fallbacks: Vec<Pepper>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Pepper {
    id: [u8; 6],
    mac: Hmac<Sha256>,
}

impl Peppers {
    /// From the settings.
    pub(crate) fn of_settings(current: &PepperSetting, fallbacks: &PepperSetting) -> Self {
        Self {
            current: current.0.first().map(Pepper::of_secret),
            fallbacks: fallbacks.0.iter().map(Pepper::of_secret).collect(),
        }
    }

    /// The one that new hashes are made with.
    pub(crate) fn current(&self) -> Option<&Pepper> {
        self.current.as_ref()
    }

    /// How hashes name them, as PHC strings write it.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> + '_ {
        let all = self.current.iter().chain(&self.fallbacks);
        all.map(|pepper| format!("{NAMED}{}", BASE64.encode(pepper.id)))
    }

    /// The one of this id.
    ///
    /// # Errors
    /// If it is lost: then nothing opens what was made with it.
    pub(super) fn of(&self, id: &[u8]) -> Result<&Pepper, HashError> {
        let mut all = self.current.iter().chain(&self.fallbacks);
        all.find(|pepper| pepper.id == id).ok_or(HashError(
            "it names a pepper that is neither `accounts.password_pepper` nor among `accounts.password_pepper_fallbacks`: give it \
             there, or its owner signs in again by a link to a new password only",
        ))
    }
}

impl Pepper {
    fn of_secret(secret: &Secret<String>) -> Self {
        let keys = ModuleKeys::of_secret("accounts", secret);
        let mut id = [0; 6];
        id.copy_from_slice(&keys.derive("pepper's id")[..6]);
        let key = keys.derive("pepper");
        let mac = Hmac::new_from_slice(&key[..]).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self { id, mac }
    }

    /// What hashes call it.
    pub(super) fn id(&self) -> &[u8] {
        &self.id
    }

    /// What is hashed in the password's place.
    pub(super) fn apply(&self, password: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.mac.clone();
        mac.update(password);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Peppers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532
        write!(
            f,
            "Peppers({}, {})",
            usize::from(self.current.is_some()),
            self.fallbacks.len()
        )
    }
}

/// Peppers as a setting says them.
#[derive(Clone, Default)]
pub(crate) struct PepperSetting(Vec<Secret<String>>);

impl PepperSetting {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Why the first one is too weak, in words that do not repeat it.
    pub(crate) fn weakness(&self) -> Option<String> {
        self.0.first()?.weakness()
    }

    /// Those of a test.
    #[cfg(test)]
    pub(crate) fn for_test(peppers: &[&str]) -> Self {
        let secret = |text: &&str| Secret::for_test((*text).to_owned());
        Self(peppers.iter().map(secret).collect())
    }
}

impl SettingValue for PepperSetting {
    const ACCEPTS: &'static str = "at least 50 random characters; of fallbacks a list";
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self, String> {
        let each = text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|one| !one.is_empty());
        let read: Vec<_> = each.map(Secret::<String>::read).collect::<Result<_, _>>()?;
        // CWE-1188: a file that was not filled is not the wish to have none.
        if read.is_empty() {
            return Err("is empty; without a pepper, leave the setting out".into());
        }
        Ok(Self(read))
    }

    // CWE-532
    fn show(&self) -> String {
        self.0.first().map(SettingValue::show).unwrap_or_default()
    }
}

impl fmt::Debug for PepperSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PepperSetting({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-1188. The mistake: the file with the pepper was never filled, and nobody is told that there is none.
    #[test]
    fn cwe_1188_an_empty_pepper_is_not_no_pepper() {
        for empty in ["", " ", "\n", " ,\n, "] {
            assert!(PepperSetting::read(empty).unwrap_err().contains("is empty"));
        }
        assert_eq!(PepperSetting::read("one, two\n").unwrap().len(), 2);
    }
}
