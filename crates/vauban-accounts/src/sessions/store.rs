//! The session store: a service of its own, the only one that reaches the rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use uuid::Uuid;
use vauban::orm::{DateTime, Db, Error, Id, QuerySet, Result, Write};
use vauban::units::{Retries, Units};

use super::model::{RenewedToken, SessionRow};
use super::successor::Renewal;
use super::token::SessionToken;
use super::touch::Touches;
use super::{Age, Clock, Proofs, SessionLimits, Visitor};

vauban::orm::service! {
    /// Keeps sessions: begins, finds, touches and ends them.
    pub(crate) SessionStore: View<SessionRow>, Add<SessionRow>, Change<SessionRow>, Delete<SessionRow>,
        View<RenewedToken>, Add<RenewedToken>, Delete<RenewedToken>;
    waiver!(ServiceRights, "a session is looked up before anybody is known")
}

/// Where sessions are kept.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    pub(super) units: Units,
    pub(super) limits: SessionLimits,
    pub(super) renewal: Renewal,
    clock: Clock,
    touches: Touches,
    swept: Arc<Swept>,
}

/// How a session begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    /// The session that the browser had: it is consumed.
    pub(crate) before: Option<Id<SessionRow>>,
    /// What it holds.
    pub(crate) data: String,
    /// In which browser.
    pub(crate) visitor: Visitor,
    /// Until when it is remembered, if its owner asked for that.
    pub(crate) remembered: Option<DateTime>,
    /// What its owner has proved.
    pub(crate) proofs: Proofs,
    /// Whether its owner has a second factor.
    pub(crate) has_factor: bool,
}

/// When rows of sessions that are over were last looked for, and how many sessions have begun since.
#[derive(Debug)]
struct Swept {
    at: AtomicI64,
    begun: AtomicU32,
}

/// Sign-ins after which rows are swept, however little time has passed: fewer than [`SWEPT_AT_ONCE`], so that rows
/// of sessions that are over do not grow.
const SWEEP_EVERY: u32 = 50;
/// Seconds after which the next sign-in sweeps.
const SWEEP_AFTER: u64 = 60;
/// Sessions of one account that live at most (CWE-770): the one beyond them ends the one that was not seen for longest.
const MOST_OF_ONE: u64 = 50;
/// Rows swept at most at one sign-in: the writer's turn stays short.
const SWEPT_AT_ONCE: u32 = 100;

/// What a cookie's token opens.
pub(crate) enum Found {
    /// A session that lives.
    Alive(SessionRow),
    /// One that lives under another token by now: the browser gets that.
    Renewed(SessionRow, SessionToken),
    /// One of which this is a token from before, more than a minute late.
    Replayed(SessionRow),
    /// One whose time is over.
    Expired,
    /// None: ended, never ours, or guessed.
    Unknown,
}

