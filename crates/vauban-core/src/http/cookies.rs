//! The cookies that a request brings (RFC 6265 §5.4), read one by one and as bytes: what a stranger's cookie holds
//! takes none of ours away.

use std::borrow::Cow;

use ::http::HeaderValue;

/// The value of a cookie by its full name, as it was sent. Twice the same name is none: a sibling host or another
/// path has planted one of them, and nobody can tell which (CWE-1275, CWE-384). Nor is one that is not text.
pub(crate) fn get<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>, name: &str) -> Option<&'a str> {
    let mut found = None;
    for line in lines {
        for (other, value) in parse(line.as_bytes()) {
            if other == name.as_bytes() {
                if found.is_some() {
                    return None;
                }
                found = Some(value);
            }
        }
    }
    found.and_then(|value| std::str::from_utf8(value).ok())
}

/// Names and values of one `Cookie` line, in order; quotes around a value are dropped.
pub(crate) fn parse(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    line.split(|byte| *byte == b';').filter_map(|pair| {
        let equals = memchr::memchr(b'=', pair)?;
        let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        let value = value
            .strip_prefix(b"\"")
            .and_then(|v| v.strip_suffix(b"\""))
            .unwrap_or(value);
        (!name.is_empty()).then_some((name, value))
    })
}

/// What [`Cookie::new`](super::Cookie::new) encoded. A value that it would not have written is given as it is:
/// somebody else's cookie.
pub(crate) fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let digit = |at: usize| value.as_bytes().get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.as_bytes().get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'%', ..) => return Cow::Borrowed(value),
            (byte, ..) => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Every value that is percent-encoded, as it was sent and as it is meant.
pub(crate) fn decoded<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Vec<(String, String)> {
    lines
        .into_iter()
        .flat_map(|line| parse(line.as_bytes()))
        .filter_map(|(_, value)| std::str::from_utf8(value).ok())
        .filter(|value| value.contains('%'))
        .map(|value| (value.to_owned(), decode(value).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Cookie;
    use super::*;

    fn sent(lines: &[&[u8]]) -> Vec<HeaderValue> {
        let lines = lines.iter();
        lines.map(|line| HeaderValue::from_bytes(line).unwrap()).collect()
    }

    #[test]
    fn a_cookie_sent_twice_is_none() {
        let mut headers = sent(&[b"a=1; b=\"2\"; ab=3"]);
        assert_eq!((get(&headers, "a"), get(&headers, "b")), (Some("1"), Some("2")));
        headers.push(HeaderValue::from_static("a=4"));
        assert_eq!(get(&headers, "a"), None);
    }

    /// Another program's cookie on the same host, in any bytes, takes nothing of ours away.
    #[test]
    fn a_strangers_cookie_takes_none_of_ours_away() {
        for strange in [
            "consent=d\u{e9}j\u{e0}; ".as_bytes(),
            b"consent=d\xe9j\xe0; ",
            b"\xff\xfe; ",
            b"=; ",
            b"; ;=x;",
            b"a=\"; ",
            b"no-equals; ",
            b"%zz=%; ",
        ] {
            let line = [strange, b"session=abc"].concat();
            assert_eq!(get(&sent(&[&line]), "session"), Some("abc"), "{strange:?}");
            let line = [b"session=abc; ", strange].concat();
            assert_eq!(get(&sent(&[&line]), "session"), Some("abc"), "{strange:?}");
            assert_eq!(get(&sent(&[strange, b"session=abc"]), "session"), Some("abc"));
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 20_000, "values"))]

            /// What is written is read.
            #[test]
            fn a_value_comes_back(value in any::<String>(), secure in any::<bool>()) {
                let line = Cookie::new("taste", &value).to_header("site", secure);
                let pair = line.to_str().unwrap().split(';').next().unwrap().to_owned();
                let headers = sent(&[b"x=\xe9", pair.as_bytes()]);
                let name = Cookie::full_name("taste", secure, "site");
                prop_assert_eq!(decode(get(&headers, &name).unwrap()), value);
            }
        }
    }

    #[test]
    fn what_others_wrote_is_given_as_it_is() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%e9"), "%e9", "not UTF-8");
        assert_eq!(decode("a%20b"), "a b");
    }
}
