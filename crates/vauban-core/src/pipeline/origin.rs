//! The first wall against request forgery: an unsafe request comes from this site's own pages, by the word of
//! the browser (`Sec-Fetch-Site`, `Origin`, or over HTTPS at least `Referer`; ASVS 3.5.1, CWE-352). The token
//! is the second wall; both stand for every unsafe request.

use ::http::{HeaderMap, HeaderName, Method, header};

use crate::http::{Error, Request, Result, SecurityEvent};
use crate::settings::host_and_port;
use crate::site::Site;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request says that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Sender {
    /// A page of this site or of a configured origin; or it does not matter.
    Own,
    /// Another page.
    Foreign,
    /// It says nothing, as programs do; over HTTPS no browser does.
    Unsaid,
}

/// Lets safe requests and those of the site's own pages pass, and such as say nothing to be judged by
/// [`Sender::is_enough_for`].
///
/// # Errors
/// 403.
pub(crate) fn check(site: &Site, cx: &Request) -> Result<Sender> {
    let upgrades = asks_for_websocket(cx.headers());
    let safe = matches!(*cx.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // CWE-1385: a WebSocket handshake is a GET that cannot carry a token.
    if safe && !upgrades {
        return Ok(Sender::Own);
    }
    #[cfg(any(test, feature = "__test_switches"))]
    if site.without.origin_check {
        return Ok(Sender::Own);
    }
    match sender(site, cx, upgrades) {
        Sender::Foreign => Err(refused(cx)),
        sender => Ok(sender),
    }
}

impl Sender {
    /// Whether that is enough for a view: `ambient` if its credential is one that a browser sends by itself (CWE-352). A
    /// token or a signature is not, and programs that have one send no `Origin`.
    pub(crate) fn is_enough_for(self, ambient: bool) -> bool {
        match self {
            Self::Own => true,
            Self::Unsaid => !ambient,
            Self::Foreign => false,
        }
    }
}

/// 403.
pub(crate) fn refused(cx: &Request) -> Error {
    SecurityEvent::ORIGIN_REFUSED.log(Some(cx));
    #[cfg(debug_assertions)]
    cx.note(|| "The origin wall refused: `Sec-Fetch-Site` and `Origin` do not say that a page of this site, or of one of the \
         setting `origins`, sent the request.".to_owned());
    Error::forbidden()
}

/// Whether a WebSocket is asked for, alone or among others. Other protocols are ignored, as RFC 9110 §7.8 allows: the
/// request is then an ordinary one.
fn asks_for_websocket(headers: &HeaderMap) -> bool {
    headers.get_all(header::UPGRADE).iter().any(|value| {
        value.as_bytes().split(|byte| *byte == b',').any(|protocol| {
            let name = protocol.split(|byte| *byte == b'/').next().unwrap_or(protocol);
            name.trim_ascii().eq_ignore_ascii_case(b"websocket")
        })
    })
}

/// Whether the browser says that a page of this very origin sent the request, which passed before: one of another
/// configured origin is a partner's (CWE-352: it does not put a text of its own before somebody).
pub(crate) fn is_own_page(cx: &Request) -> bool {
    match (
        one(cx.headers(), &SEC_FETCH_SITE),
        one(cx.headers(), &header::ORIGIN),
    ) {
        (Ok(Some(site)), Ok(_)) => site == "same-origin",
        (Ok(None), Ok(Some(origin))) => is_own(&cx.site, cx, origin),
        _ => false,
    }
}

fn sender(site: &Site, cx: &Request, upgrades: bool) -> Sender {
    let (Ok(fetch_site), Ok(origin)) = (
        one(cx.headers(), &SEC_FETCH_SITE),
        one(cx.headers(), &header::ORIGIN),
    ) else {
        return Sender::Foreign;
    };
    let own = origin.is_some_and(|origin| is_own(site, cx, origin));
    // A partner: configured, and not where the request went.
    let partner = || origin.is_some_and(|origin| !own && is_configured(site, origin));
    let is_own = match (fetch_site, origin) {
        (Some("same-origin" | "none"), None) => true,
        (Some("same-origin" | "none"), Some(_)) => own,
        // CWE-352: a sibling host (`same-site`) is another site.
        (Some(_), _) => partner(),
        (None, Some(_)) => own || partner(),
        (None, None) if upgrades => false,
        (None, None) if referer_is_ours(site, cx) => true,
        (None, None) => return Sender::Unsaid,
    };
    if is_own { Sender::Own } else { Sender::Foreign }
}

/// The only value of a header, or none.
///
/// # Errors
/// If it is there twice, empty, or not text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) if !text.is_empty() && values.next().is_none() => Ok(Some(text)),
        _ => Err(()),
    }
}

/// Over HTTPS a browser that sends neither `Sec-Fetch-Site` nor `Origin` still sends `Referer`, as our pages
/// ask for it (`Referrer-Policy: same-origin`). Over plain HTTP the token decides alone.
fn referer_is_ours(site: &Site, cx: &Request) -> bool {
    if !cx.is_secure() {
        return true;
    }
    let mut values = cx.headers().get_all(header::REFERER).iter();
    let (Some(referer), None) = (values.next(), values.next()) else {
        return false;
    };
    let (origin, _) = cut(referer.as_bytes());
    std::str::from_utf8(origin).is_ok_and(|origin| is_own(site, cx, origin) || is_configured(site, origin))
}

/// The page of this site that the request was sent from, as far as the browser says it: path and query.
pub(super) fn own_page<'a>(site: &Site, cx: &'a Request) -> Option<&'a str> {
    let referer = one(cx.headers(), &header::REFERER).ok()??;
    let (origin, page) = cut(referer.as_bytes());
    let own = is_own(site, cx, std::str::from_utf8(origin).ok()?);
    std::str::from_utf8(page)
        .ok()
        .filter(|page| own && !page.is_empty())
}

/// An address as its origin and the rest. Old browsers write a path's letters as they are, so it is taken as octets.
fn cut(referer: &[u8]) -> (&[u8], &[u8]) {
    let Some(start) = memchr::memmem::find(referer, b"://").map(|at| at + 3) else {
        return (b"", referer);
    };
    let path = referer[start..]
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    referer.split_at(path.map_or(referer.len(), |at| start + at))
}

/// Whether an origin is where the request went: same scheme, same host (which the host check has allowed), same port;
/// and configured, if origins are.
fn is_own(site: &Site, cx: &Request, origin: &str) -> bool {
    let (scheme, own_port) = if cx.is_secure() {
        ("https://", 443)
    } else {
        ("http://", 80)
    };
    let Some(host) = origin.strip_prefix(scheme) else {
        return false;
    };
    // Browsers write host names in lower case, in `Origin` and in `Host`; what else a host has in spellings (an address, its
    // own port, the root's dot) a proxy may have changed on the way.
    let meant = |text: &str| {
        let plain = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let (host, port) = host_and_port(text).filter(|_| plain)?;
        Some((host, port.unwrap_or(own_port)))
    };
    let same = host == cx.host() || meant(host).is_some_and(|host| meant(cx.host()) == Some(host));
    same && (site.settings.origins.is_empty() || is_configured(site, origin))
}

fn is_configured(site: &Site, origin: &str) -> bool {
    site.settings.origins.iter().any(|own| own.as_str() == origin)
}
