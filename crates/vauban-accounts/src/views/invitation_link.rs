//! The link of an invitation: `GET` and `POST` of `invitations/{token}/`. Whoever is signed in with the invited address joins; whoever has no
//! account makes one. It is nobody else's.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::events;
use crate::history::Happened;
use crate::params::AccountPages;
use crate::settings::SignUps;
use crate::tenancy::{Accepted, Open};
use vauban::PathSecret;
use vauban::http::{Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "Your invitation";

/// `invitations/{token}/`: who invites whom, to what, and what one does to accept.
#[derive(Template)]
#[template("accounts/invitation_link.html", replaceable)]
pub struct InvitationLinkPage {
    /// What the tenant is called.
    pub tenant: String,
    /// What whoever invites is called.
    pub inviter: String,
    /// The role, as people call it.
    pub role: String,
    /// The address that was invited.
    pub email: String,
    /// Signed in with the invited address.
    pub joins: bool,
    /// Nobody has an account with that address.
    pub signs_up: bool,
}

/// What whoever follows the link can do.
enum Comes {
    Joins,
    SignsUp,
    /// Their account waits for their password.
    SignsIn,
    Nothing,
}

impl Comes {
    async fn of(at: &AccountPages, open: &Open) -> Result<Self> {
        if let Some(who) = at.who() {
            return Ok(match who.person.email == *open.email() {
                true => Self::Joins,
                // CWE-639: another account's.
                false => Self::Nothing,
            });
        }
        let accounts = &at.accounts;
        Ok(
            match accounts.users.by_email(&accounts.units, open.email()).await? {
                Some(_) => Self::SignsIn,
                None if accounts.sign_up == SignUps::Closed => Self::Nothing,
                None => Self::SignsUp,
            },
        )
    }
}

/// The page. Following the link changes nothing: programs do, which read mails.
#[view(get, "/invitations/{token}/")]
pub async fn show(_: Public, at: AccountPages, db: Db, token: Path<PathSecret>) -> Result<Response> {
    let Some(open) = at.accounts.invitation(&db, &token).await? else {
        return Ok(at.dead_link());
    };
    let comes = Comes::of(&at, &open).await?;
    if matches!(comes, Comes::Nothing) {
        return Ok(at.dead_link());
    }
    let page = InvitationLinkPage {
        tenant: open.tenant().to_owned(),
        inviter: open.inviter().to_owned(),
        role: open.label.clone(),
        email: open.email().to_string(),
        joins: matches!(comes, Comes::Joins),
        signs_up: matches!(comes, Comes::SignsUp),
    };
    Ok(at.page(TITLE, page))
}

/// Joins, or goes on to a new account, which joins when it is made.
#[view(post, "/invitations/{token}/")]
pub async fn submit(_: Public, at: AccountPages, db: Db<Write>, token: Path<PathSecret>) -> Result<Response> {
    let accounts = &at.accounts;
    let Some(open) = accounts.invitation(&db, &token).await? else {
        return Ok(at.dead_link());
    };
    match Comes::of(&at, &open).await? {
        Comes::Joins => {}
        Comes::SignsUp => return Ok(Response::of(accounts.sign_up_through(&db, &open).await?)),
        Comes::SignsIn => return Ok(Response::of(vauban::http::Redirect::to(crate::urls::login()))),
        Comes::Nothing => return Ok(at.dead_link()),
    }
    let Some(who) = at.who() else {
        return Ok(at.dead_link());
    };
    let person = who.person.facts.id;
    // What is undone is not used: the answer is 404.
    let Some(Accepted { tenant, joined }) = accounts.accept(&db, &token, person).await? else {
        return Ok(at.dead_link());
    };
    if !joined {
        let says = format!("You belonged to {tenant} before. Your role there stays as it is.");
        at.cx.say(Level::Info, says);
        return Ok(Response::of(at.home()?));
    }
    at.record(&db, person, Happened::Joined).await?;
    events::INVITATION_ACCEPTED.log(Some(&at.cx));
    at.cx.say(Level::Success, format!("You belong to {tenant} now."));
    Ok(Response::of(at.home()?))
}
