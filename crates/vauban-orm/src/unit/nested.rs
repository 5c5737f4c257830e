//! A part of a unit that is undone alone if it fails, and what is done when the unit is saved.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::handles::{Db, Write};
use super::shared::Shared;
use crate::error::{Error, Result};

impl Db<Write> {
    /// A part of the unit that is undone alone if it fails: what was written before it stays, and the view goes on.
    ///
    /// Parts may stand in each other, and not beside each other in one `join!`: a part that does not end before the one around it,
    /// or is dropped before its end, takes the whole unit with it.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
    /// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn add_what_can_be(db: &Db<Write>, texts: Vec<String>) -> Result<usize> {
    ///     let mut added = 0;
    ///     for text in texts {
    ///         let pair = db.nested(async || {
    ///             Note::create(NewNote { text: text.clone() }).save(db).await?;
    ///             Note::create(NewNote { text: format!("re: {text}") }).save(db).await
    ///         });
    ///         added += usize::from(pair.await.is_ok());
    ///     }
    ///     Ok(added)
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// What `part` says; [`Error::Busy`] if the writer's turn does not come in time.
    pub async fn nested<T, E: From<Error>>(&self, part: impl AsyncFnOnce() -> Result<T, E>) -> Result<T, E> {
        let bound = self.asker();
        self.begin().await?;
        let open = Part::open(bound.shared()).await?;
        let done = part().await;
        open.end(done.is_ok()).await?;
        done
    }

    /// Does this when the unit is saved, and not before: a mail is not sent for an order that is then not there. If the unit is undone,
    /// or the [part](Self::nested) in which this was said, it is not done. The answer waits for it.
    ///
    /// It is not part of the unit: it fails alone, and what it writes is a unit of its own.
    ///
    /// ```
    /// # use vauban_orm::*;
    /// fn told(db: &Db<Write>, send: impl Future<Output = ()> + Send + 'static) {
    ///     db.on_commit(async move {
    ///         send.await;
    ///     });
    /// }
    /// ```
    pub fn on_commit(&self, then: impl Future<Output = ()> + Send + 'static) {
        self.asker().shared().parts.then(Box::pin(then));
    }
}

/// A part that is open; dropped, nothing is left of its unit.
struct Part<'s> {
    shared: &'s Arc<Shared>,
    depth: u32,
    /// How much was to follow when it began.
    then: usize,
    ended: bool,
}

impl<'s> Part<'s> {
    async fn open(shared: &'s Arc<Shared>) -> Result<Self> {
        let parts = &shared.parts;
        let depth = parts.depth.fetch_add(1, Ordering::AcqRel) + 1;
        let part = Self {
            shared,
            depth,
            then: parts.told(),
            ended: false,
        };
        shared.begin_part(depth).await?;
        Ok(part)
    }

    async fn end(mut self, keep: bool) -> Result<()> {
        // CWE-460: undone out of order, a part would take another with it, or be kept with it.
        if self.shared.parts.depth.load(Ordering::Acquire) != self.depth {
            return Err(Error::Internal(
                "a nested part of a unit did not end before the one around it: one after the other, or one in the other".into(),
            ));
        }
        self.shared.end_part(self.depth, keep).await?;
        self.ended = true;
        self.shared.parts.depth.store(self.depth - 1, Ordering::Release);
        if !keep {
            self.shared.parts.forget(self.then);
        }
        Ok(())
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.undo();
        }
    }
}
