//! Writing and reading what happened to accounts. One function writes.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vauban::orm::{DateTime, Db, Result, Write};
use vauban::units::{Retries, Units};

use super::model::{AccountEvent, Happened, NewAccountEvent};
use crate::sessions::{Clock, Visitor};

vauban::orm::service! {
    /// Writes down what happens to accounts, and shows it to their owners.
    pub(crate) AccountHistory: View<AccountEvent>, Add<AccountEvent>, Delete<AccountEvent>;
    waiver!(ServiceRights, "what happens to an account is written before anybody is known")
}

/// Rows of one account and kind at most (CWE-770). Of each kind by itself, so that nobody pushes out one by many of another (CWE-778).
const MOST: u64 = 10;
/// For how long they are kept, in days (CWE-359: where somebody was is not kept for ever).
const DAYS: i64 = 365;
/// Rows deleted at most when one is written: the writer's turn stays short.
const SWEPT_AT_ONCE: u32 = 20;
/// Rows read at most. An account has fewer.
const READ: u32 = 200;
/// Rows that are shown, besides the latest of each kind.
const SHOWN: usize = 20;

/// What happened to accounts.
#[derive(Debug, Clone)]
pub(crate) struct History {
    units: Units,
    clock: Clock,
}

impl History {
    pub(crate) fn new(units: Units, clock: Clock) -> Self {
        Self { units, clock }
    }

    /// Writes down what happened to an account, in the unit in which it happens: if that is undone, so is this.
    pub(crate) async fn record(
        &self,
        db: &Db<Write>,
        account: Uuid,
        what: Happened,
        visitor: Visitor,
    ) -> Result<()> {
        let acting = db.acting::<AccountHistory>();
        let new = NewAccountEvent {
            account,
            what: what.name().to_owned(),
            at: DateTime::from(self.clock.now()),
            device: visitor.device,
            network: visitor.network,
        };
        AccountEvent::create(new).save(&acting).await?;
        let theirs = || AccountEvent::objects().filter(|e| e.account.eq(account));
        let alike = || theirs().filter(|e| e.what.eq(what.name()));
        let beyond = alike().count(&acting).await?.saturating_sub(MOST);
        if beyond > 0 {
            let beyond = u32::try_from(beyond).unwrap_or(u32::MAX).min(SWEPT_AT_ONCE);
            let oldest = alike().order_by(|e| e.at.asc()).limit(beyond);
            let oldest = oldest.all(&acting).await?.into_iter().map(|row| row.id);
            let oldest = AccountEvent::objects().filter(|e| e.id.is_in(oldest));
            oldest.delete_all(&acting).await?;
        }
        let since = self.oldest();
        let over = theirs().filter(|e| e.at.lt(since));
        over.delete_all(&acting).await?;
        Ok(())
    }

    /// The latest, and the latest of each kind: newest first.
    pub(crate) async fn latest(&self, account: Uuid) -> Result<Vec<AccountEvent>> {
        let unit = self.units.begin();
        let db = unit.read_db().acting::<AccountHistory>();
        let oldest = self.oldest();
        let theirs = AccountEvent::objects()
            .filter(|e| e.account.eq(account) & e.at.ge(oldest))
            .order_by(|e| e.at.desc())
            .limit(READ);
        let (mut kinds, mut place) = (HashSet::new(), 0..);
        let mut rows = theirs.all(&db).await?;
        rows.retain(|event| {
            let is_first = kinds.insert(event.what.clone());
            is_first || place.next().is_some_and(|place| place < SHOWN)
        });
        Ok(rows)
    }

    /// Deletes what is older than it is kept; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        Retries::of(|| self.clear_once()).await
    }

    async fn clear_once(&self) -> Result<u64> {
        let unit = self.units.begin();
        let oldest = self.oldest();
        let over = AccountEvent::objects().filter(|e| e.at.lt(oldest));
        let count = over.delete_all(&unit.db().acting::<AccountHistory>()).await?;
        unit.finish(true).await?;
        Ok(count)
    }

    fn oldest(&self) -> DateTime {
        let now = self.clock.now();
        let oldest = now.saturating_sub(SignedDuration::from_hours(24 * DAYS));
        DateTime::from(oldest.unwrap_or(Timestamp::MIN))
    }
}
