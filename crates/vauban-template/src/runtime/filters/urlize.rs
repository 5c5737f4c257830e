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
    let mut rest = text;
    // An address that stands directly behind a letter of a script without spaces.
    let mut touches = false;
    while !rest.is_empty() {
        let gap = rest.find(|c: char| !parts(c)).unwrap_or(rest.len());
        if gap > 0 {
            plain(&rest[..gap], safe, out);
            rest = &rest[gap..];
            touches = false;
            continue;
        }
        let (word, after) = rest.split_at(word_end(rest, touches));
        rest = after;
        touches = word.ends_with(|c: char| !c.is_ascii()) && begins_address(rest);
        if word.contains(['.', '@', ':']) {
            one(word, safe, limit, nofollow, out);
        } else {
            plain(word, safe, out);
        }
    }
}

/// What stands between words: spaces, quotes, angle brackets, and other scripts' punctuation, after which a sentence
/// goes on without a space.
fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'') || vauban_text::is_foreign_punctuation(c)
}

/// Where the word at the start of `text` ends. `touches`: it is an address within a text that has no spaces, and ends
/// where that text goes on, at the first character that is not ASCII.
fn word_end(text: &str, touches: bool) -> usize {
    let mut before = ' ';
    let mut path = false;
    for (i, c) in text.char_indices() {
        let next = || text[i + c.len_utf8()..].chars().next().unwrap_or(' ');
        let ends = match c {
            // An apostrophe belongs to the path it stands in (`/wiki/Ohm's_law`) or to a mailbox, and quotes elsewhere.
            '\'' | '\u{2019}' => {
                let within = before.is_alphanumeric() && next().is_alphanumeric();
                !(within && (path || is_mailbox(&text[i + c.len_utf8()..])))
            }
            _ if parts(c) => true,
            _ if touches && !c.is_ascii() => true,
            'h' | 'H' | 'w' | 'W' => {
                !before.is_ascii() && before.is_alphanumeric() && begins_address(&text[i..])
            }
            _ => false,
        };
        if ends {
            return i;
        }
        path |= c == '/' && before.is_alphanumeric();
        before = c;
    }
    text.len()
}

/// Whether the rest of a mailbox's name and an `@` follow. Bounded, as every step per character is.
fn is_mailbox(after: &str) -> bool {
    let sign = after
        .bytes()
        .take(64)
        .find(|b| !(b.is_ascii_alphanumeric() || b"-!#$%&*+/=?^_`{}|~.'".contains(b)));
    sign == Some(b'@')
}

fn begins_address(text: &str) -> bool {
    let starts = |with: &str| {
        let bytes = text.as_bytes();
        bytes.len() > with.len() && bytes[..with.len()].eq_ignore_ascii_case(with.as_bytes())
    };
    starts("http://") || starts("https://") || starts("www.")
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
        leads_where_it_says(middle, safe).then(|| smart_urlquote(&unescape(middle)))
    } else if short && without_scheme(middle) {
        let middle = format!("http://{middle}");
        leads_where_it_says(&middle, safe).then(|| smart_urlquote(&unescape(&middle)))
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
        Some(limit) if vauban_text::count(middle) > limit => {
            plain(
                vauban_text::first_letters(middle, limit.saturating_sub(1)),
                safe,
                out,
            );
            out.push('…');
        }
        _ => plain(middle, safe, out),
    }
    out.push_str("</a>");
    plain(trail, safe, out);
}

