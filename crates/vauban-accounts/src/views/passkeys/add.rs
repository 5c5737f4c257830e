//! Adding a passkey: `POST` of `factors/passkeys/`; fields `name` and `passkey`. It asks what adding an app asks: a proof of the last minutes, or
//! the link of a mail where a factor has to be there. Its owner is told by mail.

use vauban::forms::{Form, Problem};
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::orm::{Db, Write};
use vauban::routing::Refusal;
use vauban::view;

use super::super::entering::NotIn;
use super::page::{PasskeyPage, WRONG};
use crate::accounts::{Proved, SignInFailure};
use crate::factors::passkeys::{Added, Purpose};
use crate::forms::PasskeyForm;
use crate::history::Happened;
use crate::hooks::FactorChange;
use crate::identify::{Lacks, SignedInAs};
use crate::params::{AccountPages, AnySession};
use crate::{events, passkeys, urls};

const TITLE: &str = "Add a passkey";
const TAKEN: Problem = Problem::new("passkey_taken", "This passkey was added before.");
const FULL: Problem = Problem::new(
    "passkeys_full",
    "There are as many passkeys as an account may have. Remove one that you do not use.",
);
/// What one is called whose owner has no name for it.
const NAMELESS: &str = "Passkey";

/// Asks for a new one; or adds the one that was made: the session goes on under a new id with that proof.
#[view(post, "/factors/passkeys/")]
pub async fn submit(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    form: Form<PasskeyForm>,
) -> Result<Response> {
    let (site, accounts) = (at.relying_party()?, &at.accounts);
    let who = at.owner()?;
    if !at.may_add_passkey(&db, &who, true).await? {
        return Ok(Response::of(Redirect::to(urls::factors())));
    }
    let page = |form, options| PasskeyPage {
        form,
        heading: TITLE,
        options,
        is_new: true,
        back: passkeys::list(),
    };
    let again = |form| page(form, String::new());
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, again(form))),
    };
    let (person, user) = (&who.person, who.person.facts.id);
    let Some(answer) = &form.passkey else {
        let has = accounts.factors.credentials(&db, user).await?;
        let asked = site.ask_new(user, person.email.as_str(), has)?;
        let options = at.ask(Purpose::Add, user, asked).await?;
        return Ok(at.page(TITLE, page(form.refuse(|_| ()), options)));
    };
    let failed = |why, form| at.failed(SignInFailure::Wrong, why, form, TITLE, again);
    let state = at.asked(Purpose::Add, user).await?;
    let Some(made) = state.and_then(|state| site.made(answer, &state)) else {
        events::FACTOR_FAILED.log(Some(&at.cx));
        return failed(WRONG, form.refuse(|_| ()));
    };
    db.begin().await?;
    let has_codes = accounts.factors.codes_left(&db, user).await? > 0;
    let name = form.name.as_deref().unwrap_or(NAMELESS);
    let id = match accounts.factors.add_passkey(&db, user, made, name).await? {
        Added::As(id) => id,
        Added::Taken => return failed(TAKEN, form.refuse(|_| ())),
        Added::Full => return failed(FULL, form.refuse(|_| ())),
    };
    let hash = accounts.users.standing(&db, user).await?;
    let hash = hash.and_then(|(_, hash)| hash);
    let hash = hash.ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let proofs = at.with_passkey(id, who.session.proofs());
    let token = match at.go_on(&db, &who, &Proved::of(hash), proofs).await? {
        Ok(token) => token,
        Err(NotIn::Refused(refused)) => return at.not_let_in(refused, form.refuse(|_| ()), TITLE, again),
        Err(NotIn::Changed) => return Err(Error::refused(Refusal::SignInRequired)),
    };
    let change = FactorChange::PasskeyAdded;
    accounts.factor_changed(&db, person, change).await?;
    at.record(&db, user, Happened::PasskeyAdded).await?;
    events::FACTOR_ADDED.log(Some(&at.cx));
    accounts.enrolments.forget_app(&at.cx);
    at.cx.say(Level::Success, "Your passkey is added.");
    if has_codes {
        return Ok(Response::of(Redirect::to(passkeys::list())));
    }
    // Whoever loses the device comes in by a recovery code.
    let codes = accounts.new_recovery_codes(&db, user).await?;
    let binding = token.hash();
    let binding = binding.as_bytes();
    accounts.enrolments.keep_codes(&at.cx, user, binding, &codes)?;
    Ok(Response::of(Redirect::to(urls::recovery())))
}

impl AccountPages {
    /// Whether whoever asks may add a passkey; `now`: they do, and have proved lately who they are. `false`: they have to follow the link of a
    /// mail first, in this session.
    ///
    /// # Errors
    /// Of whoever has to prove first who they are.
    pub(super) async fn may_add_passkey(&self, db: &Db, who: &SignedInAs, now: bool) -> Result<bool> {
        if who.lacks == Some(Lacks::Proof) {
            return Err(Error::refused(Refusal::SignInRequired));
        }
        // CWE-287: a stolen password alone adds no factor.
        if self.needs_link(db, who).await? {
            let user = who.person.facts.id;
            let begun = self.accounts.enrolments.app(&self.cx, user, &who.session);
            return Ok(begun.is_some_and(|begun| begun.is_mailed));
        }
        if now && !self.cx.identity().has_just_proved() {
            return Err(Error::refused(Refusal::ProofRequired));
        }
        Ok(true)
    }
}
