//! Counting attempts before it is known whether they are right, in a unit that survives the refusal.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use vauban_orm::engine::Database;
use vauban_orm::{Actor, DateTime, Reads, Result};

use super::bucket::{Bucket, BucketKeys};
use super::decision::Level;
use super::model::{NewThrottleRow, ThrottleRow};
use crate::sessions::Clock;

vauban_orm::service! {
    /// Counts attempts to sign in, to sign up and to prove a password.
    pub(crate) Throttling: View<ThrottleRow>, Add<ThrottleRow>, Change<ThrottleRow>, Delete<ThrottleRow>;
    waiver!(ServiceRights, "attempts are counted before anybody is known")
}

/// Rows at most (CWE-770): some 20 MB. Beyond them new keys are counted together.
const MOST_ROWS: u64 = 100_000;
/// Rows that nobody touched for two days are forgotten: every count has halved away by then.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(48);

/// The throttles.
#[derive(Clone)]
pub(crate) struct Throttles {
    database: Database,
    clock: Clock,
    keys: BucketKeys,
    rows: Arc<Rows>,
}

/// How many rows there are, as far as this process knows.
struct Rows {
    most: u64,
    count: AtomicU64,
    /// When the table was last cleaned, in seconds; `i64::MIN`: never, so the count is not known yet.
    cleaned: AtomicI64,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes, and it is counted.
    Counted,
    /// Not before this time has passed. Nothing was counted.
    Wait(SignedDuration),
}

impl Throttles {
    pub(crate) fn new(database: Database, clock: Clock, keys: BucketKeys) -> Self {
        Self::bounded(database, clock, keys, MOST_ROWS)
    }

    /// With another bound on rows: for tests.
    pub(crate) fn bounded(database: Database, clock: Clock, keys: BucketKeys, most: u64) -> Self {
        let rows = Rows {
            most,
            count: AtomicU64::new(0),
            cleaned: AtomicI64::new(i64::MIN),
        };
        Self {
            database,
            clock,
            keys,
            rows: Arc::new(rows),
        }
    }

    pub(crate) fn keys(&self) -> &BucketKeys {
        &self.keys
    }

    /// Counts an attempt in every bucket, or in none of them if one says to wait.
    ///
    /// It has a unit of its own: call it before the request's unit has written. The answer to a flood is one
    /// read: only attempts that are let through write.
    pub(crate) async fn admit(&self, buckets: Vec<Bucket>) -> Result<Admission> {
        let now = self.clock.now();
        #[allow(deprecated)]
        let unit = self.database.own_unit(Actor::nobody());
        let reading = unit.read_db().acting::<Throttling>();
        if let Some(wait) = longest_wait(&levels(&reading, &buckets).await?, now) {
            return Ok(Admission::Wait(wait));
        }
        let db = unit.db();
        // CWE-362: from here on nobody else counts, so guesses made at the same time come one after the other.
        db.begin().await?;
        let acting = db.acting::<Throttling>();
        let known = levels(&acting, &buckets).await?;
        let full = known.len() < buckets.len() && self.is_full(&acting, now).await?;
        let (buckets, known) = if full {
            let buckets = self.merged(buckets, &known);
            let known = levels(&acting, &buckets).await?;
            (buckets, known)
        } else {
            (buckets, known)
        };
        if let Some(wait) = longest_wait(&known, now) {
            unit.finish(false).await?;
            return Ok(Admission::Wait(wait));
        }
        for bucket in &buckets {
            let level = known.get(&bucket.key).copied();
            let after = level
                .unwrap_or_else(|| Level::empty(now))
                .count(bucket.allowance, now);
            if level.is_some() {
                write(&acting, &bucket.key, after).await?;
            } else {
                let new = NewThrottleRow {
                    bucket: bucket.key.clone(),
                    attempts: i64::from(after.count),
                    blocked_until: DateTime::from(after.until),
                    counted: DateTime::from(after.updated),
                };
                ThrottleRow::create(new).save(&acting).await?;
                self.rows.count.fetch_add(1, Ordering::Relaxed);
            }
        }
        // CWE-307: counted for good before the password is looked at.
        unit.finish(true).await?;
        Ok(Admission::Counted)
    }

