//! Limits of a request's head (ASVS 15.2.2, CWE-400, CWE-770). The server's parser has bounded its bytes
//! before; what is checked here holds for the test client too.

use ::http::{Method, StatusCode};

use crate::http::{Error, Request, Result, SecurityEvent};
use crate::site::Site;

/// Refuses a target that is no path of this site, too long a target, too many fields, too large a head.
///
/// # Errors
/// 400, 414 or 431.
pub(crate) fn check_head(site: &Site, cx: &Request) -> Result<()> {
    // CWE-20, RFC 9112 §3.2: `host:port` and `*` are for proxies and servers, not for a site; everything behind here
    // may rely on a path that starts with `/`.
    let scheme = cx.uri.scheme_str();
    let odd = !cx.path().starts_with('/')
        || *cx.method() == Method::CONNECT
        || (scheme.is_some() != cx.uri.authority().is_some())
        || scheme.is_some_and(|scheme| {
            !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https")
        });
    if odd {
        return Err(Error::bad_request(
            "The request's target is not a path of this site.",
        ));
    }
    let limits = &site.settings.limits;
    let target = cx.path().len() + cx.query().len();
    let status = if target > limits.target {
        StatusCode::URI_TOO_LONG
    } else if cx.head().count() > limits.headers || head_bytes(cx) > limits.header_bytes {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        return Ok(());
    };
    SecurityEvent::LIMIT_EXCEEDED.log(Some(cx));
    Err(Error::new(status, ""))
}

fn head_bytes(cx: &Request) -> usize {
    cx.head()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}
