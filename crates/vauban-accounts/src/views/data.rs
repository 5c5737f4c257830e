//! One's data: `GET` and `POST` of `data/`, and the file at `data/file/`. A task makes it (GDPR Art. 15 and 20).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::data::State;
use crate::events;
use crate::history::Happened;
use crate::params::AccountPages;
use vauban::http::{Caching, Error, File, Redirect, Response, Result};
use vauban::routing::{Reauthenticated, Refusal};

const TITLE: &str = "Your data";

/// `data/`: a file with what is somebody's. Its form is sent to its own address, without fields.
#[derive(Template)]
#[template("accounts/data.html", replaceable)]
pub struct DataPage {
    /// A task is at it.
    pub is_making: bool,
    /// It can be fetched.
    pub is_ready: bool,
}

/// Says how far it is.
#[view(get, "/data/")]
pub async fn show(_: Reauthenticated, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let state = at.accounts.state_of_data(&db, who.person.facts.id).await?;
    let page = DataPage {
        is_making: state == State::Making,
        is_ready: state == State::Ready,
    };
    Ok(at.page(TITLE, page))
}

/// Has a task make it, as who asks.
#[view(post, "/data/")]
pub async fn submit(_: Reauthenticated, at: AccountPages, db: Db<Write>) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    at.accounts.ask_for_data(&db, who.person.facts.id).await?;
    // CWE-778: what an intruder would do stands where the owner reads it.
    at.record(&db, who.person.facts.id, Happened::DataAsked).await?;
    events::DATA_ASKED.log(Some(&at.cx));
    Ok(Response::of(Redirect::to(crate::urls::data())))
}

/// The file: to its owner alone, who has just proved who they are (CWE-639, CWE-306), and to no cache (CWE-525).
#[view(get, "/data/file/")]
pub async fn file(_: Reauthenticated, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let data = at.accounts.data_of(&db, who.person.facts.id).await?;
    let data = data.ok_or_else(Error::not_found)?;
    events::DATA_FETCHED.log(Some(&at.cx));
    let file = File::attachment("data.json", data.to_vec()).content_type("application/json");
    Ok(Response::of(file).caching(Caching::NoStore))
}
