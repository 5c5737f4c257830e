//! Whom a mail goes to.

use std::fmt;

use serde::{Deserialize, Serialize};
use vauban::Email;

use super::words::{Line, MAX_NAME};

/// An address, with the name of whoever has it.
///
/// ```
/// use vauban::Email;
/// use vauban_mail::Mailbox;
///
/// let ann = Mailbox::new(Email::parse("ann@example.com").unwrap()).named("Ann\r\nBcc: eve@evil.example");
/// assert_eq!(ann.to_string(), "Ann Bcc: eve@evil.example <ann@example.com>"); // one line (CWE-93)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<Line>,
    email: Email,
}

impl Mailbox {
    /// An address without a name.
    pub const fn new(email: Email) -> Self {
        Self { name: None, email }
    }

    /// With a name. What controls a mail program is left out of it, and it is cut at 70 characters: nobody's mail fails on
    /// how they are called.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let name = Line::cleaned(name, MAX_NAME);
        Self {
            name: (!name.is_empty()).then_some(name),
            ..self
        }
    }

    /// The address, in its normal form.
    pub const fn email(&self) -> &Email {
        &self.email
    }

    /// The name, if one is known.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(Line::as_str)
    }

    /// Reads `ann@example.com` or `Ann <ann@example.com>`, as a setting or an argument has it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('<') else {
            return Email::parse(text).ok().map(Self::new);
        };
        let email = Email::parse(rest.strip_suffix('>')?.trim()).ok()?;
        let name = name.trim();
        let name = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .unwrap_or(name);
        if name.is_empty() {
            return Some(Self::new(email));
        }
        let name = Line::exactly(name, MAX_NAME)?;
        Some(Self {
            name: Some(name),
            email,
        })
    }
}

impl From<Email> for Mailbox {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.email),
            None => self.email.fmt(f),
        }
    }
}

/// Whoever can be written to: an [`Email`], a [`Mailbox`], and every user of `#[derive(UserAccount)]`.
#[diagnostic::on_unimplemented(
    message = "a mail cannot be sent to a `{Self}`",
    note = "send it to an `Email`, a `Mailbox`, or a user; or write `impl mail::Recipient for {Self}`"
)]
pub trait Recipient {
    /// Their address, and what they are called.
    fn mailbox(&self) -> Mailbox;
}

impl Recipient for Mailbox {
    fn mailbox(&self) -> Mailbox {
        self.clone()
    }
}

impl Recipient for Email {
    fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.clone())
    }
}

impl<R: Recipient + ?Sized> Recipient for &R {
    fn mailbox(&self) -> Mailbox {
        (**self).mailbox()
    }
}

/// A mailbox at rest.
#[derive(Serialize, Deserialize)]
struct Stored {
    name: Option<Line>,
    email: String,
}

impl Serialize for Mailbox {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            name: self.name.clone(),
            email: self.email.to_string(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mailbox {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let email = Email::parse(&stored.email).map_err(serde::de::Error::custom)?;
        Ok(Self {
            name: stored.name,
            email,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_as_it_is_written() {
        for (text, shown) in [
            ("ann@example.com", "ann@example.com"),
            (" Ann Smith <ANN@example.com> ", "Ann Smith <ann@example.com>"),
            ("\"Smith, Ann\" <ann@example.com>", "Smith, Ann <ann@example.com>"),
            ("<ann@example.com>", "ann@example.com"),
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "ann",
            "Ann <ann@example.com",
            "Ann\nBcc: x <ann@example.com>",
            "a@b.example, c@d.example",
        ] {
            assert_eq!(Mailbox::parse(text), None, "{text:?}");
        }
    }
}
