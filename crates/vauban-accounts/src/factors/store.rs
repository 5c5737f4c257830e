//! The store of second factors: a service of its own, the only one that reaches the rows.

use uuid::Uuid;
use vauban::orm::{DateTime, Db, Encrypted, Error, Result, Write};
use vauban::units::{Retries, Units};

use super::model::{NewRecoveryRow, NewTotpRow, PasskeyChallengeRow, PasskeyRow, RecoveryRow, TotpRow};
use super::recovery::{MANY, hash_of_typed};
use super::{Code, RecoveryCode, Secret};
use crate::sessions::Clock;

vauban::orm::service! {
    /// Keeps second factors, and uses their codes.
    pub(crate) FactorStore: View<TotpRow>, Add<TotpRow>, Change<TotpRow>, Delete<TotpRow>,
        View<RecoveryRow>, Add<RecoveryRow>, Delete<RecoveryRow>,
        View<PasskeyRow>, Add<PasskeyRow>, Change<PasskeyRow>, Delete<PasskeyRow>,
        View<PasskeyChallengeRow>, Add<PasskeyChallengeRow>, Delete<PasskeyChallengeRow>;
    waiver!(ServiceRights, "a second factor is proved before anybody is known")
}

/// Wrong codes after which no code of the app is looked at any more: what a recovery code or an administrator opens again
/// (NIST SP 800-63B, §5.2.2: a hundred in a row).
const MOST_WRONG: i64 = 100;

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It was right, and is used now.
    Right,
    /// It was not, or had been used.
    Wrong,
    /// None is looked at any more.
    Shut,
}

/// Which second factors an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) app: bool,
    pub(crate) passkeys: bool,
}

impl Kinds {
    /// Whether it has one.
    pub(crate) const fn any(self) -> bool {
        self.app || self.passkeys
    }
}

/// Where second factors are kept.
#[derive(Debug, Clone)]
pub(crate) struct Factors {
    pub(super) units: Units,
    pub(super) clock: Clock,
}

impl Factors {
    pub(crate) fn new(units: Units, clock: Clock) -> Self {
        Self { units, clock }
    }

    /// Since when an account has an app.
    pub(crate) async fn app_since(&self, db: &Db, user: Uuid) -> Result<Option<DateTime>> {
        let row = TotpRow::objects().filter(|t| t.user.eq(user));
        row.values(|t| &t.added).first(&db.acting::<FactorStore>()).await
    }

    /// Which factors an account has.
    pub(crate) async fn kinds(&self, db: &Db, user: Uuid) -> Result<Kinds> {
        let passkeys = PasskeyRow::objects().filter(|p| p.user.eq(user));
        Ok(Kinds {
            app: self.app_since(db, user).await?.is_some(),
            passkeys: passkeys.exists(&db.acting::<FactorStore>()).await?,
        })
    }

    /// The same, in a unit of its own.
    pub(crate) async fn kinds_of(&self, user: Uuid) -> Result<Kinds> {
        let unit = self.units.begin();
        self.kinds(&unit.read_db(), user).await
    }

    /// How many passkeys an account has.
    pub(crate) async fn passkeys_of(&self, db: &Db, user: Uuid) -> Result<u64> {
        let theirs = PasskeyRow::objects().filter(|p| p.user.eq(user));
        theirs.count(&db.acting::<FactorStore>()).await
    }

    /// How many recovery codes were not used yet.
    pub(crate) async fn codes_left(&self, db: &Db, user: Uuid) -> Result<u64> {
        let theirs = RecoveryRow::objects().filter(|r| r.user.eq(user));
        theirs.count(&db.acting::<FactorStore>()).await
    }

    /// Adds an app, of which a code of this step was right. `false`: the account has one.
    pub(crate) async fn add(&self, db: &Db<Write>, user: Uuid, secret: &Secret, step: i64) -> Result<bool> {
        // CWE-362: of two at once one is second, and `unique` holds besides.
        db.begin().await?;
        if self.app_since(db, user).await?.is_some() {
            return Ok(false);
        }
        let new = NewTotpRow {
            user,
            secret: Encrypted::new(secret.expose().to_vec()),
            last_step: step,
            failed: 0,
            added: DateTime::from(self.clock.now()),
        };
        TotpRow::create(new).save(&db.acting::<FactorStore>()).await?;
        Ok(true)
    }

    /// Takes an account's app away. `false`: it had none.
    pub(crate) async fn remove_app(&self, db: &Db<Write>, user: Uuid) -> Result<bool> {
        let app = TotpRow::objects().filter(|t| t.user.eq(user));
        let had_one = app.delete_all(&db.acting::<FactorStore>()).await? > 0;
        self.forget_codes(db, user).await?;
        Ok(had_one)
    }

