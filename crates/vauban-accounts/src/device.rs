//! The device cookie: proof that somebody signed in to an account from this browser before.
//!
//! CWE-645: a throttle that anybody can fill locks the owner out. A browser that has signed in before has a
//! bucket of its own (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The cookie opens
//! nothing: without the password it is worth a few more guesses at one account.
//!
//! CWE-613: what it proves is that somebody knew the password, so it is good for as long as there is that very hash of it.

use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Hash;
use vauban::http::Request;
use vauban::signing::{ModuleKeys, Signer};

/// The cookie of a browser that signed in before, without its prefix.
pub(crate) const DEVICE_COOKIE: &str = "device";

/// The device cookie that was sent.
pub(crate) fn device_of(cx: &Request) -> Option<&str> {
    #[allow(deprecated)]
    cx.__cookie_of_framework(DEVICE_COOKIE)
}

/// How long a browser is remembered: a year, in seconds.
pub(crate) const REMEMBERED: u64 = 365 * 24 * 3600;

/// Makes and checks device cookies.
#[derive(Debug, Clone)]
pub(crate) struct Devices(Signer);

impl Devices {
    pub(crate) fn new(keys: &ModuleKeys) -> Self {
        Self(keys.signer("device"))
    }

    /// The cookie's value after a sign-in to this account, whose password has this hash from now on.
    pub(crate) fn issue(&self, account: &str, hash: Option<&Hash>) -> String {
        self.0.sign(
            Uuid::from_bytes(rand::random()).as_bytes(),
            &[account.as_bytes(), &digest(hash)],
            seconds() + REMEMBERED,
        )
    }

    /// The id of the device, if the cookie was issued for this account and this hash. Another account's is nothing, and so
    /// is one from before the password was changed.
    pub(crate) fn recognise(&self, cookie: &str, account: &str, hash: Option<&Hash>) -> Option<String> {
        let known = self.knows(cookie, account, hash);
        // CWE-208: as much work for an account that there is not.
        hash.and(known)
    }

    /// The same, also of an account that has no password and was proved otherwise: nothing is guessed with what this says.
    pub(crate) fn knows(&self, cookie: &str, account: &str, hash: Option<&Hash>) -> Option<String> {
        let context: [&[u8]; 2] = [account.as_bytes(), &digest(hash)];
        let payload = self.0.verify(cookie, &context, seconds(), REMEMBERED).ok()?;
        Uuid::from_slice(&payload).ok().map(|id| id.to_string())
    }
}

fn digest(hash: Option<&Hash>) -> [u8; 32] {
    Sha256::digest(hash.map_or("", Hash::as_str)).into()
}

fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-345: a cookie of one account is nothing to another, and cannot be made without the key.
    #[test]
    fn a_device_is_known_for_its_own_account_only() {
        let devices = Devices::new(&ModuleKeys::random());
        let hash = Hash::from_stored("$argon2id$one");
        let cookie = devices.issue("ann@example.com", Some(&hash));
        let known = |devices: &Devices, account| devices.recognise(&cookie, account, Some(&hash)).is_some();
        assert!(known(&devices, "ann@example.com"));
        assert!(!known(&devices, "ben@example.com"));
        assert!(!known(&Devices::new(&ModuleKeys::random()), "ann@example.com"));
        // CWE-613: of another password, or none.
        let other = Hash::from_stored("$argon2id$two");
        for hash in [Some(&other), None] {
            assert!(devices.recognise(&cookie, "ann@example.com", hash).is_none());
        }
        // CWE-613: signed while a clock stood ahead.
        let ahead = |seconds_ahead| {
            let expires = seconds() + REMEMBERED + seconds_ahead;
            let context: [&[u8]; 2] = [b"ann@example.com", &digest(Some(&hash))];
            let cookie = devices.0.sign(&[7; 16], &context, expires);
            devices.recognise(&cookie, "ann@example.com", Some(&hash))
        };
        assert!(ahead(10).is_some() && ahead(3600).is_none());
    }
}
