//! Where one is signed in (ASVS 7.5.2, CWE-613): `GET` of `sessions/`; `POST` of `sessions/{id}/` ends one, `POST` of `sessions/` all others.

use vauban::orm::{DateTime, Db, Id, Write};
use vauban::{Template, view};

use crate::history::Happened;
use crate::params::AccountPages;
use crate::sessions::SessionRow;
use crate::{events, identify, urls};
use vauban::Uuid;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Reauthenticated, Refusal, SignedIn};

const TITLE: &str = "Where you are signed in";

/// `sessions/`: where somebody is signed in. A form for each but this one, sent to `{% url accounts.session_end session.id %}`, and one for all
/// others, sent to `{% url accounts.sessions_post %}`; both without fields.
#[derive(Template)]
#[template("accounts/sessions.html", replaceable)]
pub struct SessionsPage {
    /// The last seen first.
    pub sessions: Vec<OneSession>,
    /// There are others than this one.
    pub has_others: bool,
}

/// One row. Its id is not the token, nor a hash of it: it opens nothing.
pub struct OneSession {
    /// What the form that ends it is sent to.
    pub id: Uuid,
    /// What the browser calls itself.
    pub device: String,
    /// The network that it was seen from last.
    pub network: String,
    /// When it was seen last.
    pub seen: DateTime,
    /// When they signed in.
    pub began: DateTime,
    /// How long it lasts, if they stay signed in.
    pub remembered: Option<DateTime>,
    /// It is the one that reads the page.
    pub is_this: bool,
}

/// Lists the sessions of whoever is signed in: nobody else's has a place here.
#[view(get, "/sessions/")]
pub async fn show(_: SignedIn, at: AccountPages) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let rows = at.accounts.sessions.of(who.person.facts.id).await?;
    let this = who.session.id();
    let sessions: Vec<_> = rows.into_iter().map(|row| OneSession::of(row, this)).collect();
    let has_others = sessions.iter().any(|session| !session.is_this);
    Ok(at.page(TITLE, SessionsPage { sessions, has_others }))
}

impl OneSession {
    fn of(row: SessionRow, this: Id<SessionRow>) -> Self {
        Self {
            id: row.id.uuid(),
            is_this: row.id == this,
            device: row.device,
            network: row.network,
            seen: row.seen,
            began: row.created,
            remembered: row.remembered,
        }
    }
}

/// Ends one. Somebody else's, one that is over and one that never was are the same 404 (CWE-639).
#[view(post, "/sessions/{id}/")]
pub async fn end(_: Reauthenticated, at: AccountPages, db: Db<Write>, id: Path<Uuid>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let user = who.person.facts.id;
    let ended = at
        .accounts
        .sessions
        .end_one(&db, user, Id::from_uuid(*id))
        .await?
        .ok_or_else(Error::not_found)?;
    let happened = Happened::SessionEnded;
    at.record(&db, user, happened).await?;
    events::SESSIONS_ENDED.log(Some(&at.cx));
    if ended.id == who.session.id() {
        identify::forget(&at.cx);
        return Ok(Redirect::to(urls::login()));
    }
    at.cx.say(Level::Success, "That session has ended.");
    Ok(Redirect::to(urls::sessions()))
}

/// Ends all but this one.
#[view(post, "/sessions/")]
pub async fn end_others(_: Reauthenticated, at: AccountPages, db: Db<Write>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (user, this) = (who.person.facts.id, who.session.id());
    at.accounts.halves.end(&db, user).await?;
    if at.accounts.sessions.end_others(&db, user, this).await? > 0 {
        let happened = Happened::OthersEnded;
        at.record(&db, user, happened).await?;
        events::SESSIONS_ENDED.log(Some(&at.cx));
    }
    at.cx
        .say(Level::Success, "Every other session of yours has ended.");
    Ok(Redirect::to(urls::sessions()))
}
