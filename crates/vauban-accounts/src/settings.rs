//! The settings of accounts: the sections `sessions` and `accounts`.

use std::time::Duration;

use vauban::checks::Finding;
use vauban::orm::UserFacts;
use vauban::settings::{Mode, ModuleSettings, SettingRow, SettingValue, Settings};

use crate::links::{LinkLifetimes, Purpose};
use crate::passwords::{PasswordFilter, PepperSetting};
use crate::sessions::{SessionLimits, remember_bounds};

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
    pub(crate) lifetimes: LinkLifetimes,
    pub(crate) remember: Remember,
    pub(crate) require_mfa: RequireMfa,
    /// The path of a file; empty: there is none.
    pub(crate) password_filter: String,
    pub(crate) pepper: PepperSetting,
    pub(crate) pepper_fallbacks: PepperSetting,
}

/// The setting `accounts.remember_lifetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remember(pub(crate) Duration);

impl Default for Remember {
    fn default() -> Self {
        Self(Duration::from_secs(30 * 86_400))
    }
}

impl AccountSettings {
    pub(crate) fn let_people_sign_up(settings: &Settings) -> bool {
        settings.of::<Self>().sign_up.is_open()
    }

    /// Whether there are links by which accounts are made.
    pub(crate) fn let_people_come(settings: &Settings) -> bool {
        settings.of::<Self>().sign_up != SignUps::Closed
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignUps {
    /// Everybody, at `accounts.signup`.
    #[default]
    Open,
    /// Whoever has been sent a link by the command `invite`: the page that asks for an address is not there.
    Invited,
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

/// Who has to have a second factor: the setting `accounts.require_mfa_for` (ASVS 6.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequireMfa {
    Nobody,
    /// Staff and superusers.
    Staff,
    Everybody,
}

impl Default for RequireMfa {
    /// Staff, in a release: what they may do is what somebody steals a password for. In development nobody, where the database is the
    /// developer's own.
    fn default() -> Self {
        Self::of_mode(Mode::of_this_build())
    }
}

impl RequireMfa {
    fn of_mode(mode: Mode) -> Self {
        match mode.is_development() {
            true => Self::Nobody,
            false => Self::Staff,
        }
    }

    /// Whether it asks one of this person, by the row of this moment.
    pub(crate) fn asks(self, who: &UserFacts) -> bool {
        match self {
            Self::Nobody => false,
            Self::Staff => who.is_staff || who.is_superuser,
            Self::Everybody => true,
        }
    }
}

impl SettingValue for RequireMfa {
    const ACCEPTS: &'static str = "`nobody`, `staff` or `everybody`";

    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "nobody" => Ok(Self::Nobody),
            "staff" => Ok(Self::Staff),
            "everybody" => Ok(Self::Everybody),
            other => Err(format!("`{other}` is none of `nobody`, `staff` and `everybody`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Nobody => "nobody",
            Self::Staff => "staff",
            Self::Everybody => "everybody",
        }
        .to_owned()
    }
}

impl SettingValue for SignUps {
    const ACCEPTS: &'static str = "`open`, `invited` or `closed`";

    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "open" => Ok(Self::Open),
            "invited" => Ok(Self::Invited),
            "closed" => Ok(Self::Closed),
            other => Err(format!("`{other}` is none of `open`, `invited` and `closed`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Open => "open",
            Self::Invited => "invited",
            Self::Closed => "closed",
        }
        .to_owned()
    }
}

impl SettingValue for Remember {
    const ACCEPTS: &'static str = "`30d`, `12h`, …; `0`: nobody is remembered";

    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "0" => Ok(Self(Duration::ZERO)),
            time => Duration::read(time).map(Self),
        }
    }

    fn show(&self) -> String {
        match self.0.is_zero() {
            true => "0".to_owned(),
            false => self.0.show(),
        }
    }
}

impl ModuleSettings for AccountSettings {
    const SECTION: &'static str = "accounts";

    fn rows() -> Vec<SettingRow<Self>> {
        let about = "who may make an account for themselves: everybody, whom the command `invite` sends a link, or nobody";
        vec![
            SettingRow::new("sign_up", about, |s: &mut Self| &mut s.sign_up),
            SettingRow::new(
                "sign_up_lifetime",
                "how long the link in the mail of a sign-up is good for",
                |s: &mut Self| &mut s.lifetimes.sign_up,
            )
            .checked("5 minutes to 7 days"),
            SettingRow::new(
                "reset_lifetime",
                "how long a link to a new password is good for",
                |s: &mut Self| &mut s.lifetimes.reset,
            )
            .checked("5 minutes to an hour"),
            SettingRow::new(
                "email_lifetime",
                "how long the link that confirms a new address is good for",
                |s: &mut Self| &mut s.lifetimes.email,
            )
            .checked("5 minutes to a day"),
            SettingRow::new(
                "invitation_lifetime",
                "how long an invitation to a tenant may be accepted",
                |s: &mut Self| &mut s.lifetimes.invitation,
            )
            .checked("an hour to 30 days"),
            SettingRow::new(
                "remember_lifetime",
                "how long somebody stays signed in who asks for that at the sign-in, staff excepted; 0: nobody is asked",
                |s: &mut Self| &mut s.remember,
            )
            .checked("0, or 1 to 90 days"),
            SettingRow::new(
                "require_mfa_for",
                "who has to have a second factor, and gets nowhere but to adding one until they have: nobody, staff (in a release) or everybody",
                |s: &mut Self| &mut s.require_mfa,
            ),
            SettingRow::new(
                "password_filter",
                "file of stolen passwords, made by `passwords build-filter`, that nobody may choose",
                |s: &mut Self| &mut s.password_filter,
            )
            .checked("can be read and is whole"),
            SettingRow::new(
                "password_pepper",
                "secret that is mixed into passwords before they are hashed; lost, nobody signs in",
                |s: &mut Self| &mut s.pepper,
            )
            .checked("long, random, not a known default"),
            SettingRow::new(
                "password_pepper_fallbacks",
                "earlier peppers: hashes made with them are verified, and replaced at the next sign-in",
                |s: &mut Self| &mut s.pepper_fallbacks,
            ),
            SettingRow::new(
                "delete_grace",
                "how long a person can take back that their account is to be deleted",
                |s: &mut Self| &mut s.lifetimes.deletion,
            )
            .checked("90 days at most"),
        ]
    }

