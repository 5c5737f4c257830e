//! An answer. There is no way from an `http::Response` to it: its headers are ours to decide.

use std::fmt;

use ::http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
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
    /// somebody's own (CWE-524). A page with scripts or inline styles is not kept either, since they go by a nonce that is
    /// for one answer (CWE-323): `private, no-cache` is sent.
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

/// Whose a header is, if it is not the application's, and what to use instead. Classes, not lists: what is called so
/// means so, whoever invents it.
fn owner(name: &str) -> Option<(&'static str, &'static str)> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if starts(&["set-cookie"]) {
        return Some(("sets a cookie", "use `Response::cookie` or `Request::set_cookie`"));
    }
    if is_for_caches(name) {
        return Some(("is for caches", "use `Response::caching`"));
    }
    // CWE-601: browsers follow these, and so do the libraries that fetch parts of pages: to another site as well.
    let library = starts(&[
        "hx-",
        "turbo",
        "x-turbolinks-",
        "x-pjax-",
        "x-up-",
        "x-inertia-",
        "up-",
    ]);
    if matches!(name, "location" | "refresh" | "x-refresh")
        || ends(&["-location", "-redirect"]) && name != "content-location"
        || library && ends(&["-url", "-visit"])
    {
        return Some(("sends the browser elsewhere", "use `Redirect`"));
    }
    // CWE-22, CWE-918: a proxy in front sends the file or fetches the address that these name.
    if starts(&["x-accel-", "x-litespeed-", "x-lighttpd-", "x-reproxy-"])
        || ["sendfile", "send-file"].iter().any(|part| name.contains(part))
    {
        return Some(("makes a proxy send a file", "use `File`"));
    }
    // CWE-444: framing, and what concerns one connection.
    if starts(&["proxy-", "transfer-", "http2-", "alt-"])
        || matches!(
            name,
            "connection" | "keep-alive" | "te" | "trailer" | "upgrade" | "content-length" | "date" | "via"
        )
    {
        return Some(("is the connection's", "leave it to the server"));
    }
    if matches!(
        name,
        "content-type"
            | "content-encoding"
            | "content-range"
            | "content-disposition"
            | "content-transfer-encoding"
    ) {
        return Some((
            "says what the body is",
            "answer with the type that fits: `Text`, `Json`, `File`, a template",
        ));
    }
    // CWE-693: what browsers allow the page, and where they report to.
    if starts(&[
        "access-control-",
        "cross-origin-",
        "origin-",
        "report",
        "service-worker-",
        "public-key-pins",
    ]) || name.contains("-polic")
        || matches!(
            name,
            "strict-transport-security"
                | "x-content-type-options"
                | "x-frame-options"
                | "x-xss-protection"
                | "x-download-options"
                | "x-webkit-csp"
                | "expect-ct"
                | "timing-allow-origin"
                | "nel"
        )
    {
        return Some((
            "is a policy of the site",
            "leave it out: every answer carries the strict one already",
        ));
    }
    if matches!(name, "x-request-id" | "x-fragment") {
        return Some(("is Vauban's own", "give yours another name"));
    }
    None
}

/// Whether a header tells a cache how long it may keep the answer (CWE-524). Each maker of caches has one of its own,
/// which counts for more than `Cache-Control` there: whatever is called so.
fn is_for_caches(name: &str) -> bool {
    name.contains("cache-control")
        || name.starts_with("surrogate-")
        || name.starts_with("edge-")
        || name.ends_with("-ttl")
        || name.ends_with("expires")
        || matches!(name, "pragma" | "age")
}

