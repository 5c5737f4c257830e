//! HTTPS: the redirect to it, and the promise to stay with it (HSTS; ASVS 3.4.1, 12.2.1, CWE-319).

use ::http::{HeaderValue, Method, StatusCode, header};

use crate::http::{Body, Error, Response, Result};

/// What the site does about plain HTTP.
#[derive(Debug, Clone, Default)]
pub struct Https {
    /// Whether plain requests are sent to HTTPS. Off in development only, and behind a declared proxy on
    /// loopback.
    pub redirect: bool,
    /// The promise to browsers.
    pub hsts: Option<Hsts>,
}

/// `Strict-Transport-Security` (RFC 6797), with a ramp: start small, and raise it when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hsts {
    /// For how long browsers insist on HTTPS, in seconds. The ramp: 300, 604 800 (a week), 2 592 000 (30
    /// days), 63 072 000 (two years).
    pub seconds: u64,
    /// Names below this one as well.
    pub include_subdomains: bool,
    /// Consent to the browsers' built-in list; takes at least a year and `include_subdomains`.
    pub preload: bool,
}

impl Hsts {
    /// The header's value.
    pub fn header(&self) -> HeaderValue {
        let mut text = format!("max-age={}", self.seconds);
        if self.include_subdomains {
            text.push_str("; includeSubDomains");
        }
        if self.preload {
            text.push_str("; preload");
        }
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("max-age=0"))
    }
}

/// Sends a plain request to HTTPS; the host is one of the allowed ones, the path is percent-encoded anew.
///
/// # Errors
/// 403 for anything but GET and HEAD: what was sent in clear is lost already, and must not seem to work.
pub(crate) fn require(https: &Https, secure: bool, method: &Method, host: &str, target: &str) -> Result<Option<Response>> {
    if secure || !https.redirect {
        return Ok(None);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Error::new(StatusCode::FORBIDDEN, "This site speaks HTTPS only."));
    }
    // The port of plain HTTP is not that of HTTPS.
    let name = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    let location = format!("https://{name}/{}", target.trim_start_matches('/'));
    let location = HeaderValue::try_from(location).map_err(|_| Error::bad_request(""))?;
    Ok(Some(Response::new(StatusCode::MOVED_PERMANENTLY, Body::empty()).set(header::LOCATION, location)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(host: &str, target: &str) -> String {
        let https = Https { redirect: true, hsts: None };
        let answer = require(&https, false, &Method::GET, host, target).unwrap().unwrap();
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[test]
    fn plain_requests_go_to_https_and_nowhere_else() {
        assert_eq!(location("example.com:80", "/x?y=z"), "https://example.com/x?y=z");
        assert_eq!(location("[::1]:80", "/"), "https://[::1]/");
        // CWE-601
        assert_eq!(location("example.com", "//evil.com/x"), "https://example.com/evil.com/x");
        let https = Https { redirect: true, hsts: None };
        assert!(require(&https, false, &Method::POST, "example.com", "/").is_err());
        assert!(require(&https, true, &Method::POST, "example.com", "/").unwrap().is_none());
    }

    #[test]
    fn the_ramp() {
        let hsts = Hsts { seconds: 300, include_subdomains: false, preload: false };
        assert_eq!(hsts.header(), "max-age=300");
        let hsts = Hsts { seconds: 63_072_000, include_subdomains: true, preload: true };
        assert_eq!(hsts.header(), "max-age=63072000; includeSubDomains; preload");
    }
}
