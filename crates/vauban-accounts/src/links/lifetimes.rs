//! How long a link in a mail is good for.

use std::time::Duration;

use super::Purpose;

/// The settings `accounts.sign_up_lifetime`, `accounts.reset_lifetime`, `accounts.email_lifetime`, `accounts.invitation_lifetime` and
/// `accounts.delete_grace` (ASVS 6.4.1, CWE-613).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkLifetimes {
    pub(crate) sign_up: Duration,
    pub(crate) reset: Duration,
    pub(crate) email: Duration,
    /// For how long an account's end can be taken back.
    pub(crate) deletion: Duration,
    /// For how long somebody may accept an invitation.
    pub(crate) invitation: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Somebody waits for it, at the page that sends it.
const FACTOR: Duration = Duration::from_secs(20 * 60);

impl Default for LinkLifetimes {
    fn default() -> Self {
        Self {
            sign_up: 24 * HOUR,
            reset: 20 * MINUTE,
            email: HOUR,
            deletion: 14 * 24 * HOUR,
            invitation: 7 * 24 * HOUR,
        }
    }
}

impl LinkLifetimes {
    /// That of a link for this purpose.
    pub(crate) fn of(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::SignUp => self.sign_up,
            Purpose::Reset => self.reset,
            Purpose::Email => self.email,
            Purpose::Factor => FACTOR,
            Purpose::Deletion => self.deletion,
            Purpose::Invitation => self.invitation,
        }
    }

    /// What a link's lifetime may be: long enough to be read, and for no longer than mailboxes are left open.
    pub(crate) fn bounds(purpose: Purpose) -> (Duration, Duration) {
        match purpose {
            Purpose::SignUp => (5 * MINUTE, 7 * 24 * HOUR),
            Purpose::Reset => (5 * MINUTE, HOUR),
            Purpose::Email => (5 * MINUTE, 24 * HOUR),
            Purpose::Factor => (FACTOR, FACTOR),
            Purpose::Deletion => (Duration::ZERO, 90 * 24 * HOUR),
            Purpose::Invitation => (HOUR, 30 * 24 * HOUR),
        }
    }
}

/// A lifetime for a mail to say.
pub(crate) fn in_words(lifetime: Duration) -> String {
    let minutes = lifetime.as_secs() / 60;
    match minutes {
        0..=1 => "a minute".to_owned(),
        2..=90 => format!("{minutes} minutes"),
        91..=2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}
