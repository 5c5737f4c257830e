//! Addresses in text become links.
//!
//! Work per word is bounded, so text of any shape takes linear time (CVE-2024-38875, CVE-2024-41990,
//! CVE-2024-41991, CVE-2024-45230).

use super::email::{domain_part, looks_like_email};
use super::entities::unescape;
use super::input::Markup;
use super::number::Number;
use super::tokens::between_tags;
use super::url::{quote, smart_urlquote};
use crate::runtime::escape;
use crate::runtime::safe::SafeHtml;

/// Longer words are no addresses.
const MAX_URL: usize = 2048;

/// Links with `rel="nofollow"`.
pub fn urlize(value: Markup<'_>) -> SafeHtml {
    link(&value, None, true)
}

/// The same, the shown text being cut.
pub fn urlizetrunc(value: Markup<'_>, limit: Number<'_>) -> SafeHtml {
    let limit = limit
        .int()
        .map(|n| usize::try_from(n.max(0)).unwrap_or(usize::MAX));
    link(&value, limit, true)
}

/// `django.utils.html.urlize`. Text is escaped, markup is kept as it is.
pub fn link(value: &Markup<'_>, limit: Option<usize>, nofollow: bool) -> SafeHtml {
    let text = value.source();
    let mut out = String::with_capacity(text.len() + 64);
    match value {
        Markup::Text(_) => words(text, false, limit, nofollow, &mut out),
        // CWE-79: a link inside a tag would end the attribute it stands in, and what the address says would be
        // attributes. Links in links, scripts and other text-only elements stay as they are, too.
        Markup::Html(_) => {
            let closed = ["a", "script", "style", "textarea", "title"];
            between_tags(text, &closed, &mut out, |text, out| {
                words(text, true, limit, nofollow, out);
            });
        }
    }
    SafeHtml::checked(out)
}

fn words(text: &str, safe: bool, limit: Option<usize>, nofollow: bool, out: &mut String) {
    let separator = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'');
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is = separator(first);
        let end = rest.find(|c: char| separator(c) != is).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        if is || !word.contains(['.', '@', ':']) {
            plain(word, safe, out);
        } else {
            one(word, safe, limit, nofollow, out);
        }
    }
}

fn plain(text: &str, safe: bool, out: &mut String) {
    if safe {
        out.push_str(text);
    } else {
        escape::text(text, out);
    }
}

fn one(word: &str, safe: bool, limit: Option<usize>, nofollow: bool, out: &mut String) {
    let (lead, middle, trail) = trim_punctuation(word);
    let mut rel = if nofollow { " rel=\"nofollow\"" } else { "" };
    let short = middle.chars().count() <= MAX_URL;
    let url = if short && has_scheme(middle) {
        Some(smart_urlquote(&unescape(middle)))
    } else if short && without_scheme(middle) {
        Some(smart_urlquote(&format!("http://{}", unescape(middle))))
    } else if !middle.contains(':') && looks_like_email(middle) {
        rel = "";
        middle
            .rsplit_once('@')
            .map(|(local, domain)| format!("mailto:{}@{}", quote(local, ""), quote(domain, "")))
    } else {
        None
    };
    let Some(url) = url else {
        plain(word, safe, out);
        return;
    };
    plain(lead, safe, out);
    out.push_str("<a href=\"");
    escape::attribute(&url, out);
    out.push('"');
    out.push_str(rel);
    out.push('>');
    match limit {
        Some(limit) if middle.chars().count() > limit => {
            let shown: String = middle.chars().take(limit.saturating_sub(1)).collect();
            plain(&shown, safe, out);
            out.push('…');
        }
        _ => plain(middle, safe, out),
    }
    out.push_str("</a>");
    plain(trail, safe, out);
}

