//! Signing in by a passkey alone: `POST` of `login/passkey/?next=`; field `passkey`. Nobody types an address, and what is asked is the same for
//! everybody (CWE-204).

use uuid::Uuid;
use vauban::forms::{Form, Problem};
use vauban::http::{Response, Result};
use vauban::orm::{Db, Write};
use vauban::routing::{Public, Query};
use vauban::view;

use super::super::answers::Next;
use super::super::entering::{Entering, NotIn};
use super::page::{PasskeyPage, WRONG};
use crate::accounts::{Proved, SignInFailure};
use crate::factors::passkeys::Purpose;
use crate::forms::PasskeyForm;
use crate::params::AccountPages;
use crate::sessions::Proofs;
use crate::{events, urls};

const TITLE: &str = "Sign in with a passkey";
const OLDER: Problem = Problem::new(
    "passkey_older",
    "Your password was changed since this passkey was last used. Sign in with the password once, and use the passkey behind it.",
);

/// Asks for one; or signs in by the one that was used: a session that holds two kinds of proof.
#[view(post, "/login/passkey/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<PasskeyForm>,
) -> Result<Response> {
    let (site, accounts) = (at.relying_party()?, &at.accounts);
    let page = |form, options| PasskeyPage {
        form,
        heading: TITLE,
        options,
        is_new: false,
        back: at.with_next(urls::login(), &query),
    };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form, String::new()))),
    };
    let again = |form| page(form, String::new());
    let Some(answer) = &form.passkey else {
        if let Err(failure) = accounts.count_challenge(at.cx.client_ip()).await {
            events::SIGN_IN_THROTTLED.log(Some(&at.cx));
            return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, again);
        }
        let asked = site.ask_known(&[])?;
        let options = at.ask(Purpose::SignIn, Uuid::nil(), asked).await?;
        return Ok(at.page(TITLE, page(form.refuse(|_| ()), options)));
    };
    let failed = |form| {
        events::SIGN_IN_FAILED.log(Some(&at.cx));
        at.failed(SignInFailure::Wrong, WRONG, form, TITLE, again)
    };
    let Some(verified) = at.verified(&site, answer, Purpose::SignIn, None).await? else {
        return failed(form.refuse(|_| ()));
    };
    // Before the writer's turn.
    accounts.give_challenge_back(at.cx.client_ip()).await;
    if !accounts.factors.use_passkey(&db, verified).await? {
        return failed(form.refuse(|_| ()));
    }
    // Who is deactivated is answered like who is nobody (ASVS 6.3.8).
    let standing = accounts.users.standing(&db, verified.user).await?;
    let standing = standing.filter(|(person, _)| person.is_active);
    let Some((person, Some(hash))) = standing else {
        return failed(form.refuse(|_| ()));
    };
    // CWE-613, CWE-640: it may be of whoever had the account before its owner chose another password. Behind that one it is a second proof,
    // and from then on it opens alone again.
    let since = accounts
        .users
        .password_since(&accounts.units, verified.user)
        .await?;
    if since.is_some_and(|since| verified.known < since) {
        events::SIGN_IN_FAILED.log(Some(&at.cx));
        return at.failed(SignInFailure::Wrong, OLDER, form.refuse(|_| ()), TITLE, again);
    }
    let who = Entering {
        person,
        proved: Proved::of(hash),
        remember: false,
        proofs: at.with_passkey(verified.id, Proofs::default()),
    };
    match at.let_in(&db, &who).await? {
        Ok(()) => Ok(Response::of(at.next(&query)?)),
        Err(NotIn::Refused(refused)) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            at.not_let_in(refused, form.refuse(|_| ()), TITLE, again)
        }
        Err(NotIn::Changed) => failed(form.refuse(|_| ())),
    }
}
