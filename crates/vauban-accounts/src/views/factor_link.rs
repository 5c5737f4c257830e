//! The link in the mail to whoever adds their first factor where one is asked: `GET` and `POST` of `factors/enrol/{token}/`. Only the account that asked for
//! it uses it, in a session that its password began: who has either alone adds none (CWE-287).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::factors::{Enrolment, Secret};
use crate::links::Purpose;
use crate::params::{AccountPages, AnySession};
use vauban::PathSecret;
use vauban::http::{Redirect, Response, Result};
use vauban::routing::Path;

const TITLE: &str = "Add a second factor";

/// `factors/enrol/{token}/`: goes on to adding a factor.
#[derive(Template)]
#[template("accounts/factor_link.html", replaceable)]
pub struct FactorLinkPage {
    /// Whose factor it is.
    pub email: String,
}

/// The page. Following the link changes nothing.
#[view(get, "/factors/enrol/{token}/")]
pub async fn show(_: AnySession, at: AccountPages, db: Db, token: Path<PathSecret>) -> Result<Response> {
    let who = at.owner()?;
    let found = at.accounts.links.find(Purpose::Factor, &token).await?;
    let Some(link) = found.filter(|link| link.account == who.person.facts.id) else {
        return Ok(at.dead_link());
    };
    if !at.needs_link(&db, &who).await? || at.accounts.behind(&db, &link).await?.is_none() {
        return Ok(at.dead_link());
    }
    let email = who.person.email.to_string();
    Ok(at.page(TITLE, FactorLinkPage { email }))
}

/// Uses the link: this session may add an app now.
#[view(post, "/factors/enrol/{token}/")]
pub async fn submit(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    token: Path<PathSecret>,
) -> Result<Response> {
    let who = at.owner()?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    // What is undone is not used: the answer is 404.
    let spent = accounts.links.spend(&db, Purpose::Factor, &token).await?;
    let Some(link) = spent.filter(|link| link.account == user) else {
        return Ok(at.dead_link());
    };
    if !at.needs_link(&db, &who).await? || accounts.behind(&db, &link).await?.is_none() {
        return Ok(at.dead_link());
    }
    let app = Enrolment {
        secret: Secret::fresh()?,
        is_mailed: true,
    };
    let binding = who.session.binding();
    accounts.enrolments.keep_app(&at.cx, user, binding, &app)?;
    Ok(Response::of(Redirect::to(crate::urls::totp())))
}
