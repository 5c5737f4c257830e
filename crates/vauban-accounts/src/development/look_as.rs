//! Looking at the site as one of the people that the application names; field `email`.

use vauban::orm::{Db, Write};
use vauban::{Form, Template, view};

use crate::Email;
use crate::events;
use crate::params::AccountPages;
use crate::views::answers::Next;
use vauban::http::{Error, Response, Result};
use vauban::routing::{Public, Query};

#[derive(Template)]
#[template("accounts/look_as.html", replaceable)]
struct LookAsPage {
    people: Vec<Somebody>,
}

struct Somebody {
    email: String,
    name: String,
    note: &'static str,
}

#[derive(Form)]
struct LookAsForm {
    #[field(label = "E-mail address", max_length = 320)]
    email: Email,
}

/// The page with a button for everybody who is named and has an account.
#[view(get, "/look-as/")]
pub async fn show(_: Public, at: AccountPages) -> Result<Response> {
    let mut people = Vec::new();
    for (email, note) in at.accounts.development.people() {
        if let Some((person, _)) = at.accounts.users.by_email(&at.accounts.units, &email).await? {
            people.push(Somebody {
                email: email.to_string(),
                name: person.name,
                note,
            });
        }
    }
    Ok(at.page("Look at the site as …", LookAsPage { people }))
}

/// Signs in as one of them, without a password.
#[view(post, "/look-as/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<LookAsForm>,
) -> Result<Response> {
    let wanted = form
        .clean(&db)
        .await?
        .into_result()
        .map_err(|_| Error::not_found())?
        .into_data()
        .email;
    // CWE-489: only whom the application names, not just anybody.
    if !at
        .accounts
        .development
        .people()
        .iter()
        .any(|(email, _)| *email == wanted)
    {
        return Err(Error::not_found());
    }
    let found = at.accounts.users.by_email(&at.accounts.units, &wanted).await?;
    let (person, _) = found
        .filter(|(person, _)| person.is_active)
        .ok_or_else(Error::not_found)?;
    let sessions = &at.accounts.sessions;
    let (token, _) = sessions.begin(&db, person.facts.id, at.start()).await?;
    at.welcome(&person, &token, None);
    events::SIGNED_IN.log(Some(&at.cx));
    Ok(Response::of(at.next(&query)?))
}
