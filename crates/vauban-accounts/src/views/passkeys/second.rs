//! A passkey as the second proof of a sign-in: `POST` of `login/factor/passkey/?next=`; field `passkey`. Behind the right password, so that
//! nobody else learns which passkeys an account has (CWE-204).

use vauban::forms::Form;
use vauban::http::{Response, Result};
use vauban::orm::{Db, Write};
use vauban::routing::{Public, Query};
use vauban::view;

use super::super::answers::Next;
use super::super::login_factor::{HalfIn, Second};
use super::page::{PasskeyPage, WRONG};
use crate::accounts::SignInFailure;
use crate::factors::passkeys::Purpose;
use crate::forms::PasskeyForm;
use crate::params::AccountPages;
use crate::urls;

const TITLE: &str = "Your second factor";

/// Asks for one of the account's; or signs in by the one that was used.
#[view(post, "/login/factor/passkey/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<PasskeyForm>,
) -> Result<Response> {
    let (site, accounts) = (at.relying_party()?, &at.accounts);
    let Some(HalfIn {
        token, person, half, ..
    }) = at.half(&db).await?
    else {
        return Ok(Response::of(at.begin_again(&query)));
    };
    let page = |form, options| PasskeyPage {
        form,
        heading: TITLE,
        options,
        is_new: false,
        back: at.with_next(urls::login_factor(), &query),
    };
    let again = |form| page(form, String::new());
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, again(form))),
    };
    let user = person.facts.id;
    let Some(answer) = &form.passkey else {
        let known = accounts.factors.credentials(&db, user).await?;
        if known.is_empty() {
            return Ok(Response::of(at.begin_again(&query)));
        }
        let options = at.ask(Purpose::Second, user, site.ask_known(&known)?).await?;
        return Ok(at.page(TITLE, page(form.refuse(|_| ()), options)));
    };
    // CWE-287: one of this account's, whoever else has proved theirs.
    let verified = at.verified(&site, answer, Purpose::Second, Some(user)).await?;
    let Some(verified) = verified else {
        at.missed(&token, true).await?;
        return at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, again);
    };
    // CWE-613: a provider that said who they are is noted as that, so that the session ends with its link.
    let proofs = at.with_passkey(verified.id, half.first_proof(at.now()));
    if !accounts.factors.use_passkey(&db, verified).await? {
        return at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, again);
    }
    match at.second(&db, &token, proofs, None).await? {
        Second::In(advice) => Ok(Response::of(at.next_after(advice, &query)?)),
        Second::Refused(refused) => at.not_let_in(refused, form.refuse(|_| ()), TITLE, again),
        Second::Changed => at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, again),
        Second::Over => Ok(Response::of(at.begin_again(&query))),
    }
}
