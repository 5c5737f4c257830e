//! The store of identities by which people sign in: a service of its own, the only one that reaches the rows.

use uuid::Uuid;
use vauban::orm::{DateTime, Db, Id, QuerySet, Result, Write};

use super::Identity;
use super::model::{NewProviderLinkRow, ProviderLinkRow};
use crate::sessions::Clock;

vauban::orm::service! {
    /// Keeps by which identities people sign in.
    pub(crate) ProviderLinkStore: View<ProviderLinkRow>, Add<ProviderLinkRow>, Change<ProviderLinkRow>, Delete<ProviderLinkRow>;
    waiver!(ServiceRights, "a provider says who somebody is before they are anybody")
}

/// Identities of one account at most (CWE-770).
const MOST_OF_ONE: usize = 20;

/// Where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    clock: Clock,
}

impl Linked {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// Whose an identity is.
    pub(crate) async fn whose(&self, db: &Db, identity: &Identity) -> Result<Option<Uuid>> {
        let row = row(identity).filter(|l| l.removed.is_null());
        row.values(|l| &l.user)
            .first(&db.acting::<ProviderLinkStore>())
            .await
    }

    /// Notes that somebody signs in by it.
    pub(crate) async fn used(&self, db: &Db<Write>, identity: &Identity) -> Result<()> {
        let now = DateTime::from(self.clock.now());
        let acting = db.acting::<ProviderLinkStore>();
        let noted = row(identity).change_all(&acting, |l| [l.used.set(Some(now))]);
        noted.await?;
        Ok(())
    }

    /// Those of an account, the oldest first.
    pub(crate) async fn of(&self, db: &Db, user: Uuid) -> Result<Vec<ProviderLinkRow>> {
        let theirs = ProviderLinkRow::objects().filter(|l| l.user.eq(user) & l.removed.is_null());
        let most = u32::try_from(MOST_OF_ONE).unwrap_or(u32::MAX);
        let theirs = theirs.order_by(|l| l.added.asc()).limit(most);
        theirs.all(&db.acting::<ProviderLinkStore>()).await
    }

    /// Whether an account has or had an identity of this provider: then only its owner links another one, by hand.
    pub(crate) async fn knows(&self, db: &Db, user: Uuid, issuer: &str) -> Result<bool> {
        let theirs = ProviderLinkRow::objects().filter(|l| l.user.eq(user) & l.issuer.eq(issuer));
        theirs.exists(&db.acting::<ProviderLinkStore>()).await
    }

    /// Adds one, in the writer's turn. `false`: it is somebody's already, or the account has as many as it may have.
    pub(crate) async fn add(&self, db: &Db<Write>, user: Uuid, identity: &Identity) -> Result<bool> {
        // CWE-362: of two at once one is second, and `unique` holds besides.
        db.begin().await?;
        if self.whose(db, identity).await?.is_some() || self.of(db, user).await?.len() >= MOST_OF_ONE {
            return Ok(false);
        }
        let acting = db.acting::<ProviderLinkStore>();
        // What somebody removed is nobody's, and may be linked by hand again.
        row(identity).delete_all(&acting).await?;
        let new = NewProviderLinkRow {
            user,
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            added: DateTime::from(self.clock.now()),
            used: None,
            removed: None,
        };
        ProviderLinkRow::create(new).save(&acting).await?;
        Ok(true)
    }

    /// Whoever comes second waits, until the unit of the first has ended.
    pub(crate) async fn lock(&self, db: &Db<Write>, user: Uuid) -> Result<()> {
        let theirs = ProviderLinkRow::objects().filter(|l| l.user.eq(user));
        let acting = db.acting::<ProviderLinkStore>();
        let same = theirs.change_all(&acting, |l| [l.user.set(user)]);
        same.await?;
        Ok(())
    }

    /// Takes one of an account's away. `false`: it is none of theirs (CWE-639).
    pub(crate) async fn remove(&self, db: &Db<Write>, user: Uuid, id: Id<ProviderLinkRow>) -> Result<bool> {
        let this = ProviderLinkRow::objects().filter(|l| l.id.eq(id));
        Ok(self.take(db, user, this).await? == 1)
    }

    /// Takes all of an account's away, and says how many there were.
    pub(crate) async fn remove_all(&self, db: &Db<Write>, user: Uuid) -> Result<u64> {
        self.take(db, user, ProviderLinkRow::objects()).await
    }

    async fn take(&self, db: &Db<Write>, user: Uuid, these: QuerySet<ProviderLinkRow>) -> Result<u64> {
        let now = DateTime::from(self.clock.now());
        let these = these.filter(|l| l.user.eq(user) & l.removed.is_null());
        let acting = db.acting::<ProviderLinkStore>();
        these.change_all(&acting, |l| [l.removed.set(Some(now))]).await
    }
}

fn row(identity: &Identity) -> QuerySet<ProviderLinkRow> {
    ProviderLinkRow::objects().filter(|l| l.issuer.eq(&identity.issuer) & l.subject.eq(&identity.subject))
}
