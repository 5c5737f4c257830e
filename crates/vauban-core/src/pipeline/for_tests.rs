//! What the test kit asks of the pipeline.

use std::net::IpAddr;
use std::sync::Arc;

use ::http::HeaderMap;
use ::http::request::Parts;
use vauban_orm::Actor;

use super::{csrf, finish, proxies};
use crate::http::{Error, Request, RequestBody, Result};
use crate::site::{Asking, Site};

/// A fresh token for a form that posts to `path`, as a page would write it for whoever sends `head`, and the
/// headers with its cookie.
pub async fn token_for_test(site: &Arc<Site>, head: Parts, peer: IpAddr, path: &str) -> (String, HeaderMap) {
    let cx = asked_for_test(site, head, peer).await;
    let (mut token, mut headers) = (String::new(), HeaderMap::new());
    csrf::write(site, &cx, Some(path), &mut token);
    finish::write_cookies(&cx, &mut headers);
    (token, headers)
}

/// Who sends `head`, as row policies know them.
pub async fn actor_for_test(site: &Arc<Site>, head: Parts, peer: IpAddr) -> Actor {
    asked_for_test(site, head, peer).await.actor()
}

async fn asked_for_test(site: &Arc<Site>, head: Parts, peer: IpAddr) -> Request {
    let mut cx = Request::new(Arc::clone(site), head, peer, false);
    let found = proxies::find_client(site, &mut cx).and(
        Asking::by_session()
            .load(&mut cx, &mut RequestBody::default())
            .await,
    );
    assert!(
        found.is_ok(),
        "the test's client was refused before anybody knew who asks"
    );
    cx
}

/// The value of a session cookie of the user with this id.
///
/// # Errors
/// If the site has no identity, or the user is none who may sign in.
pub async fn session_for_test(site: &Site, user: uuid::Uuid) -> Result<String> {
    let identity = site.identity.as_ref();
    let identity = identity.ok_or_else(|| Error::internal("no module of the program brings an identity"))?;
    identity.begin_for_test(user).await
}

/// The page that sends people to sign in, as a path.
pub fn sign_in_for_test(site: &Site) -> Option<String> {
    Some(site.path_of(&site.identity.as_ref()?.sign_in_page()?))
}

/// The view that answers a request.
pub fn view_for_test(site: &Site, method: &::http::Method, path: &str) -> Option<&'static str> {
    match site.router.find(method, path, &[]) {
        crate::routing::Found::View(target, _) => Some(target.meta.id),
        _ => None,
    }
}
