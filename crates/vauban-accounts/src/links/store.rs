//! The store of links: a service of its own, the only one that reaches the rows.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::PathSecret;
use vauban::http::{Error, Result};
use vauban::orm::{DateTime, Db, QuerySet, Write};
use vauban::units::Units;

use super::LinkLifetimes;
use super::lifetimes::in_words;
use super::model::{Epoch, LinkRow, NewLinkRow, Purpose};
use crate::Email;
use crate::sessions::{Clock, SessionToken};

vauban::orm::service! {
    /// Makes and spends the links of mails.
    pub(crate) LinkStore: View<LinkRow>, Add<LinkRow>, Delete<LinkRow>;
    waiver!(ServiceRights, "a link is followed before anybody is known")
}

/// Rows swept at most when a link is made: the writer's turn stays short.
const SWEPT_AT_ONCE: u32 = 20;

/// Where links are kept.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    units: Units,
    clock: Clock,
    lifetimes: LinkLifetimes,
}

/// A link that may be used.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// The address that it proves.
    pub(crate) email: Email,
    /// Whose it is; where there is no account yet, the invitation that it is made through, or nil.
    pub(crate) account: Uuid,
    pub(crate) epoch: Epoch,
}

impl Links {
    pub(crate) fn new(units: Units, clock: Clock, lifetimes: LinkLifetimes) -> Self {
        Self {
            units,
            clock,
            lifetimes,
        }
    }

    /// For how long a link is good, in words.
    pub(crate) fn lifetime(&self, purpose: Purpose) -> String {
        in_words(self.lifetimes.of(purpose))
    }

    /// For how long a link is good.
    pub(crate) fn lifetime_of(&self, purpose: Purpose) -> std::time::Duration {
        self.lifetimes.of(purpose)
    }

    /// Makes a link, in the unit in which its mail is sent; the one before it for the same address and account is none any more.
    /// The same statements, whoever it is for (CWE-208).
    pub(crate) async fn make(&self, db: &Db<Write>, purpose: Purpose, link: Link) -> Result<PathSecret> {
        // ASVS 7.2.3, CWE-330: 256 bits from the operating system's generator, as a session's.
        let token = SessionToken::fresh()?;
        let now = self.clock.now();
        let acting = db.acting::<LinkStore>();
        // CWE-362: of two at once one is second.
        db.begin().await?;
        let before = LinkRow::objects()
            .filter(|l| l.email.eq(&link.email) & l.purpose.eq(purpose.name()) & l.account.eq(link.account));
        before.delete_all(&acting).await?;
        self.sweep(db).await?;
        let lifetime = SignedDuration::try_from(self.lifetimes.of(purpose))
            .map_err(|error| Error::internal(error.to_string()))?;
        let new = NewLinkRow {
            token: token.hash(),
            purpose: purpose.name().to_owned(),
            email: link.email,
            account: link.account,
            epoch: link.epoch,
            expires: DateTime::from(now.saturating_add(lifetime).unwrap_or(now)),
        };
        LinkRow::create(new).save(&acting).await?;
        PathSecret::parse(&token.to_cookie()).map_err(|error| Error::internal(error.to_string()))
    }

    /// What a link is for, without using it. `None`: it was used, is over, for something else, or never was.
    pub(crate) async fn find(&self, purpose: Purpose, token: &PathSecret) -> Result<Option<Link>> {
        let Some(row) = self.row(purpose, token) else {
            return Ok(None);
        };
        let unit = self.units.begin();
        let found = row.first(&unit.read_db().acting::<LinkStore>()).await?;
        Ok(found.map(Link::of))
    }

    /// Uses a link, in the unit of what it is used for: of any number that try, one (CWE-367). If that unit is undone, so is this.
    pub(crate) async fn spend(
        &self,
        db: &Db<Write>,
        purpose: Purpose,
        token: &PathSecret,
    ) -> Result<Option<Link>> {
        let acting = db.acting::<LinkStore>();
        db.begin().await?;
        let Some(found) = (match self.row(purpose, token) {
            Some(row) => row.first(&acting).await?,
            None => None,
        }) else {
            return Ok(None);
        };
        // Who deletes the row has the link: on PostgreSQL whoever comes second waits here, and deletes nothing.
        let this = LinkRow::objects().filter(|l| l.token.eq(found.token));
        let is_ours = this.delete_all(&acting).await? == 1;
        Ok(is_ours.then(|| Link::of(found)))
    }

    /// Ends an account's links for a purpose.
    pub(crate) async fn end(&self, db: &Db<Write>, purpose: Purpose, account: Uuid) -> Result<()> {
        let theirs = LinkRow::objects().filter(|l| l.account.eq(account) & l.purpose.eq(purpose.name()));
        theirs.delete_all(&db.acting::<LinkStore>()).await?;
        Ok(())
    }

    /// Ends an account's links, whatever they are for.
    pub(crate) async fn end_all(&self, db: &Db<Write>, account: Uuid) -> Result<()> {
        let theirs = LinkRow::objects().filter(|l| l.account.eq(account));
        theirs.delete_all(&db.acting::<LinkStore>()).await?;
        Ok(())
    }

    /// Deletes rows whose time is over; for the command `clearsessions`.
    pub(crate) async fn clear(&self) -> Result<u64> {
        let unit = self.units.begin();
        let now = DateTime::from(self.clock.now());
        let over = LinkRow::objects().filter(|l| l.expires.le(now));
        let count = over.delete_all(&unit.db().acting::<LinkStore>()).await?;
        unit.finish(true).await?;
        Ok(count)
    }

    /// CWE-770: rows of links that nobody followed go as others come.
    async fn sweep(&self, db: &Db<Write>) -> Result<()> {
        let now = DateTime::from(self.clock.now());
        let acting = db.acting::<LinkStore>();
        let over = LinkRow::objects()
            .filter(|l| l.expires.le(now))
            .order_by(|l| l.expires.asc())
            .limit(SWEPT_AT_ONCE);
        let over: Vec<_> = over
            .all(&acting)
            .await?
            .into_iter()
            .map(|row| row.token)
            .collect();
        // One statement, whether or not there are any.
        LinkRow::objects()
            .filter(|l| l.token.is_in(over))
            .delete_all(&acting)
            .await?;
        Ok(())
    }

    /// The row that a token opens now. `None`: it has not the form of one.
    fn row(&self, purpose: Purpose, token: &PathSecret) -> Option<QuerySet<LinkRow>> {
        // CWE-208: the database compares hashes of what was sent, so its timing tells nothing of a token.
        let hash = SessionToken::from_cookie(token.expose())?.hash();
        let now = self.clock.now();
        // CWE-613: nor is one good that was made while the clock stood ahead.
        let newest = SignedDuration::try_from(self.lifetimes.of(purpose)).unwrap_or(SignedDuration::ZERO)
            + SignedDuration::from_mins(1);
        let (now, newest) = (
            DateTime::from(now),
            DateTime::from(now.saturating_add(newest).unwrap_or(now)),
        );
        Some(LinkRow::objects().filter(|l| {
            l.token.eq(hash) & l.purpose.eq(purpose.name()) & l.expires.gt(now) & l.expires.le(newest)
        }))
    }
}

impl Link {
    /// Whether an account is made by it through an invitation.
    pub(crate) fn is_of_invitation(&self) -> bool {
        !self.account.is_nil()
    }

    fn of(row: LinkRow) -> Self {
        Self {
            email: row.email,
            account: row.account,
            epoch: row.epoch,
        }
    }
}
