//! The types of settings' values and how they are read from text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use crate::scalar::read_bool;

/// A host that the site answers for: `example.com`, `.example.com` (with every subdomain), `127.0.0.1`, `[::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostPattern {
    /// This host only, in lower case, without port; IPv6 in brackets.
    Exact(String),
    /// This domain and everything below it; stored without the leading dot.
    Suffix(String),
    /// Any host. Accepted by the parser so that the checks can refuse it with a reason.
    Any,
}

impl HostPattern {
    /// Whether `host` (lower case, no port, no trailing dot) is meant. Addresses are compared as addresses.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => {
                name == host || literal(name).is_some_and(|address| literal(host) == Some(address))
            }
            // CWE-20: `evil-example.com` does not end in `.example.com`.
            Self::Suffix(domain) => {
                host == domain
                    || host
                        .strip_suffix(domain.as_str())
                        .is_some_and(|rest| rest.ends_with('.'))
            }
            Self::Any => true,
        }
    }
}

/// An IP address as it stands in a URL: IPv6 in brackets. One that maps an IPv4 address into IPv6 is that IPv4 address.
fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            Some(IpAddr::V6(address).to_canonical())
        }
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// The one spelling of a host: lower case, an address in its shortest form, no root's dot. `None` if it is no host.
fn canonical_host(host: &str) -> Option<String> {
    match literal(host) {
        Some(IpAddr::V6(address)) => return Some(format!("[{address}]")),
        Some(IpAddr::V4(address)) => return Some(address.to_string()),
        None => {}
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // `127.0.0.1.` is neither an address nor a name.
    let plain = name.len() <= 253 && name.split('.').all(label) && literal(name).is_none();
    plain.then(|| name.to_ascii_lowercase())
}

/// Host and port of a `Host` header, an authority or an origin behind its scheme; the host in its one spelling.
pub(crate) fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    Some((canonical_host(host)?, port))
}

impl FromStr for HostPattern {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let host = text.trim();
        if host == "*" {
            return Ok(Self::Any);
        }
        if host.contains("://") || host.contains('/') {
            return Err(format!(
                "`{text}` is a URL; write the host alone, such as `example.com`"
            ));
        }
        if host.starts_with('[') && host.ends_with(']') {
            return match canonical_host(host) {
                Some(address) => Ok(Self::Exact(address)),
                None => Err(format!("`{text}` is not an IPv6 address in brackets")),
            };
        }
        if host.contains(':') {
            return Err(format!(
                "`{text}` has a port (or is IPv6 without brackets); write the host without port"
            ));
        }
        let (suffix, domain) = match host.strip_prefix('.') {
            Some(rest) => (true, rest),
            None => (false, host),
        };
        // Browsers send international names in their `xn--` form.
        let domain = if domain.is_ascii() {
            Some(domain.to_owned())
        } else {
            idna::domain_to_ascii_strict(domain).ok()
        };
        let Some(domain) = domain.as_deref().and_then(canonical_host) else {
            return Err(format!(
                "`{text}` is not a host name; write letters, digits, dots and hyphens, with one leading dot to include \
                 subdomains"
            ));
        };
        Ok(if suffix {
            Self::Suffix(domain)
        } else {
            Self::Exact(domain)
        })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Suffix(domain) => write!(f, ".{domain}"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// A network in CIDR form, or one address: `10.0.0.0/8`, `127.0.0.1`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether `address` lies in the network. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                same(net.to_bits().into(), ip.to_bits().into(), 32, self.bits)
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => same(net.to_bits(), ip.to_bits(), 128, self.bits),
            _ => false,
        }
    }

    /// Whether these networks together are a sixteenth of all IPv4 or all IPv6 addresses or more. Everything private is less,
    /// and so is every provider; what is in use of IPv6 is an eighth.
    pub fn are_too_many(networks: &[Self]) -> bool {
        let of = |v4: bool| {
            networks
                .iter()
                .filter(move |network| network.address.is_ipv4() == v4)
        };
        covered(of(true)) >= 1 << 28 || covered(of(false)) >= 1 << 124
    }

    /// The first address and the last.
    fn ends(&self) -> (u128, u128) {
        let (address, width) = match self.address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let rest = width - u32::from(self.bits).min(width);
        let within = 1_u128.checked_shl(rest).map_or(u128::MAX, |count| count - 1);
        (address & !within, address | within)
    }

    /// Whether only this machine is in it.
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback() && self.bits >= 8
    }
}