/// `^https?://\[?\w`
fn has_scheme(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let length = if lower.starts_with("https://") {
        8
    } else if lower.starts_with("http://") {
        7
    } else {
        return false;
    };
    let rest = &text[length..];
    let rest = rest.strip_prefix('[').unwrap_or(rest);
    rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// `www.…`, or a host under one of the oldest domains.
fn without_scheme(text: &str) -> bool {
    let lower = text.to_lowercase();
    if lower.starts_with("www.") {
        return true;
    }
    if lower.starts_with("http") {
        return false;
    }
    let host = lower.split('/').next().unwrap_or("");
    ["com", "edu", "gov", "int", "mil", "net", "org"]
        .iter()
        .any(|end| {
            host.strip_suffix(end)
                .is_some_and(|h| h.ends_with('.') && h.len() > 1)
                && domain_part(host)
        })
}

/// Takes brackets and punctuation off both ends. Each character is looked at a fixed number of times.
fn trim_punctuation(word: &str) -> (&str, &str, &str) {
    let middle = word.trim_start_matches(['(', '[']);
    let lead = &word[..word.len() - middle.len()];
    let mut middle = middle;
    let count = |c: char| middle.matches(c).count();
    let mut round = [
        ('(', ')', count('('), count(')')),
        ('[', ']', count('['), count(']')),
    ];
    let body = middle;
    loop {
        let before = middle.len();
        for (_, close, opened, closed) in &mut round {
            if *opened < *closed {
                let stripped = middle.trim_end_matches(*close);
                if stripped.len() != middle.len() {
                    let surplus = (*closed - *opened).min(middle.len() - stripped.len());
                    middle = &middle[..middle.len() - surplus];
                    *closed -= surplus;
                }
            }
        }
        let amp = middle.rfind('&');
        middle = match amp {
            None => middle.trim_end_matches(['.', ',', ':', ';', '!']),
            Some(_) => middle.trim_end_matches(['.', ',', ':', '!']),
        };
        if middle.ends_with(';')
            && let Some(amp) = amp.filter(|a| *a < middle.len())
        {
            let entity = &middle[amp..];
            // What follows an ampersand and is longer than any name is none.
            let decoded = if entity.len() > 64 {
                entity.to_owned()
            } else {
                unescape(entity)
            };
            if decoded == entity || decoded.ends_with(';') {
                let stripped = middle.trim_end_matches(['.', ',', ':', ';', '!']);
                let semicolons = middle.len() - middle.trim_end_matches(';').len();
                if semicolons > 1 {
                    let keep = stripped.len() + middle[stripped.len()..].find(';').unwrap_or(0) + 1;
                    middle = &middle[..keep.min(middle.len())];
                    if keep >= before {
                        break;
                    }
                } else {
                    middle = stripped;
                }
            }
        }
        if middle.len() == before || middle.is_empty() {
            break;
        }
    }
    (lead, middle, &body[middle.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn run(text: &str) -> String {
        urlize(Markup::Text(Cow::Borrowed(text))).as_str().to_owned()
    }

    #[test]
    fn links() {
        assert_eq!(
            run("see google.com/?q=!"),
            "see <a href=\"http://google.com/?q=\" rel=\"nofollow\">google.com/?q=</a>!"
        );
        assert_eq!(
            run("(www.x.org)"),
            "(<a href=\"http://www.x.org\" rel=\"nofollow\">www.x.org</a>)"
        );
        assert_eq!(
            run("me@example.com"),
            "<a href=\"mailto:me@example.com\">me@example.com</a>"
        );
        assert_eq!(run("javascript:alert(1).com"), "javascript:alert(1).com");
        assert_eq!(run("<script>"), "&lt;script&gt;");
    }

    #[test]
    fn addresses_in_attributes_stay_where_they_are() {
        let run = |html: &str| {
            urlize(Markup::Html(Cow::Owned(SafeHtml::checked(html.to_owned()))))
                .as_str()
                .to_owned()
        };
        for html in [
            "<img alt=\"http://x.example/onerror=alert(1)//\">",
            "<img alt='a > http://x.example/onerror=alert(1)//'>",
            "<a href=\"http://x.example/\">www.x.example</a>",
            "<textarea>www.x.example</textarea>",
        ] {
            assert_eq!(run(html), html);
        }
        assert_eq!(
            run("<b title=\"www.x.org\">www.x.org &amp;</b>"),
            "<b title=\"www.x.org\"><a href=\"http://www.x.org\" rel=\"nofollow\">www.x.org</a> &amp;</b>"
        );
    }
}
