//! What stands in a path: typed both ways, from a segment and into one.

use std::fmt::Display;

use vauban_orm::Problem;

/// The segment is not a value of the type, so the route does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSegment;

/// What the router gives to a parameter: something, but no climbing, no slash of either kind and no control character
/// (CWE-22, CWE-174). What is written and is not this, no route reads.
pub(super) fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "." | "..")
        && !text.chars().any(|c| c.is_control() || c == '/' || c == '\\')
}

/// A text that can stand in a path: what a URL function takes where its view reads a [`String`].
///
/// `urls::hello("AC/DC")` does not compile, because no route could read that address: a slash parts segments, encoded or
/// not. A form's field may be a `PathText`, and says so to the person who types one.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::PathText;
/// assert!(PathText::parse("Ünïcode & 100%").is_ok());
/// for never in ["", "AC/DC", "a\\b", ".", "..", "a\0b"] {
///     assert!(PathText::parse(never).is_err());
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathText(String);

impl PathText {
    /// The most bytes: an address has a limit, too.
    pub const MAX_BYTES: usize = 500;

    /// Takes a text that can stand in a path.
    ///
    /// # Errors
    /// If it is empty, `.` or `..`, longer than [`MAX_BYTES`](Self::MAX_BYTES), or has a slash, a backslash or a control
    /// character.
    pub fn parse(text: &str) -> Result<Self, NotPathText> {
        if text.len() <= Self::MAX_BYTES && is_segment(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotPathText)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text cannot stand in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPathText;

impl From<NotPathText> for Problem {
    fn from(_: NotPathText) -> Self {
        Self::new(
            "path_text",
            "This becomes an address: leave out slashes (/ and \\), and write more than dots.",
        )
    }
}

impl Display for NotPathText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Problem::from(*self).fmt(f)
    }
}

impl std::error::Error for NotPathText {}

impl Display for PathText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for PathText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for PathText {
    type Err = NotPathText;
    fn from_str(text: &str) -> Result<Self, NotPathText> {
        Self::parse(text)
    }
}

/// A text in a path that opens something, such as the token of a link in a mail: whatever stands there, for the view to judge.
///
/// It stands in no log: of an address that begins like its view's, the log has the pattern instead. Its page's address goes
/// along in no `Referer`, not even to the site itself. And it does not print (CWE-532, CWE-598).
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
/// use vauban::PathSecret;
///
/// #[view(get, "/invitations/{token}/")]
/// async fn invitation(_: Public, token: Path<PathSecret>) -> Result<Text> {
///     if token.expose().len() != 43 {
///         return Err(Error::not_found());
///     }
///     Ok(Text::new("Press the button."))
/// }
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct PathSecret(String);

impl PathSecret {
    /// Takes a text that can stand in a path.
    ///
    /// # Errors
    /// As [`PathText::parse`].
    pub fn parse(text: &str) -> Result<Self, NotPathText> {
        PathText::parse(text).map(|text| Self(text.0))
    }

    /// The text: for comparing, not for writing down.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PathSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PathSecret(…)")
    }
}

impl std::str::FromStr for PathSecret {
    type Err = NotPathText;
    fn from_str(text: &str) -> Result<Self, NotPathText> {
        Self::parse(text)
    }
}

impl PathValue for PathSecret {
    const SECRET: bool = true;

    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        // What is malformed is answered like what is unknown: by the view.
        String::read(segment).map(Self)
    }
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl PathValue for PathText {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        Self::parse(segment).map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

/// A type that stands in a path: one decoded segment, exactly.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a path",
    label = "not a path parameter's type",
    note = "a path parameter is `Path<T>` with `T` one of `Slug`, `Id<Model>`, `Uuid`, `u8` to `u64`, `i8` to `i64`, `String`, `RestOfPath`, or a type of yours that implements `PathValue`"
)]
pub trait PathValue: Sized + Send + 'static {
    /// Whether it takes the rest of the path, slashes included.
    const REST: bool = false;
    /// Whether it opens something: then it is in no log, and its page's address in no `Referer` (CWE-532, CWE-598).
    const SECRET: bool = false;

    /// Reads a decoded segment. One spelling per value: what [`write`](Self::write) would not write is refused.
    ///
    /// # Errors
    /// If it is no value of this type: the route does not match.
    fn read(segment: &str) -> Result<Self, InvalidSegment>;

    /// Writes the value, not yet percent-encoded: what [`read`](Self::read) takes, without a slash.
    fn write(&self, out: &mut String);
}

/// How `#[view]` reads and writes a path parameter: made once per parameter, so that the compiler names a
/// type that cannot stand in a path once.
#[doc(hidden)]
#[derive(Debug)]
pub struct PathReader<T> {
    pub accepts: fn(&str) -> bool,
    pub write: fn(&T, &mut String),
    pub rest: bool,
    pub secret: bool,
}

/// See [`PathReader`].
#[doc(hidden)]
pub const fn path_reader<T: PathValue>() -> PathReader<T> {
    PathReader {
        accepts: |segment| T::read(segment).is_ok(),
        write: T::write,
        rest: T::REST,
        secret: T::SECRET,
    }
}

impl PathValue for String {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        if is_segment(segment) {
            Ok(segment.to_owned())
        } else {
            Err(InvalidSegment)
        }
    }
    fn write(&self, out: &mut String) {
        out.push_str(self);
    }
}

