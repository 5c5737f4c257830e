//! Proving again who one is by a passkey: `POST` of `confirm/passkey/?next=`; field `passkey`.

use vauban::forms::Form;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::orm::{Db, Write};
use vauban::routing::{Query, Refusal};
use vauban::view;

use super::super::answers::Next;
use super::super::entering::NotIn;
use super::page::{PasskeyPage, WRONG};
use crate::accounts::{Proved, SignInFailure};
use crate::factors::passkeys::Purpose;
use crate::forms::PasskeyForm;
use crate::params::{AccountPages, AnySession};
use crate::{events, urls};

const TITLE: &str = "Is it you?";

/// Asks for one of the account's; or goes on with the one that was used.
#[view(post, "/confirm/passkey/")]
pub async fn submit(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<PasskeyForm>,
) -> Result<Response> {
    let (site, accounts) = (at.relying_party()?, &at.accounts);
    let who = at.owner()?;
    let user = who.person.facts.id;
    let page = |form, options| PasskeyPage {
        form,
        heading: TITLE,
        options,
        is_new: false,
        back: at.with_next(urls::confirm(), &query),
    };
    let again = |form| page(form, String::new());
    let known = accounts.factors.credentials(&db, user).await?;
    if known.is_empty() {
        // They have none: the page that sends here offers another way.
        return Ok(Response::of(Redirect::to(at.with_next(urls::confirm(), &query))));
    }
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, again(form))),
    };
    let failed = |form| {
        events::SIGN_IN_FAILED.log(Some(&at.cx));
        at.failed(SignInFailure::Wrong, WRONG, form, TITLE, again)
    };
    let Some(answer) = &form.passkey else {
        let options = at.ask(Purpose::Confirm, user, site.ask_known(&known)?).await?;
        return Ok(at.page(TITLE, page(form.refuse(|_| ()), options)));
    };
    let verified = at.verified(&site, answer, Purpose::Confirm, Some(user)).await?;
    let Some(verified) = verified else {
        return failed(form.refuse(|_| ()));
    };
    let hash = accounts.users.hash_of(&accounts.units, user).await?;
    let hash = hash.ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    if !accounts.factors.use_passkey(&db, verified).await? {
        return failed(form.refuse(|_| ()));
    }
    let proofs = at.with_passkey(verified.id, who.session.proofs());
    match at.go_on(&db, &who, &Proved::of(hash), proofs).await? {
        Ok(_) => Ok(Response::of(at.next(&query)?)),
        Err(NotIn::Refused(refused)) => at.not_let_in(refused, form.refuse(|_| ()), TITLE, again),
        Err(NotIn::Changed) => failed(form.refuse(|_| ())),
    }
}
