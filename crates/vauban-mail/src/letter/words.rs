//! Text that stands in a header: nothing in it ends a line, so that nothing behind it becomes a header (CWE-93).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name of a person, in characters; what is longer is cut.
pub const MAX_NAME: usize = 70;
/// The longest subject, in characters; what is longer is cut.
pub const MAX_SUBJECT: usize = 200;
/// The longest value of a header of one's own, in bytes.
pub const MAX_HEADER: usize = 500;

/// A text of one line: without control characters, without what is not seen, without blanks at its ends.
///
/// People's names and subjects are cleaned, for nobody's mail fails on how they are called. What a developer writes, such as a
/// header's value, is refused instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Line(String);

impl Line {
    /// Cleans: what controls is left out, blanks become one, what is too long is cut with `…`.
    pub(crate) fn cleaned(text: &str, most: usize) -> Self {
        // A text is looked at as far as it can matter (CWE-400).
        let mut visible = String::new();
        vauban_template::escape::plain::text(&text.chars().take(8 * most).collect::<String>(), &mut visible);
        let mut line = String::new();
        for word in visible.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.chars().count() > most {
            line = line.chars().take(most.saturating_sub(1)).collect();
            line.truncate(line.trim_end().len());
            line.push('…');
        }
        Self(line)
    }

    /// Takes a text as it is, if it is one line.
    pub(crate) fn exactly(text: &str, most: usize) -> Option<Self> {
        let is_line = !text.is_empty()
            && text.len() <= most
            && text.trim() == text
            && !text.chars().any(char::is_control)
            && Self::cleaned(text, most).0 == text;
        is_line.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pitfall 13, CWE-93. Attack: a person is called so that their name ends the header and begins another.
    #[test]
    fn cwe_93_a_line_is_one_line() {
        for name in [
            "Ann\r\nBcc: eve@evil.example",
            "Ann\nBcc: eve@evil.example",
            "Ann\rBcc: eve@evil.example",
            "Ann\u{85}Bcc:\u{2028}eve@evil.example",
            "Ann\0\u{b}Bcc: eve@evil.example",
        ] {
            let line = Line::cleaned(name, MAX_NAME);
            assert_eq!(line.as_str(), "Ann Bcc: eve@evil.example", "{name:?}");
            assert_eq!(Line::exactly(name, MAX_HEADER), None, "{name:?}");
        }
        assert_eq!(
            Line::cleaned("Zoë  von \u{202e}Z ", MAX_NAME).as_str(),
            "Zoë von Z"
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let line = Line::cleaned(&"x".repeat(10_000), MAX_NAME);
        assert_eq!(line.as_str().chars().count(), MAX_NAME);
        assert!(line.as_str().ends_with("x…"));
        assert_eq!(Line::exactly(&"x".repeat(MAX_HEADER + 1), MAX_HEADER), None);
        assert!(Line::exactly("spring", MAX_HEADER).is_some());
    }
}
