//! Typed URLs.

use std::fmt;

use super::PathReader;
use super::path_value::{PathText, is_segment};
use crate::http::Request;

/// A URL of this site, made by the function that `routes!` writes for a route: `urls::article(&slug)`.
///
/// It is a value: the prefix under which the route is mounted is added when it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    view: &'static str,
    path: String,
}

impl Url {
    /// For `#[view]`: the URL of the view of this type.
    #[doc(hidden)]
    #[deprecated(note = "only Vauban's macros make addresses: call the function that `routes!` writes")]
    pub fn __start<V: 'static>(capacity: usize) -> Self {
        Self {
            view: std::any::type_name::<V>(),
            path: String::with_capacity(capacity),
        }
    }

    /// A literal part of the pattern.
    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "only Vauban's macros make addresses: call the function that `routes!` writes")]
    pub fn __literal(mut self, part: &'static str) -> Self {
        self.path.push_str(part);
        self
    }

    /// A parameter, percent-encoded.
    #[doc(hidden)]
    #[must_use]
    pub fn __param<T>(mut self, value: &T, reader: &PathReader<T>) -> Self {
        let start = self.path.len();
        (reader.write)(value, &mut self.path);
        if !(reader.rest || is_segment(&self.path[start..])) {
            tracing::error!(
                view = self.view,
                written = ?&self.path[start..],
                "`PathValue::write` wrote what no route reads: one segment without a slash is what it may write"
            );
        }
        let clean = self.path.as_bytes()[start..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        if !clean {
            let raw = self.path.split_off(start);
            encode_segments(&raw, reader.rest, &mut self.path);
        }
        self
    }

    /// A text parameter, percent-encoded: one that a route can read.
    #[doc(hidden)]
    #[must_use]
    pub fn __text(mut self, value: &PathText) -> Self {
        encode_segment(value.as_str(), &mut self.path);
        self
    }

    /// Adds a field to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        encode(name, &mut self.path);
        self.path.push('=');
        encode(&value.to_string(), &mut self.path);
        self
    }

    /// The path with the mount's prefix, and the query.
    pub fn path(&self, cx: &Request) -> String {
        let mut out = String::new();
        self.push(cx.mount(self.view), &mut out);
        out
    }

    /// Whose URL it is.
    pub(crate) fn view(&self) -> &'static str {
        self.view
    }

    pub(crate) fn push(&self, mount: &str, out: &mut String) {
        push_path(mount, &self.path, out);
    }
}

/// A path behind its mount.
pub(crate) fn push_path(mount: &str, path: &str, out: &mut String) {
    let start = out.len();
    out.push_str(mount);
    out.push_str(path);
    // CWE-601: an empty first parameter would make `//second`, which is a host.
    if out[start..].starts_with("//") {
        out.replace_range(start + 1..start + 2, "%2F");
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.path)
    }
}

pub(super) fn encode_segments(raw: &str, rest: bool, out: &mut String) {
    if !rest {
        return encode_segment(raw, out);
    }
    for (i, segment) in raw.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        encode_segment(segment, out);
    }
}

pub(super) fn encode_segment(segment: &str, out: &mut String) {
    match segment {
        // CWE-22: a browser would climb, `%2E` or not. Encoded twice it names nothing.
        "." => out.push_str("%252E"),
        ".." => out.push_str("%252E%252E"),
        other => encode(other, out),
    }
}

/// What stands in a path as it is: RFC 3986's unreserved characters and `@`, which patterns may have.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@')
}

/// Plain characters stay, everything else is percent-encoded.
fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)] as char);
            out.push(HEX[usize::from(byte & 15)] as char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{FormData, FormLimits};

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 20_000, "values"))]

            /// What `Url::query` writes, the reader of queries reads.
            #[test]
            fn a_query_is_read_as_it_is_written(name: String, value: String) {
                let mut query = String::new();
                encode(&name, &mut query);
                query.push('=');
                encode(&value, &mut query);
                proptest::prop_assert!(query.is_ascii() && !query.contains([' ', '#', '"', '<', '&']));
                let data = FormData::urlencoded(query.as_bytes(), &FormLimits::DEFAULT).unwrap();
                proptest::prop_assert_eq!(data.iter().collect::<Vec<_>>(), [(name.as_str(), value.as_str())]);
            }
        }
    }
}
