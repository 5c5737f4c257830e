//! The client's address: forwarded headers count only from trusted proxies, read right to left
//! (ASVS 4.1.3, CWE-348, CWE-290).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ::http::HeaderMap;

use crate::http::{Error, Request, Result, SecurityEvent};
use crate::settings::Network;
use crate::site::Site;

/// What a request says of its way here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way<'a> {
    /// The first address from the right that is not a trusted proxy.
    pub(crate) client: IpAddr,
    /// Whether the browser spoke HTTPS with the outermost trusted proxy.
    pub(crate) secure: bool,
    /// The host that the browser asked for, if the proxy says so.
    pub(crate) host: Result<Option<&'a str>, SeveralHosts>,
}

/// More than one host, or one that cannot be read: nobody can tell which the browser asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeveralHosts;

/// Writes down client, scheme and host of a request.
///
/// # Errors
/// 400, if a proxy names more than one host; client and scheme are written down before.
pub(crate) fn find_client(site: &Site, cx: &mut Request) -> Result<()> {
    let trusted = &site.settings.trusted_proxies;
    if trusted.is_empty() {
        return Ok(());
    }
    let way = way(trusted, cx.client, cx.secure, &cx.headers);
    (cx.client, cx.secure) = (way.client, way.secure);
    match way.host {
        Ok(host) => cx.forwarded_host = host.map(str::to_owned),
        Err(SeveralHosts) => return Err(Error::bad_request("A proxy named more than one host.")),
    }
    Ok(())
}

/// Finds client, scheme and host. From a peer that is not trusted, forwarded headers are ignored.
///
/// What a trusted proxy sends and we cannot read is logged with the proxy's address. It becomes nobody's identity: the
/// client is then the last address that is known, the one that could not say who is behind it.
pub(crate) fn way<'a>(trusted: &[Network], peer: IpAddr, tls: bool, headers: &'a HeaderMap) -> Way<'a> {
    let peer = peer.to_canonical();
    // CWE-348: a header is no better than whoever sent it.
    if !trusts(trusted, peer) {
        return Way {
            client: peer,
            secure: tls,
            host: Ok(None),
        };
    }
    let mut client = peer;
    for hop in items(headers, "x-forwarded-for").rev() {
        let Some(address) = std::str::from_utf8(hop).ok().and_then(address) else {
            // CWE-290: what is no address is no identity.
            unreadable("x-forwarded-for", hop, client);
            break;
        };
        client = address;
        if !trusts(trusted, client) {
            break;
        }
    }
    let secure = match items(headers, "x-forwarded-proto").next() {
        // The outermost proxy's word is the first; proxies that append are rare, and then all must agree.
        Some(_) => items(headers, "x-forwarded-proto").all(|scheme| {
            let secure = scheme.eq_ignore_ascii_case(b"https") || scheme.eq_ignore_ascii_case(b"wss");
            let plain = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"ws");
            if !secure && !plain {
                unreadable("x-forwarded-proto", scheme, peer);
            }
            secure
        }),
        None => tls,
    };
    let mut hosts = items(headers, "x-forwarded-host");
    let host = match hosts.next() {
        None => Ok(None),
        Some(host) => {
            let same = hosts.all(|other| other.eq_ignore_ascii_case(host));
            match std::str::from_utf8(host) {
                Ok(host) if same => Ok(Some(host)),
                _ => {
                    unreadable("x-forwarded-host", host, peer);
                    Err(SeveralHosts)
                }
            }
        }
    };
    Way { client, secure, host }
}

fn trusts(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// All items of a list header, over all its lines; empty ones are none (RFC 9110 §5.6.1).
fn items<'a>(headers: &'a HeaderMap, name: &'static str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|item| !item.is_empty())
}

/// An address as proxies write it: alone, with a port, IPv6 with or without brackets, in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .and_then(|text| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    bare.or_else(|| text.parse::<IpAddr>().ok())
        .or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip()))
        .map(|address| address.to_canonical())
}