impl Sessions {
    pub(crate) fn new(units: Units, limits: SessionLimits, renewal: Renewal, clock: Clock) -> Self {
        Self {
            touches: Touches::default(),
            swept: Arc::new(Swept {
                at: AtomicI64::new(i64::MIN),
                begun: AtomicU32::new(0),
            }),
            units,
            limits,
            renewal,
            clock,
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Finds what a token opens: one read by key, in place. The last-seen time is written later, elsewhere.
    pub(crate) async fn find(
        &self,
        token: &SessionToken,
        visitor: impl FnOnce() -> Visitor,
    ) -> Result<Found> {
        // CWE-208: the database compares hashes of what was sent, so its timing tells nothing of a token.
        let hash = token.hash();
        let unit = self.units.begin();
        let db = unit.read_db().acting::<SessionStore>();
        let Some(row) = SessionRow::objects()
            .filter(|s| s.token.eq(hash))
            .first(&db)
            .await?
        else {
            return self.find_renewed(&db, token).await;
        };
        let now = self.clock.now();
        Ok(match self.age(&row, now) {
            Age::Renew => match self.renew(token, &visitor()).await {
                Ok(found) => found,
                // It lives until its own end all the same: where nothing can be written, pages are still read.
                Err(error) => {
                    tracing::warn!(target: "vauban::sessions", %error, "a remembered session was not renewed");
                    Found::Alive(row.with_password_only())
                }
            },
            Age::Fresh => Found::Alive(row),
            Age::Touch => {
                self.touches
                    .note(&self.units, row.id, DateTime::from(now), visitor());
                Found::Alive(row)
            }
            Age::Expired => Found::Expired,
        })
    }

    /// Begins a session for somebody who has just proved who they are, in the request's own unit.
    ///
    /// CWE-384: the token is new, and the session that the browser had before ends with it; there is no way to
    /// sign somebody in to a session that exists.
    pub(crate) async fn begin(
        &self,
        db: &Db<Write>,
        user: Uuid,
        start: Start,
    ) -> Result<(SessionToken, Id<SessionRow>)> {
        if let Some(before) = start.before {
            self.end(db, before).await?;
        }
        self.sweep(db).await?;
        self.make_room(db, user).await?;
        let token = SessionToken::fresh().map_err(|e| Error::Internal(e.to_string()))?;
        let now = DateTime::from(self.clock.now());
        let new = super::model::NewSessionRow {
            token: token.hash(),
            user,
            created: now,
            seen: now,
            data: start.data,
            remembered: start.remembered,
            bound: None,
            password_at: start.proofs.password,
            totp_at: start.proofs.totp,
            recovery_at: start.proofs.recovery,
            passkey_at: start.proofs.passkey.map(|by| by.at),
            passkey: start.proofs.passkey.map(|by| by.id),
            oidc_at: start.proofs.oidc,
        };
        let Visitor { device, network } = start.visitor;
        let row = SessionRow::create(new)
            .set(|s| {
                [
                    s.device.set(device),
                    s.network.set(network),
                    s.has_factor.set(start.has_factor),
                ]
            })
            .save(&db.acting::<SessionStore>())
            .await?;
        Ok((token, row.id))
    }

    /// Ends sessions of this user, if there are as many as may be, those that were not seen for longest.
    async fn make_room(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        // CWE-362: no other sign-in counts the same ones.
        db.begin().await?;
        let acting = db.acting::<SessionStore>();
        let theirs = || SessionRow::objects().filter(|s| s.user.eq(user));
        let beyond = (theirs().count(&acting).await? + 1).saturating_sub(MOST_OF_ONE);
        if beyond == 0 {
            return Ok(());
        }
        let beyond = u32::try_from(beyond).unwrap_or(u32::MAX).min(SWEPT_AT_ONCE);
        let unseen = theirs()
            .order_by(|s| [s.seen.asc(), s.created.asc()])
            .limit(beyond);
        let unseen = unseen.all(&acting).await?;
        self.delete(db, unseen).await?;
        Ok(())
    }

    /// Deletes rows, with what is known of the tokens that they had before. So many at most as one reads at once.
    async fn delete(&self, db: &Db<Write>, over: Vec<SessionRow>) -> Result<u64> {
        if over.is_empty() {
            return Ok(0);
        }
        self.forget_renewed_of(db, &over).await?;
        for row in &over {
            self.touches.forget(row.id);
        }
        let over = over.into_iter().map(|row| row.id);
        let over = SessionRow::objects().filter(|s| s.id.is_in(over));
        over.delete_all(&db.acting::<SessionStore>()).await
    }

    /// Ends one session (ASVS 7.4.1: the row is gone, so a kept cookie opens nothing). CWE-613: by its row, which it keeps where
    /// another request renews it meanwhile.
    pub(crate) async fn end(&self, db: &Db<Write>, session: Id<SessionRow>) -> Result<()> {
        let this = SessionRow::objects().filter(|s| s.id.eq(session));
        let this = this.all(&db.acting::<SessionStore>()).await?;
        self.delete(db, this).await?;
        Ok(())
    }

    /// Ends every session of a user (ASVS 7.4.3), in the request's own unit.
    pub(crate) async fn end_all(&self, db: &Db<Write>, user: Uuid) -> Result<u64> {
        let acting = db.acting::<SessionStore>();
        db.begin().await?;
        let theirs = || SessionRow::objects().filter(|s| s.user.eq(user));
        self.forget_renewed_of(db, &theirs().all(&acting).await?).await?;
        // CWE-362: also one that has begun since they were read.
        theirs().delete_all(&acting).await
    }

    /// Ends every session of a user in a unit of its own: at a deactivated user's next request.
    pub(crate) async fn revoke(&self, user: Uuid) -> Result<u64> {
        Retries::of(|| self.revoke_once(user)).await
    }

    async fn revoke_once(&self, user: Uuid) -> Result<u64> {
        let unit = self.units.begin();
        let ended = self.end_all(&unit.db(), user).await?;
        unit.finish(true).await?;
        Ok(ended)
    }

    /// Writes into every session of a user that they have a second factor, in the unit that adds it: those that lack a proof of it open
    /// nothing from the next request on (CWE-308).
    pub(crate) async fn factor_added(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        let theirs = SessionRow::objects().filter(|s| s.user.eq(user));
        theirs
            .change_all(&db.acting::<SessionStore>(), |s| [s.has_factor.set(true)])
            .await?;
        Ok(())
    }

    /// The other way round, in the unit that removes it. CWE-613: a session that lacked a proof of it ends, and does not come to be a whole
    /// one; and what was proved by a factor that is gone counts for none that comes after it.
    pub(crate) async fn factor_removed(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        let acting = db.acting::<SessionStore>();
        let theirs = || SessionRow::objects().filter(|s| s.user.eq(user));
        let lacking = || {
            theirs().filter(|s| {
                let nothing = s.totp_at.is_null() & s.recovery_at.is_null() & s.passkey_at.is_null();
                s.has_factor.eq(true) & nothing
            })
        };
        self.forget_renewed_of(db, &lacking().all(&acting).await?).await?;
        lacking().delete_all(&acting).await?;
        theirs()
            .change_all(&acting, |s| {
                [
                    s.has_factor.set(false),
                    s.totp_at.set(None),
                    s.recovery_at.set(None),
                ]
            })
            .await?;
        Ok(())
    }

    /// An app is removed, and another factor stays: what it proved counts for nothing any more (CWE-613).
    pub(crate) async fn app_removed(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        let theirs = SessionRow::objects().filter(|s| s.user.eq(user));
        theirs
            .change_all(&db.acting::<SessionStore>(), |s| [s.totp_at.set(None)])
            .await?;
        Ok(())
    }

    /// A way in by a provider of single sign-on is removed: every other session that came by one ends (CWE-613).
    #[cfg(feature = "oidc")]
    pub(crate) async fn end_by_providers(
        &self,
        db: &Db<Write>,
        user: Uuid,
        but: Id<SessionRow>,
    ) -> Result<()> {
        let by_them =
            || SessionRow::objects().filter(|s| s.user.eq(user) & !s.oidc_at.is_null() & !s.id.eq(but));
        let acting = db.acting::<SessionStore>();
        db.begin().await?;
        self.forget_renewed_of(db, &by_them().all(&acting).await?).await?;
        by_them().delete_all(&acting).await?;
        Ok(())
    }

    /// A passkey is removed: every session that it has opened, or that lives by its proof, ends (CWE-613: whoever has the device is out).
    #[cfg(feature = "passkeys")]
    pub(crate) async fn passkey_removed(&self, db: &Db<Write>, user: Uuid, passkey: Uuid) -> Result<()> {
        let by_it = || SessionRow::objects().filter(|s| s.user.eq(user) & s.passkey.eq(passkey));
        let acting = db.acting::<SessionStore>();
        db.begin().await?;
        self.forget_renewed_of(db, &by_it().all(&acting).await?).await?;
        by_it().delete_all(&acting).await?;
        Ok(())
    }

    /// A session's data as it stands; `None` if the session has ended.
    pub(crate) async fn data(&self, db: &Db<Write>, session: Id<SessionRow>) -> Result<Option<String>> {
        let row = SessionRow::objects().filter(|s| s.id.eq(session));
        let row = row.first(&db.acting::<SessionStore>()).await?;
        Ok(row.map(|row| row.data))
    }

    /// Writes a session's data.
    pub(crate) async fn write_data(
        &self,
        db: &Db<Write>,
        session: Id<SessionRow>,
        data: String,
    ) -> Result<()> {
        let row = SessionRow::objects().filter(|s| s.id.eq(session));
        row.change_all(&db.acting::<SessionStore>(), |s| [s.data.set(data)])
            .await?;
        Ok(())
    }

    /// Deletes a few rows of sessions that are over: at most once a minute or every fifty sign-ins (CWE-770: whoever
    /// signs in again and again fills no disk, whether or not somebody runs `clearsessions`).
    async fn sweep(&self, db: &Db<Write>) -> Result<()> {
        let now = self.clock.now();
        let begun = self.swept.begun.fetch_add(1, Ordering::Relaxed);
        let last = self.swept.at.load(Ordering::Relaxed);
        // Whichever way the clock jumped.
        if last != i64::MIN && now.as_second().abs_diff(last) < SWEEP_AFTER && begun < SWEEP_EVERY {
            return Ok(());
        }
        self.swept.at.store(now.as_second(), Ordering::Relaxed);
        self.swept.begun.store(0, Ordering::Relaxed);
        let (seen, created) = self.limits.oldest(now);
        // By the one index: what was not seen since the other limit was begun before it, too.
        let oldest = DateTime::from(seen.max(created));
        let newest = DateTime::from(self.limits.newest(now));
        let acting = db.acting::<SessionStore>();
        let present = DateTime::from(now);
        // CWE-407: three ranges of the index, each asked for by itself: joined by OR, SQLite reads all of it.
        let sessions = SessionRow::objects;
        let ranges = [
            sessions().filter(|s| s.remembered.is_null() & s.seen.le(oldest)),
            sessions().filter(|s| s.remembered.is_null() & s.seen.gt(newest)),
            sessions().filter(|s| s.remembered.le(present)),
        ];
        // In the order of the index: a part of what has no order is in the order of ids, for which all rows are read.
        let in_order = |range: QuerySet<SessionRow>| range.order_by(|s| [s.remembered.asc(), s.seen.asc()]);
        let mut over = Vec::new();
        for range in ranges.map(in_order) {
            over.extend(range.limit(SWEPT_AT_ONCE).all(&acting).await?);
        }
        self.delete(db, over).await?;
        Ok(())
    }

    /// Deletes the rows of sessions that are over; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        let now = self.clock.now();
        let (seen, created) = self.limits.oldest(now);
        let (seen, created) = (DateTime::from(seen), DateTime::from(created));
        let newest = DateTime::from(self.limits.newest(now));
        let present = DateTime::from(now);
        let over = || {
            SessionRow::objects().filter(|s| {
                let idle = s.seen.le(seen) | s.created.le(created);
                let ahead = s.seen.gt(newest) | s.created.gt(newest);
                (s.remembered.is_null() & idle) | s.remembered.le(present) | ahead
            })
        };
        let ended = self.delete_by_batches(over).await?;
        self.clear_renewed().await?;
        Ok(ended)
    }

    /// Ends every session of the site, and says how many there were.
    pub(crate) async fn end_everybodys(&self) -> Result<u64> {
        self.delete_by_batches(SessionRow::objects).await
    }

    /// Some at a time, each in a unit of its own: other writers have their turns between.
    async fn delete_by_batches(&self, these: impl Fn() -> QuerySet<SessionRow>) -> Result<u64> {
        let mut ended = 0;
        loop {
            match Retries::of(|| self.delete_batch(these())).await? {
                0 => return Ok(ended),
                some => ended += some,
            }
        }
    }

    async fn delete_batch(&self, these: QuerySet<SessionRow>) -> Result<u64> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let some = these
            .limit(SWEPT_AT_ONCE)
            .all(&db.acting::<SessionStore>())
            .await?;
        let ended = self.delete(&db, some).await?;
        unit.finish(true).await?;
        Ok(ended)
    }
}