/// Whether the host that the link leads to is the one that is read in its text (CWE-451): `http://evil.example%23.bank.example`,
/// with `&#35;` in it or with a backslash, is the address of a host that is not, or of another; so is one behind a
/// user's name that reads like a host (`http://bank.example@evil.example`).
fn leads_where_it_says(url: &str, safe: bool) -> bool {
    fn host(url: &str) -> &str {
        let host = url.split_once("//").map_or("", |(_, rest)| rest);
        &host[..host.find(['/', '?', '#']).unwrap_or(host.len())]
    }
    let leads = unescape(url);
    let (leads, says) = (host(&leads), if safe { unescape(url) } else { url.to_owned() });
    let user = leads.rsplit_once('@').map_or("", |(user, _)| user);
    leads == host(&says) && !leads.contains(['%', '\\']) && !user.contains('.')
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
    let mut amp = middle.rfind('&');
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
        // CWE-407: what lies behind the last ampersand is not searched again in every round.
        if amp.is_some_and(|amp| amp >= middle.len()) {
            amp = middle.rfind('&');
        }
        middle = match amp {
            None => middle.trim_end_matches(['.', ',', ':', ';', '!']),
            Some(_) => middle.trim_end_matches(['.', ',', ':', '!']),
        };
        if middle.ends_with(';')
            && let Some(amp) = amp.filter(|a| *a < middle.len())
        {
            let entity = &middle[amp..];
            // What follows an ampersand and is longer than any name is none.
            let is_none = || {
                let decoded = unescape(entity);
                decoded == entity || decoded.ends_with(';')
            };
            if entity.len() > 64 || is_none() {
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

    /// What an address is cut at, and what it is not.
    #[test]
    fn addresses_in_every_script() {
        let links = |text: &str| -> Vec<String> {
            let html = run(text);
            html.split("nofollow\">")
                .skip(1)
                .map(|rest| rest.split("</a>").next().unwrap().to_owned())
                .collect()
        };
        for (text, address) in [
            (
                "https://example.com/Ohm's_law is",
                "https://example.com/Ohm&#x27;s_law",
            ),
            (
                "https://example.com/Ohm\u{2019}s_law",
                "https://example.com/Ohm\u{2019}s_law",
            ),
            ("'https://example.com/a'", "https://example.com/a"),
            ("\u{2018}https://example.com/a\u{2019}", "https://example.com/a"),
            ("https://example.com's page", "https://example.com"),
            ("詳しくはhttps://example.com/aを見て", "https://example.com/a"),
            ("はwww.example.com/aを", "www.example.com/a"),
            ("見て（https://example.com/a）。", "https://example.com/a"),
            ("https://example.com/a。次", "https://example.com/a"),
            ("「https://example.com/a」", "https://example.com/a"),
            ("«https://example.com/a»", "https://example.com/a"),
            ("https://example.com/a\u{60c} ثم", "https://example.com/a"),
            ("https://example.com/a\u{964} आगे", "https://example.com/a"),
            ("https://example.com/a…", "https://example.com/a"),
            (
                "https://ja.wikipedia.org/wiki/日本 x",
                "https://ja.wikipedia.org/wiki/日本",
            ),
            (
                "https://ja.wikipedia.org/wiki/ダ・ヴィンチ",
                "https://ja.wikipedia.org/wiki/ダ・ヴィンチ",
            ),
            (
                "(https://en.wikipedia.org/wiki/A_(b))",
                "https://en.wikipedia.org/wiki/A_(b)",
            ),
            ("http://bücher.example/ü", "http://bücher.example/ü"),
            ("\u{3000}https://example.com/a\u{3000}", "https://example.com/a"),
        ] {
            assert_eq!(links(text), [address], "{text}");
        }
        assert!(run("o'brien@example.com").contains("mailto:o%27brien@example.com"));
        assert!(run("it's me@example.com").contains("\"mailto:me@example.com"));
        // Words that hold an address are no addresses.
        for none in ["xhttp://", "ähttp", "awww.example", "it's a/b's"] {
            assert_eq!(links(none), Vec::<String>::new(), "{none}");
        }
    }

    /// CWE-407. Attack: one word of megabytes that is stripped sign by sign, which took a search of all that is before in each
    /// round: minutes.
    #[test]
    fn cwe_407_a_word_is_stripped_in_one_go() {
        for (start, pair) in [("a.", ")."), ("www.a.b/&", ");"), ("a.", ").,]")] {
            let word = format!("{start}{}", pair.repeat(2_000_000));
            assert!(run(&word).len() >= word.len());
        }
    }

    /// CWE-451. Attack: an address that reads as one of a bank's and leads to another host, because of what is decoded in it.
    #[test]
    fn cwe_451_a_link_leads_to_the_host_that_is_read() {
        for text in [
            "http://evil.example%23.bank.example/",
            "https://evil.example%2F.bank.example/x",
            "http://evil.example%3f.bank.example",
            "http://evil.example%40bank.example/",
            "http://www.bank.example@evil.example/login",
            "www.bank.example@evil.example/login",
            "https://www.bank.example:443@evil.example/",
            "www.evil.example%23.bank.com",
            "http://%65vil.example/",
            "http://evil.example&#35;.bank.example/",
            "http://evil.example&#x2F;.bank.example/",
            "http://evil.example&sol;.bank.example/",
            "http://evil.example\\.bank.example/",
            "http://evil.example&#92;.bank.example/",
        ] {
            let html = run(text);
            let of = |html: &str| {
                let href = html.split("href=\"").nth(1)?.split('"').next()?;
                url::Url::parse(&unescape(href))
                    .ok()?
                    .host_str()
                    .map(str::to_owned)
            };
            let read = text
                .split('/')
                .nth(if text.starts_with("http") { 2 } else { 0 })
                .unwrap();
            assert!(of(&html).is_none_or(|host| host == read), "{text}: {html}");
        }
        assert!(run("http://example.com/%23/?a=%26#%41").contains("href=\"http://example.com/"));
        assert!(run("http://bücher.example/").contains("href"));
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
