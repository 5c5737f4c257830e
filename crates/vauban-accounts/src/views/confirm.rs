//! Proving again who one is: `GET` and `POST` of `confirm/?next=`; field `password` or `code`. The rule `Reauthenticated` sends people here, and
//! what they had typed is kept meanwhile.

use uuid::Uuid;
use vauban::orm::{Db, Write};
use vauban::{Template, Url, view};

use super::answers::{Next, ProviderButton};
use super::entering::NotIn;
use super::login_factor;
use super::passkey_links::PasskeyPages;
use crate::Password;
use crate::accounts::{Proved, SignInFailure};
use crate::events;
use crate::factors::{Code, Kinds};
use crate::forms::ProofForm;
use crate::identify::{Lacks, SignedInAs};
use crate::params::{AccountPages, AnySession};
use crate::sessions::{Proofs, SessionToken, Start};
use vauban::forms::{Form, Problem};
use vauban::hooks::fire;
use vauban::http::{Error, Response, Result};
use vauban::routing::{Query, Refusal};

const TITLE: &str = "Is it you?";
const WRONG: Problem = Problem::new("password_wrong", "The password is not right.");

const WRONG_CODE: Problem = login_factor::WRONG;

/// `confirm/`: asks who is signed in to prove it once more.
#[derive(Template)]
#[template("accounts/confirm.html", replaceable)]
pub struct ConfirmPage {
    /// Fields `password` and `code`.
    pub form: Form<ProofForm>,
    /// Whose proof it is.
    pub email: String,
    /// Whether a code is asked.
    pub asks_code: bool,
    /// Whether a password is.
    pub asks_password: bool,
    /// Where a passkey is taken instead, if the account has one.
    pub passkey: Option<Url>,
    /// Providers of single sign-on that may say who they are instead.
    pub providers: Vec<ProviderButton>,
}

/// By what else than this form somebody may prove it.
struct Otherwise {
    has: Kinds,
    passkey: Option<Url>,
    providers: Vec<ProviderButton>,
}

impl ConfirmPage {
    fn of(who: &SignedInAs, form: Form<ProofForm>, otherwise: &Otherwise) -> Self {
        let has = otherwise.has;
        let passkey = otherwise.passkey.clone().filter(|_| has.passkeys);
        let has_factor = who.lacks == Some(Lacks::Proof) || who.session.has_factor();
        Self {
            form,
            email: who.person.email.to_string(),
            asks_code: has_factor && (has.app || passkey.is_none()),
            asks_password: who.lacks != Some(Lacks::Proof),
            passkey,
            providers: otherwise.providers.clone(),
        }
    }
}

/// Asks for the password once more, or for a code; for the code alone where that proof is missing.
#[view(get, "/confirm/")]
pub async fn show(_: AnySession, at: AccountPages, db: Db, query: Query<Next>) -> Result<Response> {
    let who = at.owner()?;
    let otherwise = at.otherwise(&db, &who, &query).await?;
    Ok(at.page(TITLE, ConfirmPage::of(&who, Form::empty(), &otherwise)))
}

/// Proves it: the session goes on under a new id (ASVS 7.2.4, CWE-384), with what it holds.
#[view(post, "/confirm/")]
pub async fn submit(
    _: AnySession,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<ProofForm>,
) -> Result<Response> {
    let who = at.owner()?;
    let otherwise = at.otherwise(&db, &who, &query).await?;
    let page = |form| ConfirmPage::of(&who, form, &otherwise);
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    let user = who.person.facts.id;
    let mut proofs = who.session.proofs();
    let now = Some(at.now());
    // CWE-308: where the second factor's proof is missing no other is taken.
    let is_code = form.code.is_some() || who.lacks == Some(Lacks::Proof);
    let (proved, wrong) = if is_code {
        proofs.totp = now;
        (prove_code(&at, user, form.code.as_ref()).await, WRONG_CODE)
    } else {
        proofs.password = now;
        (prove_password(&at, &who, form.password.as_ref()).await, WRONG)
    };
    let proved = match proved {
        Ok(proved) => proved,
        Err(failure) => {
            events::SIGN_IN_FAILED.log(Some(&at.cx));
            return at.failed(failure, wrong, form.refuse(|_| ()), TITLE, page);
        }
    };
    match at.go_on(&db, &who, &proved, proofs).await? {
        Ok(_) => Ok(Response::of(at.next(&query)?)),
        Err(NotIn::Refused(refused)) => at.not_let_in(refused, form.refuse(|_| ()), TITLE, page),
        Err(NotIn::Changed) => at.failed(SignInFailure::Wrong, wrong, form.refuse(|_| ()), TITLE, page),
    }
}

impl AccountPages {
    async fn otherwise(&self, db: &Db, who: &SignedInAs, query: &Next) -> Result<Otherwise> {
        let passkey = self.passkey_page(PasskeyPages::Confirm);
        Ok(Otherwise {
            has: self.accounts.factors.kinds(db, who.person.facts.id).await?,
            passkey: passkey.map(|page| self.with_next(page, query)),
            providers: self.providers_to_confirm(db, who, query).await?,
        })
    }

    /// The session of whoever has proved it goes on under a new id (ASVS 7.2.4, CWE-384), with what it holds and these proofs.
    pub(super) async fn go_on(
        &self,
        db: &Db<Write>,
        who: &SignedInAs,
        proved: &Proved,
        proofs: Proofs,
    ) -> Result<Result<SessionToken, NotIn>> {
        let (accounts, person) = (&self.accounts, &who.person);
        // In the writer's turn. CWE-613: a session that was ended meanwhile is not brought back.
        db.begin().await?;
        let Some(data) = accounts.sessions.data(db, who.session.id()).await? else {
            return Err(Error::refused(Refusal::SignInRequired));
        };
        // CWE-862: a session that begins anew here asks who may have one, as the sign-in does.
        if let Err(refused) = fire(db, &person.signing_in()).await {
            return Ok(Err(NotIn::Refused(refused)));
        }
        let remembered = who.session.remembered();
        let start = Start {
            data,
            remembered,
            proofs,
            ..self.start()
        };
        let Some(token) = accounts.enter(db, person, proved, start).await? else {
            return Ok(Err(NotIn::Changed));
        };
        // ASVS 6.3.5: a browser becomes known at the sign-in, where that is told.
        let is_known = self.is_known(person, proved);
        self.welcome(person, &token, is_known.then_some(proved));
        self.give_session(&token, remembered);
        let (user, binding) = (person.facts.id, token.hash());
        let binding = binding.as_bytes();
        accounts
            .enrolments
            .take_along(&self.cx, user, &who.session, binding)?;
        Ok(Ok(token))
    }
}

async fn prove_password(
    at: &AccountPages,
    who: &SignedInAs,
    password: Option<&Password>,
) -> Result<Proved, SignInFailure> {
    let password = password.ok_or(SignInFailure::Wrong)?;
    let client = at.cx.client_ip();
    at.accounts
        .reprove(&who.person, password, client, at.device())
        .await
}

/// A code of the app; what the session goes on with is the password's hash as it stands.
async fn prove_code(at: &AccountPages, user: Uuid, code: Option<&Code>) -> Result<Proved, SignInFailure> {
    let code = code.ok_or(SignInFailure::Wrong)?;
    at.accounts.prove_code(user, code).await?;
    let hash = at.accounts.users.hash_of(&at.accounts.units, user).await?;
    Ok(Proved::standing(hash))
}
