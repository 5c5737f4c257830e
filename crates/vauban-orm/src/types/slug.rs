//! `Slug`: a name that can stand in a URL as it is.

use std::fmt;
use std::str::FromStr;

use crate::field::{Field, Limits};
use crate::problem::Problem;
use crate::value::{Kind, Mismatch, Value, ValueRef};

/// Letters, digits, `-` and `_` (ASCII), 1 to 100 of them: Django's `SlugField`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// The greatest number of characters.
    pub const MAX_LENGTH: usize = 100;

    /// Parses a slug.
    ///
    /// # Errors
    /// If `text` is empty, too long, or has another character.
    pub fn parse(text: &str) -> Result<Self, InvalidSlug> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.bytes().all(good) {
            return Err(InvalidSlug);
        }
        Ok(Self(text.to_owned()))
    }

    /// A slug made from a title: lower-case words joined by `-`; `None` if nothing is left.
    pub fn from_title(title: &str) -> Option<Self> {
        let mut out = String::new();
        for c in title.chars() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            } else if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
            if out.len() == 60 {
                break;
            }
        }
        Self::parse(out.trim_matches('-')).ok()
    }

    /// The text, as it stands in the URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSlug;

impl fmt::Display for InvalidSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enter a slug of letters, digits, underscores or hyphens.")
    }
}
impl std::error::Error for InvalidSlug {}

impl FromStr for Slug {
    type Err = InvalidSlug;
    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        Self::parse(text)
    }
}
impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl serde::Serialize for Slug {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Field for Slug {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Self::parse(text).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, limits: &Limits) -> Result<(), Problem> {
        limits.check_text(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_cannot_leave_its_place_in_a_url() {
        for bad in ["", "a b", "a/b", "..", "a%2f", "ä", "a\n", &"x".repeat(101)] {
            assert_eq!(Slug::parse(bad), Err(InvalidSlug), "{bad:?}");
        }
        assert_eq!(
            Slug::from_title("  Hello, World! ").unwrap().as_str(),
            "hello-world"
        );
        assert_eq!(Slug::from_title("…"), None);
    }
}
