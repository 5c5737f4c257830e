//! Recovery codes: `GET` of `factors/recovery/` shows those that were made in the request before, once; `POST` makes new ones.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::factors::RecoveryCode;
use crate::history::Happened;
use crate::hooks::FactorChange;
use crate::params::AccountPages;
use crate::urls;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::routing::{Reauthenticated, Refusal, SignedIn};

const TITLE: &str = "Your recovery codes";

/// `factors/recovery/`: the codes, to whoever has just made them.
#[derive(Template)]
#[template("accounts/recovery.html", replaceable)]
pub struct RecoveryCodesPage {
    /// The codes, shown once; none to others.
    pub codes: Vec<String>,
    /// How many are left.
    pub left: u64,
    /// Whether the account has a factor that they stand in for.
    pub has_factor: bool,
}

/// Shows them to whoever has just made them; to others how many are left.
#[view(get, "/factors/recovery/")]
pub async fn show(_: SignedIn, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    let codes = accounts.enrolments.take_codes(&at.cx, user, &who.session);
    let page = RecoveryCodesPage {
        codes: codes.iter().map(RecoveryCode::shown).collect(),
        left: accounts.factors.codes_left(&db, user).await?,
        has_factor: who.session.has_factor(),
    };
    Ok(at.page(TITLE, page))
}

/// Makes new ones; those before open nothing any more.
#[view(post, "/factors/recovery/")]
pub async fn submit(_: Reauthenticated, at: AccountPages, db: Db<Write>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    db.begin().await?;
    if !accounts.factors.kinds(&db, user).await?.any() {
        return Ok(Redirect::to(urls::factors()));
    }
    let codes = accounts.new_recovery_codes(&db, user).await?;
    accounts
        .factor_changed(&db, &who.person, FactorChange::NewRecoveryCodes)
        .await?;
    at.record(&db, user, Happened::RecoveryCodesMade).await?;
    let binding = who.session.binding();
    accounts.enrolments.keep_codes(&at.cx, user, binding, &codes)?;
    Ok(Redirect::to(urls::recovery()))
}
