//! What one person may call, for the command `access --as EMAIL`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::{Identity, Site};
use crate::http::{Refusal, Request};
use crate::routing::Route;

impl Site {
    /// Who it is that an operator means by this name; `nobody` is nobody.
    ///
    /// # Errors
    /// Those of the identity.
    #[doc(hidden)]
    #[deprecated(note = "for the command `access`: a view has who asks, `cx.identity()` (CWE-639)")]
    pub async fn __named(&self, name: &str) -> crate::http::Result<Option<Identity>> {
        match &self.identity {
            _ if name == "nobody" => Ok(Some(Identity::nobody())),
            Some(identity) => identity.named(name).await,
            None => Ok(None),
        }
    }

    /// What the rule of a route says of somebody; `None` if it does not go by the session, or could not be asked.
    #[doc(hidden)]
    #[deprecated(note = "for the command `access`: the framework asks every rule before its view (CWE-862)")]
    pub fn __judge(self: &Arc<Self>, route: &Route, who: &Identity) -> Option<Result<(), Refusal>> {
        if route.meta.credential.is_some() {
            return None;
        }
        let head = ::http::Request::builder()
            .method(route.meta.method.clone())
            .uri(route.pattern().replace(['{', '}'], ""))
            .body(())
            .ok()?
            .into_parts()
            .0;
        let mut cx = Request::new(Arc::clone(self), head, IpAddr::V4(Ipv4Addr::LOCALHOST), true);
        cx.known_by = Some(route.asking.known_by(&cx));
        cx.identity = who.clone();
        // A rule of a site's own may look at what this request has not.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (route.judged)(&cx))).ok()
    }
}
