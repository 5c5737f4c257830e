//! The outermost layer: what every answer carries, refusals included (ASVS 3.4, CWE-693, CWE-1021, CWE-525).

use ::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::headers::fixed;
use crate::http::{Body, Caching, Request, Response, cookie};
use crate::messages;
use crate::site::Site;

/// Makes an answer ready to be sent.
pub(crate) fn finish(site: &Site, cx: &Request, response: Response) -> ::http::Response<Body> {
    let Response {
        status,
        headers,
        body,
        caching,
        cookies,
        ..
    } = response;
    let is_document = headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        // A media type has no case.
        let essence = value.as_bytes().split(|byte| *byte == b';').next();
        essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(b"text/html"))
    });
    // CWE-323, CWE-79: a nonce that caches keep is known before a page is asked for.
    let has_nonce = is_document && cx.has_nonce();
    let caching = match caching {
        Caching::Public { .. } if has_nonce => {
            tell_of_nonce(cx);
            Caching::Auto
        }
        caching => caching,
    };
    let kept = matches!(caching, Caching::Public { .. });
    #[cfg(any(test, feature = "__test_switches"))]
    let bare = site.without.security_headers;
    #[cfg(not(any(test, feature = "__test_switches")))]
    let bare = false;
    let mut out = match (bare, is_document) {
        (true, _) => HeaderMap::new(),
        (false, true) => {
            let document = site.headers.document(cx.view_type());
            let mut out = document.headers.clone();
            let policy = match kept {
                true => document.policy_without_nonce(),
                false => document.policy(cx.nonce()),
            };
            out.insert(header::CONTENT_SECURITY_POLICY, policy);
            out
        }
        (false, false) => site.headers.other.clone(),
    };
    // CWE-598: an address that opens something goes along to nobody, the site's own logs of `Referer` included. What is left is the
    // origin, so that a form of the page still says where it is from.
    if !bare && cx.has_secret_address() {
        out.insert(header::REFERRER_POLICY, fixed("strict-origin"));
    }
    // RFC 6797 §7.2: only over HTTPS.
    if cx.is_secure()
        && !bare
        && let Some(hsts) = &site.headers.hsts
    {
        out.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    for cookie in cookies {
        cx.set_cookie(cookie);
    }
    write_cookies(cx, &mut out);
    let personal =
        cx.is_personal() || out.contains_key(header::SET_COOKIE) || headers.contains_key(header::SET_COOKIE);
    out.insert(header::CACHE_CONTROL, cache_control(caching, personal));
    if let Ok(id) = HeaderValue::from_str(cx.request_id()) {
        out.insert(HeaderName::from_static("x-request-id"), id);
    }
    let mut last = None;
    for (name, value) in headers {
        match name {
            Some(name) => {
                if name == header::SET_COOKIE {
                    // CWE-352: who is let in by a key is given no cookie.
                    if cx.is_ambient() {
                        out.append(name.clone(), value);
                    }
                } else if name == header::LOCATION {
                    out.insert(name.clone(), ascii(value));
                } else {
                    out.insert(name.clone(), value);
                }
                last = Some(name);
            }
            None => {
                if let Some(name) = &last
                    && (name != header::SET_COOKIE || cx.is_ambient())
                {
                    out.append(name.clone(), value);
                }
            }
        }
    }
    let mut answer = ::http::Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = out;
    answer
}

/// Says why a page is not kept, to whoever develops it.
fn tell_of_nonce(cx: &Request) {
    if !cx.settings().mode.is_development() {
        return;
    }
    tracing::warn!(
        target: "vauban::error",
        path = cx.logged_path(),
        "this page is `Caching::Public`, and is not kept: its scripts or inline styles go by a nonce, which is for one answer. \
         Leave them out of the page, or its caching"
    );
}

/// Writes what the request says and sets: once, and nothing for who is let in by a key (CWE-352).
pub(super) fn write_cookies(cx: &Request, headers: &mut HeaderMap) {
    if !cx.is_ambient() {
        return;
    }
    messages::write_cookie(cx);
    for cookie in cx.take_cookies() {
        let line = cookie.to_header(cx.site.package.name, cx.is_secure());
        if line.len() > cookie::LONGEST {
            tracing::error!(
                target: "vauban::error",
                cookie = cookie.name(),
                octets = line.len(),
                "a cookie is longer than browsers keep (4096 octets), so it was not sent: keep the value in a row and \
                 its id in the cookie"
            );
            continue;
        }
        headers.append(header::SET_COOKIE, line);
    }
}

/// A `Location` is ASCII (RFC 3986 §2), whatever bytes the request's own target had: readers of a raw letter differ.
fn ascii(location: HeaderValue) -> HeaderValue {
    if location.as_bytes().iter().all(u8::is_ascii_graphic) {
        return location;
    }
    let text = String::from_utf8_lossy(location.as_bytes());
    HeaderValue::try_from(crate::http::ascii_url(&text)).unwrap_or(fixed("/"))
}

/// The answer when the pipeline itself failed: a status and the walls' headers.
pub(crate) fn bare(site: &Site) -> ::http::Response<Body> {
    let mut answer = ::http::Response::new(Body::empty());
    *answer.status_mut() = ::http::StatusCode::INTERNAL_SERVER_ERROR;
    *answer.headers_mut() = site.headers.other.clone();
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, fixed("no-store"));
    answer
}

/// CWE-524, CWE-525: an answer made for somebody is kept by nobody.
fn cache_control(caching: Caching, personal: bool) -> HeaderValue {
    match caching {
        Caching::Public { seconds, immutable } if !personal => {
            let immutable = if immutable { ", immutable" } else { "" };
            HeaderValue::try_from(format!("public, max-age={seconds}{immutable}"))
                .unwrap_or(fixed("no-store"))
        }
        Caching::Auto if !personal => fixed("private, no-cache"),
        _ => fixed("no-store"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_ascii() {
        for (raw, written) in [
            ("/\u{fc}/?q=\u{e4} b", "/%C3%BC/?q=%C3%A4%20b"),
            ("/a%C3%BC?x=1&y=%", "/a%C3%BC?x=1&y=%"),
        ] {
            let raw = HeaderValue::from_bytes(raw.as_bytes()).unwrap();
            assert_eq!(ascii(raw), written);
        }
        let broken = HeaderValue::from_bytes(b"/\xff").unwrap();
        assert!(ascii(broken).to_str().unwrap().starts_with("/%EF"));
    }
}
