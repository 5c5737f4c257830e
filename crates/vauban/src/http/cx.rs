//! One request, as views, rules and templates see it.

use std::net::IpAddr;

use ::http::{HeaderMap, Method, Uri};

use crate::routing::ViewMeta;

/// One request's context: what came in, and what the pipeline found out about it.
#[derive(Debug)]
pub struct Cx {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) host: String,
    pub(crate) secure: bool,
    pub(crate) client: IpAddr,
    pub(crate) route: Option<&'static ViewMeta>,
    pub(crate) params: Vec<String>,
}

impl Cx {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was sent, percent-encoded; it starts with `/`.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query as it was sent, without `?`; empty if there is none.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }

    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The host that was asked, with its port if one was named; it is one of the allowed hosts.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the browser speaks HTTPS with the site, directly or through a trusted proxy.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The client's address: the peer's, or what trusted proxies say.
    pub fn client_ip(&self) -> IpAddr {
        self.client
    }

    /// The route that was found.
    pub fn route(&self) -> Option<&'static ViewMeta> {
        self.route
    }

    /// The prefix under which the table with this view is mounted, without a slash at its end.
    pub fn mount(&self, _view: &'static str) -> &str {
        ""
    }
}
