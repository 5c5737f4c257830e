//! Asking for one's data, and fetching it.

use jiff::SignedDuration;
use uuid::Uuid;
use vauban::http::Result;
use vauban::orm::{self, DateTime, Db, QuerySet, Write};
use zeroize::Zeroizing;

use super::make::export;
use super::model::{ExportRow, Exports, KEPT, NewExportRow, context};
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
pub(crate) async fn forget(db: &Db<Write>, user: Uuid) -> orm::Result<()> {
    of(user).delete_all(&db.acting::<Exports>()).await?;
    Ok(())
}

impl Accounts {
    /// How far a person's data is.
    pub(crate) async fn state_of_data(&self, db: &Db, user: Uuid) -> Result<State> {
        let row = of(user).first(&db.acting::<Exports>()).await?;
        Ok(row.map_or(State::None, |row| self.state_of(&row)))
    }

    /// Has a person's data made, unless it is on its way or was made just now. In their own request: the task acts as who asks.
    pub(crate) async fn ask_for_data(&self, db: &Db<Write>, user: Uuid) -> Result<State> {
        // CWE-362: of two at once one is second.
        db.begin().await?;
        let acting = db.acting::<Exports>();
        let now = self.sessions.clock().now();
        if let Some(row) = of(user).first(&acting).await? {
            let state = self.state_of(&row);
            let is_new = now.duration_since(*row.asked) < PAUSE;
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
        };
        let row = ExportRow::create(new).save(&acting).await?;
        export::enqueue(db, row.id).await?;
        Ok(State::Making)
    }

    /// What was made for a person.
    pub(crate) async fn data_of(&self, db: &Db, user: Uuid) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let row = of(user).first(&db.acting::<Exports>()).await?;
        let row = row.filter(|row| self.state_of(row) == State::Ready);
        Ok(row.and_then(|row| self.data.open(row.sealed.as_deref()?, &[&context(&row)])))
    }

    fn state_of(&self, row: &ExportRow) -> State {
        let now = self.sessions.clock().now();
        match &row.sealed {
            Some(_) if *row.expires > now => State::Ready,
            None if now.duration_since(*row.asked) < ON_ITS_WAY => State::Making,
            _ => State::None,
        }
    }
}
