//! Signing in: `GET` and `POST` of `login/?next=`; fields `email`, `password`, `remember`.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::Next;
use crate::accounts::SignInFailure;
use crate::events;
use crate::forms::LoginForm;
use crate::history::Happened;
use crate::params::AccountPages;
use crate::sessions::Start;
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

/// `login/`: signing in.
#[derive(Template)]
#[template("accounts/login.html", replaceable)]
pub struct LoginPage {
    /// Fields `email`, `password` and `remember`.
    pub form: Form<LoginForm>,
    /// Whether the site offers to stay signed in: without it `remember` is not shown.
    pub remembers: bool,
}

impl LoginPage {
    fn of(at: &AccountPages, form: Form<LoginForm>) -> Self {
        let remembers = at.accounts.sessions.remembers();
        Self { form, remembers }
    }
}

/// The page.
#[view(get, "/login/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, LoginPage::of(&at, Form::empty())))
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
        Err(form) => return Ok(at.again(TITLE, LoginPage::of(&at, form))),
    };
    let device = at.device();
    let accounts = &at.accounts;
    let known = accounts
        .authenticate(&form.email, &form.password, at.cx.client_ip(), device)
        .await;
    let entered = match known {
        Ok((person, proved)) => {
            let is_new = !at.is_known(&person, &proved);
            // Staff tick the box in vain: nobody is told on the page before it is known who they are (CWE-204).
            let asked = form.remember.then_some(&person.facts);
            let remembered = asked.and_then(|who| accounts.sessions.remembered_from_now(who));
            let start = Start {
                remembered,
                ..at.start()
            };
            // CWE-367: what a hook reads stands when the session begins.
            db.begin().await?;
            // CWE-204: behind the right password, so that a refusal tells nobody who has an account.
            if let Err(refused) = fire(&db, &person.signing_in()).await {
                events::SIGN_IN_FAILED.log(Some(&at.cx));
                return at.not_let_in(refused, form.refuse(|_| ()), TITLE, |form| {
                    LoginPage::of(&at, form)
                });
            }
            let token = accounts.enter(&db, &person, &proved, start).await?;
            token
                .map(|token| (person, proved, token, is_new, remembered))
                .ok_or(SignInFailure::Wrong)
        }
        Err(failure) => Err(failure),
    };
    match entered {
        Ok((person, proved, token, is_new, remembered)) => {
            // ASVS 6.3.5. Only for who got in: who did not sees no difference.
            if is_new {
                let happened = Happened::NewDevice;
                at.record(&db, person.facts.id, happened).await?;
                if accounts.may_tell_of_device(&db, &person).await? {
                    accounts.tell_of_device(&db, &person, at.visitor()).await?;
                }
            }
            fire(&db, &person.signed_in()).await?;
            at.welcome(&person, &token, Some(proved.stored()));
            at.give_session(&token, remembered);
            events::SIGNED_IN.log(Some(&at.cx));
            Ok(Response::of(at.next_after(&form.password, &proved, &query)?))
        }
        Err(failure) => {
            match failure {
                SignInFailure::Wait(_) | SignInFailure::Busy => events::SIGN_IN_THROTTLED.log(Some(&at.cx)),
                SignInFailure::Wrong | SignInFailure::Internal(_) => events::SIGN_IN_FAILED.log(Some(&at.cx)),
            }
            at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, |form| {
                LoginPage::of(&at, form)
            })
        }
    }
}
