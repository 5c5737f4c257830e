//! The store of kept forms: a service of its own, the only one that reaches the rows.

use jiff::SignedDuration;
use vauban::http::{Cookie, Error, Request, Result, TypedForm};
use vauban::orm::{DateTime, Db, QuerySet, Reads, Write};
use vauban::signing::ModuleKeys;
use vauban::units::Units;

use super::model::{KeptRow, NewKeptRow};
use super::sealed::{Mark, Place, SiteKey, mark_of};
use crate::sessions::{Clock, SessionToken, TokenHash};

vauban::orm::service! {
    /// Keeps what was typed over a sign-in.
    pub(crate) KeptForms: View<KeptRow>, Add<KeptRow>, Delete<KeptRow>;
    waiver!(ServiceRights, "what was typed is kept before anybody is known")
}

/// The cookie of a browser that has a kept form, without its prefix.
pub(crate) const KEPT_COOKIE: &str = "kept";
/// For how long a form is kept, in seconds.
pub(crate) const KEPT_FOR: i64 = 15 * 60;

/// Forms that are kept at most, at 64 KiB and what their encoding takes. (CWE-770: who signs in and out again and again has
/// as many sessions that are over as they like.) Beyond them nothing is kept, and the page says so: nobody's text that was
/// promised goes for somebody else's.
const MOST: u64 = 1_000;

/// How long a session that is over waits between two forms.
const BETWEEN: SignedDuration = SignedDuration::from_secs(5);

/// Where forms are kept.
#[derive(Clone)]
pub(crate) struct KeptStore {
    units: Units,
    clock: Clock,
    key: SiteKey,
    most: u64,
}

/// Whose form is kept: of which browser and of which session, and for which address.
#[derive(Clone, Copy)]
struct Asks {
    /// What the browser had before.
    browser: Option<TokenHash>,
    session: TokenHash,
    mark: Mark,
}

impl KeptStore {
    pub(crate) fn new(units: Units, clock: Clock, keys: &ModuleKeys) -> Self {
        Self {
            units,
            clock,
            key: SiteKey(keys.derive("kept form")),
            most: MOST,
        }
    }

    /// With another bound: for tests.
    #[cfg(test)]
    pub(crate) fn bounded(&self, most: u64) -> Self {
        Self { most, ..self.clone() }
    }

