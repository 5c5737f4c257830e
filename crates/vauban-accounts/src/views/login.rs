//! Signing in: `GET` and `POST` of `login/?next=`; fields `email`, `password`, `remember`.

use vauban::orm::{Db, Write};
use vauban::{Template, Url, view};

use super::answers::{Next, ProviderButton};
use super::entering::{Entering, NotIn};
use super::passkey_links::PasskeyPages;
use crate::accounts::SignInFailure;
use crate::forms::LoginForm;
use crate::params::AccountPages;
use crate::sessions::Proofs;
use crate::{events, urls};
use vauban::forms::{Form, Problem};
use vauban::http::{Redirect, Response, Result};
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
    /// Where one signs in with a passkey instead, if the site has them: a form without fields.
    pub passkey: Option<Url>,
    /// Providers of single sign-on, each with a form of its own.
    pub providers: Vec<ProviderButton>,
}

impl LoginPage {
    fn of(at: &AccountPages, form: Form<LoginForm>, query: &Next) -> Self {
        let passkey = at.passkey_page(PasskeyPages::SignIn);
        Self {
            form,
            remembers: at.accounts.sessions.remembers(),
            passkey: passkey.map(|page| at.with_next(page, query)),
            providers: at.providers(query),
        }
    }
}

/// The page.
#[view(get, "/login/")]
pub async fn show(_: Public, at: AccountPages, query: Query<Next>) -> Result<Response> {
    Ok(at.page(TITLE, LoginPage::of(&at, Form::empty(), &query)))
}

/// Signs in: a new session, whatever session there was before; or on to the second proof, where the account has one.
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
        Err(form) => return Ok(at.again(TITLE, LoginPage::of(&at, form, &query))),
    };
    let accounts = &at.accounts;
    let known = accounts
        .authenticate(&form.email, &form.password, at.cx.client_ip(), at.device())
        .await;
    let page = |form| LoginPage::of(&at, form, &query);
    let (person, proved) = match known {
        Ok(known) => known,
        Err(failure) => {
            match failure {
                SignInFailure::Wait(_) | SignInFailure::Busy => events::SIGN_IN_THROTTLED.log(Some(&at.cx)),
                SignInFailure::Wrong | SignInFailure::Shut | SignInFailure::Internal(_) => {
                    events::SIGN_IN_FAILED.log(Some(&at.cx));
                }
            }
            return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, page);
        }
    };
    let advice = at.advice(&form.password, &proved);
    // CWE-204: behind the right password, so that nobody else learns who has a second factor.
    if accounts.factors.kinds_of(person.facts.id).await?.any() {
        at.ask_second(&db, &person, &proved, form.remember, advice, false)
            .await?;
        return Ok(Response::of(Redirect::to(
            at.with_next(urls::login_factor(), &query),
        )));
    }
    let proofs = Proofs {
        password: Some(at.now()),
        ..Proofs::default()
    };
    let who = Entering {
        person,
        proved,
        remember: form.remember,
        proofs,
    };
    match at.let_in(&db, &who).await? {
        Ok(()) => Ok(Response::of(at.next_after(advice, &query)?)),
        Err(NotIn::Refused(refused)) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            at.not_let_in(refused, form.refuse(|_| ()), TITLE, page)
        }
        Err(NotIn::Changed) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, page)
        }
    }
}
