//! HTTPS: the redirect to it, and the promise to stay with it (HSTS; ASVS 3.4.1, 12.2.1, CWE-319).

use ::http::{HeaderValue, Method, StatusCode, header};

use crate::http::{Body, Error, Request, Response, Result};
use crate::site::Site;

/// Sends a plain request to HTTPS; the host is one of the allowed ones, the path is percent-encoded anew.
///
/// # Errors
/// 403 for anything but GET and HEAD: what was sent in clear is lost already, and must not seem to work.
pub(crate) fn require(site: &Site, cx: &Request) -> Result<Option<Response>> {
    let target = cx.uri.path_and_query().map_or("/", |target| target.as_str());
    redirect(site.https, cx.secure, &cx.method, cx.host(), target)
}

fn redirect(
    required: bool,
    secure: bool,
    method: &Method,
    host: &str,
    target: &str,
) -> Result<Option<Response>> {
    if secure || !required {
        return Ok(None);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Error::new(StatusCode::FORBIDDEN, "This site speaks HTTPS only."));
    }
    // The port of plain HTTP is not that of HTTPS.
    let name = if host.ends_with(']') {
        host
    } else {
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    };
    let location = format!("https://{name}/{}", target.trim_start_matches('/'));
    let location = HeaderValue::try_from(location).map_err(|_| Error::bad_request(""))?;
    Ok(Some(
        Response::new(StatusCode::MOVED_PERMANENTLY, Body::empty()).set(header::LOCATION, location),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(host: &str, target: &str) -> String {
        let answer = redirect(true, false, &Method::GET, host, target)
            .unwrap()
            .unwrap();
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[test]
    fn plain_requests_go_to_https_and_nowhere_else() {
        assert_eq!(location("example.com:80", "/x?y=z"), "https://example.com/x?y=z");
        assert_eq!(location("[::1]:80", "/"), "https://[::1]/");
        // CWE-601
        assert_eq!(
            location("example.com", "//evil.com/x"),
            "https://example.com/evil.com/x"
        );
        assert!(redirect(true, false, &Method::POST, "example.com", "/").is_err());
        assert!(
            redirect(true, true, &Method::POST, "example.com", "/")
                .unwrap()
                .is_none()
        );
    }
}