    /// CWE-613, ASVS 6.4.1: a link in a mail is read soon or not at all.
    fn check(&self) -> Vec<Finding> {
        let link = |name, purpose| (name, LinkLifetimes::bounds(purpose), self.lifetimes.of(purpose));
        let rows = [
            link("accounts.sign_up_lifetime", Purpose::SignUp),
            link("accounts.reset_lifetime", Purpose::Reset),
            link("accounts.email_lifetime", Purpose::Email),
            link("accounts.invitation_lifetime", Purpose::Invitation),
            link("accounts.delete_grace", Purpose::Deletion),
            ("accounts.remember_lifetime", remember_bounds(), self.remember.0),
        ];
        let outside = rows.into_iter().filter_map(|(name, (least, most), is)| {
            // Nobody is remembered then.
            let is_off = name == "accounts.remember_lifetime" && is.is_zero();
            let is_within = is_off || (least..=most).contains(&is);
            (!is_within).then(|| {
                Finding::error(
                    name,
                    format!(
                        "{name} is not between {} and {} seconds",
                        least.as_secs(),
                        most.as_secs()
                    ),
                    "Leave it at its default, or write a time between these.",
                )
            })
        });
        outside
            .chain(self.of_the_filter())
            .chain(self.of_the_pepper())
            .collect()
    }
}

impl AccountSettings {
    /// CWE-1188: a filter that was asked for and is not there would let everything through.
    fn of_the_filter(&self) -> Option<Finding> {
        let error = PasswordFilter::look(&self.password_filter).err()?;
        Some(Finding::error(
            "accounts.password_filter",
            format!("accounts.password_filter is `{}`: {error}", self.password_filter),
            "Take the setting out, make the file with `passwords build-filter LIST --out FILE`, and set it again.",
        ))
    }

    /// CWE-521: a pepper that can be guessed is guessed with the passwords.
    fn of_the_pepper(&self) -> Option<Finding> {
        let why = match self.pepper.len() {
            0 => return None,
            1 => self.pepper.weakness()?,
            _ => "is more than one".to_owned(),
        };
        Some(Finding::error(
            "accounts.password_pepper",
            format!("accounts.password_pepper {why}"),
            "Make one with `head -c 48 /dev/urandom | base64` before anybody has a password, keep it where the database's backups are \
             not, and set VAUBAN_ACCOUNTS_PASSWORD_PEPPER_FILE to its path. Earlier ones go into \
             accounts.password_pepper_fallbacks.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-1188, ASVS 6.3.3. Attack: staff of a release whose operator set nothing sign in with a password alone.
    #[test]
    fn cwe_1188_a_release_asks_staff_for_a_second_factor() {
        assert_eq!(RequireMfa::of_mode(Mode::Release), RequireMfa::Staff);
        assert_eq!(RequireMfa::of_mode(Mode::Development), RequireMfa::Nobody);
        let of_this_build = RequireMfa::of_mode(Mode::of_this_build());
        assert_eq!(AccountSettings::default().require_mfa, of_this_build);
    }

    /// CWE-613, CWE-640. The mistake: links that open an account for weeks.
    #[test]
    fn cwe_613_links_that_stay_good_are_refused() {
        let told = |reset: u64| {
            let mut settings = AccountSettings::default();
            settings.lifetimes.reset = Duration::from_secs(reset);
            settings.check().iter().map(|found| found.id).collect::<Vec<_>>()
        };
        assert!(AccountSettings::default().check().is_empty());
        assert!(told(300).is_empty() && told(3600).is_empty());
        assert_eq!(told(3601), ["accounts.reset_lifetime"]);
        assert_eq!(told(0), ["accounts.reset_lifetime"]);
        let remembered = |days: u64| {
            let settings = AccountSettings {
                remember: Remember(Duration::from_secs(days * 86_400)),
                ..AccountSettings::default()
            };
            settings.check().iter().map(|found| found.id).collect::<Vec<_>>()
        };
        assert!(remembered(1).is_empty() && remembered(90).is_empty());
        assert_eq!(remembered(91), ["accounts.remember_lifetime"]);
        assert!(remembered(0).is_empty(), "off");
        assert_eq!(
            Remember::read("0"),
            Ok(Remember(Duration::ZERO)),
            "as it is written"
        );
        assert_eq!(Remember::read("7d").map(|time| time.show()), Ok("7d".to_owned()));
        assert!(Remember::read("0d").is_err() && Remember::read("soon").is_err());
    }

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
