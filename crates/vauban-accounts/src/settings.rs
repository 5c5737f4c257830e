//! The settings of accounts: the sections `sessions` and `accounts`.

use std::time::Duration;

use vauban::checks::Finding;
use vauban::settings::{ModuleSettings, SettingRow, SettingValue, Settings};

use crate::sessions::SessionLimits;

impl ModuleSettings for SessionLimits {
    const SECTION: &'static str = "sessions";

    fn rows() -> Vec<SettingRow<Self>> {
        vec![
            SettingRow::new(
                "idle",
                "how long a session lives without a request",
                |s: &mut Self| &mut s.idle,
            )
            .checked("is not 0"),
            SettingRow::new(
                "absolute",
                "how long a session lives after signing in",
                |s: &mut Self| &mut s.absolute,
            )
            .checked("is not 0"),
        ]
    }

    /// Sessions end (CWE-613).
    fn check(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.idle > self.absolute {
            found.push(Finding::warning(
                "sessions.idle",
                "sessions.idle is longer than sessions.absolute, so it never ends a session",
                "Lower VAUBAN_SESSIONS_IDLE.",
            ));
        }
        if self.absolute > Duration::from_secs(90 * 86_400) {
            found.push(Finding::warning(
                "sessions.absolute",
                "sessions.absolute is more than 90 days: a stolen session is good for as long",
                "Lower VAUBAN_SESSIONS_ABSOLUTE.",
            ));
        }
        found
    }
}

/// The section `accounts`.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountSettings {
    pub(crate) sign_up: SignUps,
}

impl AccountSettings {
    pub(crate) fn let_people_sign_up(settings: &Settings) -> bool {
        settings.of::<Self>().sign_up.is_open()
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignUps {
    /// Everybody, at `accounts.signup`.
    #[default]
    Open,
    /// Nobody: neither page nor route nor link is there. A command still makes accounts
    /// (`Accounts::create_account`).
    Closed,
}

impl SignUps {
    /// Whether everybody may.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open)
    }
}

impl SettingValue for SignUps {
    const ACCEPTS: &'static str = "`open` or `closed`";

    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            other => Err(format!("`{other}` is neither `open` nor `closed`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
        .to_owned()
    }
}

impl ModuleSettings for AccountSettings {
    const SECTION: &'static str = "accounts";

    fn rows() -> Vec<SettingRow<Self>> {
        let about = "who may make an account for themselves; `closed` takes page and route away";
        vec![SettingRow::new("sign_up", about, |s: &mut Self| &mut s.sign_up)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-613: a session that lives for a quarter of a year is told.
    #[test]
    fn sessions_that_hardly_end_are_told() {
        let ids = |idle: u64, absolute: u64| {
            let limits = SessionLimits {
                idle: Duration::from_secs(idle),
                absolute: Duration::from_secs(absolute),
            };
            limits.check().iter().map(|found| found.id).collect::<Vec<_>>()
        };
        assert!(ids(1800, 12 * 3600).is_empty());
        assert_eq!(ids(1800, 365 * 86_400), ["sessions.absolute"]);
        assert_eq!(ids(3601, 3600), ["sessions.idle"]);
    }
}
