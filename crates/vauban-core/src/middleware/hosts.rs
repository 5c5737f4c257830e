//! The host check: only names that the settings list are answered (ASVS 4.1.x, CWE-644, CWE-346).

use ::http::header;

use super::{SecurityEvent, Site};
use crate::http::{Cx, Error, Result};
use crate::settings::HostPattern;

/// Whether a `Host` header's value is well-formed and one of the allowed hosts.
pub(crate) fn allowed(patterns: &[HostPattern], host: &str) -> bool {
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        return allowed(patterns, &host.to_ascii_lowercase());
    }
    Parsed::read(host).is_some_and(|parsed| {
        let name = parsed.name.strip_suffix('.').unwrap_or(parsed.name);
        patterns.iter().any(|pattern| pattern.matches(name))
    })
}

/// The one `Host` of a request (or what a trusted proxy says it was), if it is allowed.
///
/// # Errors
/// 400: none, several, malformed, not allowed, or an absolute request target that names another one.
pub(crate) fn check(site: &Site, cx: &Cx) -> Result<()> {
    #[cfg(any(test, feature = "__test_switches"))]
    if site.switches.no_host_check {
        return Ok(());
    }
    let mut values = cx.headers.get_all(header::HOST).iter();
    let named = values.next().and_then(|value| value.to_str().ok());
    // CWE-444: two hosts are two readings of one request.
    let several = values.next().is_some();
    let contradicts = cx
        .uri
        .authority()
        .is_some_and(|a| !named.is_some_and(|n| n.eq_ignore_ascii_case(a.as_str())));
    match cx.forwarded_host.as_deref().or(named) {
        Some(host) if !several && !contradicts && allowed(&site.settings.allowed_hosts, host) => Ok(()),
        _ => {
            SecurityEvent::HOST_REFUSED.log(Some(cx));
            Err(Error::bad_request("This site does not answer to that host name."))
        }
    }
}

struct Parsed<'a> {
    name: &'a str,
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
        if !rest.is_empty() {
            let digits = rest.strip_prefix(':')?;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            digits.parse::<u16>().ok()?;
        }
        let plain = name.starts_with('[')
            || (!name.is_empty()
                && name.len() <= 254
                && name
                    .bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')))
                && !name.starts_with('.')
                && !name.contains("..");
        plain.then_some(Self { name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts() {
        let hosts: Vec<HostPattern> = ["example.com", ".multi.com", "[::1]"]
            .iter()
            .map(|p| p.parse().unwrap())
            .collect();
        for good in [
            "example.com",
            "EXAMPLE.com:8000",
            "example.com.",
            "multi.com",
            "a.b.multi.com:1",
            "[::1]:80",
        ] {
            assert!(allowed(&hosts, good), "{good}");
        }
        for bad in [
            "",
            "evil.com",
            "example.com@evil.com",
            "example.com:80/x",
            "xmulti.com",
            "a.example.com",
            "example.com:",
            "example.com:99999",
            "[::1",
            "[::2]",
            "::1",
            "example.com:80:80",
            ".multi.com",
            "ex\u{e4}mple.com",
        ] {
            assert!(!allowed(&hosts, bad), "{bad}");
        }
    }
}
