//! Filters that write URLs.

use std::borrow::Cow;
use std::fmt::Write;

fn quote_into(text: &str, safe: &str, out: &mut String) {
    for b in text.bytes() {
        if b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'.' | b'-' | b'~')
            || (b.is_ascii() && safe.as_bytes().contains(&b))
        {
            out.push(b as char);
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
}

/// Python's `quote`.
pub fn quote(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    quote_into(text, safe, &mut out);
    out
}

/// Python's `quote_plus`: a space becomes `+`.
pub fn quote_plus(text: &str) -> String {
    quote(text, " ").replace(' ', "+")
}

/// Percent-decodes; what is no UTF-8 becomes U+FFFD.
pub fn unquote(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| (*b as char).to_digit(16));
        if bytes[i] == b'%'
            && let (Some(high), Some(low)) = (hex(i + 1), hex(i + 2))
        {
            out.push((high * 16 + low) as u8);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes; `/` stays unless the argument says what stays.
pub fn urlencode(text: &str, safe: Option<&str>) -> String {
    quote(text, safe.unwrap_or("/"))
}

/// An IRI as a URI: only what is not ASCII is encoded.
pub fn iriencode(text: &str) -> String {
    quote(text, "/#%[]=:;$&()+,!?*@'~")
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (unquote(&key.replace('+', " ")), unquote(&value.replace('+', " ")))
        })
        .collect()
}

/// CWE-400: of a request's query, so many pairs are kept in each link that is written of it.
const KEPT_PAIRS: usize = 200;

/// The query string with some values set and some removed, with `?` before it. Of the query's pairs the first 200 are kept.
pub fn querystring(query: &str, changes: &[(&str, Option<Cow<'_, str>>)]) -> String {
    let end = query
        .match_indices('&')
        .nth(KEPT_PAIRS - 1)
        .map_or(query.len(), |(at, _)| at);
    let mut all = pairs(&query[..end]);
    for (key, value) in changes {
        let place = all.iter().position(|(k, _)| k == key);
        all.retain(|(k, _)| k != key);
        if let Some(value) = value {
            let place = place.unwrap_or(all.len()).min(all.len());
            all.insert(place, ((*key).to_owned(), value.clone().into_owned()));
        }
    }
    let mut out = String::from("?");
    for (i, (key, value)) in all.iter().enumerate() {
        if i > 0 {
            out.push('&');
        }
        out.push_str(&quote_plus(key));
        out.push('=');
        out.push_str(&quote_plus(value));
    }
    out
}

/// Django's `smart_urlquote`: quotes a URL that may be quoted already.
pub fn smart_urlquote(url: &str) -> String {
    let again = |part: &str| quote(&unquote(part), "!$&'()*+,;=:/?#[]@~");
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.find(':') {
        Some(at)
            if rest[..at].starts_with(|c: char| c.is_ascii_alphabetic())
                && rest[..at]
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) =>
        {
            (rest[..at].to_ascii_lowercase(), &rest[at + 1..])
        }
        _ => (String::new(), rest),
    };
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, rest),
    };
    let mut out = String::new();
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    if let Some(host) = host {
        // `[` that is no address is not split by Python, but quoted as a whole.
        if host.contains('[') != host.contains(']') {
            return again(url);
        }
        out.push_str("//");
        // CWE-451: a `%23` in a host that became `#` would end it, and the address be another host's than the one that is read.
        out.push_str(&quote(host, "!$&'()*+,;=:/?#[]@~%"));
    }
    out.push_str(&again(path));
    if !query.is_empty() {
        let list: Vec<String> = pairs(query)
            .iter()
            .map(|(k, v)| format!("{}={}", quote_plus(&unquote(k)), quote_plus(&unquote(v))))
            .collect();
        if !list.is_empty() {
            out.push('?');
            out.push_str(&list.join("&"));
        }
    }
    let fragment = again(fragment);
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&fragment);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings() {
        assert_eq!(
            querystring("page=1&q=a+b", &[("page", Some("2".into()))]),
            "?page=2&q=a+b"
        );
        assert_eq!(querystring("page=1", &[("page", None)]), "?");
        let short = querystring(&"a&".repeat(4_000), &[("page", Some("2".into()))]);
        assert_eq!(short, format!("?{}page=2", "a=&".repeat(KEPT_PAIRS)), "CWE-400");
        assert_eq!(querystring("", &[("q", Some("<&>".into()))]), "?q=%3C%26%3E");
    }

    #[test]
    fn quoting() {
        assert_eq!(
            smart_urlquote("http://öäü.com/öäü/"),
            "http://%C3%B6%C3%A4%C3%BC.com/%C3%B6%C3%A4%C3%BC/"
        );
        assert_eq!(
            smart_urlquote("http://e.org/?q=a&b=c+d#x y"),
            "http://e.org/?q=a&b=c+d#x%20y"
        );
        assert_eq!(iriencode("/♥%E2/"), "/%E2%99%A5%E2/");
    }
}
