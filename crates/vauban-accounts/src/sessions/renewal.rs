//! "Stay signed in": a session that is remembered goes on, where another would be over, under a token that is another one.
//!
//! It is the session itself that lives longer, and no second cookie which begins new ones: whatever ends the sessions of an account (a
//! new password, a reset, a deactivation, "end all others") ends this, too, and the list of sessions is whole. What it gives is what
//! the password at its beginning gave, and that proof has become old: `Reauthenticated` asks. What the session held is gone.
//!
//! CWE-613, CWE-294: each token is good until it is renewed. For a minute after that it is answered with its successor, since two tabs of a
//! restored window come back at the same time. Later it is somebody's copy, or the owner's of what somebody else has renewed: nobody can
//! tell, so the session ends.

use jiff::{SignedDuration, Timestamp};
use vauban::orm::{DateTime, Db, Error, Reads, Result, Write};
use vauban::units::Retries;

use super::model::{NewRenewedToken, RenewedToken};
use super::store::{Found, SessionStore, Sessions};
use super::{Age, SessionRow, SessionToken};

/// For how long a token that was renewed is answered with its successor.
const TABS: SignedDuration = SignedDuration::from_secs(60);
/// Renewed tokens of one session that are known again (CWE-770). An older one opens nothing, and says nothing.
const MOST_OF_ONE: u64 = 100;
/// Rows swept at most at one renewal.
const SWEPT_AT_ONCE: u32 = 20;

impl Sessions {
    /// Until when a session is remembered that begins now.
    pub(crate) fn remembered_from_now(&self) -> DateTime {
        let now = self.clock().now();
        DateTime::from(now.saturating_add(self.renewal.lifetime).unwrap_or(now))
    }

    /// What becomes of a session at a request.
    pub(super) fn age(&self, row: &SessionRow, now: Timestamp) -> Age {
        let (created, seen) = (*row.created, *row.seen);
        match row.remembered {
            None => self.limits.age(created, seen, now),
            Some(until) => {
                // CWE-613: where the setting is shorter by now, so is this.
                let at_most = created.saturating_add(self.renewal.lifetime).unwrap_or(created);
                self.limits
                    .age_of_remembered(created, seen, at_most.min(*until), now)
            }
        }
    }

    /// Gives a session another token.
    pub(super) async fn renew(&self, token: &SessionToken) -> Result<Found> {
        let mut retries = Retries::default();
        loop {
            let done = self.renew_once(token).await;
            if !retries.again(&done).await {
                return done;
            }
        }
    }

    async fn renew_once(&self, token: &SessionToken) -> Result<Found> {
        let unit = self.units.begin();
        let found = self.renew_in(&unit.db(), token).await?;
        unit.finish(true).await?;
        Ok(found)
    }

    async fn renew_in(&self, db: &Db<Write>, token: &SessionToken) -> Result<Found> {
        db.begin().await?;
        let hash = token.hash();
        let this = || SessionRow::objects().filter(|s| s.token.eq(hash));
        let acting = db.acting::<SessionStore>();
        // CWE-362: of two tabs that come back at once, the other was first. Asked here, in the writer's turn: what it wrote may not be
        // read elsewhere yet.
        let Some(mut row) = this().first(&acting).await? else {
            return self.find_renewed(&acting, token).await;
        };
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Error::Internal(error.to_string()))?;
        let next = self.renewal.successor(token, &salt)?;
        let now = DateTime::from(self.clock().now());
        (row.bound, row.token, row.seen) = (Some(row.binding()), next.hash(), now);
        // What it held does not outlive the limits.
        row.data = String::new();
        let changed = this().change_all(&acting, |s| {
            [
                s.token.set(row.token),
                s.bound.set(row.bound),
                s.seen.set(row.seen),
                s.data.set(String::new()),
            ]
        });
        if changed.await? != 1 {
            return self.find_renewed(&acting, token).await;
        }
        let old = NewRenewedToken {
            token: hash,
            session: row.id.uuid(),
            salt: salt.to_vec(),
            renewed: now,
        };
        RenewedToken::create(old).save(&acting).await?;
        self.forget_renewed(db, &row).await?;
        Ok(Found::Renewed(row, next))
    }

    /// CWE-770: rows of tokens go with time, and beyond their number.
    async fn forget_renewed(&self, db: &Db<Write>, session: &SessionRow) -> Result<()> {
        let acting = db.acting::<SessionStore>();
        let now = self.clock().now();
        let oldest = DateTime::from(
            now.saturating_sub(self.renewal.lifetime)
                .unwrap_or(Timestamp::MIN),
        );
        let over = RenewedToken::objects()
            .filter(|t| t.renewed.le(oldest))
            .limit(SWEPT_AT_ONCE);
        let mut gone: Vec<_> = over.all(&acting).await?.into_iter().map(|row| row.id).collect();
        let id = session.id.uuid();
        let theirs = || RenewedToken::objects().filter(|t| t.session.eq(id));
        let beyond = theirs().count(&acting).await?.saturating_sub(MOST_OF_ONE);
        if beyond > 0 {
            let beyond = u32::try_from(beyond).unwrap_or(u32::MAX).min(SWEPT_AT_ONCE);
            let oldest = theirs().order_by(|t| t.renewed.asc()).limit(beyond);
            gone.extend(oldest.all(&acting).await?.into_iter().map(|row| row.id));
        }
        if gone.is_empty() {
            return Ok(());
        }
        let gone = RenewedToken::objects().filter(|t| t.id.is_in(gone));
        gone.delete_all(&acting).await?;
        Ok(())
    }

    /// What a token opens that no session has: one that was renewed.
    pub(super) async fn find_renewed<D>(&self, db: &D, token: &SessionToken) -> Result<Found>
    where
        D: Reads<RenewedToken> + Reads<SessionRow>,
    {
        let hash = token.hash();
        let Some(old) = RenewedToken::objects()
            .filter(|t| t.token.eq(hash))
            .first(db)
            .await?
        else {
            return Ok(Found::Unknown);
        };
        let session = SessionRow::objects().filter(|s| s.id.eq(vauban::orm::Id::from_uuid(old.session)));
        let Some(row) = session.first(db).await? else {
            return Ok(Found::Unknown);
        };
        let now = self.clock().now();
        if self.age(&row, now) == Age::Expired {
            return Ok(Found::Expired);
        }
        if now.duration_since(*old.renewed) >= TABS {
            return Ok(Found::Replayed(row));
        }
        let next = self.renewal.successor(token, &old.salt)?;
        // Of another key, or renewed once more.
        match next.hash() == row.token {
            true => Ok(Found::Renewed(row, next)),
            false => Ok(Found::Unknown),
        }
    }
}
