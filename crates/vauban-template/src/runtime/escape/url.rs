//! Parts of URLs inside quoted attributes. Everything that is written is ASCII without quotes, `<` or `>`.

/// What stands where a value was refused at run time: an address that leads nowhere.
pub const BLOCKED: &str = "about:invalid#blocked";

/// Schemes to which a value may lead.
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "sms"];

/// Whether an address is relative or has a harmless scheme (CWE-79: `javascript:`).
///
/// Browsers drop tabs and newlines and leading control characters before they look for a scheme, so they
/// are dropped here as well.
pub fn harmless_scheme(url: &str) -> bool {
    let cleaned = url.trim_start_matches(|c: char| c <= ' ');
    let mut scheme = String::new();
    for c in cleaned.chars() {
        match c {
            '\t' | '\n' | '\r' => {}
            // Before a colon one of these ends every chance of a scheme. A backslash is percent-encoded later, so
            // it does not.
            '/' | '?' | '#' => return true,
            ':' => return SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()),
            _ if scheme.len() > 64 => return !cleaned.contains(':'),
            _ => scheme.push(c),
        }
    }
    true
}

/// The start of a URL: a refused scheme becomes an address that leads nowhere.
pub fn start(url: &str, out: &mut String) {
    if harmless_scheme(url) {
        path(url, out);
    } else {
        out.push_str(BLOCKED);
    }
}

/// Whether of an address only slashes are written, at the end of `out`. Of more than sixty it is not looked at what stands before
/// them (CWE-407): one more says nothing.
pub(crate) fn only_slashes(out: &str) -> bool {
    let bytes = out.as_bytes();
    let slashes = bytes.iter().rev().take(64).take_while(|b| **b == b'/').count();
    let before = bytes.len().checked_sub(slashes + 1).map(|at| bytes[at]);
    slashes == 64 || (slashes > 0 && matches!(before, None | Some(b'"' | b'\'')))
}

/// A slash, unless it would be the second at the start of an address: `//` names a host (CWE-601).
pub fn slash(out: &mut String) {
    if !only_slashes(out) {
        out.push('/');
    }
}

/// A whole address: reserved characters stay, everything else is percent-encoded; `%41` stays as it is.
pub fn path(value: &str, out: &mut String) {
    let bytes = value.as_bytes();
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'&' => out.push_str("&amp;"),
            b'%' if hex_pair(bytes, i + 1) => out.push('%'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(*b as char),
            b'!' | b'#' | b'$' | b'*' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' | b'['
            | b']' => {
                out.push(*b as char);
            }
            _ => percent(*b, out),
        }
    }
}

fn hex_pair(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_hexdigit) && bytes.get(at + 1).is_some_and(u8::is_ascii_hexdigit)
}

/// In a query or fragment: only unreserved characters stay (RFC 3986, 2.3).
pub fn component(value: &str, out: &mut String) {
    for b in value.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(b as char),
            _ => percent(b, out),
        }
    }
}

/// Behind `mailto:` or `tel:`: as a query, but `@` and `+` are what they are (RFC 6068, RFC 3966). `,` and `?` would add
/// receivers and headers.
pub fn opaque(value: &str, out: &mut String) {
    for part in value.split_inclusive(['@', '+']) {
        let mark = part.strip_suffix(['@', '+']).unwrap_or(part);
        component(mark, out);
        out.push_str(&part[mark.len()..]);
    }
}

pub(crate) fn percent(b: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('%');
    out.push(HEX[(b >> 4) as usize] as char);
    out.push(HEX[(b & 15) as usize] as char);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(f: fn(&str, &mut String), value: &str) -> String {
        let mut out = String::new();
        f(value, &mut out);
        out
    }

    #[test]
    fn schemes() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            " \u{1}javascript:x",
            "java\nscript:x",
            "data:text/html,x",
            "vbscript:x",
            ":x",
        ] {
            assert_eq!(run(start, bad), BLOCKED, "{bad}");
        }
        for good in [
            "/a",
            "a/b:c",
            "?a:b",
            "#a:b",
            "https://h/",
            "HTTP://h",
            "mailto:a@b",
            "tel:+1",
            "",
            "a",
        ] {
            assert_ne!(run(start, good), BLOCKED, "{good}");
        }
    }

    #[test]
    fn a_root_relative_path_stays_on_the_host() {
        let with_slash = |start: &str| {
            let mut out = format!("<a href='{start}");
            slash(&mut out);
            out.split_off(9)
        };
        assert_eq!(
            ["", "/", "/x", "x", "//"].map(with_slash),
            ["/", "/", "/x/", "x/", "//"]
        );
        // CWE-407: not even of many slashes is it asked what stands before them.
        assert_eq!(with_slash(&"/".repeat(100)), "/".repeat(100));
    }

    #[test]
    fn encodes() {
        assert_eq!(run(component, "a b&c=é"), "a%20b%26c%3d%c3%a9");
        assert_eq!(run(path, "a b/\"'<>%41%zz&"), "a%20b/%22%27%3c%3e%41%25zz&amp;");
    }
}