    /// Keeps a form, in place of what this browser, or that session, had sent to the same address before. `false`: that is too
    /// soon, or another form of theirs is kept, or there is no room.
    pub(crate) async fn keep(&self, cx: &Request, session: TokenHash, form: &TypedForm) -> Result<bool> {
        let mark = self.key.mark(form.address());
        let asks = Asks {
            browser: browser(cx).map(|token| token.hash()),
            session,
            mark: mark.ok_or_else(|| Error::internal("a kept form has no mark"))?,
        };
        // Refused without a turn of the writer.
        let unit = self.units.begin();
        let reading = unit.read_db().acting::<KeptForms>();
        if self.has_just_kept(&reading, session).await? || !self.is_free(&reading, asks).await? {
            return Ok(false);
        }
        let token = SessionToken::fresh()?;
        let sent = DateTime::from(self.clock.now());
        let place = Place {
            browser: token.hash(),
            session,
            sent: sent.as_second(),
        };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(form)?);
        let sealed = self.key.seal(&token, &place, asks.mark, &plain);
        let sealed = sealed.ok_or_else(|| Error::internal("a kept form could not be encrypted"))?;
        let unit = self.units.begin();
        let db = unit.db();
        // CWE-362: of two tabs that send at the same time one is second.
        db.begin().await?;
        self.delete_old(&db).await?;
        if !self.is_free(&db.acting::<KeptForms>(), asks).await? {
            unit.finish(false).await?;
            return Ok(false);
        }
        theirs(asks).delete_all(&db.acting::<KeptForms>()).await?;
        let new = NewKeptRow {
            browser: place.browser,
            session,
            sent,
            sealed,
        };
        KeptRow::create(new).save(&db.acting::<KeptForms>()).await?;
        unit.finish(true).await?;
        #[allow(deprecated)]
        let kept = Cookie::__of_framework(KEPT_COOKIE, &token.to_cookie());
        cx.set_cookie(kept.max_age(KEPT_FOR));
        Ok(true)
    }

    /// CWE-770: a cookie that opens nothing any more writes now and then, and not as often as it is sent.
    async fn has_just_kept(&self, db: &impl Reads<KeptRow>, session: TokenHash) -> Result<bool> {
        let now = self.clock.now();
        let since = DateTime::from(now.saturating_sub(BETWEEN).unwrap_or(now));
        let newest = self.newest();
        let recent =
            KeptRow::objects().filter(|k| k.session.eq(session) & k.sent.gt(since) & k.sent.le(newest));
        Ok(recent.exists(db).await?)
    }

    /// Whether a form may be kept: what would give way to it was sent to the same address, and if nothing does there is room.
    async fn is_free(&self, db: &impl Reads<KeptRow>, asks: Asks) -> Result<bool> {
        let (oldest, newest) = (self.oldest(), self.newest());
        let theirs = theirs(asks).filter(|k| k.sent.gt(oldest) & k.sent.le(newest));
        let theirs = theirs.all(db).await?;
        if !theirs.is_empty() {
            // What a page has promised to show is not lost to the form in another tab.
            return Ok(theirs.iter().all(|row| mark_of(row) == Some(asks.mark)));
        }
        let all = KeptRow::objects().filter(|k| k.sent.gt(oldest) & k.sent.le(newest));
        Ok(all.count(db).await? < self.most)
    }

    /// What is kept for this browser, if it is also the account's that asks. For anybody else there is nothing.
    pub(crate) async fn find(&self, cx: &Request) -> Result<Option<TypedForm>> {
        let Some(token) = browser(cx) else {
            return Ok(None);
        };
        let hash = token.hash();
        let unit = self.units.begin();
        let db = unit.read_db().acting::<KeptForms>();
        // CWE-613: a row outlives its time until the next one is kept, or `clearsessions` runs.
        let (oldest, newest) = (self.oldest(), self.newest());
        let found = KeptRow::objects().filter(|k| k.browser.eq(hash) & k.sent.gt(oldest) & k.sent.le(newest));
        let Some(row) = found.first(&db).await? else {
            return Ok(None);
        };
        let plain = self.key.open(&token, &Place::of(&row), &row.sealed);
        // CWE-502: into a closed type, or nothing.
        let form = plain.and_then(|plain| serde_json::from_slice::<TypedForm>(&plain).ok());
        // CWE-639
        Ok(form.filter(|form| form.belongs_to(cx)))
    }

    /// Deletes what is kept for this browser, and has it forget its cookie.
    pub(crate) async fn discard(&self, cx: &Request, db: &Db<Write>) -> Result<()> {
        if let Some(token) = browser(cx) {
            self.forget(db, token.hash()).await?;
            #[allow(deprecated)]
            let gone = Cookie::__of_framework(KEPT_COOKIE, "").max_age(0);
            cx.set_cookie(gone);
        }
        Ok(())
    }

    /// Deletes the rows whose time is over; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        let unit = self.units.begin();
        let count = self.delete_old(&unit.db()).await?;
        unit.finish(true).await?;
        Ok(count)
    }

    /// The same, in a unit of somebody else's.
    pub(crate) async fn delete_old(&self, db: &Db<Write>) -> Result<u64> {
        let (oldest, newest) = (self.oldest(), self.newest());
        let over = KeptRow::objects().filter(|k| k.sent.le(oldest) | k.sent.gt(newest));
        Ok(over.delete_all(&db.acting::<KeptForms>()).await?)
    }

    async fn forget(&self, db: &Db<Write>, browser: TokenHash) -> Result<()> {
        let row = KeptRow::objects().filter(|k| k.browser.eq(browser));
        row.delete_all(&db.acting::<KeptForms>()).await?;
        Ok(())
    }

    /// What was sent later than this was sent while the clock was ahead, and would stay until then (CWE-613).
    fn newest(&self) -> DateTime {
        let now = self.clock.now();
        DateTime::from(now.saturating_add(SignedDuration::from_mins(1)).unwrap_or(now))
    }

    fn oldest(&self) -> DateTime {
        let now = self.clock.now();
        DateTime::from(
            now.saturating_sub(SignedDuration::from_secs(KEPT_FOR))
                .unwrap_or(now),
        )
    }
}

/// What gives way to a form.
fn theirs(asks: Asks) -> QuerySet<KeptRow> {
    KeptRow::objects().filter(|k| match asks.browser {
        Some(browser) => k.session.eq(asks.session) | k.browser.eq(browser),
        None => k.session.eq(asks.session),
    })
}

/// The token in the browser's cookie.
fn browser(cx: &Request) -> Option<SessionToken> {
    #[allow(deprecated)]
    SessionToken::from_cookie(cx.__cookie_of_framework(KEPT_COOKIE)?)
}
