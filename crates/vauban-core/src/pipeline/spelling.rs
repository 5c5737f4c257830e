//! One spelling for every path: what is one address to the router is one text to whoever compares texts (CWE-177,
//! CWE-288: a gate for `/guestbook/` also stands before `/%67uestbook/`).

use ::http::Uri;
use ::http::uri::PathAndQuery;

use crate::http::Request;
use crate::routing::respelled;

/// Spells the path as a typed URL writes it (RFC 3986 §6.2.2). One that cannot be decoded stays: no route reads it.
pub(crate) fn spell(cx: &mut Request) {
    if let Some(uri) = spelled(cx.uri.path()).and_then(|path| with_path(&cx.uri, path)) {
        cx.uri = uri;
    }
}

/// The same address with another path, if there can be one.
pub(super) fn with_path(uri: &Uri, mut target: String) -> Option<Uri> {
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

/// Another spelling of a path; `None` if it has its own.
///
/// CWE-601: the path of a request is an address of this site wherever it is written, in a link, a form or a header. As a
/// reference `//evil.example/` is a host, and to browsers `/\evil.example/` too. Neither is a route's.
fn spelled(path: &str) -> Option<String> {
    let respelled = respelled(path);
    let mut out = respelled.as_deref().unwrap_or(path).replace('\\', "%5C");
    if out.starts_with("//") {
        out.replace_range(1..2, "%2F");
    }
    (out != path).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-601. Attack: a page at an address that is, as a reference, another host's, such as the one that says "not found".
    #[test]
    fn cwe_601_no_path_is_another_host() {
        for path in [
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "//%65vil.example/",
            "//\\evil.example",
            "//%ff",
            "/\\/evil",
            "//",
            "//..//evil.example",
        ] {
            let spelled = spelled(path).unwrap_or_else(|| path.to_owned());
            assert!(
                spelled.starts_with('/') && !spelled.starts_with("//"),
                "{path}: {spelled}"
            );
            assert!(!spelled.contains('\\'), "{path}: {spelled}");
        }
        for path in ["/", "/a//b/", "/a/%2F", "/%ff", "/articles/"] {
            assert_eq!(spelled(path), None, "{path}");
        }
        assert_eq!(spelled("/%61rticles/").as_deref(), Some("/articles/"));
    }
}
