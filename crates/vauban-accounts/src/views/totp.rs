//! An authenticator app: `GET` and `POST` of `factors/totp/` add one; field `code`. `POST` of `factors/totp/remove/` removes it. Their owner is
//! told of both by mail.

use vauban::orm::{Db, Write};
use vauban::{Template, Url, view};

use super::passkey_links::PasskeyPages;
use crate::accounts::Proved;
use crate::factors::{Enrolment, Secret, in_groups};
use crate::forms::CodeForm;
use crate::history::Happened;
use crate::hooks::FactorChange;
use crate::identify::{Lacks, SignedInAs};
use crate::params::{AccountPages, AnySession};
use crate::sessions::{Proofs, Start};
use crate::{events, urls};
use vauban::forms::{Form, Problem};
use vauban::hooks::{Refused, fire};
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Reauthenticated, Refusal};

const TITLE: &str = "Add an authenticator app";
const WRONG: Problem = Problem::new(
    "code_not_of_app",
    "The code is not right. Type the one that your app shows now; if that is refused as well, set your device's clock.",
);

/// `factors/totp/`: the secret of an app to add, and a code of it to prove that it is there.
#[derive(Template)]
#[template("accounts/totp.html", replaceable)]
pub struct TotpPage {
    /// The form, with its field `code`.
    pub form: Form<CodeForm>,
    /// The secret, in groups of four.
    pub secret: String,
    /// Width and height of the QR code, in modules.
    pub size: i32,
    /// Its black modules, as the `d` of an SVG path.
    pub black: String,
    /// Where a passkey is added instead, if the site has them.
    pub passkeys: Option<Url>,
}

impl TotpPage {
    fn of(at: &AccountPages, who: &SignedInAs, app: &Enrolment, form: Form<CodeForm>) -> Result<Self> {
        let (size, black) = app.secret.picture(&at.accounts.site, &who.person.email)?;
        Ok(Self {
            form,
            secret: in_groups(&app.secret.in_base32(), " "),
            size,
            black,
            passkeys: at.passkey_page(PasskeyPages::List),
        })
    }
}

/// Shows the secret, as a picture and as text.
#[view(get, "/factors/totp/")]
pub async fn show(_: AnySession, at: AccountPages, db: Db) -> Result<Response> {
    let who = at.owner()?;
    let Some(app) = at.app_to_add(&db, &who, true).await? else {
        return Ok(Response::of(Redirect::to(urls::factors())));
    };
    let page = TotpPage::of(&at, &who, &app, Form::empty())?;
    Ok(at.page(TITLE, page))
}

