//! Signing out: `POST` of `logout/`, so that no link or image of another site can do it.

use vauban::orm::{Db, Write};
use vauban::view;

use super::answers::Next;
use crate::factors::half_of;
use crate::params::AccountPages;
use crate::{events, identify};
use vauban::http::{Cookie, Response, Result};
use vauban::routing::Public;
use vauban::site::SESSION_COOKIE;

/// Signs out. Without a session it does nothing, and says so in the same way.
#[view(post, "/logout/")]
pub async fn submit(_: Public, at: AccountPages, db: Db<Write>) -> Result<Response> {
    // Also of whoever still lacks a proof, or a factor: their session would open all once it is not asked any more.
    if let Ok(who) = at.owner() {
        // ASVS 7.4.1, CWE-613: the row goes, so a kept copy of the cookie opens nothing.
        at.accounts.sessions.end(&db, who.session.id()).await?;
        events::SIGNED_OUT.log(Some(&at.cx));
    }
    if let Some(half) = half_of(&at.cx) {
        at.accounts.halves.spend(&db, &half).await?;
        at.forget_half();
    }
    at.accounts.kept.discard(&at.cx, &db).await?;
    identify::forget_ended(&at.cx);
    #[allow(deprecated)]
    let gone = Cookie::__of_framework(SESSION_COOKIE, "").max_age(0);
    at.cx.set_cookie(gone);
    // ASVS 14.3.1: pages of the session leave the browser's caches, and what a script stored. Not "cookies", which is also read as the
    // whole registrable domain's: the device cookie keeps its owner from being locked out, one with a message may be on its way, and
    // `session`, `ended` and `kept` are removed by name above.
    Ok(Response::of(at.next(&Next::default())?).header("Clear-Site-Data", "\"cache\", \"storage\"")?)
}
