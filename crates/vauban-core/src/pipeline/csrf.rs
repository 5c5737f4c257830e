//! The second wall against request forgery: a fresh signed token with every unsafe request (ASVS 3.5.1,
//! CWE-352), in the field `csrfmiddlewaretoken` or the header `X-CSRFToken`.
//!
//! A token belongs to a session or, before there is one, to a cookie of its own; and to the path that the form
//! posts to, where the template writes that path literally (`{% url %}` and a form without `action` get a token
//! for every path of the site). It is another one each time it is written, so it needs no masking against compression
//! attacks (BREACH), and it expires.

use ::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::http::{Cookie, FormData, Request};
use crate::signing::{self, TokenError};
use crate::site::Site;

/// The form field that carries a token.
pub(crate) const FIELD: &str = crate::http::form_data::TOKEN_FIELD;
/// The header that carries a token.
pub(crate) const HEADER: &str = "x-csrftoken";
/// The cookie that tokens belong to before there is a session, without its prefix.
pub(crate) const COOKIE: &str = "csrf";
/// The purpose of the keys.
pub(crate) const PURPOSE: &str = "csrf";
/// The purpose of the keys that seal whom a token was written for.
pub(crate) const OWNER: &str = "csrf owner";
/// Octets of a token's nonce; behind them stands the seal of whom it was written for.
const NONCE: usize = 9;
/// For how long a token is good, in seconds: a working day with a form open.
const LIFE: u64 = 12 * 3600;
/// A token for script, which asks many paths.
const ANY_PATH: &str = "*";

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Ours, for this session and path, and fresh.
    Good,
    /// Ours once: expired, or of a session or key that is no more.
    Stale,
    /// None, or nothing of ours.
    Refused,
}

/// Writes a fresh token for a form that posts to `action` (`None`: for script, for every path).
pub(crate) fn write(site: &Site, cx: &Request, action: Option<&str>, out: &mut String) {
    let scope = match action {
        None => ANY_PATH.to_owned(),
        Some(action) => path_of(action, cx.path()),
    };
    let payload = payload(site, cx);
    with_binding(cx, |binding| {
        site.csrf
            .write(&payload, &[binding, scope.as_bytes()], signing::now() + LIFE, out);
    });
    cx.mark_token_written();
}

/// Writes a token that has expired: a form that is sent with it is shown again, and nothing is kept of it.
pub(crate) fn write_expired(site: &Site, cx: &Request, path: &str, out: &mut String) {
    let payload = payload(site, cx);
    with_binding(cx, |binding| {
        site.csrf.write(&payload, &[binding, path.as_bytes()], 1, out);
    });
    cx.mark_token_written();
}

/// A nonce and, of somebody who is signed in, whom the token is written for, sealed: it outlives the session, so that
/// what was typed is given back to its owner and nobody else (CWE-639). The seal is another one in every token.
fn payload(site: &Site, cx: &Request) -> Vec<u8> {
    let mut nonce = [0_u8; NONCE];
    rand::fill(&mut nonce);
    let mut payload = nonce.to_vec();
    if let Some(user) = cx.identity.user_id().filter(|_| cx.identity.binding.is_some())
        && let Some(seal) = site.csrf_owner.seal(user.as_bytes(), &nonce)
    {
        payload.extend(seal);
    }
    payload
}

/// Whether `owner`, from [`owner_of`], is this user's.
pub(crate) fn is_owner(site: &Site, owner: &[u8], user: &str) -> bool {
    owner
        .split_at_checked(NONCE)
        .is_some_and(|(nonce, seal)| site.csrf_owner.is_seal(seal, user.as_bytes(), nonce))
}

/// Whom a good token was written for, sealed: a token that was written in the session with this binding, for this
/// request's path, and has not expired.
pub(crate) fn owner_of(site: &Site, cx: &Request, token: &str, session: &[u8; 32]) -> Option<Vec<u8>> {
    let binding = [b"s", session.as_slice()].concat();
    let now = signing::now();
    let scopes = [cx.path(), ANY_PATH];
    let proved = scopes.iter().find_map(|scope| {
        site.csrf
            .verify(token, &[&binding, scope.as_bytes()], now, LIFE)
            .ok()
    });
    proved.filter(|payload| payload.len() > NONCE)
}

