//! The second proof of a sign-in without the app: `GET` and `POST` of `login/recovery/?next=`; field `code`, a recovery code. Its owner is
//! told by mail.

use vauban::orm::{Db, Write};
use vauban::{Template, Url, view};

use super::answers::Next;
use super::login_factor::{HalfIn, Second};
use crate::accounts::SignInFailure;
use crate::forms::RecoveryForm;
use crate::history::Happened;
use crate::params::AccountPages;
use crate::sessions::Proofs;
use crate::{events, urls};
use vauban::forms::{Form, Problem};
use vauban::http::{Response, Result};
use vauban::messages::Level;
use vauban::routing::{Public, Query};

const TITLE: &str = "A recovery code";
const WRONG: Problem = Problem::new(
    "recovery_code_wrong",
    "The recovery code is not right, or was used before.",
);

/// `login/recovery/`: asks for a recovery code in place of the second proof.
#[derive(Template)]
#[template("accounts/login_recovery.html", replaceable)]
pub struct LoginRecoveryPage {
    /// The form, with its field `code`.
    pub form: Form<RecoveryForm>,
    /// Where a code of the app is taken.
    pub factor: Url,
}

/// Asks for the code.
#[view(get, "/login/recovery/")]
pub async fn show(_: Public, at: AccountPages, db: Db, query: Query<Next>) -> Result<Response> {
    if at.half(&db).await?.is_none() {
        return Ok(Response::of(at.begin_again(&query)));
    }
    let factor = at.with_next(urls::login_factor(), &query);
    let form = Form::empty();
    Ok(at.page(TITLE, LoginRecoveryPage { form, factor }))
}

/// Signs in, and uses the code.
#[view(post, "/login/recovery/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<RecoveryForm>,
) -> Result<Response> {
    let Some(HalfIn {
        token, person, half, ..
    }) = at.half(&db).await?
    else {
        return Ok(Response::of(at.begin_again(&query)));
    };
    let page = |form| LoginRecoveryPage {
        form,
        factor: at.with_next(urls::login_factor(), &query),
    };
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let (accounts, user) = (&at.accounts, person.facts.id);
    if let Err(failure) = accounts.prove_recovery(user, &form.code).await {
        at.missed(&token, matches!(failure, SignInFailure::Wrong)).await?;
        return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, page);
    }
    let now = at.now();
    let proofs = Proofs {
        recovery: Some(now),
        ..half.first_proof(now)
    };
    match at.second(&db, &token, proofs, Some(&form.code)).await? {
        Second::In(advice) => {
            accounts.tell_of_recovery(&db, &person).await?;
            at.record(&db, user, Happened::RecoveryCodeUsed).await?;
            events::RECOVERY_CODE_USED.log(Some(&at.cx));
            let left = accounts.factors.codes_left(&db, user).await?;
            at.cx.say(
                Level::Warning,
                format!("Recovery codes that are left: {left}. If you have lost your app, remove it and add another one."),
            );
            Ok(Response::of(at.next_after(advice, &query)?))
        }
        Second::Refused(refused) => at.not_let_in(refused, form.refuse(|_| ()), TITLE, page),
        Second::Changed => at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, page),
        Second::Over => Ok(Response::of(at.begin_again(&query))),
    }
}
