//! The host check: only names that the settings list are answered (ASVS 4.1.x, CWE-644, CWE-346).

use ::http::header;

use crate::http::{Error, Request, Result, SecurityEvent};
use crate::settings::{HostPattern, host_and_port};
use crate::site::Site;

/// Whether a `Host` header's value is well-formed and one of the allowed hosts. Case, the root's dot and an address's
/// spelling make no difference; what the request said stays as it is.
pub(crate) fn allowed(patterns: &[HostPattern], host: &str) -> bool {
    host_and_port(host).is_some_and(|(name, _)| patterns.iter().any(|pattern| pattern.matches(&name)))
}

/// The one `Host` of a request (or what a trusted proxy says it was), if it is allowed.
///
/// # Errors
/// 400: none, several, malformed, not allowed, or an absolute request target that names another one.
pub(crate) fn check(site: &Site, cx: &Request) -> Result<()> {
    #[cfg(any(test, feature = "__test_switches"))]
    if site.without.host_check {
        return Ok(());
    }
    let mut values = cx.headers.get_all(header::HOST).iter();
    let named = values.next().and_then(|value| value.to_str().ok());
    // CWE-444: two hosts are two readings of one request.
    let several = values.next().is_some();
    let own_port = if cx.secure { 443 } else { 80 };
    let meant = |host: &str| host_and_port(host).map(|(name, port)| (name, port.unwrap_or(own_port)));
    let contradicts = cx
        .uri
        .authority()
        .is_some_and(|target| meant(target.as_str()) != named.and_then(meant));
    match cx.forwarded_host.as_deref().or(named) {
        Some(host) if !several && !contradicts && allowed(&site.settings.allowed_hosts, host) => Ok(()),
        _ => {
            SecurityEvent::HOST_REFUSED.log(Some(cx));
            Err(Error::bad_request("This site does not answer to that host name."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts() {
        let hosts: Vec<HostPattern> = ["example.com", ".multi.com", "[::1]", "127.0.0.1"]
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
            // ASVS 4.1.3: an address is one address in all its spellings.
            "[0:0:0:0:0:0:0:1]",
            "[0000::0001]:443",
            "127.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::FFFF:7f00:1]:8000",
            "a.multi.com.:443",
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
            "example.com..",
            "example.com:+80",
            "example.com:-1",
            "[::1]x",
            "[::1%25lo]",
            "[127.0.0.1]",
            "[fe80::1%lo]",
            "127.0.0.1.",
            ".",
        ] {
            assert!(!allowed(&hosts, bad), "{bad}");
        }
    }
}
