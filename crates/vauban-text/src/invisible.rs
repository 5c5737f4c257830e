//! What nobody sees in a text, and what turns its reading order round.
//!
//! CWE-451, CWE-1007: `Ann` and `Ann` with a zero-width space are two names that look like one; a right-to-left
//! override shows `gpj.exe` as `exe.jpg`, and what is open at the end of a name turns round what stands behind it.
//!
//! The rule follows UTS #39 §3.1 and UAX #31 §2.3 (default-ignorable characters have no place in names but for joiners
//! where they show) and UTR #36 §2.7 (bidirectional controls):
//!
//! | | one line: names, titles | several lines: bodies |
//! |---|---|---|
//! | what is default-ignorable (zero-width space, soft hyphen, byte order mark, fillers, …) | taken out | stays, but for deprecated ones and tags |
//! | joiners (ZWJ, ZWNJ) | stay where they show: behind a virama, between letters that join, in emoji | stay |
//! | variation selectors | stay behind an emoji, an ideograph or a Mongolian letter | stay |
//! | marks of direction (LRM, RLM, ALM) | taken out | stay |
//! | isolates (LRI, RLI, FSI, PDI) | taken out | stay where they are closed on their line |
//! | embeddings and overrides (LRE, RLE, LRO, RLO, PDF) | taken out | taken out |
//! | line and paragraph separators | become a space | stay |

use std::borrow::Cow;

use icu_properties::props::{
    BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic,
    JoiningType, UnifiedIdeograph,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A name or a title.
    One,
    /// A text of several lines, such as a body: line breaks and tabs stay.
    Many,
}

/// The text without what nobody sees, by the table of this module. Work is linear in the text.
///
/// ```
/// use vauban_text::{Lines, without_invisible};
/// assert_eq!(without_invisible("pay\u{200b}pal\u{202e}", Lines::One), "paypal");
/// assert_eq!(without_invisible("می\u{200c}خواهم", Lines::One), "می\u{200c}خواهم");
/// ```
pub fn without_invisible(text: &str, lines: Lines) -> Cow<'_, str> {
    // All of them are outside Latin-1 but for the soft hyphen.
    if !text.chars().any(|c| c > '\u{ac}' && is_special(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    match lines {
        Lines::One => one_line(text, &mut out),
        Lines::Many => {
            for line in text.split_inclusive(['\n', '\u{2028}', '\u{2029}']) {
                many_lines(line, &mut out);
            }
        }
    }
    Cow::Owned(out)
}

/// Whether there is nothing to see in a text: spaces, invisible characters and signs that are blank.
pub fn is_blank(text: &str) -> bool {
    // U+2800 is the braille pattern without dots.
    text.chars()
        .all(|c| c.is_whitespace() || c == '\u{2800}' || is_special(c))
}

/// Whether nobody sees a character, or it turns the reading order round, wherever it stands.
pub fn is_invisible(c: char) -> bool {
    is_special(c)
}

fn is_special(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<BidiControl>().contains(c)
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{2028}' | '\u{2029}')
}

fn one_line(text: &str, out: &mut String) {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let keep = match c {
            '\u{2028}' | '\u{2029}' => {
                out.push(' ');
                continue;
            }
            _ if !is_special(c) => true,
            '\u{200c}' => after_virama(out) || (joins_on(out) && joins_back(rest.as_str())),
            '\u{200d}' => after_virama(out) || (is_picture(out) && starts_with_picture(rest.as_str())),
            '\u{fe0e}' | '\u{fe0f}' => out
                .chars()
                .next_back()
                .is_some_and(|c| CodePointSetData::new::<Emoji>().contains(c)),
            '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => out
                .chars()
                .next_back()
                .is_some_and(|c| CodePointSetData::new::<UnifiedIdeograph>().contains(c)),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => out
                .chars()
                .next_back()
                .is_some_and(|c| ('\u{1820}'..='\u{18aa}').contains(&c)),
            _ => is_flag_tag(c, out),
        };
        if keep {
            out.push(c);
        }
    }
}

fn many_lines(line: &str, out: &mut String) {
    // How many isolates are closed from here to the end of the line.
    let mut closing = line.matches('\u{2069}').count();
    let mut open = 0_usize;
    for c in line.chars() {
        let keep = match c {
            '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => false,
            '\u{2066}'..='\u{2068}' => {
                let closed = open < closing;
                open += usize::from(closed);
                closed
            }
            '\u{2069}' => {
                closing -= 1;
                let opened = open > 0;
                open -= usize::from(opened);
                opened
            }
            '\u{e0000}'..='\u{e007f}' => is_flag_tag(c, out),
            _ => true,
        };
        if keep {
            out.push(c);
        }
    }
}

