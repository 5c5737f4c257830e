//! Between the password and the second proof: a row and a cookie of their own, for the pages of that proof and for nothing else.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::http::{Request, Result};
use vauban::orm::{DateTime, Db, QuerySet, Write};
use vauban::units::{Retries, Units};

use super::model::{HalfRow, NewHalfRow};
use crate::links::Epoch;
use crate::sessions::{Clock, Proofs, SessionToken};

vauban::orm::service! {
    /// Keeps sign-ins whose second proof is still to come.
    pub(crate) HalfStore: View<HalfRow>, Add<HalfRow>, Change<HalfRow>, Delete<HalfRow>;
    waiver!(ServiceRights, "who has proved a password is nobody yet")
}

/// The cookie, without its prefix.
pub(crate) const HALF_COOKIE: &str = "half";
/// For how long the second proof may take, in seconds.
pub(crate) const HALF_FOR: i64 = 10 * 60;
/// Codes that may be wrong.
const MOST_TRIES: i64 = 10;
/// Rows of one account at most (CWE-770): the oldest goes for another one.
const MOST_OF_ONE: u64 = 10;
/// Rows swept at most at one sign-in.
const SWEPT_AT_ONCE: u32 = 20;

/// A sign-in whose second proof is still to come.
#[derive(Debug, Clone)]
pub(crate) struct Half {
    pub(crate) user: Uuid,
    pub(crate) epoch: Epoch,
    pub(crate) remember: bool,
    pub(crate) advice: String,
    /// Whether a provider of single sign-on said who they are.
    pub(crate) by_oidc: bool,
}

/// Where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct HalfSignIns {
    units: Units,
    clock: Clock,
}

/// The token that a browser has sent.
pub(crate) fn half_of(cx: &Request) -> Option<SessionToken> {
    #[allow(deprecated)]
    SessionToken::from_cookie(cx.__cookie_of_framework(HALF_COOKIE)?)
}

impl HalfSignIns {
    pub(crate) fn new(units: Units, clock: Clock) -> Self {
        Self { units, clock }
    }

    /// Begins one, in the unit in which the password was found right.
    pub(crate) async fn begin(&self, db: &Db<Write>, half: Half) -> Result<SessionToken> {
        db.begin().await?;
        let acting = db.acting::<HalfStore>();
        let now = self.clock.now();
        let over = HalfRow::objects().filter(|h| h.expires.le(DateTime::from(now)));
        let over = over
            .order_by(|h| h.expires.asc())
            .limit(SWEPT_AT_ONCE)
            .all(&acting)
            .await?;
        let mut gone: Vec<_> = over.into_iter().map(|row| row.id).collect();
        let theirs = || HalfRow::objects().filter(|h| h.user.eq(half.user));
        let beyond = (theirs().count(&acting).await? + 1).saturating_sub(MOST_OF_ONE);
        if beyond > 0 {
            let beyond = u32::try_from(beyond).unwrap_or(u32::MAX).min(SWEPT_AT_ONCE);
            let oldest = theirs().order_by(|h| h.expires.asc()).limit(beyond);
            gone.extend(oldest.all(&acting).await?.into_iter().map(|row| row.id));
        }
        if !gone.is_empty() {
            let gone = HalfRow::objects().filter(|h| h.id.is_in(gone));
            gone.delete_all(&acting).await?;
        }
        let token = SessionToken::fresh()?;
        let lifetime = SignedDuration::from_secs(HALF_FOR);
        let new = NewHalfRow {
            token: token.hash(),
            user: half.user,
            epoch: half.epoch,
            expires: DateTime::from(now.saturating_add(lifetime).unwrap_or(now)),
            tries: 0,
            remember: half.remember,
            advice: half.advice,
        };
        HalfRow::create(new)
            .set(|h| [h.by_oidc.set(half.by_oidc)])
            .save(&acting)
            .await?;
        Ok(token)
    }

