//! What somebody had typed when their session was over: `GET` of `kept/` shows it, `POST` throws it away.

use vauban::http::{Error, LocalUrl, Redirect, Response, Result};
use vauban::orm::{Db, Write};
use vauban::routing::SignedIn;
use vauban::{SafeHtml, Template, view};

use crate::params::AccountPages;

const TITLE: &str = "What you typed is still here";

/// `kept/`: what somebody had typed when their session was over. Its form throws it away; it is sent to its own address, without fields.
#[derive(Template)]
#[template("accounts/kept.html", replaceable)]
pub struct KeptPage {
    /// What was typed, as a list.
    pub typed: SafeHtml,
}

/// Shows it, in the browser that it was typed in and to the account whose form it was. For anybody else there is nothing
/// here (CWE-639).
#[view(get, "/kept/")]
pub async fn show(_: SignedIn, at: AccountPages) -> Result<Response> {
    let form = at
        .accounts
        .kept
        .find(&at.cx)
        .await?
        .ok_or_else(Error::not_found)?;
    let typed = form.shown(&at.cx);
    Ok(at.page(TITLE, KeptPage { typed }))
}

/// Forgets what was typed: the row goes, and the cookie.
#[view(post, "/kept/")]
pub async fn discard(_: SignedIn, at: AccountPages, db: Db<Write>) -> Result<Redirect> {
    at.accounts.kept.discard(&at.cx, &db).await?;
    let home = LocalUrl::parse("/", &at.cx);
    home.map(|url| Redirect::local(&url))
        .ok_or_else(|| Error::internal("`/` is not a local address"))
}
