//! Markup that is cut short and stays balanced.

use super::input::Markup;
use super::number::Number;
use super::text::ellipsis;
use super::tokens::{Piece, Pieces, decoded};
use crate::runtime::escape;
use crate::runtime::safe::SafeHtml;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// How text is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Characters,
    Words,
}

/// At most so many letters of text. Markup stays markup, text stays text.
pub fn truncatechars_html<'a>(value: Markup<'a>, to: Number<'_>) -> Markup<'a> {
    cut(value, to, By::Characters, "…")
}

/// At most so many words of text.
pub fn truncatewords_html<'a>(value: Markup<'a>, to: Number<'_>) -> Markup<'a> {
    cut(value, to, By::Words, " …")
}

/// `Truncator(html).words(n, html=True)`: without the space before the ellipsis.
pub fn truncate_words_html(html: &str, to: i64) -> String {
    shorten(html, i128::from(to), By::Words, "…")
}

/// `Truncator(html).chars(n, html=True)`.
pub fn truncate_chars_html(html: &str, to: i64) -> String {
    shorten(html, i128::from(to), By::Characters, "…")
}

fn cut<'a>(value: Markup<'a>, to: Number<'_>, by: By, end: &str) -> Markup<'a> {
    let Some(length) = to.int() else { return value };
    match value {
        Markup::Text(text) => Markup::Text(Cow::Owned(shorten(&text, length, by, end))),
        Markup::Html(html) => Markup::Html(Cow::Owned(SafeHtml::checked(shorten(
            html.as_str(),
            length,
            by,
            end,
        )))),
    }
}

fn shorten(html: &str, length: i128, by: By, end: &str) -> String {
    if length <= 0 {
        return String::new();
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut remaining = if by == By::Characters {
        length - vauban_text::count(end).min(length)
    } else {
        length
    };
    let mut seen = 0;
    let mut out = String::with_capacity(html.len().min(4096));
    let mut open: Vec<String> = Vec::new();
    // What the text became shorter by.
    let mut less = 0;
    for piece in Pieces::new(html) {
        match piece {
            Piece::Start(text, name, closing) => {
                out.push_str(text);
                if !void(&name) {
                    if closing {
                        out.push_str(&format!("</{name}>"));
                    } else {
                        open.push(name);
                    }
                }
            }
            Piece::End(name) => {
                if !void(&name) {
                    if open.last() == Some(&name) {
                        open.pop();
                    }
                    out.push_str(&format!("</{name}>"));
                }
            }
            Piece::Other => {}
            Piece::Data(raw) => {
                let text = decoded(raw);
                match by {
                    By::Characters => {
                        // CWE-79: only text is composed. A combining character after `>` would make the tag's end vanish.
                        let composed: String = text.nfc().collect();
                        less += text.len().saturating_sub(composed.len());
                        let text = composed;
                        let count = vauban_text::count(&text);
                        seen += count;
                        // The text fits exactly and nothing follows: no ellipsis.
                        if seen == length && out.len() + text.len() + less == html.len() {
                            escape::text(&text, &mut out);
                            break;
                        }
                        let part = vauban_text::first_letters(&text, remaining);
                        if count > remaining {
                            finish(part, end, &mut out, &open);
                            return out;
                        }
                        remaining -= count;
                        escape::text(part, &mut out);
                    }
                    By::Words => {
                        let words = split_words(&text);
                        let part = words[..words.len().min(remaining)].join(" ");
                        if words.len() > remaining {
                            finish(&part, end, &mut out, &open);
                            return out;
                        }
                        remaining -= words.len();
                        escape::text(&part, &mut out);
                    }
                }
            }
        }
    }
    out
}

fn finish(part: &str, end: &str, out: &mut String, open: &[String]) {
    let mut escaped = String::new();
    escape::text(part, &mut escaped);
    out.push_str(&ellipsis(&escaped, end));
    for name in open.iter().rev() {
        out.push_str(&format!("</{name}>"));
    }
}

/// Python's `re.split(r"(?<=\S)\s+(?=\S)", text)`: spaces at both ends stay with their words.
fn split_words(text: &str) -> Vec<&str> {
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    if start >= end {
        return vec![text];
    }
    let mut out: Vec<&str> = text[start..end].split_whitespace().collect();
    let count = out.len();
    if count == 1 {
        return vec![text];
    }
    let first = start + out[0].len();
    let last = end - out[count - 1].len();
    out[0] = &text[..first];
    out[count - 1] = &text[last..];
    out
}

fn void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_balanced() {
        let html = "<p>one <a href=\"#\">two - three <br>four</a> five</p>";
        assert_eq!(truncate_chars_html(html, 4), "<p>one…</p>");
        assert_eq!(truncate_words_html(html, 2), "<p>one <a href=\"#\">two…</a></p>");
    }

    #[test]
    fn text_is_composed_and_tags_are_not() {
        assert_eq!(truncate_chars_html("e\u{301}a", 2), "\u{e9}a");
        assert_eq!(truncate_chars_html("<b>e\u{301}</b>ab", 2), "<b>\u{e9}</b>…");
        // `>` and U+0338 compose to U+226F.
        let html = "<b>\u{338} onclick=alert(1) x</b>";
        assert_eq!(truncate_chars_html(html, 4), "<b>\u{338} o…</b>");
        assert_eq!(truncate_chars_html(html, 99), html);
    }
}
