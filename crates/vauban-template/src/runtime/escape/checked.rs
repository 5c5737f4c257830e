//! Places that take a few characters only: a colour, a word, a name in a selector, the text of an image. What is not of
//! their alphabet is not written, or written so that it is a part of the same name.

use super::url::{component, only_slashes, percent};

/// What stands where text was no base64: of its alphabet, and no image.
const NO_IMAGE: &str = "blocked";
/// A colour that shows nothing.
const NO_COLOUR: &str = "transparent";

/// The text of an image, behind `data:image/…;base64,` (RFC 4648, both alphabets). Line breaks are left out.
pub fn base64(value: &str, out: &mut String) {
    let of_it = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let white = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    if !value.bytes().all(|b| of_it(b) || white(b)) {
        return out.push_str(NO_IMAGE);
    }
    out.extend(value.chars().filter(|c| !white(*c as u8)));
}

/// A whole colour: a name, `#` and hexadecimal digits, or numbers in `rgb()`, `hsl()` and their kin. `url()` and `var()` are
/// none (CWE-79: an address in a presentation attribute is loaded).
pub fn colour(value: &str, out: &mut String) {
    const FUNCTIONS: &[&str] = &[
        "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch",
    ];
    let value = value.trim();
    let fine = match value.split_once('(') {
        _ if value.len() > 100 => false,
        Some((name, rest)) => {
            FUNCTIONS.contains(&name.to_ascii_lowercase().as_str())
                && rest.strip_suffix(')').is_some_and(|numbers| {
                    numbers.bytes().all(|b| {
                        b.is_ascii_digit() || matches!(b, b'.' | b'%' | b',' | b' ' | b'+' | b'-' | b'/')
                            // `120deg`, `0.5turn`.
                            || b.is_ascii_lowercase()
                    })
                })
        }
        None => match value.strip_prefix('#') {
            Some(digits) => {
                matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit())
            }
            None => value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'),
        },
    };
    out.push_str(if fine { value } else { NO_COLOUR });
}

/// A part of a colour, of a reference to a gradient, or of an image's width: letters, digits and `-_.%+`. Anything else
/// becomes `_`, so that the value neither ends what it stands in nor names an address.
pub fn word(value: &str, out: &mut String) {
    out.extend(value.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '%' | '+' => c,
        _ => '_',
    }));
}

/// A part of a name in a selector, behind `#` or `.` (CSSOM, `CSS.escape`): the value stays one name, whatever is in it.
/// The escapes hold no character that htmx reads by itself (`,`, `<`, `/`).
pub fn selector(value: &str, out: &mut String) {
    for c in value.chars() {
        let first = out.ends_with(['#', '.']);
        match c {
            'a'..='z' | 'A'..='Z' | '_' | '\u{80}'.. => out.push(c),
            // A name does not start with a digit, or with a hyphen that may be all there is.
            '0'..='9' | '-' if !first => out.push(c),
            '\0' => out.push('\u{FFFD}'),
            _ => {
                out.push('\\');
                out.push_str(&format!("{:x}", c as u32));
                out.push(' ');
            }
        }
    }
}

/// One segment of a literal path, or a part of it: no slash, and never `.` or `..` (CWE-22).
pub fn segment(value: &str, out: &mut String) {
    // Browsers read `%2e` as a dot, too: written twice encoded it is text.
    if !value.is_empty() && value.bytes().all(|b| b == b'.') {
        return out.push_str(&"%252e".repeat(value.len()));
    }
    component(value, out);
}

/// Several segments of a path, for a value with `|urlencode`: slashes part them, and none of them climbs or ends the path. At
/// the start of an address a slash would name a host (CWE-601), so that it is text there.
pub fn segments(value: &str, out: &mut String) {
    let rest = value.trim_start_matches('/');
    for _ in 0..value.len() - rest.len() {
        out.push_str(if only_slashes(out) { "%2f" } else { "/" });
    }
    for (i, part) in rest.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        segment(part, out);
    }
}

/// An address between the brackets of `url()` in a style sheet, in quotes or without: nothing that ends either, and nothing
/// that ends `<style>`.
pub fn css_url(value: &str, out: &mut String) {
    for b in value.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(b as char),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'%' | b'?' | b'&' | b'=' | b'#' | b':' | b'@' | b'+' => {
                out.push(b as char);
            }
            _ => percent(b, out),
        }
    }
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
    fn colours() {
        for good in [
            "red",
            "#fff",
            "#12345678",
            "rgb(1, 2, 3)",
            "HSL(120deg 50% 50% / 0.5)",
            "currentColor",
            "",
        ] {
            assert_eq!(run(colour, good), good);
        }
        for bad in [
            "url(//evil.example/x)",
            "rgb(url(//x))",
            "red;background:url(x)",
            "#ff",
            "#ggg",
            "rgb(1,2,3",
            "var(--x)",
            "\"",
            "red blue",
        ] {
            assert_eq!(run(colour, bad), "transparent", "{bad}");
        }
    }

    #[test]
    fn one_name_stays_one_name() {
        assert_eq!(run(selector, "a, body"), "a\\2c \\20 body");
        assert_eq!(run(selector, "</x"), "\\3c \\2f x");
        let behind = |value: &str| {
            let mut out = "#".to_owned();
            selector(value, &mut out);
            out
        };
        assert_eq!(behind("1a1"), "#\\31 a1");
        assert_eq!(behind("-"), "#\\2d ");
        assert_eq!(run(word, "a)url(//x\""), "a_url___x_");
        assert_eq!(run(base64, "aGk=\n"), "aGk=");
        assert_eq!(run(base64, "aGk=\"><b"), "blocked");
    }

    #[test]
    fn a_segment_does_not_climb() {
        assert_eq!(run(segment, ".."), "%252e%252e");
        assert_eq!(run(segment, "../x"), "..%2fx");
        assert_eq!(run(segment, "%2e%2e"), "%252e%252e");
        assert_eq!(run(segment, "a b"), "a%20b");
        assert_eq!(run(segment, "C#?/"), "C%23%3f%2f");
        assert_eq!(run(segments, "2026/../a b?#"), "2026/%252e%252e/a%20b%3f%23");
        let at_root = |value: &str| {
            let mut out = "<a href=\"/".to_owned();
            segments(value, &mut out);
            out.split_off(9)
        };
        assert_eq!(
            ["//evil.example", "a/b"].map(at_root),
            ["/%2f/evil.example", "/a/b"]
        );
        assert_eq!(
            run(css_url, "/a.png\")}</style>'\\ "),
            "/a.png%22%29%7d%3c/style%3e%27%5c%20"
        );
    }
}
