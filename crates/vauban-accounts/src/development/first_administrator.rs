//! The page behind the first administrator's link: fields `email`, `password`, `password_again`.

use vauban::orm::{Db, Write};
use vauban::{PathSecret, Template, view};

use crate::accounts::Proved;
use crate::events;
use crate::forms::SignUpForm;
use crate::params::AccountPages;
use crate::passwords::Attribute;
use crate::views::answers::{Next, explain};
use vauban::forms::{Clean, Cleaned, Form};
use vauban::http::{Error, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "The first administrator";

#[derive(Template)]
#[template("accounts/first_administrator.html", replaceable)]
struct FirstAdministratorPage {
    form: Form<SignUpForm>,
    least: usize,
}

impl FirstAdministratorPage {
    fn of(at: &AccountPages, form: Form<SignUpForm>) -> Self {
        Self {
            form,
            least: at.accounts.least(),
        }
    }
}

/// The page. Following the link changes nothing yet.
#[view(get, "/first-administrator/{token}/")]
pub async fn show(_: Public, at: AccountPages, token: Path<PathSecret>) -> Result<Response> {
    if !at.accounts.link_opens(token.expose()).await? {
        return Err(Error::not_found());
    }
    Ok(at.page(TITLE, FirstAdministratorPage::of(&at, Form::empty())))
}

/// Makes the superuser, signs in, and spends the link.
#[view(post, "/first-administrator/{token}/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    token: Path<PathSecret>,
    form: Form<SignUpForm>,
) -> Result<Response> {
    if !at.accounts.link_opens(token.expose()).await? {
        return Err(Error::not_found());
    }
    let page = |form| FirstAdministratorPage::of(&at, form);
    let form = match strong(&at, form.clean(&db).await?) {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let hash = match at.accounts.hash(&form.password, at.cx.client_ip()).await {
        Ok(hash) => hash,
        Err(failure) => return at.failed(failure, "", form.refuse(|_| ()), TITLE, page),
    };
    db.begin().await?;
    // CWE-367: in the writer's turn, so that two posts of one link make one administrator, and no other process one.
    if !at.accounts.link_opens(token.expose()).await? {
        return Err(Error::not_found());
    }
    let person = at
        .accounts
        .users
        .add_superuser(&db, form.email.clone(), Some(hash.clone()))
        .await?;
    at.accounts.sessions.end_all(&db, person.facts.id).await?;
    let proved = Proved::of(hash);
    let entered = at.accounts.enter(&db, &person, &proved, at.start()).await?;
    let token = entered.ok_or_else(|| Error::internal("the new administrator cannot sign in"))?;
    *at.accounts.development.token() = None;
    at.welcome(&person, &token, Some(&proved));
    events::SIGNED_UP.log(Some(&at.cx));
    at.cx.say(
        Level::Success,
        format!("{} is the administrator now.", person.email),
    );
    Ok(Response::of(at.next(&Next::default())?))
}

/// What was typed for the new account, if it is valid and its password is not weak; else the form with what is wrong with it (ASVS 6.2.4,
/// CWE-521).
#[expect(clippy::result_large_err, reason = "as `Cleaned::into_result` returns it")]
fn strong(at: &AccountPages, form: Cleaned<SignUpForm>) -> Result<Clean<SignUpForm>, Form<SignUpForm>> {
    let form = form.into_result()?;
    let known = [Attribute::address(&form.email)];
    let weak = at.accounts.weaknesses(&form.password, &known);
    if weak.is_empty() {
        return Ok(form);
    }
    Err(form.refuse(|form| explain(&weak, &mut form.password)))
}
