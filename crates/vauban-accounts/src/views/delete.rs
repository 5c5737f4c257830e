//! The end of an account: `GET` and `POST` of `delete/`. The page says what goes with it; then there is time to take it back.

use vauban::orm::{self, Db, RowCount, Write};
use vauban::{Template, view};

use crate::deletion::Asked;
use crate::events;
use crate::history::Happened;
use crate::identify;
use crate::links::Purpose;
use crate::params::AccountPages;
use crate::people::Account;
use vauban::http::{Cookie, Error, Response, Result};
use vauban::routing::{Reauthenticated, Refusal};
use vauban::site::SESSION_COOKIE;

const TITLE: &str = "Delete your account";

/// `delete/`: asks whether somebody wants their account deleted. Its form is sent to its own address, without fields.
#[derive(Template)]
#[template("accounts/delete.html", replaceable)]
pub struct DeletePage {
    /// For how long it can be taken back.
    pub grace: String,
    /// How many rows of what go with it.
    pub going: Vec<RowCount>,
    /// How many rows of what stay, without their owner.
    pub emptied: Vec<RowCount>,
    /// More goes than a page counts.
    pub is_much: bool,
    /// Rows keep the account.
    pub is_kept: bool,
    /// It is the last superuser's, which stays.
    pub is_last: bool,
    /// Something has no other owner.
    pub owns_alone: bool,
}

/// Says when the account will be deleted.
#[derive(Template)]
#[template("accounts/delete_asked.html", replaceable)]
pub struct DeletionAskedPage {
    /// `4 December 2026`.
    pub day: String,
}

impl DeletePage {
    async fn of(at: &AccountPages, db: &Db, person: &Account, asked: Option<&Asked>) -> Result<Self> {
        let users = &at.accounts.users;
        let user = person.facts.id;
        // What keeps it keeps it also where its owner sees no such row.
        let mut is_kept = users.is_kept(db, user).await?;
        let mut is_much = false;
        let preview = match is_kept {
            true => None,
            false => match users.would_erase(db, user).await {
                Ok(preview) => Some(preview),
                Err(orm::Error::Restricted { .. }) => {
                    is_kept = true;
                    None
                }
                // CWE-400: whatever others have tied to an account, its owner may delete it.
                Err(orm::Error::TooLarge(_) | orm::Error::TooMuchWork) => {
                    is_much = true;
                    None
                }
                Err(error) => return Err(error.into()),
            },
        };
        let (mut going, emptied) = preview.map(|rows| (rows.going, rows.emptied)).unwrap_or_default();
        going.retain(|rows| rows.model != users.model().name);
        Ok(Self {
            grace: at.accounts.links.lifetime(Purpose::Deletion),
            going,
            emptied,
            is_much,
            is_kept,
            is_last: asked == Some(&Asked::LastSuperuser),
            owns_alone: asked == Some(&Asked::LastOwner),
        })
    }
}

/// Asks whether it is meant, and says what goes.
#[view(get, "/delete/")]
pub async fn show(_: Reauthenticated, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let page = DeletePage::of(&at, &db, &who.person, None).await?;
    Ok(at.page(TITLE, page))
}

/// Notes it: every session ends, and the mail has the link that takes it back.
#[view(post, "/delete/")]
pub async fn submit(_: Reauthenticated, at: AccountPages, db: Db<Write>) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let asked = at.accounts.ask_for_deletion(&db, &who.person).await?;
    let Asked::Due(day) = asked else {
        let page = DeletePage::of(&at, &db, &who.person, Some(&asked)).await?;
        return Ok(at.again(TITLE, page));
    };
    at.record(&db, who.person.facts.id, Happened::DeletionAsked)
        .await?;
    events::DELETION_ASKED.log(Some(&at.cx));
    identify::forget_ended(&at.cx);
    #[allow(deprecated)]
    let gone = Cookie::__of_framework(SESSION_COOKIE, "").max_age(0);
    at.cx.set_cookie(gone);
    let page = at.page("Your account will be deleted", DeletionAskedPage { day });
    Ok(page.header("Clear-Site-Data", "\"cache\", \"storage\"")?)
}
