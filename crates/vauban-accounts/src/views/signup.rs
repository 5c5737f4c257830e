//! Signing up: `GET` and `POST` of `signup/?next=`; fields `email`, `password`, `password_again`.
//!
//! Until there is mail, the page says that an address is taken; how often it does is throttled (CWE-204).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::Next;
use crate::accounts::Proved;
use crate::events;
use crate::forms::SignUpForm;
use crate::params::AccountPages;
use vauban::forms::{Form, Problem};
use vauban::http::{Error, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Public, Query};

const TITLE: &str = "Sign up";
const WELCOME: &str = "Your account is made, and you are signed in.";
const TAKEN: Problem = Problem::new(
    "email_taken",
    "There is an account with this address already. Sign in instead.",
);

#[derive(Template)]
#[template("accounts/signup.html", standalone)]
struct SignUpPage {
    form: Form<SignUpForm>,
    least: usize,
}

impl SignUpPage {
    fn of(at: &AccountPages, form: Form<SignUpForm>) -> Self {
        Self {
            form,
            least: at.accounts.least(),
        }
    }
}

/// The page.
#[view(get, "/signup/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    Ok(at.page(TITLE, SignUpPage::of(&at, Form::empty())))
}

/// Makes an account and signs in.
#[view(post, "/signup/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<SignUpForm>,
) -> Result<Response> {
    let page = |form| SignUpPage::of(&at, form);
    let form = match at.strong(form.clean(&db).await?) {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    // CWE-204, CWE-799: counted before the answer tells whether the address is taken.
    let hashed = at
        .accounts
        .hash_for_sign_up(&form.password, at.cx.client_ip())
        .await;
    let hash = match hashed {
        Ok(hash) => hash,
        Err(failure) => {
            events::SIGN_IN_THROTTLED.log(Some(&at.cx));
            return at.failed(failure, TAKEN, form.refuse(|_| ()), TITLE, page);
        }
    };
    // From here on nobody else can take the address.
    db.begin().await?;
    if at.accounts.users.is_taken(&db, &form.email).await? {
        let form = form.refuse(|form| form.email.add_error(TAKEN));
        return Ok(at.again(TITLE, page(form)));
    }
    let person = at
        .accounts
        .users
        .add(&db, form.email.clone(), hash.clone())
        .await?;
    let before = at.who().map(|who| who.session.token());
    let proved = Proved { hash, renewed: None };
    let token = at.accounts.enter(&db, &person, &proved, before).await?;
    let token = token
        .ok_or_else(|| Error::internal("a new account is not active: `is_active` needs `default = true`"))?;
    at.welcome(&person, &token, Some(proved.stored()));
    events::SIGNED_UP.log(Some(&at.cx));
    at.cx.say(Level::Success, WELCOME);
    Ok(Response::of(at.next(&query)?))
}
