//! The page behind the first administrator's link: fields `email`, `password`, `password_again`.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::Attribute;
use crate::accounts::Proved;
use crate::events;
use crate::forms::SignUpForm;
use crate::params::AccountPages;
use crate::views::answers::{Next, explain};
use vauban::forms::Form;
use vauban::http::{Error, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "The first administrator";

#[derive(Template)]
#[template("accounts/first_administrator.html", standalone)]
struct FirstAdministratorPage {
    form: Form<SignUpForm>,
    least: usize,
}

/// The page. Following the link changes nothing yet.
#[view(get, "/first-administrator/{token}/")]
pub async fn show(_: Public, at: AccountPages, token: Path<String>) -> Result<Response> {
    if !at.accounts.link_opens(&token).await? {
        return Err(Error::not_found());
    }
    Ok(at.page(
        TITLE,
        FirstAdministratorPage {
            form: Form::empty(),
            least: at.accounts.least(),
        },
    ))
}

/// Makes the superuser, signs in, and spends the link.
#[view(post, "/first-administrator/{token}/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    token: Path<String>,
    form: Form<SignUpForm>,
) -> Result<Response> {
    if !at.accounts.link_opens(&token).await? {
        return Err(Error::not_found());
    }
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => {
            return Ok(at.again(
                TITLE,
                FirstAdministratorPage {
                    form,
                    least: at.accounts.least(),
                },
            ));
        }
    };
    let known = [Attribute {
        name: "e-mail address".into(),
        value: form.email.to_string(),
    }];
    let weak = at.accounts.weaknesses(&form.password, &known);
    if !weak.is_empty() {
        let form = form.refuse(|form| explain(&weak, &mut form.password));
        return Ok(at.again(
            TITLE,
            FirstAdministratorPage {
                form,
                least: at.accounts.least(),
            },
        ));
    }
    let hash = match at.accounts.hash(&form.password, at.cx.client_ip()).await {
        Ok(hash) => hash,
        Err(failure) => {
            let form = form.refuse(|_| ());
            return at.failed(failure, "", form, TITLE, |form| FirstAdministratorPage {
                form,
                least: at.accounts.least(),
            });
        }
    };
    db.begin().await?;
    // CWE-367: in the writer's turn, so that two posts of one link make one administrator, and no other process one.
    if !at.accounts.link_opens(&token).await? {
        return Err(Error::not_found());
    }
    let person = at
        .accounts
        .users
        .add_superuser(&db, form.email.clone(), Some(hash.clone()))
        .await?;
    at.accounts.sessions.end_all(&db, person.facts.id).await?;
    let before = at.who().map(|who| who.session.token());
    let entered = at
        .accounts
        .enter(&db, &person, &Proved { hash, renewed: None }, before)
        .await?;
    let token = entered.ok_or_else(|| Error::internal("the new administrator cannot sign in"))?;
    *at.accounts.development.token() = None;
    at.welcome(&person, &token);
    events::SIGNED_UP.log(Some(&at.cx));
    at.cx.say(
        Level::Success,
        format!("{} is the administrator now.", person.email),
    );
    Ok(Response::of(at.next(&Next::default())?))
}
