//! Counting attempts before it is known whether they are right, in a unit that survives the refusal.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use vauban::orm::{DateTime, Db, Reads, Result, Write};
use vauban::units::{Retries, Units};

use super::bucket::{Bucket, BucketKeys, Kind, Success};
use super::decision::Level;
use super::model::{NewThrottleRow, ThrottleRow};
use crate::sessions::Clock;

vauban::orm::service! {
    /// Counts attempts to sign in, to sign up and to prove a password.
    pub(crate) Throttling: View<ThrottleRow>, Add<ThrottleRow>, Change<ThrottleRow>, Delete<ThrottleRow>;
    waiver!(ServiceRights, "attempts are counted before anybody is known")
}

/// Rows at most (CWE-770): some 20 MB, shared out among the kinds. For a new one beyond them the row goes that has counted
/// least, the oldest of those first. So nobody waits for a stranger's flood, and who gave a row away had next to nothing
/// counted: to have a guess forgotten, an attacker makes a table's worth of others.
const MOST_ROWS: u64 = 100_000;
/// Rows that nobody touched for two days are forgotten: every count has halved away by then.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(48);

/// The throttles.
#[derive(Clone)]
pub(crate) struct Throttles {
    units: Units,
    clock: Clock,
    keys: BucketKeys,
    rows: Arc<Rows>,
}

/// How many rows there are of each kind, as far as this process knows.
struct Rows {
    most: u64,
    counts: [AtomicU64; Kind::ALL.len()],
    /// When the table was last cleaned, in seconds; `i64::MIN`: never, so the counts are not known yet.
    cleaned: AtomicI64,
}

impl Rows {
    fn count(&self, kind: Kind) -> &AtomicU64 {
        &self.counts[kind as usize]
    }

    /// How many there may be of a kind.
    fn most(&self, kind: Kind) -> u64 {
        (self.most * kind.share() / 10).max(1)
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes, and it is counted: so, in each bucket.
    Counted(Vec<Step>),
    /// Not before this time has passed. Nothing was counted.
    Wait(SignedDuration),
}

/// What counting one attempt did to one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    key: String,
    /// The bucket as it was.
    was: Level,
    /// And as the attempt left it.
    is: Level,
}

impl Throttles {
    pub(crate) fn new(units: Units, clock: Clock, keys: BucketKeys) -> Self {
        Self::bounded(units, clock, keys, MOST_ROWS)
    }

    /// With another bound on rows: for tests.
    pub(crate) fn bounded(units: Units, clock: Clock, keys: BucketKeys, most: u64) -> Self {
        let rows = Rows {
            most,
            counts: Default::default(),
            cleaned: AtomicI64::new(i64::MIN),
        };
        Self {
            units,
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
    pub(crate) async fn admit(&self, buckets: &[Bucket]) -> Result<Admission> {
        Retries::of(|| self.admit_once(buckets)).await
    }

    async fn admit_once(&self, buckets: &[Bucket]) -> Result<Admission> {
        let unit = self.units.begin();
        let reading = unit.read_db().acting::<Throttling>();
        let known = levels(&reading, keys(buckets)).await?;
        if let Some(wait) = longest_wait(&known, buckets, self.clock.now()) {
            return Ok(Admission::Wait(wait));
        }
        let db = unit.db();
        // CWE-362: from here on nobody else counts, so guesses made at the same time come one after the other.
        db.begin().await?;
        let admission = self.admit_with(&db, buckets).await?;
        // CWE-307: counted for good before the password is looked at.
        unit.finish(matches!(admission, Admission::Counted(_))).await?;
        Ok(admission)
    }

    /// Counts in the caller's unit, which has begun: for what is done in it, and not done where it is undone (CWE-799: what is refused
    /// after it was counted would use up what others are told).
    pub(crate) async fn admit_with(&self, db: &Db<Write>, buckets: &[Bucket]) -> Result<Admission> {
        // CWE-645: whoever counted while this one waited for its turn wrote a later time, which is no wait.
        let now = self.clock.now();
        let acting = db.acting::<Throttling>();
        let known = levels(&acting, keys(buckets)).await?;
        if let Some(wait) = longest_wait(&known, buckets, now) {
            return Ok(Admission::Wait(wait));
        }
        let mut steps = Vec::with_capacity(buckets.len());
        for bucket in buckets {
            let level = known.get(&bucket.key).copied();
            let before = level.unwrap_or_else(|| Level::empty(now));
            let after = before.count(bucket.allowance, now);
            if level.is_some() {
                write(&acting, &bucket.key, after).await?;
            } else {
                self.make_room(&acting, bucket.kind, now).await?;
                let new = NewThrottleRow {
                    bucket: bucket.key.clone(),
                    attempts: i64::from(after.count),
                    blocked_until: DateTime::from(after.until),
                    counted: DateTime::from(after.updated),
                };
                ThrottleRow::create(new).save(&acting).await?;
                // CWE-770: one that is undone counts until the table is cleaned, rather than one too few.
                self.rows.count(bucket.kind).fetch_add(1, Ordering::Relaxed);
            }
            steps.push(Step {
                key: bucket.key.clone(),
                was: before,
                is: as_stored(after),
            });
        }
        Ok(Admission::Counted(steps))
    }

    /// There was no attempt: no password was looked at. Counts are given back, and so is the wait that this one began.
    pub(crate) async fn give_back(&self, steps: &[Step]) -> Result<()> {
        Retries::of(|| self.give_back_once(steps)).await
    }

    async fn give_back_once(&self, steps: &[Step]) -> Result<()> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<Throttling>();
        let known = levels(&acting, steps.iter().map(|step| &step.key)).await?;
        for step in steps {
            let Some(level) = known.get(&step.key) else {
                continue;
            };
            // CWE-307: if somebody else has counted since, what they began stays.
            let level = match *level == step.is {
                true => step.was,
                false => level.give_back(),
            };
            write(&acting, &step.key, level).await?;
        }
        unit.finish(true).await
    }

    /// The attempt was honest: an account's own buckets are emptied, shared ones get this attempt back, and what
    /// counts work keeps it.
    pub(crate) async fn succeeded(&self, buckets: &[Bucket]) -> Result<()> {
        Retries::of(|| self.succeeded_once(buckets)).await
    }

    async fn succeeded_once(&self, buckets: &[Bucket]) -> Result<()> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<Throttling>();
        let known = levels(&acting, keys(buckets)).await?;
        for bucket in buckets {
            let Some(level) = known.get(&bucket.key) else {
                continue;
            };
            match bucket.success {
                Success::Empties => {
                    let row = ThrottleRow::objects().filter(|t| t.bucket.eq(&bucket.key));
                    row.delete_all(&acting).await?;
                }
                Success::GivesBack => write(&acting, &bucket.key, level.give_back()).await?,
                Success::Stays => {}
            }
        }
        unit.finish(true).await
    }

