//! `Slug`: a name that can stand in a URL as it is.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::model::field::{Field, FieldLimits};
use crate::problem::Problem;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

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

    /// A slug made from a title, by the rule of the template filter `slugify`: other scripts in ASCII letters, small,
    /// words joined by `-`, at most 60 characters; `None` if the title has neither letter nor digit.
    ///
    /// Two titles may have one slug (`C#` and `C++`): see [`unique`](Self::unique).
    ///
    /// ```
    /// use vauban_orm::Slug;
    /// assert_eq!(Slug::from_title("Привет, мир").unwrap().as_str(), "privet-mir");
    /// assert_eq!(Slug::from_title("…"), None);
    /// ```
    pub fn from_title(title: &str) -> Option<Self> {
        // CWE-400: what is cut off is not looked at; a word of one sign may become several letters, never none of 600.
        let title = title
            .char_indices()
            .nth(600)
            .map_or(title, |(end, _)| &title[..end]);
        let mut slug = vauban_text::slugify(title);
        if slug.len() > Self::FROM_TITLE {
            // At the last word that ends in time, if one does.
            let end = slug[..=Self::FROM_TITLE].rfind('-').unwrap_or(Self::FROM_TITLE);
            slug.truncate(end);
        }
        Self::parse(slug.trim_matches(['-', '_'])).ok()
    }

    /// Saves under this slug, or under the first of `slug-2`, `slug-3`, … that no other row has, whoever may see it.
    /// After [`TRIES`](Self::TRIES) of them the suffix is random.
    ///
    /// ```ignore
    /// let article = slug.unique(|slug| Article::create(NewArticle { slug, ..new() }).save(&db)).await?;
    /// ```
    ///
    /// The database decides, not a look before the write: no two requests can get one slug (CWE-367).
    ///
    /// # Errors
    /// Those of `save`; [`Error::Unique`] if it is not the slug that is taken.
    pub async fn unique<T, F: Future<Output = Result<T, Error>>>(
        &self,
        mut save: impl FnMut(Self) -> F,
    ) -> Result<T, Error> {
        for nth in 1..=Self::TRIES {
            let slug = if nth == 1 {
                self.clone()
            } else {
                self.with_suffix(&nth.to_string())
            };
            match save(slug).await {
                Err(Error::Unique { .. }) => {}
                done => return done,
            }
        }
        // CWE-400: a thousand articles of one title are not a thousand statements.
        save(self.with_suffix(&format!("{:08x}", rand::random::<u32>()))).await
    }

    /// How many suffixes are tried in order.
    pub const TRIES: u32 = 9;
    /// The most characters made from a title: room for a suffix is left.
    const FROM_TITLE: usize = 60;

    /// `slug-suffix`, the slug cut where that would be too long.
    fn with_suffix(&self, suffix: &str) -> Self {
        let room = Self::MAX_LENGTH - suffix.len() - 1;
        let base = &self.0[..self.0.len().min(room)];
        Self(format!("{}-{suffix}", base.trim_end_matches('-')))
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
    const MAX_BYTES: Option<usize> = Some(Self::MAX_LENGTH);
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Self::parse(text).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, limits: &FieldLimits) -> Result<(), Problem> {
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

    #[test]
    fn every_script_has_an_address() {
        for (title, slug) in [
            ("Привет, мир", "privet-mir"),
            ("你好", "ni-hao"),
            ("Über Öl", "uber-ol"),
            ("C#", "c"),
        ] {
            assert_eq!(Slug::from_title(title).unwrap().as_str(), slug);
        }
        let long = Slug::from_title(&"word ".repeat(1000)).unwrap();
        assert!(
            long.as_str().len() <= 60 && long.as_str().ends_with("word"),
            "{long}"
        );
        assert_eq!(Slug::from_title(&"x".repeat(1000)).unwrap().as_str().len(), 60);
    }

    /// CWE-367, CWE-400
    #[tokio::test]
    async fn a_taken_slug_gets_a_suffix() {
        let mut taken = std::collections::HashSet::new();
        let base = Slug::from_title("C++").unwrap();
        for _ in 0..12 {
            let mut tries = 0;
            let slug = base
                .unique(|slug| {
                    tries += 1;
                    let is_taken = taken.contains(&slug);
                    async move {
                        let fields = vec!["slug"];
                        if is_taken {
                            Err(Error::Unique { table: "t", fields })
                        } else {
                            Ok(slug)
                        }
                    }
                })
                .await
                .unwrap();
            assert!(tries <= 10 && Slug::parse(slug.as_str()).is_ok());
            assert!(taken.insert(slug));
        }
        for slug in ["c", "c-2", "c-9"] {
            assert!(taken.contains(&Slug::parse(slug).unwrap()), "{slug}");
        }
        let full = Slug::parse(&"x".repeat(100)).unwrap();
        assert!(Slug::parse(full.with_suffix("2").as_str()).is_ok());
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_made_is_read(title in "\\PC{0,80}") {
                if let Some(slug) = Slug::from_title(&title) {
                    proptest::prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
                    proptest::prop_assert_eq!(Slug::from_title(slug.as_str()), Some(slug.clone()));
                    proptest::prop_assert_eq!(Slug::from_value(ValueRef::Text(slug.as_str())).ok(), Some(slug));
                }
            }
        }
    }
}
