//! The end of every sign-in, once each proof that is needed was right: the session, and what goes with it.

use vauban::hooks::{Refused, fire};
use vauban::http::{Cookie, Redirect, Result};
use vauban::orm::{DateTime, Db, Write};

use super::answers::{Advice, Next};
use crate::accounts::Proved;
use crate::events;
use crate::factors::{HALF_COOKIE, HALF_FOR, Half};
use crate::history::Happened;
use crate::links::Epoch;
use crate::params::AccountPages;
use crate::people::Account;
use crate::sessions::{Proofs, Start};

/// Somebody who has proved all that is needed.
pub(super) struct Entering {
    pub(super) person: Account,
    pub(super) proved: Proved,
    pub(super) remember: bool,
    pub(super) proofs: Proofs,
}

/// Why nobody has entered.
pub(super) enum NotIn {
    /// A hook refused it.
    Refused(Refused),
    /// The password or the account is another one by now.
    Changed,
}

impl AccountPages {
    /// Begins the session, in this unit: a new one, whatever session there was before.
    pub(super) async fn let_in(&self, db: &Db<Write>, who: &Entering) -> Result<Result<(), NotIn>> {
        let Entering { person, proved, .. } = who;
        let accounts = &self.accounts;
        let is_new = !self.is_known(person, proved);
        // Staff tick the box in vain: nobody is told on the page before it is known who they are (CWE-204).
        let asked = who.remember.then_some(&person.facts);
        let remembered = asked.and_then(|who| accounts.sessions.remembered_from_now(who));
        let start = Start {
            remembered,
            proofs: who.proofs,
            ..self.start()
        };
        // CWE-367: what a hook reads stands when the session begins.
        db.begin().await?;
        // CWE-204: behind the right proofs, so that a refusal tells nobody who has an account.
        if let Err(refused) = fire(db, &person.signing_in()).await {
            return Ok(Err(NotIn::Refused(refused)));
        }
        let Some(token) = accounts.enter(db, person, proved, start).await? else {
            return Ok(Err(NotIn::Changed));
        };
        // ASVS 6.3.5. Only for who got in: who did not sees no difference.
        if is_new {
            self.record(db, person.facts.id, Happened::NewDevice).await?;
            if accounts.may_tell_of_device(db, person).await? {
                accounts.tell_of_device(db, person, self.visitor()).await?;
            }
        }
        fire(db, &person.signed_in()).await?;
        self.welcome(person, &token, Some(proved));
        self.give_session(&token, remembered);
        self.forget_half();
        events::SIGNED_IN.log(Some(&self.cx));
        Ok(Ok(()))
    }

    /// The first proof was right, and a second one is needed: no session, but a row and a cookie for the page of that proof.
    pub(super) async fn ask_second(
        &self,
        db: &Db<Write>,
        person: &Account,
        proved: &Proved,
        remember: bool,
        advice: Advice,
        by_oidc: bool,
    ) -> Result<()> {
        let (accounts, user) = (&self.accounts, person.facts.id);
        if let (Some(hash), Some(renewed)) = (&proved.hash, &proved.renewed) {
            accounts.users.replace_hash(db, user, hash, renewed).await?;
        }
        let half = Half {
            user,
            epoch: Epoch::of(&person.email, proved.stored()),
            remember,
            advice: advice.name().to_owned(),
            by_oidc,
        };
        let token = accounts.halves.begin(db, half).await?;
        #[allow(deprecated)]
        let cookie = Cookie::__of_framework(HALF_COOKIE, &token.to_cookie());
        self.cx.set_cookie(cookie.max_age(HALF_FOR));
        Ok(())
    }

    /// The browser forgets a sign-in that is done, or over.
    pub(super) fn forget_half(&self) {
        #[allow(deprecated)]
        let gone = Cookie::__of_framework(HALF_COOKIE, "").max_age(0);
        self.cx.set_cookie(gone);
    }

    /// To the beginning, where a sign-in took too long, or was none.
    pub(super) fn begin_again(&self, query: &Next) -> Redirect {
        self.forget_half();
        Redirect::to(self.with_next(crate::urls::login(), query))
    }

    /// This moment, as proofs name it.
    pub(super) fn now(&self) -> DateTime {
        DateTime::from(self.accounts.sessions.clock().now())
    }
}