    /// What a token opens, without using it.
    pub(crate) async fn find(&self, token: &SessionToken) -> Result<Option<Half>> {
        let unit = self.units.begin();
        let found = self
            .row(token)
            .first(&unit.read_db().acting::<HalfStore>())
            .await?;
        Ok(found.map(Half::of))
    }

    /// Uses one, in the unit of the session that begins: of any number that try, one.
    pub(crate) async fn spend(&self, db: &Db<Write>, token: &SessionToken) -> Result<Option<Half>> {
        db.begin().await?;
        let acting = db.acting::<HalfStore>();
        let Some(found) = self.row(token).first(&acting).await? else {
            return Ok(None);
        };
        let this = HalfRow::objects().filter(|h| h.id.eq(found.id));
        let is_ours = this.delete_all(&acting).await? == 1;
        Ok(is_ours.then(|| Half::of(found)))
    }

    /// Counts a code that was wrong: after ten of them it opens nothing.
    pub(crate) async fn miss(&self, token: &SessionToken) -> Result<()> {
        Ok(Retries::of(|| self.miss_once(token)).await?)
    }

    async fn miss_once(&self, token: &SessionToken) -> vauban::orm::Result<()> {
        let unit = self.units.begin();
        let hash = token.hash();
        let this = HalfRow::objects().filter(|h| h.token.eq(hash));
        this.change_all(&unit.db().acting::<HalfStore>(), |h| {
            [h.tries.set_to(&h.tries + 1)]
        })
        .await?;
        unit.finish(true).await
    }

    /// Ends those of an account, in the unit that ends its sessions (CWE-613: what is on its way in is ended with what is in).
    pub(crate) async fn end(&self, db: &Db<Write>, user: Uuid) -> vauban::orm::Result<()> {
        let theirs = HalfRow::objects().filter(|h| h.user.eq(user));
        theirs.delete_all(&db.acting::<HalfStore>()).await?;
        Ok(())
    }

    /// Ends everybody's.
    pub(crate) async fn end_everybodys(&self) -> Result<()> {
        Ok(Retries::of(|| self.end_everybodys_once()).await?)
    }

    async fn end_everybodys_once(&self) -> vauban::orm::Result<()> {
        let unit = self.units.begin();
        let all = HalfRow::objects();
        all.delete_all(&unit.db().acting::<HalfStore>()).await?;
        unit.finish(true).await
    }

    /// Deletes rows whose time is over; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        Ok(Retries::of(|| self.clear_once()).await?)
    }

    async fn clear_once(&self) -> vauban::orm::Result<u64> {
        let unit = self.units.begin();
        let now = DateTime::from(self.clock.now());
        let over = HalfRow::objects().filter(|h| h.expires.le(now));
        let count = over.delete_all(&unit.db().acting::<HalfStore>()).await?;
        unit.finish(true).await?;
        Ok(count)
    }

    fn row(&self, token: &SessionToken) -> QuerySet<HalfRow> {
        // CWE-208: hashes are compared. CWE-613: nor is one good that was made while the clock stood ahead.
        let (hash, now) = (token.hash(), self.clock.now());
        let newest = now.saturating_add(SignedDuration::from_secs(HALF_FOR + 60));
        let (now, newest) = (DateTime::from(now), DateTime::from(newest.unwrap_or(now)));
        HalfRow::objects()
            .filter(|h| h.token.eq(hash) & h.expires.gt(now) & h.expires.le(newest) & h.tries.lt(MOST_TRIES))
    }
}

impl Half {
    /// The proof that it began with.
    pub(crate) fn first_proof(&self, at: DateTime) -> Proofs {
        match self.by_oidc {
            true => Proofs {
                oidc: Some(at),
                ..Proofs::default()
            },
            false => Proofs {
                password: Some(at),
                ..Proofs::default()
            },
        }
    }

    fn of(row: HalfRow) -> Self {
        Self {
            user: row.user,
            epoch: row.epoch,
            remember: row.remember,
            advice: row.advice,
            by_oidc: row.by_oidc,
        }
    }
}
