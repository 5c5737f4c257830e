//! "Stay signed in": a session that is remembered goes on, where another would be over, under a token that is another one.
//!
//! It is the session itself that lives longer, and no second cookie which begins new ones: whatever ends the sessions of an account (a
//! new password, a reset, a deactivation, "end all others") ends this, too, and the list of sessions is whole. What it gives is what
//! the password at its beginning gave, and that proof has become old: `Reauthenticated` asks. What the session held is gone.
//!
//! CWE-613, CWE-294: each token is good until it is renewed, every four hours at most. For a minute after that it is answered with its successor, since two tabs of a
//! restored window come back at the same time. Later it is somebody's copy, or the owner's of what somebody else has renewed: nobody can
//! tell, so the session ends.

use jiff::{SignedDuration, Timestamp};
use vauban::orm::{DateTime, Db, Error, QuerySet, Reads, Result, UserFacts, Write};
use vauban::units::Retries;

use super::model::{NewRenewedToken, RenewedToken};
use super::store::{Found, SessionStore, Sessions};
use super::{Age, SessionRow, SessionToken, Visitor};

/// For how long a token that was renewed is answered with its successor.
const TABS: SignedDuration = SignedDuration::from_secs(60);
/// How often a session gets another token at most. CWE-294: what each was before is known until the session is over, so that a thief who
/// renews again and again has no evidence dropped. CWE-770: those are 540 rows at the longest setting, of 90 days.
const RENEW_EVERY: SignedDuration = SignedDuration::from_hours(4);
/// Rows swept at most at one renewal.
const SWEPT_AT_ONCE: u32 = 20;

/// Whose sessions are not remembered.
pub(crate) fn is_privileged(who: &UserFacts) -> bool {
    who.is_staff || who.is_superuser
}

impl Sessions {
    /// Whether the site asks who signs in.
    pub(crate) fn remembers(&self) -> bool {
        self.renewal.lifetime > SignedDuration::ZERO
    }

    /// Until when a session is remembered that begins now: not at all where that is off, nor for staff, whose copied cookie opens most
    /// (CWE-613, ASVS 7.1.1).
    pub(crate) fn remembered_from_now(&self, who: &UserFacts) -> Option<DateTime> {
        if !self.remembers() || is_privileged(who) {
            return None;
        }
        let now = self.clock().now();
        Some(DateTime::from(
            now.saturating_add(self.renewal.lifetime).unwrap_or(now),
        ))
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

    /// Lets a session go on, under another token if its own has been good for long enough.
    pub(super) async fn renew(&self, token: &SessionToken, visitor: &Visitor) -> Result<Found> {
        Retries::of(|| self.renew_once(token, visitor)).await
    }

    async fn renew_once(&self, token: &SessionToken, visitor: &Visitor) -> Result<Found> {
        let unit = self.units.begin();
        let found = self.renew_in(&unit.db(), token, visitor).await?;
        unit.finish(true).await?;
        Ok(found)
    }

    async fn renew_in(&self, db: &Db<Write>, token: &SessionToken, visitor: &Visitor) -> Result<Found> {
        db.begin().await?;
        let hash = token.hash();
        let this = || SessionRow::objects().filter(|s| s.token.eq(hash));
        let acting = db.acting::<SessionStore>();
        // CWE-362: of two tabs that come back at once, the other was first. Asked here, in the writer's turn: what it wrote may not be
        // read elsewhere yet.
        let Some(mut row) = this().first(&acting).await? else {
            return self.find_renewed(&acting, token).await;
        };
        let now = self.clock().now();
        // What it held does not outlive the limits, nor do proofs of a second factor.
        row = row.with_password_only();
        row.seen = DateTime::from(now);
        (row.device, row.network) = (visitor.device.clone(), visitor.network.clone());
        let latest = RenewedToken::objects()
            .filter(|t| t.session.eq(row.id.uuid()))
            .order_by(|t| t.renewed.desc());
        let latest = latest.first(&acting).await?;
        let rests = latest.is_some_and(|old| now.duration_since(*old.renewed) < RENEW_EVERY);
        if rests {
            let changed = this().change_all(&acting, |s| {
                [
                    s.seen.set(row.seen),
                    s.data.set(String::new()),
                    s.password_at.set(row.password_at),
                    s.totp_at.set(None),
                    s.recovery_at.set(None),
                    s.passkey_at.set(None),
                    s.passkey.set(None),
                    s.device.set(visitor.device.clone()),
                    s.network.set(visitor.network.clone()),
                ]
            });
            changed.await?;
            return Ok(Found::Alive(row));
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Error::Internal(error.to_string()))?;
        let next = self.renewal.successor(token, &salt)?;
        (row.bound, row.token) = (Some(row.binding()), next.hash());
        let changed = this().change_all(&acting, |s| {
            [
                s.token.set(row.token),
                s.bound.set(row.bound),
                s.seen.set(row.seen),
                s.data.set(String::new()),
                s.password_at.set(row.password_at),
                s.totp_at.set(None),
                s.recovery_at.set(None),
                s.passkey_at.set(None),
                s.passkey.set(None),
                s.device.set(visitor.device.clone()),
                s.network.set(visitor.network.clone()),
            ]
        });
        if changed.await? != 1 {
            return self.find_renewed(&acting, token).await;
        }
        let old = NewRenewedToken {
            token: hash,
            session: row.id.uuid(),
            salt: salt.to_vec(),
            renewed: row.seen,
        };
        RenewedToken::create(old).save(&acting).await?;
        self.forget_renewed(db).await?;
        Ok(Found::Renewed(row, next))
    }

    /// CWE-770: rows of tokens go with time: those that no session can have any more.
    async fn forget_renewed(&self, db: &Db<Write>) -> Result<()> {
        let acting = db.acting::<SessionStore>();
        let over = self
            .renewed_too_long_ago()
            .order_by(|t| t.renewed.asc())
            .limit(SWEPT_AT_ONCE);
        let gone: Vec<_> = over.all(&acting).await?.into_iter().map(|row| row.id).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let gone = RenewedToken::objects().filter(|t| t.id.is_in(gone));
        gone.delete_all(&acting).await?;
        Ok(())
    }

    /// The same of all at once; for the command `clearsessions`.
    pub(super) async fn clear_renewed(&self) -> Result<()> {
        Retries::of(|| self.clear_renewed_once()).await
    }

    async fn clear_renewed_once(&self) -> Result<()> {
        let unit = self.units.begin();
        let over = self.renewed_too_long_ago();
        over.delete_all(&unit.db().acting::<SessionStore>()).await?;
        unit.finish(true).await
    }

    /// Those that were renewed before any session began that may live.
    fn renewed_too_long_ago(&self) -> QuerySet<RenewedToken> {
        let oldest = self.clock().now().saturating_sub(self.renewal.lifetime);
        let oldest = DateTime::from(oldest.unwrap_or(Timestamp::MIN));
        RenewedToken::objects().filter(|t| t.renewed.le(oldest))
    }

    /// What is known of the tokens that sessions had before goes with them.
    pub(super) async fn forget_renewed_of(&self, db: &Db<Write>, sessions: &[SessionRow]) -> Result<()> {
        let remembered = sessions.iter().filter(|row| row.remembered.is_some());
        let remembered: Vec<_> = remembered.map(|row| row.id.uuid()).collect();
        if remembered.is_empty() {
            return Ok(());
        }
        let theirs = RenewedToken::objects().filter(|t| t.session.is_in(remembered));
        theirs.delete_all(&db.acting::<SessionStore>()).await?;
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