/// The value of the header that carries tokens, if it is there once.
pub(crate) fn from_header(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The token in a form: once in a urlencoded one, the first part of a multipart one, so that no other part
/// need be kept to find it.
pub(crate) fn from_form<'a>(headers: &HeaderMap, form: &'a FormData) -> Option<&'a str> {
    let multipart = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.len() >= 10 && value.as_bytes()[..10].eq_ignore_ascii_case(b"multipart/"));
    if multipart {
        return form
            .first()
            .filter(|(name, _)| *name == FIELD)
            .map(|(_, value)| value);
    }
    form.once(FIELD).ok().flatten()
}

/// Weighs a token.
pub(crate) fn weigh(site: &Site, cx: &Request, token: &str) -> Verdict {
    let Some(binding) = sent_binding(cx) else {
        // The cookie that it belongs to is gone; without it nothing can be said but that it looks like one.
        return match site.csrf.verify(token, &[], 0, LIFE) {
            Err(TokenError::Malformed) | Ok(_) => Verdict::Refused,
            Err(_) => Verdict::Stale,
        };
    };
    let now = signing::now();
    let path = site
        .csrf
        .verify(token, &[&binding, cx.path().as_bytes()], now, LIFE);
    let result = match path {
        Err(TokenError::Forged) => site
            .csrf
            .verify(token, &[&binding, ANY_PATH.as_bytes()], now, LIFE),
        other => other,
    };
    match result {
        Ok(_) => Verdict::Good,
        Err(TokenError::Malformed) => Verdict::Refused,
        Err(_) => Verdict::Stale,
    }
}

/// What tokens belong to, if the request brought it: the session, or the cookie that stands in for one.
fn sent_binding(cx: &Request) -> Option<Vec<u8>> {
    match &cx.identity.binding {
        Some(session) => Some([b"s", session.as_slice()].concat()),
        None => {
            let cookie = cx.own_cookie(COOKIE)?;
            is_cookie(cookie).then(|| [b"c", cookie.as_bytes()].concat())
        }
    }
}

/// Runs with what tokens of this answer belong to; makes the cookie if there is neither it nor a session.
fn with_binding(cx: &Request, run: impl FnOnce(&[u8])) {
    if let Some(binding) = sent_binding(cx) {
        return run(&binding);
    }
    let cookie = cx.written.csrf_cookie.get_or_init(|| {
        let value = fresh_cookie();
        cx.set_cookie(Cookie::own(COOKIE, &value));
        value
    });
    run(&[b"c", cookie.as_bytes()].concat());
}

/// A fresh value for the cookie.
fn fresh_cookie() -> String {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes);
    BASE64.encode(bytes)
}

/// Whether a cookie's value is one that we make.
fn is_cookie(value: &str) -> bool {
    value.len() == 22
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The path that a form's `action` means on the page `base`.
fn path_of(action: &str, base: &str) -> String {
    let end = action.find(['?', '#']).unwrap_or(action.len());
    let action = &action[..end];
    if action.is_empty() {
        return base.to_owned();
    }
    if action.starts_with('/') && !action.starts_with("//") && !action.contains("/.") {
        return action.to_owned();
    }
    // `https://this.host/path`: only a same-origin action gets a token at all.
    let local = match action.find("://") {
        Some(scheme) => action[scheme + 3..]
            .find('/')
            .map_or("/", |slash| &action[scheme + 3 + slash..]),
        None => action,
    };
    crate::http::resolve(base, local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_a_path() {
        for (action, path) in [
            ("", "/a/b/"),
            ("?x=1", "/a/b/"),
            ("/c/?x#y", "/c/"),
            ("edit/", "/a/b/edit/"),
            ("../c", "/a/c"),
            ("http://localhost/d/", "/d/"),
            ("/x/../y/", "/y/"),
        ] {
            assert_eq!(path_of(action, "/a/b/"), path, "{action}");
        }
    }
}
