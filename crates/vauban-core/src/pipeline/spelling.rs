//! One spelling for every path: what is one address to the router is one text to whoever compares texts (CWE-177,
//! CWE-288: a gate for `/guestbook/` also stands before `/%67uestbook/`).

use ::http::Uri;
use ::http::uri::PathAndQuery;

use crate::http::Request;
use crate::routing::respelled;

/// Spells the path as a typed URL writes it (RFC 3986 §6.2.2). One that cannot be decoded stays: no route reads it.
pub(crate) fn spell(cx: &mut Request) {
    let Some(mut target) = respelled(cx.uri.path()) else {
        return;
    };
    if let Some(query) = cx.uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let Ok(target) = target.parse::<PathAndQuery>() else {
        return;
    };
    let mut parts = cx.uri.clone().into_parts();
    parts.path_and_query = Some(target);
    if let Ok(uri) = Uri::from_parts(parts) {
        cx.uri = uri;
    }
}