    /// Takes an account's passkeys away. `false`: it had none.
    pub(crate) async fn remove_passkeys(&self, db: &Db<Write>, user: Uuid) -> Result<bool> {
        let acting = db.acting::<FactorStore>();
        let asked = PasskeyChallengeRow::objects().filter(|c| c.user.eq(user));
        asked.delete_all(&acting).await?;
        let theirs = PasskeyRow::objects().filter(|p| p.user.eq(user));
        let had_some = theirs.delete_all(&acting).await? > 0;
        self.forget_codes(db, user).await?;
        Ok(had_some)
    }

    /// Recovery codes stand in for a factor: with the last one they go.
    pub(super) async fn forget_codes(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        if !self.kinds(db, user).await?.any() {
            let codes = RecoveryRow::objects().filter(|r| r.user.eq(user));
            codes.delete_all(&db.acting::<FactorStore>()).await?;
        }
        Ok(())
    }

    /// Uses a code of an account's app, in a unit of its own: what becomes of the request, this code is good no second time.
    pub(crate) async fn spend_code(&self, user: Uuid, code: &Code) -> Result<Spent> {
        Retries::of(|| self.spend_code_once(user, code)).await
    }

    async fn spend_code_once(&self, user: Uuid, code: &Code) -> Result<Spent> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let spent = self.spend_code_in(&db, user, code).await?;
        unit.finish(true).await?;
        Ok(spent)
    }

    async fn spend_code_in(&self, db: &Db<Write>, user: Uuid, code: &Code) -> Result<Spent> {
        let acting = db.acting::<FactorStore>();
        let this = || TotpRow::objects().filter(|t| t.user.eq(user));
        let Some(row) = this().first(&acting).await? else {
            return Ok(Spent::Wrong);
        };
        if row.failed >= MOST_WRONG {
            return Ok(Spent::Shut);
        }
        let secret = Secret::of(row.secret.expose());
        let secret = secret.ok_or_else(|| Error::Internal("a TOTP secret has not 20 bytes".to_owned()))?;
        if let Some(step) = secret.step_of(code, self.clock.now().as_second()) {
            // CWE-294, CWE-362: one statement finds and moves the step, so of any number at once one is right, and none again, also where
            // the clock goes back.
            let later = this().filter(|t| t.last_step.lt(step));
            if later.change_all(&acting, |t| [t.last_step.set(step)]).await? == 1 {
                // Whoever knows the code has typed the wrong one before it, too, and no more of them (CWE-307).
                let wrong = this().filter(|t| t.failed.gt(0));
                wrong
                    .change_all(&acting, |t| [t.failed.set_to(&t.failed - 1)])
                    .await?;
                return Ok(Spent::Right);
            }
            // CWE-645: one that was used, or one of a step that was used while the clock stood ahead, is no guess: nobody is shut out for
            // good by it. The throttle counts it all the same.
            return Ok(Spent::Wrong);
        }
        this()
            .change_all(&acting, |t| [t.failed.set_to(&t.failed + 1)])
            .await?;
        Ok(Spent::Wrong)
    }

    /// Makes ten recovery codes in place of those that there were.
    pub(crate) async fn make_codes(&self, db: &Db<Write>, user: Uuid) -> Result<Vec<RecoveryCode>> {
        db.begin().await?;
        let acting = db.acting::<FactorStore>();
        let before = RecoveryRow::objects().filter(|r| r.user.eq(user));
        before.delete_all(&acting).await?;
        let mut codes = Vec::with_capacity(MANY);
        for _ in 0..MANY {
            let code = RecoveryCode::fresh().map_err(|error| Error::Internal(error.to_string()))?;
            let new = NewRecoveryRow {
                user,
                code: code.hash(),
            };
            RecoveryRow::create(new).save(&acting).await?;
            codes.push(code);
        }
        Ok(codes)
    }

    /// Uses a recovery code, in the unit of the session that begins (ASVS 6.5.1): by one statement, so of any number at once one.
    pub(crate) async fn spend_recovery(&self, db: &Db<Write>, user: Uuid, code: &Code) -> Result<bool> {
        let acting = db.acting::<FactorStore>();
        let hash = hash_of_typed(code);
        let this = RecoveryRow::objects().filter(|r| r.user.eq(user) & r.code.eq(hash));
        if this.delete_all(&acting).await? != 1 {
            return Ok(false);
        }
        // The app's codes are looked at again.
        let app = TotpRow::objects().filter(|t| t.user.eq(user));
        app.change_all(&acting, |t| [t.failed.set(0)]).await?;
        Ok(true)
    }

    /// Whether a recovery code is one of these, without using it: before the writer's turn.
    pub(crate) async fn knows_recovery(&self, user: Uuid, code: &Code) -> Result<bool> {
        let unit = self.units.begin();
        let hash = hash_of_typed(code);
        let this = RecoveryRow::objects().filter(|r| r.user.eq(user) & r.code.eq(hash));
        this.exists(&unit.read_db().acting::<FactorStore>()).await
    }
}
