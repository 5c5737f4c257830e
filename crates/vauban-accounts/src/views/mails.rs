//! Which mails one gets: `GET` of `mails/` lists the kinds that one can leave, `POST` leaves one or has it come again.

use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::orm::{Db, Write};
use vauban::routing::{Refusal, SignedIn};
use vauban::{Template, view};
use vauban_mail::preferences::{self, Preference};

use crate::params::AccountPages;
use crate::urls;
use vauban::forms::Form;

const TITLE: &str = "Mails that you get";

/// Leaving a kind of mails, or having it come again.
#[derive(vauban::Form)]
pub(crate) struct MailsForm {
    #[field(max_length = 40)]
    kind: String,
    wanted: bool,
}

/// `mails/`: the kinds of mails that one can leave. A form for each, sent to its own address: fields `kind` and `wanted`, which is `true` for
/// a kind that is to come again.
#[derive(Template)]
#[template("accounts/mails.html", replaceable)]
pub struct MailsPage {
    /// To which address they go.
    pub email: String,
    /// What modules say that they send, in their order.
    pub kinds: Vec<OneKind>,
}

/// A kind of mails.
pub struct OneKind {
    /// What its form says in `kind`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whether its mails come.
    pub wanted: bool,
}

impl OneKind {
    fn of(preference: Preference) -> Self {
        Self {
            name: preference.kind.name(),
            title: preference.kind.title(),
            wanted: preference.wanted,
        }
    }
}

/// Lists them, for the address of whoever is signed in and no other (CWE-639).
#[view(get, "/mails/")]
pub async fn show(_: SignedIn, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let kinds = preferences::preferences(&db, &who.person.email).await?;
    let page = MailsPage {
        email: who.person.email.to_string(),
        kinds: kinds.into_iter().map(OneKind::of).collect(),
    };
    Ok(at.page(TITLE, page))
}

/// Leaves one, or has it come again.
#[view(post, "/mails/")]
pub async fn submit(_: SignedIn, at: AccountPages, db: Db<Write>, form: Form<MailsForm>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let email = &who.person.email;
    let form = form.clean(&db).await?.into_result();
    let form = form.map_err(|_| Error::not_found())?;
    // CWE-770: a row is of a kind that there is.
    let kinds = preferences::preferences(&db, email).await?;
    let kind = kinds.iter().find(|one| one.kind.name() == form.kind);
    let kind = kind.ok_or_else(Error::not_found)?.kind;
    preferences::set_wants(&db, email, kind.name(), form.wanted).await?;
    let said = match form.wanted {
        true => format!("You get these mails: {}.", kind.title()),
        false => format!("You get no more of these mails: {}.", kind.title()),
    };
    at.cx.say(Level::Success, said);
    Ok(Redirect::to(urls::mails()))
}
