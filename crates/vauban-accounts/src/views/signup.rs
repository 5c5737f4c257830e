//! Signing up: `GET` and `POST` of `signup/?next=`; fields `email`, `password`, `password_again`.
//!
//! Until there is mail, the page says that an address is taken; how often it does is throttled (CWE-204).

use vauban::orm::{Db, Write};
use vauban::{SafeHtml, Template, view};

use super::answers::{Next, explain};
use crate::accounts::Proved;
use crate::events;
use crate::forms::SignUpForm;
use crate::own_fields::{OwnData, OwnForm};
use crate::params::{AccountPages, SentOwn};
use vauban::forms::{Clean, Form, Problem};
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
    /// The site's own fields.
    own: SafeHtml,
    least: usize,
}

impl SignUpPage {
    fn of(at: &AccountPages, own: Option<&dyn OwnForm>, form: Form<SignUpForm>) -> Self {
        Self {
            form,
            own: own.map(|own| own.html(&at.cx)).into_iter().collect(),
            least: at.accounts.least(),
        }
    }
}

/// The page.
#[view(get, "/signup/")]
pub async fn show(_: Public, at: AccountPages, db: Db) -> Result<Response> {
    let own = match &at.accounts.own_fields {
        Some(own) => Some(own.empty(&db).await?),
        None => None,
    };
    Ok(at.page(TITLE, SignUpPage::of(&at, own.as_deref(), Form::empty())))
}

/// Makes an account and signs in.
#[view(post, "/signup/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<SignUpForm>,
    own: SentOwn,
) -> Result<Response> {
    let page = |own: Option<Box<dyn OwnForm>>, form| SignUpPage::of(&at, own.as_deref(), form);
    let (form, own) = match both(&at, &db, form, own.0).await? {
        Ok(clean) => clean,
        Err((form, own)) => return Ok(at.again(TITLE, page(own, form))),
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
            let own = own.map(OwnData::again);
            return at.failed(failure, TAKEN, form.refuse(|_| ()), TITLE, |form| page(own, form));
        }
    };
    // From here on nobody else can take the address.
    db.begin().await?;
    if at.accounts.users.is_taken(&db, &form.email).await? {
        let form = form.refuse(|form| form.email.add_error(TAKEN));
        return Ok(at.again(TITLE, page(own.map(OwnData::again), form)));
    }
    let users = &at.accounts.users;
    let person = match users
        .add(&db, form.email.clone(), hash.clone(), own.as_deref())
        .await
    {
        Ok(person) => person,
        Err(error) => match own {
            // What the database says of the site's fields is said there.
            Some(own) => {
                let own = own.explained(error)?;
                return Ok(at.again(TITLE, page(Some(own), form.refuse(|_| ()))));
            }
            None => return Err(error.into()),
        },
    };
    // ASVS 6.2.11: nor is it made of what they say of themselves. What was added is undone with the answer's status.
    let weak = at.accounts.weaknesses(&form.password, &person.known_words());
    if !weak.is_empty() {
        let form = form.refuse(|form| explain(&weak, &mut form.password));
        return Ok(at.again(TITLE, page(own.map(OwnData::again), form)));
    }
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

/// Both forms' data, or both forms to show again with all that is wrong.
async fn both(
    at: &AccountPages,
    db: &Db<Write>,
    form: Form<SignUpForm>,
    own: Option<Box<dyn OwnForm>>,
) -> Result<Result<(Clean<SignUpForm>, Option<Box<dyn OwnData>>), (Form<SignUpForm>, Option<Box<dyn OwnForm>>)>>
{
    let form = at.strong(form.clean(db).await?);
    let own = match (own, &form) {
        (None, _) => None,
        // That the page is too old is said once.
        (Some(own), Err(form)) if !form.problems().is_empty() => Some(Err(own)),
        (Some(own), _) => Some(own.clean(db).await?),
    };
    Ok(match (form, own.transpose()) {
        (Ok(form), Ok(own)) => Ok((form, own)),
        (Ok(form), Err(own)) => Err((form.refuse(|_| ()), Some(own))),
        (Err(form), Ok(own)) => Err((form, own.map(OwnData::again))),
        (Err(form), Err(own)) => Err((form, Some(own))),
    })
}
