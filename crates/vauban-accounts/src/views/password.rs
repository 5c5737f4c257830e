//! Changing the password: `GET` and `POST` of `password/?next=`; fields `old_password`, `new_password`,
//! `new_password_again`.

use vauban::orm::{Db, Write};
use vauban::{Template, view};

use super::answers::{Next, explain};
use crate::accounts::{Proved, SignInFailure};
use crate::events;
use crate::forms::PasswordForm;
use crate::history::Happened;
use crate::params::AccountPages;
use crate::sessions::{Proofs, Start};
use vauban::forms::{Form, Problem};
use vauban::hooks::fire;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Query, Refusal, SignedIn};

const TITLE: &str = "Change your password";
const WRONG: Problem = Problem::new("password_incorrect", "The old password is not right.");

/// `password/`: another password.
#[derive(Template)]
#[template("accounts/password.html", replaceable)]
pub struct PasswordPage {
    /// Fields `old_password`, `new_password` and `new_password_again`.
    pub form: Form<PasswordForm>,
    /// The fewest characters of a password.
    pub least: usize,
}

/// The page.
#[view(get, "/password/")]
pub async fn show(_: SignedIn, at: AccountPages) -> Result<Response> {
    Ok(at.page(
        TITLE,
        PasswordPage {
            form: Form::empty(),
            least: at.accounts.least(),
        },
    ))
}

/// Changes the password: every session of the user ends, and a new one begins here.
#[view(post, "/password/")]
pub async fn submit(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<PasswordForm>,
) -> Result<Response> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => {
            return Ok(at.again(
                TITLE,
                PasswordPage {
                    form,
                    least: at.accounts.least(),
                },
            ));
        }
    };
    let client = at.cx.client_ip();
    // ASVS 6.2.3, CWE-620: whoever found an open session does not get the account.
    let proved = match at
        .accounts
        .reprove(&who.person, &form.old_password, client, at.device())
        .await
    {
        Ok(proved) => proved,
        Err(failure) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, |form| PasswordPage {
                form,
                least: at.accounts.least(),
            });
        }
    };
    let weak = at
        .accounts
        .weaknesses(&form.new_password, &who.person.known_words());
    if !weak.is_empty() {
        let form = form.refuse(|form| explain(&weak, &mut form.new_password));
        return Ok(at.again(
            TITLE,
            PasswordPage {
                form,
                least: at.accounts.least(),
            },
        ));
    }
    let hash = match at.accounts.hash(&form.new_password, client).await {
        Ok(hash) => hash,
        Err(failure) => {
            return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, |form| PasswordPage {
                form,
                least: at.accounts.least(),
            });
        }
    };
    db.begin().await?;
    let user = who.person.facts.id;
    // CWE-367: only if the hash is still the one that was proved.
    let changed = at
        .accounts
        .users
        .reset_hash(&db, user, proved.hash.as_ref(), &hash)
        .await?;
    // ASVS 7.4.3: all of them, also the one that somebody else may have.
    at.accounts.sessions.end_all(&db, user).await?;
    let proved = Proved::of(hash);
    let mut barred = None;
    let mut token = None;
    if changed {
        barred = at.barred(&db, &who.person).await?;
        if barred.is_none() {
            let proofs = Proofs {
                password: Some(at.now()),
                ..who.session.proofs()
            };
            let start = Start { proofs, ..at.start() };
            token = at.accounts.enter(&db, &who.person, &proved, start).await?;
        }
    }
    if token.is_none() && barred.is_none() {
        let form = form.refuse(|_| ());
        return at.failed(SignInFailure::Wrong, WRONG, form, TITLE, |form| PasswordPage {
            form,
            least: at.accounts.least(),
        });
    }
    fire(&db, &who.person.password_changed()).await?;
    at.accounts.tell_of_password(&db, &who.person).await?;
    at.record(&db, user, Happened::PasswordChanged).await?;
    events::PASSWORD_CHANGED.log(Some(&at.cx));
    // Who is barred has another password all the same: the old one may be stolen.
    let Some(token) = token else {
        at.cx.say(Level::Success, "Your password is changed.");
        if let Some(problem) = barred {
            at.cx.say(Level::Warning, problem.to_string());
        }
        return Ok(Response::of(Redirect::to(crate::urls::login())));
    };
    at.welcome(&who.person, &token, Some(&proved));
    at.cx.say(
        Level::Success,
        "Your password is changed. Every other session of yours has ended.",
    );
    Ok(Response::of(at.next(&query)?))
}
