//! Challenges: in rows, not in cookies, so that each is good once (CWE-294).

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::http::{Error, Request};
use vauban::orm::{DateTime, Result};
use vauban::units::Retries;

use crate::factors::model::{NewPasskeyChallengeRow, PasskeyChallengeRow};
use crate::factors::{FactorStore, Factors};
use crate::sessions::SessionToken;

/// The cookie of the browser that asked, without its prefix.
pub(crate) const PASSKEY_COOKIE: &str = "passkey";
/// For how long a challenge may be answered, in seconds: what browsers wait for a finger or a PIN.
pub(crate) const CHALLENGE_FOR: i64 = 5 * 60;
/// Challenges of one account at most (CWE-770): the oldest goes for another one.
const MOST_OF_ONE: u64 = 10;
/// Rows swept at most where one is made.
const SWEPT_AT_ONCE: u32 = 20;

/// What a challenge is for. CWE-287: what was signed for one is good for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A sign-in by the passkey alone.
    SignIn,
    /// The second proof of a sign-in.
    Second,
    /// Proving again who one is.
    Confirm,
    /// A new passkey.
    Add,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Second => "second",
            Self::Confirm => "confirm",
            Self::Add => "add",
        }
    }
}

/// The token that a browser has sent.
pub(crate) fn challenge_of(cx: &Request) -> Option<SessionToken> {
    #[allow(deprecated)]
    SessionToken::from_cookie(cx.__cookie_of_framework(PASSKEY_COOKIE)?)
}

impl Factors {
    /// Keeps a challenge for the browser that gets this token (CWE-384: another one has not asked for it). In a unit of its own.
    pub(crate) async fn keep_challenge(
        &self,
        purpose: Purpose,
        user: Uuid,
        state: &str,
    ) -> vauban::http::Result<SessionToken> {
        let token = SessionToken::fresh().map_err(|error| Error::internal(error.to_string()))?;
        Retries::of(|| self.keep_challenge_once(purpose, user, state, &token)).await?;
        Ok(token)
    }

    async fn keep_challenge_once(
        &self,
        purpose: Purpose,
        user: Uuid,
        state: &str,
        token: &SessionToken,
    ) -> Result<()> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<FactorStore>();
        let now = self.clock.now();
        // CWE-770: along the index, so that rows do not grow, whether or not anybody runs `clearsessions`.
        let over = PasskeyChallengeRow::objects().filter(|c| c.expires.le(DateTime::from(now)));
        let over = over.order_by(|c| c.expires.asc()).limit(SWEPT_AT_ONCE);
        let mut gone: Vec<_> = over.all(&acting).await?.into_iter().map(|row| row.id).collect();
        if !user.is_nil() {
            let theirs = || PasskeyChallengeRow::objects().filter(|c| c.user.eq(user));
            let beyond = (theirs().count(&acting).await? + 1).saturating_sub(MOST_OF_ONE);
            let beyond = u32::try_from(beyond).unwrap_or(u32::MAX).min(SWEPT_AT_ONCE);
            if beyond > 0 {
                let oldest = theirs().order_by(|c| c.expires.asc()).limit(beyond);
                gone.extend(oldest.all(&acting).await?.into_iter().map(|row| row.id));
            }
        }
        if !gone.is_empty() {
            let gone = PasskeyChallengeRow::objects().filter(|c| c.id.is_in(gone));
            gone.delete_all(&acting).await?;
        }
        let lifetime = SignedDuration::from_secs(CHALLENGE_FOR);
        let new = NewPasskeyChallengeRow {
            token: token.hash(),
            purpose: purpose.name().to_owned(),
            user,
            state: state.to_owned(),
            expires: DateTime::from(now.saturating_add(lifetime).unwrap_or(now)),
        };
        PasskeyChallengeRow::create(new).save(&acting).await?;
        unit.finish(true).await
    }

    /// Takes the challenge that a browser has asked for, in a unit of its own: whatever becomes of the request, it is good no second time
    /// (CWE-294). `None`: there is none, or it is of something or somebody else.
    pub(crate) async fn take_challenge(
        &self,
        token: &SessionToken,
        purpose: Purpose,
        user: Uuid,
    ) -> Result<Option<String>> {
        Retries::of(|| self.take_challenge_once(token, purpose, user)).await
    }

    async fn take_challenge_once(
        &self,
        token: &SessionToken,
        purpose: Purpose,
        user: Uuid,
    ) -> Result<Option<String>> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<FactorStore>();
        let hash = token.hash();
        let this = || PasskeyChallengeRow::objects().filter(|c| c.token.eq(hash));
        let found = this().first(&acting).await?;
        // CWE-362: of any number that try, one.
        let is_ours = this().delete_all(&acting).await? == 1;
        unit.finish(true).await?;
        let now = self.clock.now();
        // CWE-613: nor is one good that was made while the clock stood ahead.
        let newest = now.saturating_add(SignedDuration::from_secs(CHALLENGE_FOR + 60));
        let (now, newest) = (DateTime::from(now), DateTime::from(newest.unwrap_or(now)));
        let good = found.filter(|row| {
            let is_fresh = row.expires > now && row.expires <= newest;
            is_ours && is_fresh && row.purpose == purpose.name() && row.user == user
        });
        Ok(good.map(|row| row.state))
    }
}
