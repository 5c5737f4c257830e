//! Sending: a draft becomes a letter in the unit, and a task that takes it away.

use vauban::http::Result;
use vauban::orm::{Db, Write};

use crate::delivery;
use crate::letter::{Draft, Mail};
use crate::post::Post;

/// What became of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It leaves when the unit is saved.
    Queued,
    /// Whoever it is for has left this bulk kind: nothing leaves.
    Left,
}

impl<M: Mail> Draft<M> {
    /// Sends it with this unit: it leaves when the unit is saved, as a task, and not at all if the unit is undone. Whoever has
    /// left this bulk kind gets nothing, which is no error: see [`Sent`].
    ///
    /// # Errors
    /// Too many recipients, attachments or headers, or a bulk kind to more than one person; a header that is none (CWE-93); no
    /// sender in the settings, or no origin for the link of a bulk kind; those of the database.
    pub async fn send(self, db: &Db<Write>) -> Result<Sent> {
        self.is_bounded()?;
        let headers = self.checked_headers()?;
        match Post::of(db)?.write(db, self, headers).await? {
            None => Ok(Sent::Left),
            Some(letter) => {
                delivery::enqueue(db, &letter).await?;
                Ok(Sent::Queued)
            }
        }
    }
}
