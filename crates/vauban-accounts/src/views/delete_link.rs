//! Taking back that an account is to be deleted: `GET` and `POST` of `delete/{token}/`, behind the link of the mail.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use crate::events;
use crate::history::Happened;
use crate::links::Purpose;
use crate::params::AccountPages;
use vauban::PathSecret;
use vauban::http::{Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Public};

const TITLE: &str = "Keep your account";

/// `delete/{token}/`: asks whether the account is to stay after all. Its form is sent to its own address, without fields.
#[derive(Template)]
#[template("accounts/delete_link.html", replaceable)]
pub struct DeleteLinkPage {
    /// The address of the account that the link opens.
    pub email: String,
}

/// The page. Following the link changes nothing: programs do, which read mails.
#[view(get, "/delete/{token}/")]
pub async fn show(_: Public, at: AccountPages, token: Path<PathSecret>) -> Result<Response> {
    let Some(link) = at.accounts.links.find(Purpose::Deletion, &token).await? else {
        return Ok(at.dead_link());
    };
    let email = link.email.to_string();
    Ok(at.page(TITLE, DeleteLinkPage { email }))
}

/// The account stays. It signs nobody in: whoever found the mail still needs the password.
#[view(post, "/delete/{token}/")]
pub async fn submit(_: Public, at: AccountPages, db: Db<Write>, token: Path<PathSecret>) -> Result<Response> {
    let spent = at.accounts.links.spend(&db, Purpose::Deletion, &token).await?;
    // CWE-639: the wish of the account that the link was made for, and of no other.
    let Some(link) = spent else {
        return Ok(at.dead_link());
    };
    if !at.accounts.keep_account(&db, link.account).await? {
        return Ok(at.dead_link());
    }
    at.record(&db, link.account, Happened::DeletionTakenBack).await?;
    events::DELETION_TAKEN_BACK.log(Some(&at.cx));
    at.cx
        .say(Level::Success, "Your account stays. Sign in as before.");
    Ok(Response::of(Redirect::to(crate::urls::login())))
}
