//! Sign-ins that are on their way to a provider.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vauban::http::{Request, Result};
use vauban::orm::{DateTime, Db, Encrypted, Write};
use vauban::units::{Retries, Units};

use super::model::{BegunRow, NewBegunRow};
use crate::sessions::{Clock, SessionToken};

vauban::orm::service! {
    /// Keeps sign-ins that are on their way to a provider.
    pub(crate) BegunStore: View<BegunRow>, Add<BegunRow>, Delete<BegunRow>;
    waiver!(ServiceRights, "who is on the way to a provider is nobody yet")
}

/// The cookie of the browser that begins, without its prefix. SameSite=Lax, as all of ours: it comes along where a provider leads back.
pub(crate) const OIDC_COOKIE: &str = "oidc";
/// For how long, in seconds.
pub(crate) const BEGUN_FOR: i64 = 10 * 60;
/// Rows at most (CWE-770): for another one the oldest goes. Each client's share is far below it.
const MOST: u64 = 10_000;
/// Rows swept at most at one start.
const SWEPT_AT_ONCE: u32 = 20;
/// Bytes of an address to go on to; a longer one is forgotten.
const LONGEST_NEXT: usize = 1000;

/// What a sign-in is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Beginning a session.
    SignIn,
    /// Adding the identity to the account of whoever is signed in.
    Link,
    /// Proving again who is signed in.
    Confirm,
}

impl For {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Link => "link",
            Self::Confirm => "confirm",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::SignIn, Self::Link, Self::Confirm]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// One of them.
pub(crate) struct Begun {
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) purpose: For,
    /// Who was signed in; nil where nobody was.
    pub(crate) user: Uuid,
    pub(crate) next: String,
    /// When it began.
    pub(crate) since: Timestamp,
}

/// Where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct BegunSignIns {
    units: Units,
    clock: Clock,
}

/// The token of this browser, if it has begun before.
pub(crate) fn browser_of(cx: &Request) -> Option<SessionToken> {
    #[allow(deprecated)]
    SessionToken::from_cookie(cx.__cookie_of_framework(OIDC_COOKIE)?)
}

impl BegunSignIns {
    pub(crate) fn new(units: Units, clock: Clock) -> Self {
        Self { units, clock }
    }

    /// Begins one, whose state is this.
    pub(crate) async fn begin(
        &self,
        db: &Db<Write>,
        state: &SessionToken,
        browser: &SessionToken,
        provider: &str,
        begun: &Begun,
    ) -> Result<()> {
        db.begin().await?;
        self.sweep(db).await?;
        let now = self.clock.now();
        let expires = now.saturating_add(SignedDuration::from_secs(BEGUN_FOR));
        let new = NewBegunRow {
            state: state.hash(),
            browser: browser.hash(),
            provider: provider.to_owned(),
            nonce: Encrypted::new(begun.nonce.clone()),
            verifier: Encrypted::new(begun.verifier.clone()),
            purpose: begun.purpose.name().to_owned(),
            user: begun.user,
            next: Some(begun.next.clone())
                .filter(|next| next.len() <= LONGEST_NEXT)
                .unwrap_or_default(),
            expires: DateTime::from(expires.unwrap_or(now)),
        };
        BegunRow::create(new).save(&db.acting::<BegunStore>()).await?;
        Ok(())
    }

    /// Uses one, in a unit of its own: whatever becomes of the request, this state is good no second time (CWE-294). Of any number that
    /// try, one.
    pub(crate) async fn spend(
        &self,
        state: &SessionToken,
        browser: &SessionToken,
        provider: &str,
    ) -> Result<Option<Begun>> {
        Ok(Retries::of(|| self.spend_once(state, browser, provider)).await?)
    }

    async fn spend_once(
        &self,
        state: &SessionToken,
        browser: &SessionToken,
        provider: &str,
    ) -> vauban::orm::Result<Option<Begun>> {
        let unit = self.units.begin();
        let db = unit.db();
        db.begin().await?;
        let acting = db.acting::<BegunStore>();
        // CWE-208: hashes are compared. CWE-352, ASVS 10.1.2: of the browser that began it. Mix-up (RFC 9700 §4.4, ASVS 10.2.2): at the
        // address of the provider that it was sent to. CWE-613: nor is one good that was made while the clock stood ahead.
        let (state, browser, now) = (state.hash(), browser.hash(), self.clock.now());
        let newest = now.saturating_add(SignedDuration::from_secs(BEGUN_FOR + 60));
        let (now, newest) = (DateTime::from(now), DateTime::from(newest.unwrap_or(now)));
        let this = || {
            BegunRow::objects().filter(|b| {
                b.state.eq(state)
                    & b.browser.eq(browser)
                    & b.provider.eq(provider)
                    & b.expires.gt(now)
                    & b.expires.le(newest)
            })
        };
        let Some(found) = this().first(&acting).await? else {
            return Ok(None);
        };
        let by_id = BegunRow::objects().filter(|b| b.id.eq(found.id));
        let is_ours = by_id.delete_all(&acting).await? == 1;
        unit.finish(true).await?;
        let lifetime = SignedDuration::from_secs(BEGUN_FOR);
        let purpose = For::named(&found.purpose).filter(|_| is_ours);
        Ok(purpose.map(|purpose| Begun {
            nonce: found.nonce.into_inner(),
            verifier: found.verifier.into_inner(),
            purpose,
            user: found.user,
            next: found.next,
            since: found.expires.saturating_sub(lifetime).unwrap_or(*found.expires),
        }))
    }

    /// Ends those of an account that are on their way.
    pub(crate) async fn end(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        let theirs = BegunRow::objects().filter(|b| b.user.eq(user));
        theirs.delete_all(&db.acting::<BegunStore>()).await?;
        Ok(())
    }

    /// Deletes rows whose time is over; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        let unit = self.units.begin();
        let now = DateTime::from(self.clock.now());
        let over = BegunRow::objects().filter(|b| b.expires.le(now));
        let count = over.delete_all(&unit.db().acting::<BegunStore>()).await?;
        unit.finish(true).await?;
        Ok(count)
    }

    /// Rows of sign-ins that nobody came back from go as others begin, along the index of their ends.
    async fn sweep(&self, db: &Db<Write>) -> Result<()> {
        let acting = db.acting::<BegunStore>();
        let now = DateTime::from(self.clock.now());
        let many = BegunRow::objects().count(&acting).await?;
        let oldest = BegunRow::objects().order_by(|b| b.expires.asc());
        let gone = match many >= MOST {
            true => oldest.limit(SWEPT_AT_ONCE).all(&acting).await?,
            false => {
                let over = oldest.filter(|b| b.expires.le(now));
                over.limit(SWEPT_AT_ONCE).all(&acting).await?
            }
        };
        if !gone.is_empty() {
            let gone = BegunRow::objects().filter(|b| b.id.is_in(gone.into_iter().map(|row| row.id)));
            gone.delete_all(&acting).await?;
        }
        Ok(())
    }
}
