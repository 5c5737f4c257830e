//! Letters as people count them: extended grapheme clusters (UAX #29).

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// The letters of a text: a character with its marks is one, so is a flag, a family, a Hangul syllable, CRLF.
///
/// ```
/// assert_eq!(vauban_text::letters("e\u{301}🇫🇷").count(), 2);
/// ```
pub fn letters(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// How many letters a text has.
pub fn count(text: &str) -> usize {
    // Most texts are ASCII, where a letter is a byte but for CRLF.
    if text.is_ascii() && !text.contains('\r') {
        text.len()
    } else {
        letters(text).count()
    }
}

/// The beginning of a text: at most so many letters, none of them cut.
pub fn first_letters(text: &str, most: usize) -> &str {
    text.grapheme_indices(true)
        .nth(most)
        .map_or(text, |(end, _)| &text[..end])
}

/// Whether no letter is cut at this place, which is one between characters.
pub fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

/// Punctuation outside ASCII that opens, closes or ends something: quotes, brackets, full stops of every script. Dashes
/// and dots that stand within words (`·`, `・`) are none.
pub fn is_foreign_punctuation(c: char) -> bool {
    use GeneralCategory::{
        ClosePunctuation, FinalPunctuation, InitialPunctuation, OpenPunctuation, OtherPunctuation,
    };
    !c.is_ascii()
        && !matches!(c, '\u{b7}' | '\u{30fb}' | '\u{2027}')
        && matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            OpenPunctuation | ClosePunctuation | InitialPunctuation | FinalPunctuation | OtherPunctuation
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_keeps_its_marks() {
        for one in [
            "é",
            "e\u{301}",
            "🇫🇷",
            "👨\u{200d}👩\u{200d}👧",
            "각",
            "\u{1100}\u{1161}\u{11a8}",
            "नि",
            "👍🏽",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(count(one), 1, "{one}");
            assert_eq!(
                first_letters(&format!("{one}{one}x"), 2),
                format!("{one}{one}"),
                "{one}"
            );
        }
        assert_eq!(
            (
                count(""),
                count("abc"),
                first_letters("abc", 9),
                first_letters("abc", 0)
            ),
            (0, 3, "abc", "")
        );
    }
}
