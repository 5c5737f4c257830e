//! What a reader looks for: the `q` of an address.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// Characters of it.
const MOST: usize = 200;

/// What a reader looks for, in a type that is read from an address (`Query`): at most 200 characters, without those that are no
/// text; longer ones are a 400 that says so (CWE-20, CWE-400). Dereferences to `str`.
///
/// ```
/// # use vauban_orm::SearchText;
/// let q: SearchText = "Über".parse().unwrap();
/// assert_eq!(&*q, "Über");
/// assert!("x".repeat(201).parse::<SearchText>().is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchText(String);

/// A text that is no [`SearchText`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSearch;

impl fmt::Display for InvalidSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is looked for has at most 200 characters, and no null characters")
    }
}
impl std::error::Error for InvalidSearch {}

impl FromStr for SearchText {
    type Err = InvalidSearch;
    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        // CWE-158: C code behind us would see the text end at a null character.
        if text.chars().count() > MOST || text.contains('\0') {
            return Err(InvalidSearch);
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl Deref for SearchText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl AsRef<str> for SearchText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for SearchText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::read(deserializer)
    }
}