macro_rules! integers {
    ($($t:ty),+) => {$(
        impl PathValue for $t {
                    fn read(segment: &str) -> Result<Self, InvalidSegment> {
                let digits = segment.strip_prefix('-').unwrap_or(segment);
                // One spelling per number, but leading zeros, which Django's users know from dates: no sign
                // `+`, no other script's digits, at most 20 characters.
                if digits.is_empty() || segment.len() > 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(InvalidSegment);
                }
                segment.parse().map_err(|_| InvalidSegment)
            }
            fn write(&self, out: &mut String) {
                push(self, out);
            }
        }
    )+};
}
integers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl PathValue for uuid::Uuid {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        // The canonical form only: 8-4-4-4-12 lower-case digits.
        let canonical = segment.len() == 36 && !segment.bytes().any(|b| b.is_ascii_uppercase());
        if !canonical {
            return Err(InvalidSegment);
        }
        uuid::Uuid::try_parse(segment).map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        push(self, out);
    }
}

impl PathValue for vauban_orm::Slug {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        Self::parse(segment).map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        out.push_str(self.as_str());
    }
}

impl<M: 'static> PathValue for vauban_orm::Id<M> {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        segment.parse().map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        push(self, out);
    }
}

/// The rest of a path, for `{*rest}` at a pattern's end: segments with `/` between, none of them empty, `.`
/// or `..`, so that it can be a name below a folder (CWE-22; opening it still takes a capability).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestOfPath(String);

impl RestOfPath {
    /// The rest, decoded, without a slash at its start.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PathValue for RestOfPath {
    const REST: bool = true;
    fn read(rest: &str) -> Result<Self, InvalidSegment> {
        if rest.split('/').all(is_segment) {
            Ok(Self(rest.to_owned()))
        } else {
            Err(InvalidSegment)
        }
    }
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

fn push(value: impl Display, out: &mut String) {
    use std::fmt::Write;
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::router::decode_segment;
    use crate::routing::url::encode_segments;

    /// What a URL function writes, the router decodes and the view's parameter reads.
    fn there_and_back<T: PathValue>(value: &T) -> Option<T> {
        let (mut raw, mut url) = (String::new(), String::new());
        value.write(&mut raw);
        encode_segments(&raw, T::REST, &mut url);
        assert!(
            url.is_ascii() && !url.contains(['?', '#', '\\', ' ', '"', '<']),
            "{url}"
        );
        let segments: Option<Vec<_>> = url.split('/').map(decode_segment).collect();
        let segments = segments?;
        if !T::REST && segments.len() != 1 {
            return None;
        }
        T::read(&segments.join("/")).ok()
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 20_000, "values"))]

            #[test]
            fn what_is_written_is_read(text: String, title in "\\PC{0,40}", n: i64, m: u64, s: i8, id: u128) {
                for text in [&text, &title, "%2F", "%", "100%25", "..", ". ", "~", "a+b&c=d"] {
                    if let Ok(text) = PathText::parse(text) {
                        prop_assert_eq!(there_and_back(&text), Some(text));
                    }
                    if let Ok(rest) = RestOfPath::read(text) {
                        prop_assert_eq!(there_and_back(&rest), Some(rest));
                    }
                }
                if let Some(slug) = vauban_orm::Slug::from_title(&title) {
                    prop_assert_eq!(there_and_back(&slug), Some(slug));
                }
                prop_assert_eq!(there_and_back(&n), Some(n));
                prop_assert_eq!(there_and_back(&m), Some(m));
                prop_assert_eq!(there_and_back(&s), Some(s));
                let id = uuid::Uuid::from_u128(id);
                prop_assert_eq!(there_and_back(&id), Some(id));
            }

            /// And the other way round: what the router reads is never refused by the type that writes it.
            #[test]
            fn what_is_read_can_be_written(segment in "[a-zA-Z0-9%/.~ -]{1,12}") {
                if let Some(text) = decode_segment(&segment).filter(|_| !segment.contains('/')) {
                    prop_assert_eq!(PathText::parse(&text).is_ok(), is_segment(&text));
                }
            }
        }
    }

    mod keyword {
        use crate::http::{Result, Text};
        use crate::routing::{Path, Public};
        use crate::{routes, view};

        #[view(get, "/kinds/{type}/")]
        async fn r#match(_: Public, r#type: Path<vauban_orm::Slug>) -> Result<Text> {
            Ok(Text::new(r#type.to_string()))
        }
        routes! { r#match => super::keyword::r#match }
    }

    /// bug-cases 14: a keyword of Rust is a name of a parameter, a view and a route.
    #[test]
    fn a_keyword_is_a_name() {
        let slug = vauban_orm::Slug::parse("a").unwrap();
        assert_eq!(format!("{:?}", keyword::r#match(&slug)), "Url(/kinds/a/)");
        let names: Vec<_> = keyword::routes().iter().map(|route| route.name.clone()).collect();
        assert_eq!(names, ["match"]);
    }

    /// CWE-22, CWE-174
    #[test]
    fn what_no_route_reads_is_no_path_text() {
        for never in [
            "",
            ".",
            "..",
            "/",
            "AC/DC",
            "a\\b",
            "\0",
            "a\nb",
            "\u{85}",
            &"x".repeat(501),
        ] {
            assert_eq!(PathText::parse(never), Err(NotPathText), "{never:?}");
        }
        for never in ["", "/", "/a", "a/", "a//b", "a/../b", "./a", "a\\b"] {
            assert_eq!(RestOfPath::read(never), Err(InvalidSegment), "{never:?}");
        }
    }
}
