//! The client's address: forwarded headers count only from trusted proxies, read right to left
//! (ASVS 4.1.3, CWE-348, CWE-290).

use std::net::IpAddr;

use ::http::HeaderMap;

use super::{SecurityEvent, Site};
use crate::http::{Cx, Error, Result};
use crate::settings::Network;

/// What a request says of its way here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way<'a> {
    /// The first address from the right that is not a trusted proxy.
    pub(crate) client: IpAddr,
    /// Whether the browser spoke HTTPS with the outermost trusted proxy.
    pub(crate) secure: bool,
    /// The host that the browser asked for, if the proxy says so.
    pub(crate) host: Option<&'a str>,
}

/// Writes down client, scheme and host of a request.
///
/// # Errors
/// 400, see [`way`].
pub(crate) fn find_client(site: &Site, cx: &mut Cx) -> Result<()> {
    let trusted = &site.settings.trusted_proxies;
    if trusted.is_empty() {
        return Ok(());
    }
    let way = way(trusted, cx.client, cx.secure, &cx.headers)?;
    let host = way.host.map(str::to_owned);
    (cx.client, cx.secure) = (way.client, way.secure);
    cx.forwarded_host = host;
    Ok(())
}

/// Finds client, scheme and host. From a peer that is not trusted, forwarded headers are ignored.
///
/// # Errors
/// 400, if a trusted proxy sends what none would: then it forwards what the client sent.
pub(crate) fn way<'a>(
    trusted: &[Network],
    peer: IpAddr,
    tls: bool,
    headers: &'a HeaderMap,
) -> Result<Way<'a>> {
    let peer = peer.to_canonical();
    // CWE-348: a header is no better than whoever sent it.
    if !trusts(trusted, peer) {
        return Ok(Way {
            client: peer,
            secure: tls,
            host: None,
        });
    }
    let mut client = peer;
    let hops: Vec<&str> = list(headers, "x-forwarded-for")?;
    for hop in hops.iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            return Err(refuse());
        };
        client = address.to_canonical();
        if !trusts(trusted, client) {
            break;
        }
    }
    let schemes = list(headers, "x-forwarded-proto")?;
    let secure = match schemes.last().map(|s| s.trim()) {
        // The outermost proxy's word is the first; proxies that append are rare, and then all must agree.
        Some(_) => schemes.iter().all(|s| s.trim() == "https"),
        None => tls,
    };
    let host = match list(headers, "x-forwarded-host")?.as_slice() {
        [] => None,
        [host] => Some(host.trim()),
        _ => return Err(refuse()),
    };
    Ok(Way { client, secure, host })
}

fn trusts(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// All items of a list header, over all its lines.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Result<Vec<&'a str>> {
    const MOST: usize = 32;
    let mut items = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| refuse())?;
        items.extend(text.split(','));
        if items.len() > MOST {
            return Err(refuse());
        }
    }
    Ok(items)
}

fn refuse() -> Error {
    SecurityEvent::FORWARDED_REFUSED.log(None);
    Error::bad_request("A forwarded header is malformed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn proxies() -> [Network; 1] {
        ["10.0.0.0/8".parse().unwrap()]
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        // CWE-348, ASVS 4.1.3
        let sent = headers(&[
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil"),
        ]);
        let found = way(&proxies(), ip("9.9.9.9"), false, &sent).unwrap();
        assert_eq!(
            found,
            Way {
                client: ip("9.9.9.9"),
                secure: false,
                host: None
            }
        );
    }

    #[test]
    fn hops_are_read_from_the_right() {
        let sent = headers(&[
            ("x-forwarded-for", "1.1.1.1, 6.6.6.6, 10.0.0.2"),
            ("x-forwarded-proto", "https"),
        ]);
        let found = way(&proxies(), ip("10.0.0.1"), false, &sent).unwrap();
        assert_eq!(
            found,
            Way {
                client: ip("6.6.6.6"),
                secure: true,
                host: None
            }
        );
        // In several lines, too.
        let sent = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "6.6.6.6")]);
        assert_eq!(
            way(&proxies(), ip("::ffff:10.0.0.1"), false, &sent)
                .unwrap()
                .client,
            ip("6.6.6.6")
        );
    }

    #[test]
    fn nonsense_from_a_proxy_is_refused() {
        for (name, value) in [("x-forwarded-for", "unknown"), ("x-forwarded-host", "a, b")] {
            assert!(way(&proxies(), ip("10.0.0.1"), false, &headers(&[(name, value)])).is_err());
        }
        let sent = headers(&[("x-forwarded-proto", "https, http")]);
        assert!(!way(&proxies(), ip("10.0.0.1"), true, &sent).unwrap().secure);
    }
}
