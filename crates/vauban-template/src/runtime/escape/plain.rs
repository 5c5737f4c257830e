//! Plain text, such as the text of a mail.

/// A value in a plain text. Characters that control a terminal, a mail or the direction of the text are left out. What the
/// value has over several lines is indented from its second line on: a line that begins at the margin is the template's, so
/// that no value forges one (CWE-93, CWE-117, CWE-1007).
pub fn text(value: &str, out: &mut String) {
    let mut chars = value.chars().peekable();
    let mut breaks = 0;
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                breaks += 1;
            }
            '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => breaks += 1,
            '\t' => put(' ', &mut breaks, out),
            c if c.is_control() || is_invisible(c) => {}
            c => put(c, &mut breaks, out),
        }
    }
}

/// How the second line of a value, and those after it, begin.
pub const INDENT: &str = "  ";

/// Writes the breaks that are due, two at most, and a character. At the end of a value none is written.
fn put(c: char, breaks: &mut u32, out: &mut String) {
    for _ in 0..(*breaks).min(2) {
        out.push('\n');
    }
    if *breaks > 0 {
        out.push_str(INDENT);
    }
    *breaks = 0;
    out.push(c);
}

/// What changes how the text beside it is read, and is not seen itself: marks of direction, tags, the byte order mark.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str) -> String {
        let mut out = String::new();
        text(value, &mut out);
        out
    }

    /// CWE-93, CWE-117. Attack: a name that brings a line with a link of its own.
    #[test]
    fn cwe_93_a_value_begins_no_line_at_the_margin() {
        for line_break in [
            "\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}",
        ] {
            let name = format!(
                "Ann{line_break}https://evil.example/{line_break}{line_break}{line_break}.{line_break}"
            );
            assert_eq!(
                plain(&name),
                "Ann\n  https://evil.example/\n\n  .",
                "{line_break:?}"
            );
        }
        assert_eq!(plain("\n\nAnn"), "\n\n  Ann");
    }

    #[test]
    fn nothing_controls_a_terminal_or_the_direction() {
        assert_eq!(
            plain("a\0b\u{1b}[31mc\u{7f}\u{9b}d\u{202e}e\u{2066}f\u{feff}g\th"),
            "ab[31mcdefg h"
        );
        assert_eq!(
            plain("<b> & \"Zoë\" 日本 🦀 👩\u{200d}🚀"),
            "<b> & \"Zoë\" 日本 🦀 👩\u{200d}🚀"
        );
    }
}
