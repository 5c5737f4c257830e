//! The sessions of one account, for its owner to see and to end (ASVS 7.5.2, CWE-613).

use uuid::Uuid;
use vauban::orm::{Db, Id, Result, Write};

use super::Age;
use super::model::SessionRow;
use super::store::{SessionStore, Sessions};

/// Rows read at most. An account has fewer.
const MOST: u32 = 100;

impl Sessions {
    /// Those that live, the one that was seen last first.
    pub(crate) async fn of(&self, user: Uuid) -> Result<Vec<SessionRow>> {
        let unit = self.units.begin();
        let db = unit.read_db().acting::<SessionStore>();
        let theirs = SessionRow::objects()
            .filter(|s| s.user.eq(user))
            .order_by(|s| [s.seen.desc(), s.created.desc()])
            .limit(MOST);
        let now = self.clock().now();
        let rows = theirs.all(&db).await?.into_iter();
        Ok(rows.filter(|row| self.age(row, now) != Age::Expired).collect())
    }

    /// Ends one of this user's, by the row's id, which is no token nor a hash of one. The row that was; `None`: there is no such
    /// session, or it is somebody else's (CWE-639), which is the same.
    pub(crate) async fn end_one(
        &self,
        db: &Db<Write>,
        user: Uuid,
        id: Id<SessionRow>,
    ) -> Result<Option<SessionRow>> {
        let acting = db.acting::<SessionStore>();
        db.begin().await?;
        let this = || SessionRow::objects().filter(|s| s.id.eq(id) & s.user.eq(user));
        let found = this().first(&acting).await?;
        self.forget_renewed_of(db, found.as_slice()).await?;
        let ended = this().delete_all(&acting).await?;
        Ok(found.filter(|_| ended == 1))
    }

    /// Ends all of this user's but one, and says how many.
    pub(crate) async fn end_others(&self, db: &Db<Write>, user: Uuid, this: Id<SessionRow>) -> Result<u64> {
        let acting = db.acting::<SessionStore>();
        db.begin().await?;
        let others = || SessionRow::objects().filter(|s| s.user.eq(user) & s.id.ne(this));
        self.forget_renewed_of(db, &others().all(&acting).await?).await?;
        others().delete_all(&acting).await
    }
}
