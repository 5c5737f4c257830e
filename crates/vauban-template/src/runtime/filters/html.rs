//! Filters that write or read markup.

pub use super::truncate::{truncate_chars_html, truncate_words_html, truncatechars_html, truncatewords_html};
pub use super::urlize::{urlize, urlizetrunc};

use super::entities::unescape;
use super::input::Markup;
use super::tokens::{Piece, Pieces, between_tags};
use crate::runtime::escape;
use crate::runtime::safe::SafeHtml;
use serde::Serialize;

/// Removes whitespace between tags: `>\s+<` becomes `><`.
pub fn strip_spaces_between_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('>') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let after = rest.trim_start();
        if after.starts_with('<') {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// `\r\n` and `\r` become `\n`.
pub fn normalize_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Text as markup that shows it; markup as markup that shows its source.
pub fn force_escape(value: Markup<'_>) -> SafeHtml {
    SafeHtml::text(value.source())
}

/// Paragraphs at empty lines, `<br>` at line ends.
pub fn linebreaks(value: Markup<'_>) -> SafeHtml {
    let broken = lines(&value, |count, out| {
        // Python's `re.split("\n{2,}", text)`.
        out.push_str(if count > 1 { "</p>\n\n<p>" } else { "<br>" });
    });
    SafeHtml::checked(format!("<p>{broken}</p>"))
}

/// `<br>` at line ends.
pub fn linebreaksbr(value: Markup<'_>) -> SafeHtml {
    SafeHtml::checked(lines(&value, |count, out| {
        out.extend(std::iter::repeat_n("<br>", count));
    }))
}

/// Text or markup with something instead of each run of line ends.
///
/// CWE-79: in a tag a `<br>` would end the tag or stand in a value; what is preformatted keeps its lines.
fn lines(value: &Markup<'_>, instead: impl Fn(usize, &mut String)) -> String {
    let text = normalize_newlines(&value.escaped());
    let mut out = String::with_capacity(text.len() + 32);
    let closed = ["pre", "script", "style", "textarea", "title"];
    between_tags(&text, &closed, &mut out, |mut text, out| {
        while let Some(at) = text.find('\n') {
            out.push_str(&text[..at]);
            let rest = text[at..].trim_start_matches('\n');
            instead(text.len() - at - rest.len(), out);
            text = rest;
        }
        out.push_str(text);
    });
    out
}

/// Text without tags. Not a sanitizer: the result is text, and is escaped like all text.
pub fn striptags(value: Markup<'_>) -> String {
    let text = strip_tags(value.source());
    match value {
        Markup::Text(_) => text,
        // Markup spells `&` as a reference; text does not.
        Markup::Html(_) => unescape(&text),
    }
}

/// Django's `strip_tags`. Tags that appear when others are removed are removed as well, a bounded number of
/// times (CVE-2024-53907, CVE-2025-32873).
pub fn strip_tags(text: &str) -> String {
    const ROUNDS: usize = 50;
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        if !(text.contains('<') && text.contains('>')) {
            return text;
        }
        let before = text.matches('<').count();
        let next = strip_once(&text);
        if next.matches('<').count() == before {
            return text;
        }
        text = next;
    }
    // Nested deeper than anybody writes: what is left of it is no text worth keeping.
    text.replace('<', "")
}

fn strip_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in Pieces::new(text) {
        if let Piece::Data(data) = piece {
            out.push_str(data);
        }
    }
    out
}

/// `<script type="application/json">` with the value, for a script file to read.
pub fn json_script<T: Serialize + ?Sized>(value: &T, id: Option<&str>) -> SafeHtml {
    let mut out = String::from("<script");
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        out.push_str(" id=\"");
        escape::attribute(id, &mut out);
        out.push('"');
    }
    out.push_str(" type=\"application/json\">");
    let start = out.len();
    if crate::runtime::json::django_json(value, &mut out).is_err() {
        out.truncate(start);
        out.push_str("null");
    }
    out.push_str("</script>");
    SafeHtml::checked(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn tags_are_stripped_again_and_again() {
        assert_eq!(strip_tags("X<<<<br>br>br>br>X"), "XX");
        assert_eq!(strip_tags("a<p onclick=\"alert('<test>')\">b</p>c"), "abc");
        assert_eq!(strip_tags("hi, <f x"), "hi, <f x");
        assert_eq!(strip_tags("234<235, right?"), "234<235, right?");
    }

    #[test]
    fn paragraphs_are_escaped() {
        assert_eq!(
            linebreaks(Markup::Text(Cow::Borrowed("<\nb\n\n\nc"))).as_str(),
            "<p>&lt;<br>b</p>\n\n<p>c</p>"
        );
    }

    /// The attack: a title of two lines ends its tag at the `>` of a `<br>` (in a value without quotes), or changes.
    #[test]
    fn line_ends_in_tags_stay() {
        let html = |text: &str| Markup::Html(Cow::Owned(SafeHtml::checked(text.to_owned())));
        for same in [
            "<a\n\ntitle=\"a\n\nb\"\nhref=x>y</a>",
            "<!-- a\n\nb -->",
            "<pre>\na\n\n<b>b</b>\n</pre>",
            "<script>\na // b\n</script>",
            "<style>\n</style>",
            "<textarea>a\n\nb</textarea>",
        ] {
            assert_eq!(linebreaksbr(html(same)).as_str(), same);
            assert_eq!(linebreaks(html(same)).as_str(), format!("<p>{same}</p>"));
        }
        assert_eq!(
            linebreaks(html("<b>a\r\nb</b>\n\n\n<i\n>c\n</i>")).as_str(),
            "<p><b>a<br>b</b></p>\n\n<p><i\n>c<br></i></p>"
        );
    }
}
