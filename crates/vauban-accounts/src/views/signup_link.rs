//! The account behind the link of a mail: `GET` and `POST` of `signup/{token}/`; field `password`, and the site's own.
//!
//! The password is chosen here, by who reads the mail: nothing of whoever typed the address is in the account (CWE-287).

use vauban::orm::{Db, Write};
use vauban::{SafeHtml, Template, view};

use super::answers::explain;
use crate::accounts::Proved;
use crate::events;
use crate::forms::NewPasswordForm;
use crate::history::Happened;
use crate::hooks::SigningUp;
use crate::links::{Link, Purpose};
use crate::own_fields::{OwnData, OwnForm};
use crate::params::{AccountPages, SentOwn};
use crate::passwords::Attribute;
use crate::tenancy::Accepted;
use vauban::PathSecret;
use vauban::forms::{Clean, Form};
use vauban::hooks::fire;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "Make your account";
const MADE: &str = "Your account is made.";
const WELCOME: &str = "Your account is made, and you are signed in.";

/// `signup/{token}/`: the account behind the link of the mail.
#[derive(Template)]
#[template("accounts/signup_link.html", replaceable)]
pub struct SignUpLinkPage {
    /// The form, with its field `password`.
    pub form: Form<NewPasswordForm>,
    /// The address of the account to be.
    pub email: String,
    /// The site's own fields, with what is wrong with them.
    pub own: SafeHtml,
    /// The fewest characters of a password.
    pub least: usize,
}

impl SignUpLinkPage {
    fn of(at: &AccountPages, link: &Link, own: Option<&dyn OwnForm>, form: Form<NewPasswordForm>) -> Self {
        Self {
            form,
            email: link.email.to_string(),
            own: own.map(|own| own.html(&at.cx)).into_iter().collect(),
            least: at.accounts.least(),
        }
    }
}

/// The page. Following the link changes nothing: programs do, which read mails.
#[view(get, "/signup/{token}/")]
pub async fn show(_: Public, at: AccountPages, db: Db, token: Path<PathSecret>) -> Result<Response> {
    let Some(link) = at.accounts.links.find(Purpose::SignUp, &token).await? else {
        return Ok(at.dead_link());
    };
    if !at.accounts.is_sign_up_open(&db, &link, &token).await? {
        return Ok(at.dead_link());
    }
    let own = match &at.accounts.own_fields {
        Some(own) => Some(own.empty(&db).await?),
        None => None,
    };
    let page = SignUpLinkPage::of(&at, &link, own.as_deref(), Form::empty());
    Ok(at.page(TITLE, page))
}

/// Makes the account and signs in.
#[view(post, "/signup/{token}/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    token: Path<PathSecret>,
    form: Form<NewPasswordForm>,
    own: SentOwn,
) -> Result<Response> {
    let accounts = &at.accounts;
    let Some(link) = accounts.links.find(Purpose::SignUp, &token).await? else {
        return Ok(at.dead_link());
    };
    if !accounts.is_sign_up_open(&db, &link, &token).await? {
        return Ok(at.dead_link());
    }
    let page = |own: Option<Box<dyn OwnForm>>, form| SignUpLinkPage::of(&at, &link, own.as_deref(), form);
    let (form, own) = match both(&at, &db, &link, form, own.0).await? {
        Ok(clean) => clean,
        Err((form, own)) => return Ok(at.again(TITLE, page(own, form))),
    };
    let hash = match accounts.hash_behind_link(&form.password, at.cx.client_ip()).await {
        Ok(hash) => hash,
        Err(failure) => {
            events::SIGN_IN_THROTTLED.log(Some(&at.cx));
            let own = own.map(OwnData::again);
            return at.failed(failure, "", form.refuse(|_| ()), TITLE, |form| page(own, form));
        }
    };
    let through = &token;
    // From here on nobody else uses the link, or takes the address.
    let spent = accounts.links.spend(&db, Purpose::SignUp, &token).await?;
    if spent.is_none() || accounts.users.is_taken(&db, &link.email).await? {
        return Ok(at.dead_link());
    }
    let email = link.email.clone();
    if let Err(refused) = fire(&db, &SigningUp { email }).await {
        let own = own.map(OwnData::again);
        return at.not_let_in(refused, form.refuse(|_| ()), TITLE, |form| page(own, form));
    }
    let made = accounts
        .users
        .add(&db, link.email.clone(), Some(hash.clone()), own.as_deref())
        .await;
    let person = match made {
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
    let weak = accounts.weaknesses(&form.password, &person.known_words());
    if !weak.is_empty() {
        let form = form.refuse(|form| explain(&weak, &mut form.password));
        return Ok(at.again(TITLE, page(own.map(OwnData::again), form)));
    }
    // Whoever was invited, and had no account.
    let joined = accounts.accept_by_sign_up(&db, through, person.facts.id).await?;
    // CWE-367: taken back since the page was asked for, it makes no account; what was added is undone.
    if joined.is_none() && link.is_of_invitation() {
        return Ok(at.dead_link());
    }
    fire(&db, &person.signed_up()).await?;
    events::SIGNED_UP.log(Some(&at.cx));
    at.record(&db, person.facts.id, Happened::SignedUp).await?;
    if let Some(Accepted { tenant, .. }) = joined {
        at.record(&db, person.facts.id, Happened::Joined).await?;
        events::INVITATION_ACCEPTED.log(Some(&at.cx));
        at.cx.say(Level::Success, format!("You belong to {tenant} now."));
    }
    // A hook that lets nobody in yet does not undo the account.
    if let Some(problem) = at.barred(&db, &person).await? {
        at.cx.say(Level::Success, MADE);
        at.cx.say(Level::Warning, problem.to_string());
        return Ok(Response::of(Redirect::to(crate::urls::login())));
    }
    let proved = Proved::of(hash);
    let token = accounts.enter(&db, &person, &proved, at.start()).await?;
    let token = token
        .ok_or_else(|| Error::internal("a new account is not active: `is_active` needs `default = true`"))?;
    fire(&db, &person.signed_in()).await?;
    at.welcome(&person, &token, Some(&proved));
    at.cx.say(Level::Success, WELCOME);
    Ok(Response::of(at.home()?))
}

type Both<F, O> = (F, Option<Box<O>>);

/// Both forms' data, or both forms to show again with all that is wrong.
async fn both(
    at: &AccountPages,
    db: &Db<Write>,
    link: &Link,
    form: Form<NewPasswordForm>,
    own: Option<Box<dyn OwnForm>>,
) -> Result<Result<Both<Clean<NewPasswordForm>, dyn OwnData>, Both<Form<NewPasswordForm>, dyn OwnForm>>> {
    let form = match form.clean(db).await?.into_result() {
        Ok(form) => {
            let known = Attribute::address(&link.email);
            let weak = at.accounts.weaknesses(&form.password, &[known]);
            match weak.is_empty() {
                true => Ok(form),
                false => Err(form.refuse(|form| explain(&weak, &mut form.password))),
            }
        }
        Err(form) => Err(form),
    };
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
