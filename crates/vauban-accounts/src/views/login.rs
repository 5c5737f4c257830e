//! Signing in: `GET` and `POST` of `login/?next=`; fields `email`, `password`.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::{DEVICE_COOKIE, Next};
use crate::accounts::SignInFailure;
use crate::events;
use crate::forms::LoginForm;
use crate::params::AccountPages;
use vauban::forms::{Form, Problem};
use vauban::hooks::fire;
use vauban::http::{Response, Result};
use vauban::routing::{Public, Query};

const TITLE: &str = "Sign in";
/// One sentence for an unknown address, a wrong password and a closed account (CWE-204).
const WRONG: Problem = Problem::new(
    "invalid_login",
    "This e-mail address and password do not fit together.",
);

#[derive(Template)]
#[template("accounts/login.html", standalone)]
struct LoginPage {
    form: Form<LoginForm>,
}

/// The page.
#[view(get, "/login/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, LoginPage { form: Form::empty() }))
}

/// Signs in: a new session, whatever session there was before.
#[view(post, "/login/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<LoginForm>,
) -> Result<Response> {
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, LoginPage { form })),
    };
    #[allow(deprecated)]
    let device = at.cx.__cookie_of_framework(DEVICE_COOKIE);
    let known = at
        .accounts
        .authenticate(&form.email, &form.password, at.cx.client_ip(), device)
        .await;
    let entered = match known {
        Ok((person, proved)) => {
            // CWE-204: behind the right password, so that a refusal tells nobody who has an account.
            if let Err(refused) = fire(&db, &person.signing_in()).await {
                return at.not_let_in(refused, form.refuse(|_| ()), TITLE, |form| LoginPage { form });
            }
            let before = at.who().map(|who| who.session.token());
            let token = at.accounts.enter(&db, &person, &proved, before).await?;
            token
                .map(|token| (person, proved, token))
                .ok_or(SignInFailure::Wrong)
        }
        Err(failure) => Err(failure),
    };
    match entered {
        Ok((person, proved, token)) => {
            fire(&db, &person.signed_in()).await?;
            at.welcome(&person, &token, Some(proved.stored()));
            events::SIGNED_IN.log(Some(&at.cx));
            Ok(Response::of(at.next(&query)?))
        }
        Err(failure) => {
            match failure {
                SignInFailure::Wait(_) | SignInFailure::Busy => events::SIGN_IN_THROTTLED.log(Some(&at.cx)),
                SignInFailure::Wrong | SignInFailure::Internal(_) => events::SIGN_IN_FAILED.log(Some(&at.cx)),
            }
            at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, |form| LoginPage {
                form,
            })
        }
    }
}
