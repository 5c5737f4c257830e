//! The cookies that a request brings (RFC 6265 §5.4).

use ::http::HeaderValue;

/// The value of a cookie by its full name. Twice the same name is none: a sibling host or another path has
/// planted one of them, and nobody can tell which (CWE-1275, CWE-384).
pub(crate) fn get<'a>(lines: &'a [HeaderValue], name: &str) -> Option<&'a str> {
    let mut found = None;
    for value in lines {
        let Ok(text) = value.to_str() else { continue };
        for (other, value) in parse(text) {
            if other == name {
                if found.is_some() {
                    return None;
                }
                found = Some(value);
            }
        }
    }
    found
}

/// Names and values of one `Cookie` line, in order; quotes around a value are dropped.
pub(crate) fn parse(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let value = value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .unwrap_or(value);
        (!name.is_empty()).then_some((name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_sent_twice_is_none() {
        let mut lines = vec![HeaderValue::from_static("a=1; b=\"2\"; ab=3")];
        assert_eq!((get(&lines, "a"), get(&lines, "b")), (Some("1"), Some("2")));
        lines.push(HeaderValue::from_static("a=4"));
        assert_eq!(get(&lines, "a"), None);
    }
}
