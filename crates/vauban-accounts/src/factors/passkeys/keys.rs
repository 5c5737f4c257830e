//! The passkeys of accounts.

use uuid::Uuid;
use vauban::orm::{DateTime, Db, Id, Result, Write};

use super::ceremony::{NewKey, Signed};
use super::{PasskeyAnswer, RelyingParty};
use crate::events;
use crate::factors::model::{NewPasskeyRow, PasskeyRow};
use crate::factors::{FactorStore, Factors};

/// Passkeys of one account at most (CWE-770).
pub(crate) const MOST_OF_ONE: u64 = 20;

/// A passkey whose signature was right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verified {
    /// Its row.
    pub(crate) id: Uuid,
    /// Whose it is.
    pub(crate) user: Uuid,
    /// When it was last used, or added, before this.
    pub(crate) known: DateTime,
    counter: u32,
}

/// What became of a new passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is there, under this id.
    As(Uuid),
    /// It is some account's.
    Taken,
    /// The account has as many as may be.
    Full,
}

impl Factors {
    /// The passkeys of an account, the oldest first.
    pub(crate) async fn passkeys(&self, db: &Db, user: Uuid) -> Result<Vec<PasskeyRow>> {
        let theirs = PasskeyRow::objects().filter(|p| p.user.eq(user));
        let theirs = theirs.order_by(|p| p.added.asc()).limit(100);
        theirs.all(&db.acting::<FactorStore>()).await
    }

    /// By what their authenticators know them.
    pub(crate) async fn credentials(&self, db: &Db, user: Uuid) -> Result<Vec<Vec<u8>>> {
        let theirs = self.passkeys(db, user).await?;
        Ok(theirs.into_iter().map(|row| row.credential).collect())
    }

    /// Adds a passkey, in the unit in which its account is told.
    pub(crate) async fn add_passkey(
        &self,
        db: &Db<Write>,
        user: Uuid,
        new: NewKey,
        name: &str,
    ) -> Result<Added> {
        // CWE-362: of two at once one is second, and `unique` holds besides.
        db.begin().await?;
        let acting = db.acting::<FactorStore>();
        if self.passkeys_of(db, user).await? >= MOST_OF_ONE {
            return Ok(Added::Full);
        }
        // CWE-287: who brings the passkey of another account makes it theirs in no case.
        let same = PasskeyRow::objects().filter(|p| p.credential.eq(new.credential.clone()));
        if same.exists(&acting).await? {
            return Ok(Added::Taken);
        }
        let now = DateTime::from(self.clock.now());
        let row = NewPasskeyRow {
            user,
            credential: new.credential,
            key: new.key,
            counter: i64::from(new.counter),
            name: name.to_owned(),
            added: now,
            used: None,
        };
        let row = PasskeyRow::create(row).save(&acting).await?;
        Ok(Added::As(row.id.uuid()))
    }

    /// Whether a passkey has signed what was asked; `of`: whose it has to be, where that is known. It is used later, in the unit of the
    /// session.
    pub(crate) async fn verify_passkey(
        &self,
        site: &RelyingParty,
        answer: &PasskeyAnswer,
        state: &str,
        of: Option<Uuid>,
    ) -> Result<Option<Verified>> {
        let Some(signed) = Signed::of(answer) else {
            return Ok(None);
        };
        let unit = self.units.begin();
        let db = unit.read_db().acting::<FactorStore>();
        let credential = signed.credential().to_vec();
        let found = PasskeyRow::objects().filter(|p| p.credential.eq(credential));
        let Some(row) = found.first(&db).await? else {
            return Ok(None);
        };
        // CWE-287, CWE-639: whose it is stands in its row, and nowhere else. Where nobody was known before, its authenticator has to say
        // the same (Web Authentication, §7.2, step 6).
        let says_so = signed.user().is_some_and(|user| user == row.user.as_bytes());
        let is_theirs = match of {
            Some(user) => row.user == user && (says_so || signed.user().is_none()),
            None => says_so,
        };
        let Some(counter) = site.verify(&signed, state, &row.key).filter(|_| is_theirs) else {
            return Ok(None);
        };
        // CWE-1390: many devices do not count, and some count wrong, so it shuts nobody out.
        if i64::from(counter) <= row.counter && row.counter > 0 {
            events::PASSKEY_COUNTER_BACK.log_of(None, Some(&format!("{} of {}", row.id.uuid(), row.user)));
        }
        Ok(Some(Verified {
            id: row.id.uuid(),
            user: row.user,
            known: row.used.unwrap_or(row.added),
            counter,
        }))
    }

    /// Uses one, in the unit of the session that begins. `false`: it was removed meanwhile (CWE-367).
    pub(crate) async fn use_passkey(&self, db: &Db<Write>, verified: Verified) -> Result<bool> {
        let acting = db.acting::<FactorStore>();
        let this = || {
            PasskeyRow::objects().filter(|p| p.id.eq(Id::from_uuid(verified.id)) & p.user.eq(verified.user))
        };
        db.begin().await?;
        let now = DateTime::from(self.clock.now());
        let used = this().change_all(&acting, |p| [p.used.set(Some(now))]).await?;
        // Two at once: the higher count stays.
        let counter = i64::from(verified.counter);
        let behind = this().filter(|p| p.counter.lt(counter));
        behind.change_all(&acting, |p| [p.counter.set(counter)]).await?;
        Ok(used == 1)
    }

    /// Gives one of an account's passkeys another name. `false`: it has none of this id (CWE-639).
    pub(crate) async fn rename_passkey(
        &self,
        db: &Db<Write>,
        user: Uuid,
        id: Uuid,
        name: &str,
    ) -> Result<bool> {
        let this = PasskeyRow::objects().filter(|p| p.id.eq(Id::from_uuid(id)) & p.user.eq(user));
        let acting = db.acting::<FactorStore>();
        let changed = this.change_all(&acting, |p| [p.name.set(name.to_owned())]);
        Ok(changed.await? == 1)
    }

    /// Takes one of an account's passkeys away; with the last factor the recovery codes go. `false`: it has none of this id (CWE-639).
    pub(crate) async fn remove_passkey(&self, db: &Db<Write>, user: Uuid, id: Uuid) -> Result<bool> {
        db.begin().await?;
        let this = PasskeyRow::objects().filter(|p| p.id.eq(Id::from_uuid(id)) & p.user.eq(user));
        let had_it = this.delete_all(&db.acting::<FactorStore>()).await? == 1;
        if had_it {
            self.forget_codes(db, user).await?;
        }
        Ok(had_it)
    }
}
