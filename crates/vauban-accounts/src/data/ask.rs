//! Asking for one's data, and fetching it.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::http::Result;
use vauban::orm::{self, DateTime, Db, QuerySet, Reads, Write};
use zeroize::Zeroizing;

use super::make::export;
use super::model::{ExportRow, Exports, KEPT, NewExportRow};
use crate::accounts::Accounts;

/// What was asked for so long ago is not on its way any more.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(24);
/// Another one is not made before (CWE-770).
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing was asked for, or it is gone.
    None,
    /// A task makes it.
    Making,
    /// It can be fetched.
    Ready,
}

fn of(user: Uuid) -> QuerySet<ExportRow> {
    ExportRow::objects().filter(|e| e.user.eq(user))
}

/// Deletes what was made for somebody.
async fn forget(db: &Db<Write>, user: Uuid) -> orm::Result<()> {
    of(user).delete_all(&db.acting::<Exports>()).await?;
    Ok(())
}

impl Accounts {
    /// How far a person's data is.
    pub(crate) async fn state_of_data(&self, db: &Db, user: Uuid) -> Result<State> {
        let found = self.found(&db.acting::<Exports>(), user).await?;
        Ok(found.map_or(State::None, |(state, _)| state))
    }

    /// How far it is, and when it was asked for. CWE-400: not what was made, which is large.
    async fn found(&self, db: &dyn Reads<ExportRow>, user: Uuid) -> orm::Result<Option<(State, DateTime)>> {
        let times = of(user).values(|e| (&e.asked, &e.expires)).first(db).await?;
        let Some((asked, expires)) = times else {
            return Ok(None);
        };
        let is_made = of(user)
            .filter(|e| !e.sealed.is_null() | !e.made.is_null())
            .exists(db)
            .await?;
        Ok(Some((self.state(is_made, asked, expires), asked)))
    }

    /// Has a person's data made, unless it is on its way or was made just now. In their own request: the task acts as who asks.
    pub(crate) async fn ask_for_data(&self, db: &Db<Write>, user: Uuid) -> Result<State> {
        // CWE-362: of two at once one is second.
        db.begin().await?;
        let acting = db.acting::<Exports>();
        let now = self.sessions.clock().now();
        if let Some((state, asked)) = self.found(&acting, user).await? {
            let is_new = now.duration_since(*asked) < PAUSE;
            if state == State::Making || (state == State::Ready && is_new) {
                return Ok(state);
            }
        }
        forget(db, user).await?;
        let new = NewExportRow {
            user,
            asked: DateTime::from(now),
            expires: DateTime::from(now.saturating_add(KEPT).unwrap_or(now)),
            sealed: None,
            made: None,
        };
        let row = ExportRow::create(new).save(&acting).await?;
        export::enqueue(db, row.id).await?;
        Ok(State::Making)
    }

    /// What was made for a person.
    pub(crate) async fn data_of(&self, db: &Db, user: Uuid) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let row = match of(user).first(&db.acting::<Exports>()).await {
            // CWE-345: it was made for another row.
            Err(orm::Error::Undecipherable { .. }) => None,
            row => row?,
        };
        let is_ready = |row: &ExportRow| self.state(row.is_made(), row.asked, row.expires) == State::Ready;
        let row = row.filter(is_ready);
        Ok(row.and_then(|row| row.opened(&self.data)))
    }

    fn state(&self, is_made: bool, asked: DateTime, expires: DateTime) -> State {
        let now = self.sessions.clock().now();
        match is_made {
            true if *expires > now => State::Ready,
            false if now.duration_since(*asked) < ON_ITS_WAY => State::Making,
            _ => State::None,
        }
    }
}
