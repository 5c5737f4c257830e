//! The link in the mail to a new address: `GET` and `POST` of `email/{token}/`. Only the account that asked for it uses it, signed in: who
//! reads a mistyped address gets no account (CWE-287).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::events;
use crate::history::Happened;
use crate::hooks::{EmailChanged, EmailChanging};
use crate::links::{Link, Purpose};
use crate::params::AccountPages;
use vauban::PathSecret;
use vauban::hooks::{Refused, fire};
use vauban::http::{Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, SignedIn};
use vauban_mail::preferences;

const TITLE: &str = "Confirm your new address";

/// `email/{token}/`: asks whether the address is to be the account's. Its form is sent to its own address, without fields.
#[derive(Template)]
#[template("accounts/email_link.html", replaceable)]
pub struct EmailLinkPage {
    /// The address that the link confirms.
    pub email: String,
    /// Why it is not to be.
    pub problem: Option<String>,
}

/// The page. Following the link changes nothing.
#[view(get, "/email/{token}/")]
pub async fn show(who: SignedIn, at: AccountPages, db: Db, token: Path<PathSecret>) -> Result<Response> {
    let found = at.accounts.links.find(Purpose::Email, &token).await?;
    let Some(link) = found.filter(|link| link.account == who.id()) else {
        return Ok(at.dead_link());
    };
    if at.accounts.behind(&db, &link).await?.is_none() {
        return Ok(at.dead_link());
    }
    let email = link.email.to_string();
    Ok(at.page(TITLE, EmailLinkPage { email, problem: None }))
}

/// Changes the address to the one that the link was sent to.
#[view(post, "/email/{token}/")]
pub async fn submit(
    who: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    token: Path<PathSecret>,
) -> Result<Response> {
    let accounts = &at.accounts;
    let is_own = |link: &Link| link.account == who.id();
    // What is undone is not used: the answer is 404.
    let Some(link) = accounts
        .links
        .spend(&db, Purpose::Email, &token)
        .await?
        .filter(is_own)
    else {
        return Ok(at.dead_link());
    };
    let Some((person, _)) = accounts.behind(&db, &link).await? else {
        return Ok(at.dead_link());
    };
    // CWE-862: whom a sign-up would not let in does not come by another address.
    let changing = EmailChanging {
        user: person.user,
        old: person.email.clone(),
        email: link.email.clone(),
    };
    match fire(&db, &changing).await {
        Ok(()) => {}
        Err(Refused::Because(problem)) => {
            let (email, problem) = (link.email.to_string(), Some(problem.to_string()));
            return Ok(at.again(TITLE, EmailLinkPage { email, problem }));
        }
        Err(Refused::Failed(error)) => return Err(error),
    }
    // CVE-2026-32700: the address of the row, which the link was sent to.
    if !accounts
        .users
        .set_email(&db, person.facts.id, &link.email)
        .await?
    {
        return Ok(at.dead_link());
    }
    let changed = EmailChanged {
        user: person.user,
        old: person.email.clone(),
        email: link.email.clone(),
    };
    // What they left, they have left (CWE-359: and nothing is kept of the old address).
    preferences::follow(&db, &person.email, &link.email).await?;
    fire(&db, &changed).await?;
    accounts
        .tell_old_address(&db, &person.email, &link.email, true)
        .await?;
    at.record(&db, person.facts.id, Happened::EmailChanged).await?;
    events::EMAIL_CHANGED.log(Some(&at.cx));
    at.cx.say(
        Level::Success,
        format!("Your address is {} now. You sign in with it.", link.email),
    );
    Ok(Response::of(at.home()?))
}
