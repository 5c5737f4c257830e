//! The client's address: forwarded headers count only from trusted proxies, read right to left
//! (ASVS 4.1.3, CWE-348, CWE-290).

use std::fmt;
use std::net::IpAddr;

use ::http::HeaderMap;

use super::SecurityEvent;
use crate::http::{Error, Result};

/// The proxies that are believed, and what of.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Their addresses.
    pub trusted: Vec<Network>,
    /// Whether they set `X-Forwarded-Host`.
    pub forwarded_host: bool,
}

/// An address or a network: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A network that is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an address or a network: write `10.1.2.3`, `10.0.0.0/8` or `::1`", self.0.escape_debug())
    }
}

impl std::error::Error for InvalidNetwork {}

impl Network {
    /// Reads an address or a network.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidNetwork> {
        let fail = || InvalidNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| fail())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fail())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(fail()) } else { Ok(Self { address, bits }) }
    }

    /// Whether an address is in it. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(a)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(net) & mask == u32::from(a) & mask
            }
            (IpAddr::V6(net), IpAddr::V6(a)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(net) & mask == u128::from(a) & mask
            }
            _ => false,
        }
    }
}

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

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

/// Finds client, scheme and host. From a peer that is not trusted, forwarded headers are ignored.
///
/// # Errors
/// 400, if a trusted proxy sends what none would: then it forwards what the client sent.
pub(crate) fn way<'a>(proxies: &Proxies, peer: IpAddr, tls: bool, headers: &'a HeaderMap) -> Result<Way<'a>> {
    let peer = peer.to_canonical();
    // CWE-348: a header is no better than whoever sent it.
    if proxies.trusted.is_empty() || !proxies.trusts(peer) {
        return Ok(Way { client: peer, secure: tls, host: None });
    }
    let mut client = peer;
    let hops: Vec<&str> = list(headers, "x-forwarded-for")?;
    for hop in hops.iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { return Err(refuse()) };
        client = address.to_canonical();
        if !proxies.trusts(client) {
            break;
        }
    }
    let schemes = list(headers, "x-forwarded-proto")?;
    let secure = match schemes.last().map(|s| s.trim()) {
        // The outermost proxy's word is the first; proxies that append are rare, and then all must agree.
        Some(_) => schemes.iter().all(|s| s.trim() == "https"),
        None => tls,
    };
    let host = if proxies.forwarded_host {
        let hosts = list(headers, "x-forwarded-host")?;
        match hosts.as_slice() {
            [] => None,
            [host] => Some(host.trim()),
            _ => return Err(refuse()),
        }
    } else {
        None
    };
    Ok(Way { client, secure, host })
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
    SecurityEvent::ForwardedRefused.log(None);
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

    fn proxies() -> Proxies {
        Proxies { trusted: vec![Network::parse("10.0.0.0/8").unwrap()], forwarded_host: true }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        // CWE-348, ASVS 4.1.3
        let sent = headers(&[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil")]);
        let found = way(&proxies(), ip("9.9.9.9"), false, &sent).unwrap();
        assert_eq!(found, Way { client: ip("9.9.9.9"), secure: false, host: None });
    }

    #[test]
    fn hops_are_read_from_the_right() {
        let sent = headers(&[("x-forwarded-for", "1.1.1.1, 6.6.6.6, 10.0.0.2"), ("x-forwarded-proto", "https")]);
        let found = way(&proxies(), ip("10.0.0.1"), false, &sent).unwrap();
        assert_eq!(found, Way { client: ip("6.6.6.6"), secure: true, host: None });
        // In several lines, too.
        let sent = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "6.6.6.6")]);
        assert_eq!(way(&proxies(), ip("::ffff:10.0.0.1"), false, &sent).unwrap().client, ip("6.6.6.6"));
    }

    #[test]
    fn nonsense_from_a_proxy_is_refused() {
        for (name, value) in [("x-forwarded-for", "unknown"), ("x-forwarded-host", "a, b")] {
            assert!(way(&proxies(), ip("10.0.0.1"), false, &headers(&[(name, value)])).is_err());
        }
        let sent = headers(&[("x-forwarded-proto", "https, http")]);
        assert!(!way(&proxies(), ip("10.0.0.1"), true, &sent).unwrap().secure);
    }

    #[test]
    fn networks() {
        assert!(Network::parse("0.0.0.0/0").unwrap().contains(ip("1.2.3.4")));
        assert!(Network::parse("::1").unwrap().contains(ip("::1")));
        assert!(!Network::parse("10.0.0.0/8").unwrap().contains(ip("11.0.0.1")));
        assert!(Network::parse("10.0.0.0/33").is_err() && Network::parse("x").is_err());
    }
}