    /// The attempt was honest: an account's own buckets are emptied, shared ones get this attempt back.
    pub(crate) async fn succeeded(&self, buckets: &[Bucket]) -> Result<()> {
        #[allow(deprecated)]
        let unit = self.database.own_unit(Actor::nobody());
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<Throttling>();
        let known = levels(&acting, buckets).await?;
        for bucket in buckets {
            let Some(level) = known.get(&bucket.key) else {
                continue;
            };
            if bucket.cleared_by_success {
                let row = ThrottleRow::objects().filter(|t| t.bucket.eq(&bucket.key));
                row.delete_all(&acting).await?;
            } else {
                write(&acting, &bucket.key, level.give_back()).await?;
            }
        }
        unit.finish(true).await
    }

    /// Whether no new row may be added. Cleans the table first, at most once a minute.
    async fn is_full(
        &self,
        db: &vauban_orm::Acting<Throttling, vauban_orm::Write>,
        now: Timestamp,
    ) -> Result<bool> {
        let rows = &self.rows;
        let unknown = rows.cleaned.load(Ordering::Relaxed) == i64::MIN;
        if !unknown && rows.count.load(Ordering::Relaxed) < rows.most {
            return Ok(false);
        }
        if unknown || now.as_second() - rows.cleaned.load(Ordering::Relaxed) >= 60 {
            rows.cleaned.store(now.as_second(), Ordering::Relaxed);
            let before = DateTime::from(now.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN));
            ThrottleRow::objects()
                .filter(|t| t.counted.lt(before))
                .delete_all(db)
                .await?;
            rows.count
                .store(ThrottleRow::objects().count(db).await?, Ordering::Relaxed);
        }
        Ok(rows.count.load(Ordering::Relaxed) >= rows.most)
    }

    /// Buckets without a row of their own share one.
    fn merged(&self, buckets: Vec<Bucket>, known: &HashMap<String, Level>) -> Vec<Bucket> {
        let (mut own, new): (Vec<_>, Vec<_>) = buckets.into_iter().partition(|b| known.contains_key(&b.key));
        own.extend(new.first().map(|bucket| self.keys.overflow(bucket)));
        own
    }
}

/// The buckets' levels, of those that have a row.
async fn levels(db: &impl Reads<ThrottleRow>, buckets: &[Bucket]) -> Result<HashMap<String, Level>> {
    let mut found = HashMap::with_capacity(buckets.len());
    for bucket in buckets {
        if let Some(row) = ThrottleRow::objects()
            .filter(|t| t.bucket.eq(&bucket.key))
            .first(db)
            .await?
        {
            let count = u32::try_from(row.attempts).unwrap_or(u32::MAX);
            found.insert(
                row.bucket,
                Level {
                    count,
                    until: *row.blocked_until,
                    updated: *row.counted,
                },
            );
        }
    }
    Ok(found)
}

fn longest_wait(levels: &HashMap<String, Level>, now: Timestamp) -> Option<SignedDuration> {
    levels.values().filter_map(|level| level.wait(now)).max()
}

async fn write(
    db: &vauban_orm::Acting<Throttling, vauban_orm::Write>,
    key: &str,
    level: Level,
) -> Result<()> {
    let row = ThrottleRow::objects().filter(|t| t.bucket.eq(key));
    let changes = row.change_all(db, |t| {
        [
            t.attempts.set(i64::from(level.count)),
            t.blocked_until.set(DateTime::from(level.until)),
            t.counted.set(DateTime::from(level.updated)),
        ]
    });
    changes.await.map(drop)
}