/// Adds the app of which a code is sent: the session goes on under a new id with that proof, and others of the account ask for one.
#[view(post, "/factors/totp/")]
pub async fn submit(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    form: Form<CodeForm>,
) -> Result<Response> {
    let who = at.owner()?;
    let Some(app) = at.app_to_add(&db, &who, false).await? else {
        return Ok(Response::of(Redirect::to(urls::factors())));
    };
    let page = |form| TotpPage::of(&at, &who, &app, form);
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form)?)),
    };
    let now = at.now();
    let Some(step) = app.secret.step_of(&form.code, now.as_second()) else {
        let page = page(form.refuse(|fields| fields.code.add_error(WRONG)))?;
        return Ok(at.again(TITLE, page));
    };
    let (accounts, person) = (&at.accounts, &who.person);
    let user = person.facts.id;
    db.begin().await?;
    // CWE-613: a session that was ended meanwhile is not brought back.
    let Some(data) = accounts.sessions.data(&db, who.session.id()).await? else {
        return Err(Error::refused(Refusal::SignInRequired));
    };
    // CWE-862: a session that begins anew here asks who may have one, as the sign-in does.
    match fire(&db, &person.signing_in()).await {
        Ok(()) => {}
        Err(Refused::Because(problem)) => {
            let page = page(form.refuse(|fields| fields.code.add_error(problem)))?;
            return Ok(at.again(TITLE, page));
        }
        Err(Refused::Failed(error)) => return Err(error),
    }
    let hash = accounts
        .users
        .standing(&db, user)
        .await?
        .and_then(|(_, hash)| hash);
    if !accounts.factors.add(&db, user, &app.secret, step).await? {
        return Ok(Response::of(Redirect::to(urls::factors())));
    }
    let proofs = Proofs {
        totp: Some(now),
        ..who.session.proofs()
    };
    let remembered = who.session.remembered();
    let start = Start {
        data,
        remembered,
        proofs,
        ..at.start()
    };
    let proved = Proved::standing(hash);
    let Some(token) = accounts.enter(&db, person, &proved, start).await? else {
        return Err(Error::refused(Refusal::SignInRequired));
    };
    accounts.factor_changed(&db, person, FactorChange::Added).await?;
    let codes = accounts.new_recovery_codes(&db, user).await?;
    at.record(&db, user, Happened::FactorAdded).await?;
    events::FACTOR_ADDED.log(Some(&at.cx));
    let is_known = at.is_known(person, &proved);
    at.welcome(person, &token, is_known.then_some(&proved));
    at.give_session(&token, remembered);
    accounts.enrolments.forget_app(&at.cx);
    let binding = token.hash();
    accounts
        .enrolments
        .keep_codes(&at.cx, user, binding.as_bytes(), &codes)?;
    at.cx.say(Level::Success, "Your authenticator app is added.");
    Ok(Response::of(Redirect::to(urls::recovery())))
}

/// Removes the app, and the recovery codes with it.
#[view(post, "/factors/totp/remove/")]
pub async fn remove(_: Reauthenticated, at: AccountPages, db: Db<Write>) -> Result<Redirect> {
    let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
    let (accounts, user) = (&at.accounts, who.person.facts.id);
    db.begin().await?;
    if accounts.factors.remove_app(&db, user).await? {
        accounts
            .factor_changed(&db, &who.person, FactorChange::Removed)
            .await?;
        at.record(&db, user, Happened::FactorRemoved).await?;
        events::FACTOR_REMOVED.log(Some(&at.cx));
        let says = match accounts.factors.kinds(&db, user).await?.any() {
            true => "Your authenticator app is removed.",
            false => "Your authenticator app is removed, and your recovery codes open nothing any more.",
        };
        at.cx.say(Level::Success, says);
    }
    Ok(Redirect::to(urls::factors()))
}

impl AccountPages {
    /// The app that may be added now; the page that shows it begins with one. `None`: the account has one, no page showed one lately, or
    /// it is added by the link of a mail, which was not followed in this session.
    ///
    /// # Errors
    /// Of whoever has to prove first who they are.
    async fn app_to_add(&self, db: &Db, who: &SignedInAs, begins: bool) -> Result<Option<Enrolment>> {
        let (accounts, user) = (&self.accounts, who.person.facts.id);
        if who.lacks == Some(Lacks::Proof) {
            return Err(Error::refused(Refusal::SignInRequired));
        }
        if self.needs_link(db, who).await? {
            let app = accounts.enrolments.app(&self.cx, user, &who.session);
            return Ok(app.filter(|app| app.is_mailed));
        }
        if accounts.factors.app_since(db, user).await?.is_some() {
            return Ok(None);
        }
        if !self.cx.identity().has_just_proved() {
            return Err(Error::refused(Refusal::ProofRequired));
        }
        let app = accounts.enrolments.app(&self.cx, user, &who.session);
        if app.is_some() || !begins {
            return Ok(app);
        }
        let app = Enrolment {
            secret: Secret::fresh()?,
            is_mailed: false,
        };
        let binding = who.session.binding();
        accounts.enrolments.keep_app(&self.cx, user, binding, &app)?;
        Ok(Some(app))
    }
}
