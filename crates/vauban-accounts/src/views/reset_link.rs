//! A new password behind the link of a mail: `GET` and `POST` of `reset/{token}/`; field `password`.
//!
//! It signs nobody in: whoever reads a mailbox has proved that, and no second factor (CWE-308, ASVS 6.4.3).

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::explain;
use crate::events;
use crate::forms::NewPasswordForm;
use crate::history::Happened;
use crate::links::Purpose;
use crate::params::AccountPages;
use vauban::PathSecret;
use vauban::forms::Form;
use vauban::hooks::fire;
use vauban::http::{Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "Choose a new password";

/// `reset/{token}/`: a new password, behind the link of the mail.
#[derive(Template)]
#[template("accounts/reset_link.html", replaceable)]
pub struct ResetLinkPage {
    /// The form, with its field `password`.
    pub form: Form<NewPasswordForm>,
    /// The address of the account that the link opens.
    pub email: String,
    /// The fewest characters of a password.
    pub least: usize,
}

impl ResetLinkPage {
    fn of(at: &AccountPages, email: &str, form: Form<NewPasswordForm>) -> Self {
        Self {
            form,
            email: email.to_owned(),
            least: at.accounts.least(),
        }
    }
}

/// The page. Following the link changes nothing: programs do, which read mails.
#[view(get, "/reset/{token}/")]
pub async fn show(_: Public, at: AccountPages, db: Db, token: Path<PathSecret>) -> Result<Response> {
    let Some(link) = at.accounts.links.find(Purpose::Reset, &token).await? else {
        return Ok(at.dead_link());
    };
    let Some((person, _)) = at.accounts.behind(&db, &link).await? else {
        return Ok(at.dead_link());
    };
    let page = ResetLinkPage::of(&at, person.email.as_str(), Form::empty());
    Ok(at.page(TITLE, page))
}

/// Changes the password, and ends every session of the account.
#[view(post, "/reset/{token}/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    token: Path<PathSecret>,
    form: Form<NewPasswordForm>,
) -> Result<Response> {
    let accounts = &at.accounts;
    // CVE-2026-18963: this very request carries the token, and uses it.
    let Some(link) = accounts.links.find(Purpose::Reset, &token).await? else {
        return Ok(at.dead_link());
    };
    let Some((person, _)) = accounts.behind(&db, &link).await? else {
        return Ok(at.dead_link());
    };
    let page = |form| ResetLinkPage::of(&at, person.email.as_str(), form);
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let weak = accounts.weaknesses(&form.password, &person.known_words());
    if !weak.is_empty() {
        let form = form.refuse(|form| explain(&weak, &mut form.password));
        return Ok(at.again(TITLE, page(form)));
    }
    let hashed = accounts.hash_behind_link(&form.password, at.cx.client_ip()).await;
    let hash = match hashed {
        Ok(hash) => hash,
        Err(failure) => return at.failed(failure, "", form.refuse(|_| ()), TITLE, page),
    };
    // CWE-367: in the writer's turn, by the rows as they are now.
    let Some(link) = accounts.links.spend(&db, Purpose::Reset, &token).await? else {
        return Ok(at.dead_link());
    };
    let Some((person, old)) = accounts.behind(&db, &link).await? else {
        return Ok(at.dead_link());
    };
    let user = person.facts.id;
    if !accounts.users.reset_hash(&db, user, old.as_ref(), &hash).await? {
        return Ok(at.dead_link());
    }
    // ASVS 7.4.3, CWE-613: whoever had the account has it no longer.
    accounts.sessions.end_all(&db, user).await?;
    #[cfg(feature = "oidc")]
    {
        // CWE-613: nor by an identity of theirs elsewhere, which they linked meanwhile.
        accounts.begun.end(&db, user).await?;
        if accounts.linked.remove_all(&db, user).await? > 0 {
            at.tell_of_link(&db, &person, false).await?;
        }
    }
    fire(&db, &person.password_changed()).await?;
    accounts.tell_of_password(&db, &person).await?;
    at.record(&db, user, Happened::PasswordReset).await?;
    events::PASSWORD_CHANGED.log(Some(&at.cx));
    at.cx.say(
        Level::Success,
        "Your password is changed, and every session has ended. Sign in with the new one.",
    );
    Ok(Response::of(Redirect::to(crate::urls::login())))
}