/// Tags spell the region of a flag (England, Scotland, Wales) and hide text everywhere else.
fn is_flag_tag(c: char, before: &str) -> bool {
    let is_tag = |c: char| ('\u{e0020}'..='\u{e007e}').contains(&c);
    // A region has at most six letters (UTS #51 §C.1).
    (is_tag(c) || c == '\u{e007f}') && before.chars().rev().take(8).find(|c| !is_tag(*c)) == Some('\u{1f3f4}')
}

/// UAX #31 A2, B: behind a virama, which joins or parts two consonants of an Indic script.
fn after_virama(before: &str) -> bool {
    before.chars().next_back().is_some_and(|c| {
        CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
    })
}

/// UAX #31 A1: the letter before would join with what follows. Marks in between are few.
fn joins_on(before: &str) -> bool {
    let letter = before
        .chars()
        .rev()
        .take(8)
        .map(joining)
        .find(|kind| *kind != JoiningType::Transparent);
    matches!(letter, Some(JoiningType::DualJoining | JoiningType::LeftJoining))
}

fn joins_back(after: &str) -> bool {
    let letter = after
        .chars()
        .take(8)
        .map(joining)
        .find(|kind| *kind != JoiningType::Transparent);
    matches!(letter, Some(JoiningType::DualJoining | JoiningType::RightJoining))
}

fn joining(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

/// A picture, with a colour of skin or a variation selector behind it.
fn is_picture(before: &str) -> bool {
    let modifier = |c: &char| matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    before
        .chars()
        .rev()
        .take(3)
        .find(|c| !modifier(c))
        .is_some_and(pictographic)
}

fn starts_with_picture(after: &str) -> bool {
    after.chars().next().is_some_and(pictographic)
}

fn pictographic(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-451, CWE-1007
    #[test]
    fn a_name_has_nothing_that_nobody_sees() {
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2061}',
            '\u{2066}',
            '\u{2067}',
            '\u{2068}',
            '\u{2069}',
            '\u{206a}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{1d173}',
        ] {
            assert_eq!(
                without_invisible(&format!("{hidden}A{hidden}nn{hidden}"), Lines::One),
                "Ann",
                "{hidden:?}"
            );
            assert!(is_blank(&format!(" {hidden}")), "{hidden:?}");
        }
        assert_eq!(without_invisible("a\u{2028}b\u{2029}c", Lines::One), "a b c");
        assert!(is_blank("\u{2800}\u{3164}") && is_blank("") && !is_blank(" x"));
    }

    #[test]
    fn what_a_script_needs_stays() {
        for needed in [
            "می\u{200c}خواهم", // Persian
            "क्\u{200d}ष",
            "क्\u{200c}ष", // Devanagari
            "👨\u{200d}👩\u{200d}👧",
            "👩🏽\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "🏳\u{fe0f}\u{200d}🌈",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}", // Scotland
            "葛\u{e0100}飾区",
            "naïve Ünïcode, 你好, שלום",
        ] {
            assert_eq!(without_invisible(needed, Lines::One), needed);
            assert_eq!(without_invisible(needed, Lines::Many), needed);
        }
    }

    #[test]
    fn a_body_keeps_its_marks_and_loses_overrides() {
        let kept = "a\u{200b}b\u{ad}c \u{200e}x\u{200f} \u{2067}שלום\u{2069}!\nnext";
        assert_eq!(without_invisible(kept, Lines::Many), kept);
        for (typed, left) in [
            (
                "access\u{202e}\u{2066}// check\u{2069}\u{2066}",
                "access\u{2066}// check\u{2069}",
            ), // CVE-2021-42574
            ("\u{2067}open\nnext\u{2069}", "open\nnext"),
            ("\u{2069}x", "x"),
            ("x\u{e0068}\u{e0069}", "x"), // text in tags, which programs read and people do not
        ] {
            assert_eq!(without_invisible(typed, Lines::Many), left, "{typed:?}");
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_clean_stays_as_it_is(text in "[a\u{627}\u{915}\u{94d}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{fe0f}\u{1f3f4}\u{e0067}\u{e007f}\n]{0,12}") {
                for lines in [Lines::One, Lines::Many] {
                    let once = without_invisible(&text, lines).into_owned();
                    proptest::prop_assert_eq!(without_invisible(&once, lines), &*once);
                }
            }
        }
    }
}
