//! What the test kit asks of the pipeline.

use std::net::IpAddr;
use std::sync::Arc;

use ::http::HeaderMap;
use ::http::request::Parts;

use super::{Site, csrf, identity, proxies};
use crate::http::Cx;

/// A fresh token for a form that posts to `path`, as a page would write it for whoever sends `head`, and the
/// headers with its cookie.
pub(crate) async fn token_for_test(
    site: &Arc<Site>,
    head: Parts,
    peer: IpAddr,
    path: &str,
) -> (String, HeaderMap) {
    let mut cx = Cx::new(Arc::clone(site), head, peer, false);
    let found = proxies::find_client(site, &mut cx).and(identity::load(site, &mut cx).await);
    assert!(
        found.is_ok(),
        "the test's client was refused before it had a token"
    );
    let (mut token, mut headers) = (String::new(), HeaderMap::new());
    csrf::write(site, &cx, Some(path), &mut token);
    cx.write_cookies(&mut headers);
    (token, headers)
}
