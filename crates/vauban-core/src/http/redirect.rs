//! Redirects that stay on the site.

use ::http::{HeaderValue, StatusCode, header};

use super::{Request, Respond, Response};
use crate::routing::Url;

/// Sends the browser to another page of this site with 303, so that it asks with GET (RFC 9110 §15.4.4).
///
/// There is no redirect to a string (CWE-601, ASVS 3.7.2): the target is a typed route, or an outside string
/// that [`LocalUrl::parse`] found to stay here.
#[derive(Debug, Clone)]
pub struct Redirect {
    target: Target,
    status: StatusCode,
}

#[derive(Debug, Clone)]
enum Target {
    Route(Url),
    Local(LocalUrl),
}

/// The address of a route (CWE-601): what the functions of `urls` give, and nothing else. No text is one.
#[diagnostic::on_unimplemented(
    message = "a redirect goes to a route, and `{Self}` is none",
    label = "not the address of a route",
    note = "write the route's function: `Redirect::to(urls::tickets())`",
    note = "an address that came with the request: `LocalUrl::parse(&next)`, then `Redirect::local(&url)`; to another site: a link in a page"
)]
pub trait ToRoute {
    /// The route's address.
    #[doc(hidden)]
    fn to_route(self) -> Url;
}

impl ToRoute for Url {
    fn to_route(self) -> Url {
        self
    }
}

impl Redirect {
    /// To a route: `Redirect::to(urls::article(&slug))`.
    pub fn to(url: impl ToRoute) -> Self {
        Self {
            target: Target::Route(url.to_route()),
            status: StatusCode::SEE_OTHER,
        }
    }

    /// To a checked string, usually the form's `next`.
    pub fn local(url: &LocalUrl) -> Self {
        Self {
            target: Target::Local(url.clone()),
            status: StatusCode::SEE_OTHER,
        }
    }

    /// For good: 308. Browsers remember it.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.status = StatusCode::PERMANENT_REDIRECT;
        self
    }
}

impl Respond for Redirect {
    fn respond(self, cx: &Request) -> Response {
        let location = match &self.target {
            Target::Route(url) => url.path(cx),
            Target::Local(url) => url.0.clone(),
        };
        match HeaderValue::try_from(location) {
            Ok(location) => Response::new(self.status, super::Body::empty()).set(header::LOCATION, location),
            Err(_) => Response::new(StatusCode::INTERNAL_SERVER_ERROR, super::Body::empty()),
        }
    }

    fn commits(&self) -> bool {
        true
    }
}

/// A path on this site, with query and fragment, that came from outside: never a scheme or a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUrl(String);

impl LocalUrl {
    /// Reads a string from outside, for example `?next=`. `None` unless it certainly stays on this site: an
    /// absolute or relative path, or an absolute URL of the host that was asked. What is kept is a path that
    /// starts with exactly one `/`, so that no reader of the header can take it for a host (CWE-601).
    pub fn parse(text: &str, cx: &Request) -> Option<Self> {
        local_path(text, &[cx.host()], cx.is_secure(), cx.path()).map(Self)
    }

