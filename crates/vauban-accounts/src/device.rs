//! The device cookie: proof that somebody signed in to an account from this browser before.
//!
//! CWE-645: a throttle that anybody can fill locks the owner out. A browser that has signed in before has a
//! bucket of its own (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The cookie opens
//! nothing: without the password it is worth a few more guesses at one account.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use vauban::signing::{ModuleKeys, Signer};

/// How long a browser is remembered: a year, in seconds.
pub(crate) const REMEMBERED: u64 = 365 * 24 * 3600;

/// Makes and checks device cookies.
#[derive(Debug, Clone)]
pub(crate) struct Devices(Signer);

impl Devices {
    pub(crate) fn new(keys: &ModuleKeys) -> Self {
        Self(keys.signer("device"))
    }

    /// The cookie's value after a sign-in to this account.
    pub(crate) fn issue(&self, account: &str) -> String {
        self.0.sign(
            Uuid::from_bytes(rand::random()).as_bytes(),
            &[account.as_bytes()],
            seconds() + REMEMBERED,
        )
    }

    /// The id of the device, if the cookie was issued for this account. Another account's is nothing.
    pub(crate) fn recognise(&self, cookie: &str, account: &str) -> Option<String> {
        let payload = self
            .0
            .verify(cookie, &[account.as_bytes()], seconds(), REMEMBERED)
            .ok()?;
        Uuid::from_slice(&payload).ok().map(|id| id.to_string())
    }
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
        let cookie = devices.issue("ann@example.com");
        assert!(devices.recognise(&cookie, "ann@example.com").is_some());
        assert!(devices.recognise(&cookie, "ben@example.com").is_none());
        assert!(
            Devices::new(&ModuleKeys::random())
                .recognise(&cookie, "ann@example.com")
                .is_none()
        );
        // CWE-613: signed while a clock stood ahead.
        let ahead = |seconds_ahead| {
            let expires = seconds() + REMEMBERED + seconds_ahead;
            let cookie = devices.0.sign(&[7; 16], &[b"ann@example.com"], expires);
            devices.recognise(&cookie, "ann@example.com")
        };
        assert!(ahead(10).is_some() && ahead(3600).is_none());
    }
}
