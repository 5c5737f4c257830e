//! Where requests may go.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::Failure;

/// A scheme, a host and a port that somebody has configured: `https`, or `http` to this very machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    pub(crate) is_tls: bool,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
}

impl Destination {
    /// The destination of an address, whatever its path is.
    ///
    /// # Errors
    /// If it is none, has a name and a password in it, or goes to another machine in clear.
    pub fn parse(address: &str) -> Result<Self, Failure> {
        let url = Url::parse(address).map_err(|error| Failure::NoDestination(error.to_string()))?;
        Self::of(&url)
    }

    pub(crate) fn of(url: &Url) -> Result<Self, Failure> {
        let refused = |why: &str| Err(Failure::NoDestination(why.to_owned()));
        // CWE-522: what stands there ends in logs.
        if !url.username().is_empty() || url.password().is_some() {
            return refused("has a name or a password in it");
        }
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return refused("is neither https:// nor http://"),
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return refused("has no host");
        };
        let host = host.to_owned();
        // CWE-319: in clear it stays on this machine.
        if !is_tls && !is_loopback(&host) {
            return refused("is not encrypted: write https:// (http:// is for localhost)");
        }
        Ok(Self { is_tls, host, port })
    }

    /// The name that its certificate is for, without the brackets of an IPv6 address.
    pub(crate) fn name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }
}

/// `localhost` and the addresses of this machine; whatever `localhost` resolves to is looked at again.
fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => IpAddr::from(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::from(*ip).is_loopback(),
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
