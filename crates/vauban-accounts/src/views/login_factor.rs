//! The second proof of a sign-in: `GET` and `POST` of `login/factor/?next=`; field `code`, of an authenticator app. Before it there is no
//! session (CWE-308).

use vauban::orm::{Db, Write};
use vauban::{Template, Url, view};

use super::answers::{Advice, Next};
use super::entering::{Entering, NotIn};
use super::passkey_links::PasskeyPages;
use crate::accounts::{Proved, SignInFailure};
use crate::factors::{Code, Half, Kinds, half_of};
use crate::forms::CodeForm;
use crate::params::AccountPages;
use crate::people::Account;
use crate::sessions::{Proofs, SessionToken};
use crate::{Hash, events, urls};
use vauban::forms::{Form, Problem};
use vauban::http::{Response, Result};
use vauban::routing::{Public, Query};

const TITLE: &str = "Your second factor";
/// One sentence for a wrong code and one that was used.
pub(super) const WRONG: Problem = Problem::new(
    "code_wrong",
    "The code is not right, or was used before. Wait for the next one.",
);

/// `login/factor/`: asks for the second proof.
#[derive(Template)]
#[template("accounts/login_factor.html", replaceable)]
pub struct LoginFactorPage {
    /// The form, with its field `code`.
    pub form: Form<CodeForm>,
    /// Whether a code of an app is asked.
    pub asks_code: bool,
    /// Where a passkey is taken, if the account has one: a form without fields.
    pub passkey: Option<Url>,
    /// Where a recovery code is taken instead.
    pub recovery: Url,
}

impl LoginFactorPage {
    fn of(at: &AccountPages, form: Form<CodeForm>, has: Kinds, query: &Next) -> Self {
        let passkey = at.passkey_page(PasskeyPages::Second).filter(|_| has.passkeys);
        Self {
            form,
            asks_code: has.app || passkey.is_none(),
            passkey: passkey.map(|page| at.with_next(page, query)),
            recovery: at.with_next(urls::login_recovery(), query),
        }
    }
}

/// Asks for the code.
#[view(get, "/login/factor/")]
pub async fn show(_: Public, at: AccountPages, db: Db, query: Query<Next>) -> Result<Response> {
    let Some(HalfIn { person, .. }) = at.half(&db).await? else {
        return Ok(Response::of(at.begin_again(&query)));
    };
    let has = at.accounts.factors.kinds(&db, person.facts.id).await?;
    Ok(at.page(TITLE, LoginFactorPage::of(&at, Form::empty(), has, &query)))
}

/// Signs in, with a session that holds both proofs.
#[view(post, "/login/factor/")]
pub async fn submit(
    _: Public,
    at: AccountPages,
    db: Db<Write>,
    query: Query<Next>,
    form: Form<CodeForm>,
) -> Result<Response> {
    let Some(HalfIn {
        token, person, half, ..
    }) = at.half(&db).await?
    else {
        return Ok(Response::of(at.begin_again(&query)));
    };
    let has = at.accounts.factors.kinds(&db, person.facts.id).await?;
    let page = |form| LoginFactorPage::of(&at, form, has, &query);
    let form = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean,
        Err(form) => return Ok(at.again(TITLE, page(form))),
    };
    if let Err(failure) = at.accounts.prove_code(person.facts.id, &form.code).await {
        at.missed(&token, matches!(failure, SignInFailure::Wrong)).await?;
        return at.failed(failure, WRONG, form.refuse(|_| ()), TITLE, page);
    }
    let now = at.now();
    let proofs = Proofs {
        totp: Some(now),
        ..half.first_proof(now)
    };
    match at.second(&db, &token, proofs, None).await? {
        Second::In(advice) => Ok(Response::of(at.next_after(advice, &query)?)),
        Second::Refused(refused) => at.not_let_in(refused, form.refuse(|_| ()), TITLE, page),
        Second::Changed => at.failed(SignInFailure::Wrong, WRONG, form.refuse(|_| ()), TITLE, page),
        Second::Over => Ok(Response::of(at.begin_again(&query))),
    }
}

/// A sign-in whose second proof is still to come.
pub(super) struct HalfIn {
    pub(super) token: SessionToken,
    pub(super) half: Half,
    pub(super) person: Account,
    hash: Option<Hash>,
}

/// What came of a second proof that was right.
pub(super) enum Second {
    In(Advice),
    Refused(vauban::hooks::Refused),
    /// Used, or too old.
    Over,
    /// Of an account that is another one by now, or whose code was used meanwhile. The answer is an error, so that all is undone: no code is
    /// used up by whoever does not get in.
    Changed,
}

impl AccountPages {
    /// The sign-in that this browser has begun, by the rows as they are: it dies with the password, the address and the account (CWE-613).
    pub(super) async fn half(&self, db: &Db) -> Result<Option<HalfIn>> {
        let Some(token) = half_of(&self.cx) else {
            return Ok(None);
        };
        let Some(half) = self.accounts.halves.find(&token).await? else {
            return Ok(None);
        };
        let standing = self.standing(db, &half).await?;
        Ok(standing.map(|(person, hash)| HalfIn {
            token,
            half,
            person,
            hash,
        }))
    }

    async fn standing(&self, db: &Db, half: &Half) -> Result<Option<(Account, Option<Hash>)>> {
        let Some((person, hash)) = self.accounts.users.standing(db, half.user).await? else {
            return Ok(None);
        };
        let is_same = half.epoch == crate::links::Epoch::of(&person.email, hash.as_ref());
        Ok((person.is_active && is_same).then_some((person, hash)))
    }

    /// A code that was wrong, or was not looked at.
    pub(super) async fn missed(&self, token: &SessionToken, is_wrong: bool) -> Result<()> {
        if is_wrong {
            self.accounts.halves.miss(token).await?;
            events::FACTOR_FAILED.log(Some(&self.cx));
        } else {
            events::SIGN_IN_THROTTLED.log(Some(&self.cx));
        }
        Ok(())
    }

    /// Lets somebody in whose second proof was right: their half sign-in is used, in the same unit.
    pub(super) async fn second(
        &self,
        db: &Db<Write>,
        token: &SessionToken,
        proofs: Proofs,
        recovery: Option<&Code>,
    ) -> Result<Second> {
        let Some(HalfIn {
            half, person, hash, ..
        }) = self.half(db).await?
        else {
            return Ok(Second::Over);
        };
        let who = Entering {
            person,
            proved: Proved::standing(hash),
            remember: half.remember,
            proofs,
        };
        // CWE-367: of any number that try, one.
        let Some(half) = self.accounts.halves.spend(db, token).await? else {
            return Ok(Second::Over);
        };
        // ASVS 6.5.1: so with a recovery code.
        if let Some(code) = recovery
            && !self.accounts.factors.spend_recovery(db, half.user, code).await?
        {
            return Ok(Second::Changed);
        }
        Ok(match self.let_in(db, &who).await? {
            Ok(()) => Second::In(Advice::named(&half.advice)),
            Err(NotIn::Refused(refused)) => {
                events::SIGN_IN_FAILED.log(Some(&self.cx));
                Second::Refused(refused)
            }
            Err(NotIn::Changed) => Second::Changed,
        })
    }
}