/// How many addresses networks of one family have together.
fn covered<'a>(networks: impl Iterator<Item = &'a Network>) -> u128 {
    let mut ends: Vec<(u128, u128)> = networks.map(Network::ends).collect();
    ends.sort_unstable();
    let (mut sum, mut next) = (0_u128, 0_u128);
    for (first, last) in ends {
        let first = first.max(next);
        if first <= last {
            sum = sum.saturating_add(last - first).saturating_add(1);
            next = last.saturating_add(1);
        }
    }
    sum
}

/// Whether two addresses of `width` bits agree in their first `bits`.
fn same(a: u128, b: u128, width: u32, bits: u8) -> bool {
    let rest = width.saturating_sub(u32::from(bits));
    rest >= 128 || (a >> rest) == (b >> rest)
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an address or a network such as `127.0.0.1` or `10.0.0.0/8`");
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits
                .parse::<u8>()
                .ok()
                .filter(|bits| *bits <= width)
                .ok_or_else(wrong)?,
            None => width,
        };
        // An IPv4 network that is written as IPv6 is that IPv4 network.
        match address.to_canonical() {
            mapped @ IpAddr::V4(_) if address.is_ipv6() && bits >= 96 => Ok(Self {
                address: mapped,
                bits: bits - 96,
            }),
            _ => Ok(Self { address, bits }),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if self.bits == width {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.bits)
        }
    }
}

/// An origin: scheme, host and, where it is not the scheme's own, port, as a browser writes it (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The text that a browser's `Origin` header must equal.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, as an allowed host is written.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => authority,
        }
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{text}` {why}; write scheme and host, such as `https://example.com`");
        let Some((scheme, rest)) = text.trim().split_once("://") else {
            return Err(wrong("has no `https://` or `http://`"));
        };
        let (scheme, own_port) = match scheme.to_ascii_lowercase().as_str() {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return Err(wrong("has no `https://` or `http://`")),
        };
        if rest.contains(['/', '?', '#', '@', '*']) {
            return Err(wrong("has more than scheme, host and port"));
        }
        let ascii = match rest.split_once(':') {
            // Browsers write international names in their `xn--` form.
            Some((host, port)) if !host.is_ascii() => {
                idna::domain_to_ascii_strict(host).map(|host| format!("{host}:{port}"))
            }
            None if !rest.is_ascii() => idna::domain_to_ascii_strict(rest),
            _ => Ok(rest.to_owned()),
        };
        match ascii.ok().as_deref().and_then(host_and_port) {
            None => Err(wrong("has no valid host or port")),
            Some((_, Some(0))) => Err(wrong("has no valid port")),
            Some((host, Some(port))) if port != own_port => Ok(Self(format!("{scheme}://{host}:{port}"))),
            Some((host, _)) => Ok(Self(format!("{scheme}://{host}"))),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for a person.
    Text,
    /// One JSON object per line for a log collector.
    Json,
}

/// Reads `90`, `90s`, `15m`, `12h` or `14d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 0,
    };
    digits
        .parse::<u64>()
        .ok()
        .filter(|_| factor > 0)
        .and_then(|n| n.checked_mul(factor))
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not a length of time such as `90s`, `15m`, `12h` or `14d`"))
}

/// Writes a length of time as [`duration`] reads it.
pub(crate) fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => "0s".into(),
        n if n % 86_400 == 0 => format!("{}d", n / 86_400),
        n if n % 3600 == 0 => format!("{}h", n / 3600),
        n if n % 60 == 0 => format!("{}m", n / 60),
        n => format!("{n}s"),
    }
}

/// Reads `1048576`, `64KiB` or `2MiB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => 0,
    };
    digits
        .parse::<usize>()
        .ok()
        .filter(|_| factor > 0)
        .and_then(|n| n.checked_mul(factor))
        .ok_or_else(|| format!("`{text}` is not a size such as `1048576`, `64KiB` or `2MiB`"))
}

/// Writes a size as [`size`] reads it.
pub(crate) fn show_size(bytes: usize) -> String {
    match bytes {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{}MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{}KiB", n >> 10),
        n => n.to_string(),
    }
}

