//! Checks: what must hold before the site serves. Django runs them if one asks; Vauban runs them at every start,
//! and a release build does not serve while one fails.
//!
//! A check is a function from [`Checking`] to findings. Modules add their own with
//! [`Module::check`](crate::Module::check).

use std::fmt;

pub use crate::site::{Check, Checking, CheckingRows, Migrated};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Somebody should look at it; the site serves.
    Warning,
    /// A release build does not serve.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name, such as `secret_key.weak`.
    pub id: &'static str,
    /// How bad it is.
    pub level: Severity,
    /// What was found. Never contains a secret.
    pub what: String,
    /// What to do about it.
    pub hint: String,
    /// What to set where the build is only tried, on the developer's machine: `VAUBAN_MAIL_URL=file:var/mail`.
    pub to_try: Option<&'static str>,
}

impl Finding {
    /// Something good to know.
    pub fn note(id: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            id,
            level: Severity::Note,
            what: what.into(),
            hint: hint.into(),
            to_try: None,
        }
    }

    /// Something that somebody should look at.
    pub fn warning(id: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            id,
            level: Severity::Warning,
            what: what.into(),
            hint: hint.into(),
            to_try: None,
        }
    }

    /// Something with which a release build does not serve.
    pub fn error(id: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            id,
            level: Severity::Error,
            what: what.into(),
            hint: hint.into(),
            to_try: None,
        }
    }
}

impl Finding {
    /// Says what to set where the build is only tried: it stands in the command that a refusal prints.
    #[must_use]
    pub fn to_try(mut self, variable: &'static str) -> Self {
        self.to_try = Some(variable);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] {}", self.level, self.id, self.what)?;
        for line in self.hint.lines() {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}