/// Says what a proxy sent, so that whoever runs the site can mend the proxy.
fn unreadable(header: &'static str, value: &[u8], peer: IpAddr) {
    // CWE-117: escaped and cut; CWE-532: an address or a scheme is no secret.
    let shown = value[..value.len().min(64)].escape_ascii();
    tracing::warn!(
        target: "vauban::security",
        event = SecurityEvent::FORWARDED_REFUSED.name(),
        header,
        value = %shown,
        %peer,
        "a trusted proxy sent a header that cannot be read: who is behind it counts as the proxy"
    );
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
        let found = way(&proxies(), ip("9.9.9.9"), false, &sent);
        assert_eq!(
            found,
            Way {
                client: ip("9.9.9.9"),
                secure: false,
                host: Ok(None)
            }
        );
    }

    #[test]
    fn hops_are_read_from_the_right() {
        let sent = headers(&[
            ("x-forwarded-for", "1.1.1.1, 6.6.6.6, 10.0.0.2"),
            ("x-forwarded-proto", "https"),
        ]);
        let found = way(&proxies(), ip("10.0.0.1"), false, &sent);
        assert_eq!(
            found,
            Way {
                client: ip("6.6.6.6"),
                secure: true,
                host: Ok(None)
            }
        );
        // In several lines, too.
        let sent = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "6.6.6.6")]);
        assert_eq!(
            way(&proxies(), ip("::ffff:10.0.0.1"), false, &sent).client,
            ip("6.6.6.6")
        );
    }

    fn client(forwarded_for: &str) -> IpAddr {
        way(
            &proxies(),
            ip("10.0.0.1"),
            false,
            &headers(&[("x-forwarded-for", forwarded_for)]),
        )
        .client
    }

    /// Proxies write ports, brackets and quotes; the address is meant.
    #[test]
    fn an_address_is_read_in_every_spelling() {
        for (sent, expected) in [
            ("203.0.113.9:51234", "203.0.113.9"),
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:DB8:0::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9:1, 10.0.0.7:8080", "203.0.113.9"),
            ("203.0.113.9,", "203.0.113.9"),
            ("203.0.113.9, , 10.0.0.7", "203.0.113.9"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client(sent), ip(expected), "{sent}");
        }
    }

    /// CWE-290: nobody becomes who they are not, and the site answers.
    #[test]
    fn what_is_no_address_is_no_identity() {
        for (sent, expected) in [
            ("unknown", "10.0.0.1"),
            ("_hidden, 10.0.0.7", "10.0.0.7"),
            ("1.2.3.4, unknown", "10.0.0.1"),
            ("1.2.3.4, 999.1.1.1", "10.0.0.1"),
            ("1.2.3.4, 127.1", "10.0.0.1"),
            ("unknown, 6.6.6.6", "6.6.6.6"),
            ("1.2.3.4:99999", "10.0.0.1"),
            ("[1.2.3.4]", "10.0.0.1"),
            ("fe80::1%eth0", "10.0.0.1"),
        ] {
            assert_eq!(client(sent), ip(expected), "{sent}");
        }
        // More hops than anybody has: read from the right, whatever stands before.
        let long = format!("{}6.6.6.6", "x, ".repeat(500));
        assert_eq!(client(&long), ip("6.6.6.6"));
    }

    #[test]
    fn a_scheme_has_no_case_and_proxies_agree_on_it() {
        for (sent, secure) in [
            ("HTTPS", true),
            ("Https", true),
            (" https ", true),
            ("https,HTTPS", true),
            ("https,", true),
            ("wss", true),
            ("https, http", false),
            ("http, https", false),
            ("HTTP", false),
            ("httpsx", false),
        ] {
            let sent = headers(&[("x-forwarded-proto", sent)]);
            assert_eq!(
                way(&proxies(), ip("10.0.0.1"), false, &sent).secure,
                secure,
                "{sent:?}"
            );
        }
    }

    /// CWE-644: of two hosts nobody can tell which the browser asked for.
    #[test]
    fn two_hosts_are_refused() {
        let host = |sent: &str| {
            let sent = headers(&[("x-forwarded-host", sent)]);
            let way = way(&proxies(), ip("10.0.0.1"), false, &sent);
            way.host.map(|host| host.map(str::to_owned)).ok()
        };
        assert_eq!(host("a, b"), None);
        assert_eq!(
            host("a.example, A.example").unwrap().as_deref(),
            Some("a.example")
        );
        assert_eq!(host("").unwrap(), None);
    }
}
