//! The host check: only names that the settings list are answered (ASVS 4.1.x, CWE-644, CWE-346).

use std::fmt;

use ::http::{HeaderMap, Uri, header};

use super::SecurityEvent;
use crate::http::{Error, Result};

/// The hosts that this site answers to.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    patterns: Vec<HostPattern>,
}

/// One allowed host: `example.com`, `.example.com` (it and every name below), `[::1]`, `127.0.0.1`, or `*`,
/// which a release does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this one.
    Exact(String),
    /// This one and every name below it.
    Below(String),
    /// Whatever is well-formed.
    Any,
}

/// A pattern that is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidHost(String);

impl fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a host: write `example.com`, `.example.com`, `127.0.0.1` or `[::1]`, without scheme and port", self.0.escape_debug())
    }
}

impl std::error::Error for InvalidHost {}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is no host.
    pub fn parse(text: &str) -> Result<Self, InvalidHost> {
        let lower = text.to_ascii_lowercase();
        if lower == "*" {
            return Ok(Self::Any);
        }
        let (below, name) = match lower.strip_prefix('.') {
            Some(name) => (true, name),
            None => (false, lower.as_str()),
        };
        match Parsed::read(name) {
            Some(parsed) if parsed.port.is_none() && parsed.name == name => {
                Ok(if below { Self::Below(name.to_owned()) } else { Self::Exact(name.to_owned()) })
            }
            _ => Err(InvalidHost(text.to_owned())),
        }
    }

    fn allows(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == name,
            Self::Below(root) => {
                name.strip_suffix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    }
}

impl Hosts {
    /// The allowed hosts.
    pub fn new(patterns: Vec<HostPattern>) -> Self {
        Self { patterns }
    }

    /// What a development server answers to: `localhost`, what is below it, and the loopback addresses.
    pub fn loopback() -> Self {
        Self::new(vec![
            HostPattern::Below("localhost".to_owned()),
            HostPattern::Exact("127.0.0.1".to_owned()),
            HostPattern::Exact("[::1]".to_owned()),
        ])
    }

    /// The patterns.
    pub fn patterns(&self) -> &[HostPattern] {
        &self.patterns
    }

    /// Whether a `Host` header's value is well-formed and allowed.
    pub fn allows(&self, host: &str) -> bool {
        if host.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.allows(&host.to_ascii_lowercase());
        }
        Parsed::read(host).is_some_and(|parsed| {
            let name = parsed.name.strip_suffix('.').unwrap_or(parsed.name);
            self.patterns.iter().any(|pattern| pattern.allows(name))
        })
    }
}

/// The one `Host` of a request (or what a trusted proxy says it was), if it is allowed.
///
/// # Errors
/// 400: none, several, malformed, not allowed, or an absolute request target that names another one.
pub(crate) fn check(hosts: &Hosts, uri: &Uri, headers: &HeaderMap, forwarded: Option<&str>) -> Result<String> {
    let mut values = headers.get_all(header::HOST).iter();
    let named = values.next().and_then(|value| value.to_str().ok());
    // CWE-444: two hosts are two readings of one request.
    let several = values.next().is_some();
    let contradicts = uri.authority().is_some_and(|a| !named.is_some_and(|n| n.eq_ignore_ascii_case(a.as_str())));
    match forwarded.or(named) {
        Some(host) if !several && !contradicts && hosts.allows(host) => Ok(host.to_owned()),
        _ => {
            SecurityEvent::HostRefused.log(None);
            Err(Error::bad_request("This site does not answer to that host name."))
        }
    }
}

struct Parsed<'a> {
    name: &'a str,
    port: Option<u16>,
}

impl<'a> Parsed<'a> {
    /// `name`, `name:port`, `[v6]` or `[v6]:port`, in lower case.
    fn read(host: &'a str) -> Option<Self> {
        let (name, rest) = if host.starts_with('[') {
            let end = host.find(']')?;
            host[1..end].parse::<std::net::Ipv6Addr>().ok()?;
            host.split_at(end + 1)
        } else {
            host.split_at(host.find(':').unwrap_or(host.len()))
        };
        let port = match rest.strip_prefix(':') {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None if rest.is_empty() => None,
            None => return None,
        };
        let plain = name.starts_with('[')
            || (!name.is_empty() && name.len() <= 254 && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')))
                && !name.starts_with('.')
                && !name.contains("..");
        plain.then_some(Self { name, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(patterns: &[&str]) -> Hosts {
        Hosts::new(patterns.iter().map(|p| HostPattern::parse(p).unwrap()).collect())
    }

    #[test]
    fn only_listed_hosts() {
        let hosts = hosts(&["example.com", ".multi.com", "[::1]"]);
        for good in ["example.com", "EXAMPLE.com:8000", "example.com.", "multi.com", "a.b.multi.com:1", "[::1]:80"] {
            assert!(hosts.allows(good), "{good}");
        }
        for bad in [
            "", "evil.com", "example.com@evil.com", "example.com:80/x", "xmulti.com", "a.example.com", "example.com:",
            "example.com:99999", "[::1", "[::2]", "::1", "example.com:80:80", ".multi.com", "ex\u{e4}mple.com",
        ] {
            assert!(!hosts.allows(bad), "{bad}");
        }
    }

    #[test]
    fn a_pattern_has_no_scheme_and_no_port() {
        for bad in ["https://example.com", "example.com:80", "", ".", "exa mple", "[::1"] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