/// Reads `true` or `false`.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    let text = text.trim();
    read_bool(text)
        .filter(|_| !text.is_empty())
        .ok_or_else(|| format!("`{text}` is neither `true` nor `false`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_not_a_mere_ending() {
        // CWE-20, ASVS v5.0.0-4.1.x: a host that only ends alike is somebody else's.
        let pattern: HostPattern = ".example.com".parse().unwrap();
        assert!(pattern.matches("example.com") && pattern.matches("a.b.example.com"));
        assert!(!pattern.matches("evilexample.com") && !pattern.matches("example.com.evil.tld"));
    }

    #[test]
    fn hosts_are_hosts_only() {
        for good in [
            "example.com",
            ".Example.com",
            "127.0.0.1",
            "[::1]",
            "*",
            "xn--bcher-kva.example",
        ] {
            assert!(good.parse::<HostPattern>().is_ok(), "{good}");
        }
        for bad in [
            "https://example.com",
            "example.com:80",
            "::1",
            "..a",
            "",
            "a b",
            "a/b",
            "*.example.com",
            "[x]",
        ] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }

    /// ASVS 4.1.3: compared as what they are, not as they are spelt.
    #[test]
    fn a_host_has_one_spelling() {
        let host = |text: &str| text.parse::<HostPattern>().map(|host| host.to_string());
        for (spelt, meant) in [
            ("EXAMPLE.com.", "example.com"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
            ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            (".B\u{fc}cher.example", ".xn--bcher-kva.example"),
        ] {
            assert_eq!(host(spelt).as_deref(), Ok(meant), "{spelt}");
        }
        // Made by hand, too.
        assert!(HostPattern::Exact("[0:0::1]".into()).matches("[::1]"));
        assert!(!HostPattern::Exact("[::1]".into()).matches("[::2]"));
        assert_eq!(
            host_and_port("Example.COM:0443"),
            Some(("example.com".into(), Some(443)))
        );
        assert_eq!("[::ffff:10.0.0.0]/104".parse::<Network>().ok(), None);
        let mapped: Network = "::ffff:10.0.0.0/104".parse().unwrap();
        assert!(
            mapped.contains("10.1.2.3".parse().unwrap()) && !mapped.contains("11.0.0.1".parse().unwrap())
        );
        let origin = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        for (text, host) in [
            ("https://[::1]:8443", "[::1]"),
            ("https://[::1]", "[::1]"),
            ("http://localhost:8000", "localhost"),
            ("https://example.com", "example.com"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().host(), host);
        }
        assert_eq!(origin("https://[0:0::1]:443").as_deref(), Ok("https://[::1]"));
        assert_eq!(
            origin("http://b\u{fc}cher.example:8000").as_deref(),
            Ok("http://xn--bcher-kva.example:8000")
        );
    }

    #[test]
    fn networks_contain_their_addresses() {
        let net: Network = "10.0.0.0/8".parse().unwrap();
        assert!(net.contains("10.255.0.1".parse().unwrap()));
        assert!(
            net.contains("::ffff:10.1.2.3".parse().unwrap()),
            "IPv4 inside IPv6"
        );
        assert!(!net.contains("11.0.0.1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        let many = |text: &str| {
            let networks: Vec<Network> = text.split(',').map(|one| one.parse().unwrap()).collect();
            Network::are_too_many(&networks)
        };
        for too_many in [
            "0.0.0.0/0",
            "::/0",
            "0.0.0.0/1,128.0.0.0/1",
            "10.0.0.0/5,16.0.0.0/5",
            "2000::/3",
            "::ffff:0.0.0.0/98",
            "1.2.3.4/4",
        ] {
            assert!(many(too_many), "{too_many}");
        }
        for some in [
            "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8",
            "10.0.0.0/5,10.0.0.0/5,11.0.0.0/8",
            "fc00::/7,fe80::/10,::1",
            "127.0.0.1",
        ] {
            assert!(!many(some), "{some}");
        }
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains("::1".parse().unwrap()) && !all.contains("127.0.0.1".parse().unwrap()));
        assert!(
            "fd00::/8"
                .parse::<Network>()
                .unwrap()
                .contains("fdff::1".parse().unwrap())
        );
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let origin = |text: &str| text.parse::<Origin>().map(|o| o.to_string());
        assert_eq!(origin("HTTPS://Example.com:443").unwrap(), "https://example.com");
        assert_eq!(origin("http://localhost:8000").unwrap(), "http://localhost:8000");
        assert_eq!(origin("http://[::1]:8000").unwrap(), "http://[::1]:8000");
        for bad in [
            "example.com",
            "https://*.example.com",
            "https://u@example.com",
            "https://example.com/",
            "null",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn units() {
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(show_duration(Duration::from_secs(900)), "15m");
        assert_eq!(size("2MiB"), Ok(2 << 20));
        assert_eq!(show_size(2 << 20), "2MiB");
        assert!(duration("1 fortnight").is_err() && size("-1").is_err() && size("99999999999GiB").is_err());
    }
}
