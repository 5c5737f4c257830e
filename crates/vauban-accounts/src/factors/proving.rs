//! Proving a second factor, and what is done to one.

use uuid::Uuid;
use vauban::hooks::fire;
use vauban::http::Result;
use vauban::orm::{Db, Write};

use super::{Code, RecoveryCode, Spent};
use crate::accounts::{Accounts, SignInFailure};
use crate::hooks::{FactorChange, FactorChanged};
use crate::links::Purpose;
use crate::people::Account;
use crate::throttle::{Admission, Bucket};

impl Accounts {
    /// Uses a code of an account's app: counted before it is looked at (CWE-307), and good once.
    pub(crate) async fn prove_code(&self, user: Uuid, code: &Code) -> Result<(), SignInFailure> {
        let bucket = self.throttles.keys().of_factor("totp", &user.to_string());
        self.admit_code(&bucket).await?;
        match self.factors.spend_code(user, code).await? {
            Spent::Right => {
                self.give_back(bucket).await;
                Ok(())
            }
            Spent::Wrong => Err(SignInFailure::Wrong),
            Spent::Shut => Err(SignInFailure::Shut),
        }
    }

    /// Whether a recovery code is one of an account's; it is used later, in the unit of the session. It counts by itself: whoever fills the
    /// count of the app's codes does not shut this way, too.
    pub(crate) async fn prove_recovery(&self, user: Uuid, code: &Code) -> Result<(), SignInFailure> {
        let bucket = self.throttles.keys().of_factor("recovery", &user.to_string());
        self.admit_code(&bucket).await?;
        if !self.factors.knows_recovery(user, code).await? {
            return Err(SignInFailure::Wrong);
        }
        self.give_back(bucket).await;
        Ok(())
    }

    /// CWE-645: the code was right and is used, so neither a busy database nor whoever hangs up meanwhile turns it into a wrong one.
    async fn give_back(&self, bucket: Vec<Bucket>) {
        let throttles = self.throttles.clone();
        let giving_back = tokio::spawn(async move {
            if let Err(error) = throttles.succeeded(&bucket).await {
                tracing::warn!(target: "vauban::accounts", %error, "a code that was right stays counted as an attempt");
            }
        });
        if let Err(error) = giving_back.await {
            tracing::warn!(target: "vauban::accounts", %error, "a code that was right stays counted as an attempt");
        }
    }

    /// Counts a challenge that is no account's.
    #[cfg(feature = "passkeys")]
    pub(crate) async fn count_challenge(&self, client: std::net::IpAddr) -> Result<(), SignInFailure> {
        let bucket = self.throttles.keys().of_challenge(client);
        self.admit_code(&bucket).await
    }

    /// Gives it back to whoever has answered it.
    #[cfg(feature = "passkeys")]
    pub(crate) async fn give_challenge_back(&self, client: std::net::IpAddr) {
        self.give_back(self.throttles.keys().of_challenge(client)).await;
    }

    async fn admit_code(&self, bucket: &[Bucket]) -> Result<(), SignInFailure> {
        match self.throttles.admit(bucket).await? {
            Admission::Counted(_) => Ok(()),
            Admission::Wait(wait) => Err(SignInFailure::Wait(wait)),
        }
    }

    /// What goes with every change of an account's factors: its sessions know of it, its owner is told, hooks run.
    pub(crate) async fn factor_changed(
        &self,
        db: &Db<Write>,
        person: &Account,
        change: FactorChange,
    ) -> Result<()> {
        let id = person.facts.id;
        match change {
            FactorChange::Added | FactorChange::PasskeyAdded => self.sessions.factor_added(db, id).await?,
            FactorChange::Removed | FactorChange::PasskeyRemoved
                if !self.factors.kinds(db, id).await?.any() =>
            {
                self.sessions.factor_removed(db, id).await?;
            }
            FactorChange::Removed => self.sessions.app_removed(db, id).await?,
            FactorChange::PasskeyRemoved | FactorChange::NewRecoveryCodes => {}
        }
        if change != FactorChange::NewRecoveryCodes {
            self.halves.end(db, id).await?;
        }
        // CWE-613: who had a link to a new password sent while the account was less guarded asks for another.
        self.links.end(db, Purpose::Reset, id).await?;
        self.tell_of_factor(db, person, change).await?;
        let (user, email) = (person.user, person.email.clone());
        fire(db, &FactorChanged { user, email, change }).await
    }

    /// New recovery codes, to be shown once.
    pub(crate) async fn new_recovery_codes(&self, db: &Db<Write>, user: Uuid) -> Result<Vec<RecoveryCode>> {
        Ok(self.factors.make_codes(db, user).await?)
    }
}
