//! The passkeys of an account: `GET` of `factors/passkeys/`; `POST` of `factors/passkeys/{id}/` gives one another name, field `name`; `POST` of
//! `factors/passkeys/{id}/remove/` removes it. Their owner is told of that by mail.

use vauban::forms::Form;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::orm::{DateTime, Db, Write};
use vauban::routing::{Path, Reauthenticated, Refusal, SignedIn};
use vauban::{Template, Uuid, view};

use crate::factors::PasskeyRow;
use crate::factors::passkeys::MOST_OF_ONE;
use crate::forms::{PasskeyForm, PasskeyNameForm};
use crate::history::Happened;
use crate::hooks::FactorChange;
use crate::params::{AccountPages, AnySession};
use crate::{events, identify, passkeys, urls};

const TITLE: &str = "Your passkeys";

/// `factors/passkeys/`: a form that adds one, sent to `{% url passkeys.add %}`; and for each a form with the field `name`, sent to
/// `{% url passkeys.rename passkey.id %}`, and one without fields, sent to `{% url passkeys.remove passkey.id %}`.
#[derive(Template)]
#[template("accounts/passkeys.html", replaceable)]
pub struct PasskeysPage {
    /// The form that adds one, with its field `name`.
    pub form: Form<PasskeyForm>,
    /// Those of the account, the oldest first.
    pub passkeys: Vec<OnePasskey>,
    /// There are as many as may be.
    pub is_full: bool,
}

/// A passkey of the account. Its id opens nothing.
pub struct OnePasskey {
    /// What its forms are sent to.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub added: DateTime,
    /// When it was used last, if it was.
    pub used: Option<DateTime>,
}

/// Lists those of whoever is signed in: nobody else's has a place here.
#[view(get, "/factors/passkeys/")]
pub async fn show(_: AnySession, at: AccountPages, db: Db) -> Result<Response> {
    at.relying_party()?;
    let who = at.owner()?;
    if !at.may_add_passkey(&db, &who, false).await? {
        return Ok(Response::of(Redirect::to(urls::factors())));
    }
    let rows = at.accounts.factors.passkeys(&db, who.person.facts.id).await?;
    let page = PasskeysPage {
        form: Form::empty(),
        is_full: rows.len() as u64 >= MOST_OF_ONE,
        passkeys: rows.into_iter().map(OnePasskey::of).collect(),
    };
    Ok(at.page(TITLE, page))
}

impl OnePasskey {
    fn of(row: PasskeyRow) -> Self {
        Self {
            id: row.id.uuid(),
            name: row.name,
            added: row.added,
            used: row.used,
        }
    }
}

/// Gives one another name. Somebody else's and one that never was are the same 404 (CWE-639).
#[view(post, "/factors/passkeys/{id}/")]
pub async fn rename(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    id: Path<Uuid>,
    form: Form<PasskeyNameForm>,
) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (factors, user) = (&at.accounts.factors, who.person.facts.id);
    let Ok(form) = form.clean(&db).await?.into_result() else {
        at.cx.say(Level::Error, "A name has one to 60 characters.");
        return Ok(Redirect::to(passkeys::list()));
    };
    if !factors.rename_passkey(&db, user, *id, &form.name).await? {
        return Err(Error::not_found());
    }
    at.cx.say(Level::Success, "Your passkey has another name.");
    Ok(Redirect::to(passkeys::list()))
}

/// Removes one, and ends every session that lives by it (CWE-613): whoever has the device is out.
#[view(post, "/factors/passkeys/{id}/remove/")]
pub async fn remove(_: Reauthenticated, at: AccountPages, db: Db<Write>, id: Path<Uuid>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    if !accounts.factors.remove_passkey(&db, user, *id).await? {
        return Err(Error::not_found());
    }
    accounts.sessions.passkey_removed(&db, user, *id).await?;
    let change = FactorChange::PasskeyRemoved;
    accounts.factor_changed(&db, &who.person, change).await?;
    at.record(&db, user, Happened::PasskeyRemoved).await?;
    events::FACTOR_REMOVED.log(Some(&at.cx));
    at.cx.say(
        Level::Success,
        "Your passkey is removed, and whoever signed in with it is signed out.",
    );
    let is_by_it = who.session.proofs().passkey.is_some_and(|by| by.id == *id);
    if is_by_it {
        identify::forget(&at.cx);
        return Ok(Redirect::to(urls::login()));
    }
    Ok(Redirect::to(passkeys::list()))
}