/// Adds headers to an answer's: those of the same name take the place of its own, but what an answer varies by is never
/// taken back (CWE-524: a cache would give one page's part to who asks for another).
fn merge(into: &mut HeaderMap, mut from: HeaderMap) {
    if let Entry::Occupied(entry) = from.entry(header::VARY) {
        for value in entry.remove_entry_mult().1 {
            into.append(header::VARY, value);
        }
    }
    into.extend(from);
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

    /// Sets a header of the application's own. `Vary` is added to what the answer varies by already.
    ///
    /// # Errors
    /// If the name is not a token or belongs to Vauban (cookies, caches, redirects, files, framing, policies: the error
    /// names what to use), or the value holds a control character (CWE-113).
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, HeaderError> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HeaderError(format!("`{}` is not a header's name", name.escape_debug())))?;
        if let Some((does, instead)) = owner(name.as_str()) {
            return Err(HeaderError(format!(
                "the header `{name}` {does}, so a view does not set it: {instead}"
            )));
        }
        // CWE-113: `HeaderValue` refuses CR, LF and NUL; we refuse every other control but the tab as well.
        let value = Some(value)
            .filter(|value| value.is_ascii())
            .and_then(|value| HeaderValue::from_str(value).ok())
            .ok_or_else(|| HeaderError(format!("the header `{name}` holds a character it may not")))?;
        if name == header::VARY {
            self.headers.append(name, value);
        } else {
            self.headers.insert(name, value);
        }
        Ok(self)
    }

    /// Adds a cookie, as [`Request::set_cookie`] does: it is sent unless the request fails.
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
        // CWE-525: not every cache looks at `Vary`, and a part is no page.
        let part = rendered.headers.contains_key("x-fragment");
        if self.caching != Caching::Auto && !(part && matches!(self.caching, Caching::Public { .. })) {
            rendered.caching = self.caching;
        }
        merge(&mut rendered.headers, self.headers);
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

    /// CWE-524: whatever a view adds, a cache still tells a page from its part.
    #[test]
    fn what_a_page_varies_by_is_not_taken_back() {
        let page =
            || Response::new(StatusCode::OK, "").set(header::VARY, HeaderValue::from_static("x-fragment"));
        let direct = page()
            .header("Vary", "accept-language")
            .unwrap()
            .header("vary", "x-mine")
            .unwrap();
        let values: Vec<_> = direct.headers().get_all(header::VARY).iter().collect();
        assert_eq!(values, ["x-fragment", "accept-language", "x-mine"]);
        let later = Response::new(StatusCode::OK, "")
            .header("vary", "accept-language")
            .and_then(|later| later.header("vary", "x-mine"))
            .and_then(|later| later.header("x-a", "1"))
            .unwrap();
        let mut rendered = page().headers;
        merge(&mut rendered, later.headers);
        let values: Vec<_> = rendered.get_all(header::VARY).iter().collect();
        assert_eq!(values, ["x-fragment", "accept-language", "x-mine"]);
        assert_eq!(rendered["x-a"], "1");
    }

    #[test]
    fn headers_of_the_applications_own_are_set() {
        for name in [
            "X-Version",
            "Link",
            "ETag",
            "Last-Modified",
            "Content-Language",
            "Content-Location",
            "Retry-After",
            "Clear-Site-Data",
            "Server-Timing",
            "WWW-Authenticate",
            "X-Robots-Tag",
            "HX-Trigger",
            "Deprecation",
            "Sunset",
            "X-Avatar-Url",
            "Allow",
        ] {
            let set = Response::new(StatusCode::OK, "").header(name, "x");
            assert!(set.is_ok(), "{name}: {set:?}");
        }
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
            // CWE-22, CWE-918: what a proxy in front sends.
            "X-LIGHTTPD-send-file",
            "X-Reproxy-URL",
            "X-Reproxy-File",
            "X-Accel-Buffering",
            // CWE-601: what libraries on the page follow.
            "X-Inertia-Location",
            "Turbo-Location",
            "HX-Push-Url",
            "HX-Replace-Url",
            "X-Up-Location",
            "X-PJAX-URL",
            "X-Turbolinks-Location",
            // CWE-444: framing, coding, the connection's.
            "Content-Encoding",
            "Content-Range",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "Transfer-Encoding",
            "Alt-Svc",
            "Date",
            // CWE-693: policies, and where browsers report to.
            "Service-Worker-Allowed",
            "NEL",
            "Report-To",
            "Reporting-Endpoints",
            "Feature-Policy",
            "Document-Policy",
            "Document-Policy-Report-Only",
            "X-Permitted-Cross-Domain-Policies",
            "Integrity-Policy",
            "Access-Control-Allow-Origin",
            "Timing-Allow-Origin",
            "Set-Cookie2",
            "X-Request-Id",
            "X-Fragment",
        ] {
            assert!(
                Response::new(StatusCode::OK, "").header(name, "x").is_err(),
                "{name}"
            );
        }
    }
}
