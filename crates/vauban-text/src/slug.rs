//! The one rule that makes the part of an address from a title.

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A part of an address in ASCII: small letters, digits, `-` and `_`. Empty if the text has neither letter nor digit.
///
/// Letters of other scripts and emoji are transliterated, spaces and hyphens become one `-`, and what is left is
/// dropped: Django's `slugify`, which drops other scripts as well.
///
/// ```
/// use vauban_text::slugify;
/// assert_eq!(slugify("Über Öl"), "uber-ol");
/// assert_eq!(slugify("Привет, мир"), "privet-mir");
/// assert_eq!(slugify("你好"), "ni-hao");
/// assert_eq!(slugify("!?"), "");
/// ```
pub fn slugify(text: &str) -> String {
    let mut slug = Slug::default();
    for c in text.nfkc() {
        if c.is_ascii() {
            slug.push(c);
        } else if c.is_whitespace() {
            slug.push(' ');
        } else if !crate::is_foreign_punctuation(c) {
            // A word per sign where a script has no spaces: `Ni Hao `.
            deunicode_char(c)
                .unwrap_or_default()
                .chars()
                .for_each(|c| slug.push(c));
        }
    }
    slug.finish()
}

/// The same with the letters of every script: `Привет, мир` becomes `привет-мир`.
///
/// Such text stands in an address percent-encoded; `Slug` is ASCII only.
pub fn slugify_unicode(text: &str) -> String {
    let mut slug = Slug::default();
    for c in text.nfkc() {
        slug.push(c);
    }
    slug.finish()
}

#[derive(Default)]
struct Slug(String);

impl Slug {
    fn push(&mut self, c: char) {
        // Vowel signs are alphabetic to Unicode but no letters to Django.
        if c == '_' || (c.is_alphanumeric() && !is_combining_mark(c)) {
            self.0.extend(c.to_lowercase().filter(|c| !is_combining_mark(*c)));
        } else if (c == '-' || c.is_whitespace()) && !self.0.ends_with('-') {
            self.0.push('-');
        }
    }

    fn finish(self) -> String {
        self.0.trim_matches(['-', '_']).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_addresses() {
        for (title, slug) in [
            ("  Hello, World! ", "hello-world"),
            ("Über Öl", "uber-ol"),
            ("U\u{308}ber O\u{308}l", "uber-ol"),
            ("Straße", "strasse"),
            ("Привет, мир", "privet-mir"),
            ("你好", "ni-hao"),
            ("ελληνικά", "ellenika"),
            ("C#", "c"),
            ("C++", "c"),
            ("ﬁne １２", "fine-12"),
            ("a – b — c", "a-b-c"),
            ("it’s “so”", "its-so"),
            ("__x__", "x"),
            ("", ""),
            ("…!?", ""),
        ] {
            assert_eq!(slugify(title), slug, "{title}");
        }
        for title in [
            "مرحبا",
            "नमस्ते",
            "שלום",
            "สวัสดี",
            "안녕하세요",
            "こんにちは",
            "გამარჯობა",
            "բարեւ",
            "🎉",
        ] {
            assert!(
                slugify(title).contains(|c: char| c.is_ascii_alphanumeric()),
                "{title}"
            );
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn a_slug_is_its_own_slug(title in "\\PC{0,30}") {
                let slug = slugify(&title);
                proptest::prop_assert_eq!(&slugify(&slug), &slug);
                proptest::prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_'));
            }
        }
    }
}