    /// Makes room for one more row of a kind.
    async fn make_room(
        &self,
        db: &vauban::orm::Acting<Throttling, Write>,
        kind: Kind,
        now: Timestamp,
    ) -> Result<()> {
        let rows = &self.rows;
        let (count, most) = (rows.count(kind), rows.most(kind));
        let cleaned = rows.cleaned.load(Ordering::Relaxed);
        if cleaned != i64::MIN && count.load(Ordering::Relaxed) < most {
            return Ok(());
        }
        // At most once a minute, whichever way the clock jumped.
        if cleaned == i64::MIN || now.as_second().abs_diff(cleaned) >= 60 {
            self.clean(db, now).await?;
        }
        if count.load(Ordering::Relaxed) < most {
            return Ok(());
        }
        // Many at once, so that the next ones need not look.
        let batch = u32::try_from((most / 64).clamp(1, 500)).unwrap_or(1);
        let least = ThrottleRow::objects()
            .filter(|t| t.bucket.starts_with(kind.letter()))
            .order_by(|t| [t.attempts.asc(), t.counted.asc()])
            .limit(batch)
            .all(db)
            .await?;
        let keys = least.into_iter().map(|row| row.bucket);
        let gone = ThrottleRow::objects()
            .filter(|t| t.bucket.is_in(keys))
            .delete_all(db)
            .await?;
        count.fetch_sub(gone.min(count.load(Ordering::Relaxed)), Ordering::Relaxed);
        Ok(())
    }

    /// Forgets what is old, and what the future counted: the clock was wrong then. Counts what is left.
    async fn clean(&self, db: &vauban::orm::Acting<Throttling, Write>, now: Timestamp) -> Result<()> {
        self.rows.cleaned.store(now.as_second(), Ordering::Relaxed);
        let before = DateTime::from(now.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN));
        let after = DateTime::from(now.saturating_add(FORGOTTEN).unwrap_or(Timestamp::MAX));
        ThrottleRow::objects()
            .filter(|t| t.counted.lt(before) | t.counted.gt(after))
            .delete_all(db)
            .await?;
        for kind in Kind::ALL {
            let left = ThrottleRow::objects()
                .filter(|t| t.bucket.starts_with(kind.letter()))
                .count(db)
                .await?;
            self.rows.count(kind).store(left, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn keys(buckets: &[Bucket]) -> impl Iterator<Item = &String> {
    buckets.iter().map(|bucket| &bucket.key)
}

/// The levels of these buckets, of those that have a row.
async fn levels<'k>(
    db: &impl Reads<ThrottleRow>,
    keys: impl Iterator<Item = &'k String>,
) -> Result<HashMap<String, Level>> {
    let mut found = HashMap::new();
    for key in keys {
        if let Some(row) = ThrottleRow::objects()
            .filter(|t| t.bucket.eq(key))
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

/// A level as a row holds it.
fn as_stored(level: Level) -> Level {
    Level {
        until: *DateTime::from(level.until),
        updated: *DateTime::from(level.updated),
        ..level
    }
}

fn longest_wait(
    levels: &HashMap<String, Level>,
    buckets: &[Bucket],
    now: Timestamp,
) -> Option<SignedDuration> {
    let waits = buckets
        .iter()
        .filter_map(|bucket| levels.get(&bucket.key)?.wait(bucket.allowance, now));
    waits.max()
}

async fn write(db: &vauban::orm::Acting<Throttling, Write>, key: &str, level: Level) -> Result<()> {
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