    /// The path with query and fragment, percent-encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Longest accepted target, in bytes.
const MAX: usize = 2048;

/// `text` as a path of this site, or `None`. `hosts` are the names (with port) that are this site's.
pub(crate) fn local_path(text: &str, hosts: &[&str], https_only: bool, base: &str) -> Option<String> {
    if text.is_empty() || text.len() > MAX || text.chars().any(suspicious) {
        return None;
    }
    let rest = match split_scheme(text) {
        Some((scheme, rest)) => {
            let https = scheme.eq_ignore_ascii_case("https");
            if !https && (https_only || !scheme.eq_ignore_ascii_case("http")) {
                return None;
            }
            // CWE-601: browsers read `http:evil`, `http:/evil` and `http:///evil` as `http://evil`.
            strip_host(rest.strip_prefix("//")?, hosts)?
        }
        None => match text.strip_prefix("//") {
            Some(rest) => strip_host(rest, hosts)?,
            None => text,
        },
    };
    let (path, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let resolved = if path.is_empty() {
        if std::ptr::eq(rest, text) {
            base.to_owned()
        } else {
            "/".to_owned()
        }
    } else {
        resolve(base, path)
    };
    // CWE-601: `//x` at the start of a `Location` is a host.
    if !resolved.starts_with('/') || resolved.starts_with("//") {
        return None;
    }
    // Bounded as it is written: a letter may take six bytes in percent-encoding.
    Some(encode(&resolved) + &encode(tail)).filter(|url| url.len() <= MAX)
}

/// A path below or beside `base`, without `.` and `..`.
pub(crate) fn resolve(base: &str, path: &str) -> String {
    let full = if path.starts_with('/') {
        path.to_owned()
    } else {
        // A base that is no path has no folder: the root then.
        format!("{}{path}", base.rfind('/').map_or("/", |slash| &base[..=slash]))
    };
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_folder = false;
    for segment in full.split('/').skip(1) {
        ends_in_folder = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut out = format!("/{}", segments.join("/"));
    if ends_in_folder && !out.ends_with('/') {
        out.push('/');
    }
    out
}

/// `scheme:rest`. A colon before the first `/`, `?` or `#` makes a scheme, whatever stands before it.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find([':', '/', '?', '#'])?;
    (text.as_bytes()[end] == b':').then(|| (&text[..end], &text[end + 1..]))
}

/// What follows a host that is ours, byte for byte.
fn strip_host<'a>(rest: &'a str, hosts: &[&str]) -> Option<&'a str> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (end > 0 && hosts.contains(&&rest[..end])).then(|| &rest[end..])
}

/// Characters that browsers drop, fold or read as a slash, and what is neither ASCII nor a letter or digit.
fn suspicious(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\\' || (!c.is_ascii() && !c.is_alphanumeric())
}

/// Everything a header may not carry, percent-encoded; what is encoded already stays.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> Option<String> {
        local_path(text, &["testserver"], false, "/a/b/")
    }

    #[test]
    fn open_redirects_are_refused() {
        // ASVS 3.7.2, CWE-601
        for evil in [
            "//evil.com",
            "///evil.com",
            "/\\evil.com",
            "\\\\evil.com",
            "http:evil.com",
            "http:///evil.com",
            "javascript:alert(1)",
            " javascript:alert(1)",
            "/\t/evil.com",
            "http://testserver@evil.com/",
            "http://testserver//evil.com",
            "http://evil.com\\@testserver",
            "\u{200b}//evil.com",
            "",
            "/a/..//evil.com",
            "/\r\nLocation: //evil.com",
        ] {
            assert_eq!(local(evil), None, "{evil:?}");
        }
    }

    /// Whatever stands as base, and however long it becomes: a short ASCII path, or nothing.
    #[test]
    fn what_comes_out_is_a_bounded_ascii_path() {
        for base in [
            "",
            "*",
            "host:443",
            "/\u{fc}",
            "\u{fc}",
            "//x",
            "/a//",
            "/a/\u{fc}/b",
        ] {
            for text in ["x", "?q", "#f", "..", "./", "\u{e4}", "a/../..//b"] {
                if let Some(url) = local_path(text, &["testserver"], false, base) {
                    let ascii = url.bytes().all(|b| b.is_ascii_graphic());
                    assert!(
                        ascii && url.starts_with('/') && !url.starts_with("//"),
                        "{base} {text} {url}"
                    );
                }
            }
        }
        assert_eq!(local(&format!("/{}", "\u{fc}".repeat(400))), None);
        assert!(local(&format!("/{}", "u".repeat(2000))).is_some());
        assert_eq!(local(&format!("/{}", "u".repeat(2048))), None);
    }

    #[test]
    fn own_targets_become_paths() {
        assert_eq!(local("/x/?a=b#c").as_deref(), Some("/x/?a=b#c"));
        assert_eq!(local("http://testserver/x").as_deref(), Some("/x"));
        assert_eq!(local("http://testserver").as_deref(), Some("/"));
        assert_eq!(local("c/").as_deref(), Some("/a/b/c/"));
        assert_eq!(local("../c").as_deref(), Some("/a/c"));
        assert_eq!(local("..").as_deref(), Some("/a/"));
        assert_eq!(local("#f").as_deref(), Some("/a/b/#f"));
        assert_eq!(local("/p\u{e4}th/").as_deref(), Some("/p%C3%A4th/"));
    }
}
