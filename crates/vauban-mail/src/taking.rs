//! Taking a letter away: what is looked at before, what is counted meanwhile, what is deleted at the end.

use std::sync::atomic::{AtomicBool, Ordering};

use vauban::http::Result;
use vauban::orm::{self, Db, Write};

use crate::letter::Letter;
use crate::post::{Post, SHUT};
use crate::preferences::has_left;
use crate::rows::{Delivery, LetterRow};
use crate::transport::{Unsent, said};

/// How often a server may have all of a letter.
const MOST_HANDED: i64 = 2;

/// What there is of a letter.
enum Found {
    Nothing,
    /// Why it cannot be opened.
    Shut(&'static str),
    /// Whoever it is for has left its kind since it was written.
    Unwanted,
    Letter(Box<(LetterRow, Letter)>),
}

impl Post {
    /// Takes a letter away and deletes its row, which is all that is done in the unit of the caller's: the rest is kept whatever becomes
    /// of that one, and none waits for a mail server in it.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(crate) async fn deliver(&self, db: &Db<Write>, message_id: &str) -> Result<Result<(), Unsent>> {
        let sent = match self.find(message_id).await? {
            // Once it has left, no task asks for it.
            Found::Nothing => Err(Unsent::Never(
                "the letter is no longer kept: nobody took it away for 30 days".to_owned(),
            )),
            Found::Shut(told) => Err(Unsent::Later(told.to_owned())),
            Found::Unwanted => Ok(()),
            Found::Letter(found) => {
                let (row, letter) = *found;
                self.take_counted(&row, letter).await?
            }
        };
        if sent.is_ok() {
            let this = LetterRow::objects().filter(|l| l.message_id.eq(message_id));
            this.delete_all(&db.acting::<Delivery>()).await?;
        }
        Ok(sent)
    }

    async fn find(&self, message_id: &str) -> Result<Found> {
        let unit = self.units.begin();
        let service = unit.read_db().acting::<Delivery>();
        let rows = LetterRow::objects().filter(|l| l.message_id.eq(message_id));
        let row = match rows.first(&service).await {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(Found::Nothing),
            Err(orm::Error::Undecipherable { .. }) => return Ok(Found::Shut(SHUT)),
            Err(error) => return Err(error.into()),
        };
        let letter = match self.open(&row) {
            Ok(letter) => letter,
            Err(told) => return Ok(Found::Shut(told)),
        };
        if let (Some(kind), Some(to)) = (&letter.kind, letter.to.first())
            && has_left(&service, to.email(), kind).await?
        {
            return Ok(Found::Unwanted);
        }
        Ok(Found::Letter(Box::new((row, letter))))
    }

    /// Takes a letter away, and counts how often a server may have had all of it: twice at most, also where it is this site that fails
    /// afterwards.
    async fn take_counted(&self, row: &LetterRow, letter: Letter) -> Result<Result<(), Unsent>> {
        if row.handed >= MOST_HANDED {
            // Whoever queues it again means it.
            self.count(row.handed, row, row.handed - 1).await?;
            return Ok(Err(twice("its server had it")));
        }
        let is_counted = AtomicBool::new(false);
        let count = async {
            let counted = self.count(row.handed, row, row.handed + 1).await;
            match counted {
                Ok(true) => is_counted.store(true, Ordering::Relaxed),
                Ok(false) => return Err(Unsent::Later("somebody else takes it away".to_owned())),
                Err(error) => return Err(Unsent::Later(said(&format!("it could not be counted: {error}")))),
            }
            Ok(())
        };
        // Boxed: what sends a letter carries it through many hands, and is no larger for it.
        let sent = Box::pin(self.take(letter, Box::pin(count))).await;
        let is_counted = is_counted.into_inner();
        match sent {
            Err(Unsent::Unsure(told)) if is_counted && row.handed + 1 >= MOST_HANDED => {
                self.count(row.handed + 1, row, row.handed).await?;
                Ok(Err(twice(&told)))
            }
            // The server said that it does not have it.
            Err(unsent @ (Unsent::Later(_) | Unsent::Never(_))) if is_counted => {
                self.count(row.handed + 1, row, row.handed).await?;
                Ok(Err(unsent))
            }
            sent => Ok(sent),
        }
    }

    /// Counts a letter, in a unit of its own; `false`: somebody else has, meanwhile.
    async fn count(&self, from: i64, row: &LetterRow, to: i64) -> Result<bool> {
        let unit = self.units.begin();
        let db = unit.db().acting::<Delivery>();
        let this = LetterRow::objects().filter(|l| l.message_id.eq(&row.message_id) & l.handed.eq(from));
        let done = this.change_all(&db, |l| [l.handed.set(to)]).await;
        unit.finish(done.is_ok()).await?;
        Ok(done? == 1)
    }
}

fn twice(told: &str) -> Unsent {
    Unsent::Never(format!("{told}; it was sent twice already, and may have come"))
}
