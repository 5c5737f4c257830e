//! How alike a password and what is known of its owner are, as Django measures it.

use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;

/// Python's `difflib.SequenceMatcher(a, b).quick_ratio()`: twice the size of the common multiset of
/// characters, over the sum of the lengths; 1.0 for two empty texts.
///
/// ```
/// assert_eq!(vauban_accounts::quick_ratio("abcd", "bcde"), 0.75);
/// ```
pub fn quick_ratio(a: &str, b: &str) -> f64 {
    let mut available: HashMap<char, usize> = HashMap::new();
    for c in b.chars() {
        *available.entry(c).or_default() += 1;
    }
    let (mut matches, mut length) = (0_u32, 0_u32);
    for c in a.chars() {
        length += 1;
        if let Some(left) = available.get_mut(&c).filter(|left| **left > 0) {
            *left -= 1;
            matches += 1;
        }
    }
    length += u32::try_from(b.chars().count()).unwrap_or(u32::MAX);
    if length == 0 {
        1.0
    } else {
        2.0 * f64::from(matches) / f64::from(length)
    }
}

/// Whether the password is at least `limit` like the value or one of its words.
pub(super) fn is_similar(password: &str, value: &str, limit: f64) -> bool {
    if value.is_empty() {
        return false;
    }
    let password = zeroize::Zeroizing::new(password.to_lowercase());
    let value = value.to_lowercase();
    let length = password.chars().count();
    value
        .split(|c: char| !is_word(c))
        .chain(std::iter::once(value.as_str()))
        .filter(|part| !far_shorter(length, limit, part.chars().count()))
        .any(|part| quick_ratio(&password, part) >= limit)
}

/// Python's `\w`: letters, digits and the underscore, but not combining marks.
fn is_word(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && !is_combining_mark(c))
}

/// A part of less than a tenth of the password's length cannot reach the limit: no need to compare (CWE-400).
fn far_shorter(password: usize, limit: f64, part: usize) -> bool {
    #[allow(clippy::cast_precision_loss)] // at most a few thousand characters
    let bound = limit / 2.0 * password as f64;
    #[allow(clippy::cast_precision_loss)]
    let part_is_below = (part as f64) < bound;
    password >= 10 * part && part_is_below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values printed by CPython 3.11's `difflib`.
    #[test]
    fn quick_ratio_is_difflibs() {
        for (a, b, expected) in [
            ("", "", 1.0),
            ("a", "", 0.0),
            ("testclient", "test", 0.571_428_571_428_571_4),
            ("janex", "jane", 0.888_888_888_888_888_8),
            ("aab", "abb", 0.666_666_666_666_666_6),
            ("pässwörd", "password", 0.75),
        ] {
            assert!((quick_ratio(a, b) - expected).abs() < 1e-15, "{a} {b}");
        }
    }
}
