//! Proving again who one is: `GET` and `POST` of `confirm/?next=`; field `password`. The rule `Reauthenticated` sends people here, and
//! what they had typed is kept meanwhile.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::Next;
use crate::accounts::SignInFailure;
use crate::events;
use crate::forms::ProofForm;
use crate::params::AccountPages;
use crate::sessions::Start;
use vauban::forms::{Form, Problem};
use vauban::hooks::fire;
use vauban::http::{Error, Response, Result};
use vauban::routing::{Query, Refusal, SignedIn};

const TITLE: &str = "Is it you?";
const WRONG: Problem = Problem::new("password_wrong", "The password is not right.");

/// `confirm/`: asks who is signed in to prove it once more.
#[derive(Template)]
#[template("accounts/confirm.html", replaceable)]
pub struct ConfirmPage {
    /// Field `password`.
    pub form: Form<ProofForm>,
}

/// Asks for the password once more.
#[view(get, "/confirm/")]
pub async fn show(_: SignedIn, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, ConfirmPage { form: Form::empty() }))
}

/// Proves it: the session goes on under a new id (ASVS 7.2.4, CWE-384), with what it holds.
#[view(post, "/confirm/")]
pub async fn submit(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<ProofForm>,
) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let page = |form| ConfirmPage { form };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let accounts = &at.accounts;
    let proved = match accounts
        .reprove(&who.person, &form.password, at.cx.client_ip(), at.device())
        .await
    {
        Ok(proved) => proved,
        Err(failure) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, page);
        }
    };
    let before = who.session.id();
    // In the writer's turn. CWE-613: a session that was ended meanwhile is not brought back.
    db.begin().await?;
    let Some(data) = accounts.sessions.data(&db, before).await? else {
        return Err(Error::refused(Refusal::SignInRequired));
    };
    // CWE-862: a session that begins anew here asks who may have one, as the sign-in does.
    if let Err(refused) = fire(&db, &who.person.signing_in()).await {
        return at.not_let_in(refused, form.refuse(|_| ()), TITLE, page);
    }
    let remembered = who.session.remembered();
    let start = Start {
        data,
        remembered,
        ..at.start()
    };
    let Some(token) = accounts.enter(&db, &who.person, &proved, start).await? else {
        let form = form.refuse(|_| ());
        return at.failed(SignInFailure::Wrong, WRONG, form, TITLE, page);
    };
    // ASVS 6.3.5: a browser becomes known at the sign-in, where that is told.
    let is_known = at.is_known(&who.person, &proved);
    at.welcome(&who.person, &token, is_known.then(|| proved.stored()));
    at.give_session(&token, remembered);
    Ok(Response::of(at.next(&query)?))
}
