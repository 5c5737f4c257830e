//! An answer. There is no way from an `http::Response` to it: its headers are ours to decide.

use std::fmt;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use ::http::{StatusCode, header};

use super::{Body, Cookie, Request, Respond};

/// How an answer may be kept by caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Caching {
    /// The framework decides: `no-store` if the answer is somebody's own (behind any rule but `Public`, with a session,
    /// after a look at a cookie, with a token or a new cookie), else `private, no-cache`.
    #[default]
    Auto,
    /// Kept by nobody.
    NoStore,
    /// Kept by everybody for that many seconds; refused (and `no-store` sent) if the answer is
    /// somebody's own (CWE-524).
    Public {
        /// Seconds.
        seconds: u32,
        /// The content behind this URL never changes.
        immutable: bool,
    },
}

/// An answer: status, headers, body.
pub struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) caching: Caching,
    /// Whether what was written is kept, as far as what is put off tells.
    pub(crate) keeps: bool,
    /// Cookies that the finisher adds.
    pub(crate) cookies: Vec<Cookie>,
    later: Option<Box<Later>>,
}

type Later = dyn FnOnce(&Request) -> Response + Send;

/// A header that the application may not set, or whose value holds a control character (CWE-113).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError(String);

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HeaderError {}

/// Headers that other parts of Vauban own: security headers, framing, cookies, redirects.
const OWNED: &[HeaderName] = &[
    header::SET_COOKIE,
    header::LOCATION,
    header::REFRESH,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
    header::STRICT_TRANSPORT_SECURITY,
    header::X_CONTENT_TYPE_OPTIONS,
    header::X_FRAME_OPTIONS,
    header::REFERRER_POLICY,
    header::CONTENT_DISPOSITION,
    header::EXPIRES,
    header::PRAGMA,
    header::AGE,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
];

/// Prefixes of headers that other parts of Vauban own.
const OWNED_PREFIXES: &[&str] = &[
    "cross-origin-",
    "permissions-policy",
    "origin-agent",
    "access-control-",
    // CWE-601, CWE-22: a proxy in front follows these into the file system, htmx to another site.
    "x-accel-",
    "x-sendfile",
    "x-litespeed-location",
    "hx-redirect",
    "hx-location",
];

/// Whether a header tells a cache how long it may keep the answer (CWE-524). Each maker of caches has one of its own,
/// which counts for more than `Cache-Control` there: whatever is called so.
fn is_for_caches(name: &str) -> bool {
    name.contains("cache-control")
        || name.starts_with("surrogate-")
        || name.starts_with("edge-")
        || name.ends_with("-ttl")
        || name.ends_with("-expires")
}

impl Response {
    /// An answer made from any other, rendered once what the view wrote is committed:
    /// `Ok(Response::of(page).status_code(StatusCode::UNPROCESSABLE_ENTITY))`.
    pub fn of(answer: impl Respond + 'static) -> Self {
        let mut response = Self::new(StatusCode::OK, Body::empty());
        response.keeps = answer.commits();
        response.later = Some(Box::new(move |cx| answer.respond(cx)));
        response
    }

    pub(crate) fn new(status: StatusCode, body: impl Into<Body>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            caching: Caching::Auto,
            keeps: true,
            cookies: Vec::new(),
            later: None,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, as far as it is rendered.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The headers set so far.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The same with another status.
    #[must_use]
    pub fn status_code(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// How caches may keep it.
    #[must_use]
    pub fn caching(mut self, caching: Caching) -> Self {
        self.caching = caching;
        self
    }

    /// Sets a header of the application's own.
    ///
    /// # Errors
    /// If the name is not a token or belongs to Vauban (cookies, redirects, framing, security headers: use
    /// their types), or the value holds a control character (CWE-113).
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, HeaderError> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HeaderError(format!("`{}` is not a header's name", name.escape_debug())))?;
        let text = name.as_str();
        if OWNED.contains(&name) || OWNED_PREFIXES.iter().any(|p| text.starts_with(p)) || is_for_caches(text)
        {
            return Err(HeaderError(format!(
                "the header `{name}` is set by Vauban: use its own type"
            )));
        }
        // CWE-113: `HeaderValue` refuses CR, LF and NUL; we refuse every other control but the tab as well.
        let value = Some(value)
            .filter(|value| value.is_ascii())
            .and_then(|value| HeaderValue::from_str(value).ok())
            .ok_or_else(|| HeaderError(format!("the header `{name}` holds a character it may not")))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Adds a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: &Cookie) -> Self {
        self.cookies.push(cookie.clone());
        self
    }

    /// After how many seconds to try again (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(self, seconds: i64) -> Self {
        self.set(header::RETRY_AFTER, HeaderValue::from(seconds.max(0)))
    }

    pub(crate) fn set(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Renders what was put off; the status given here wins, headers of both are kept.
    pub(crate) fn render(mut self, cx: &Request) -> Self {
        let Some(later) = self.later.take() else {
            return self;
        };
        let mut rendered = later(cx).render(cx);
        if self.status != StatusCode::OK {
            rendered.status = self.status;
        }
        if self.caching != Caching::Auto {
            rendered.caching = self.caching;
        }
        rendered.headers.extend(self.headers);
        rendered.cookies.extend(self.cookies);
        rendered
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_cannot_start_another_header() {
        // ASVS 1.2.x, CWE-113: response splitting.
        for value in ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "a\0b"] {
            assert!(
                Response::new(StatusCode::OK, "").header("X-A", value).is_err(),
                "{value:?}"
            );
        }
        assert!(Response::new(StatusCode::OK, "").header("X-A\r\nB", "x").is_err());
        assert!(Response::new(StatusCode::OK, "").header("X-A", "x").is_ok());
    }

    #[test]
    fn what_is_put_off_decides_whether_writes_are_kept() {
        use crate::http::{Respond, Status};
        assert!(Response::of(Status::NO_CONTENT).commits());
        assert!(!Response::of(Status(StatusCode::CONFLICT)).commits());
        assert!(
            !Response::of(Status::NO_CONTENT)
                .status_code(StatusCode::UNPROCESSABLE_ENTITY)
                .commits()
        );
    }

    #[test]
    fn headers_of_the_walls_cannot_be_set() {
        for name in [
            "Set-Cookie",
            "location",
            "Content-Security-Policy",
            "Cross-Origin-Opener-Policy",
            "Refresh",
            "X-Accel-Redirect",
            "X-Sendfile",
            "HX-Redirect",
            "HX-Location",
            // CWE-524: what a cache in front obeys.
            "Cache-Control",
            "CDN-Cache-Control",
            "Cloudflare-CDN-Cache-Control",
            "X-LiteSpeed-Cache-Control",
            "Surrogate-Control",
            "Edge-Control",
            "Expires",
            "X-Accel-Expires",
        ] {
            assert!(
                Response::new(StatusCode::OK, "").header(name, "x").is_err(),
                "{name}"
            );
        }
    }
}
