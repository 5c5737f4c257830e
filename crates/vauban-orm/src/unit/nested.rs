//! A part of a unit that is undone alone if it fails, and what is done when the unit is saved.

use std::sync::Arc;

use super::handles::{Db, Write};
use super::shared::{Mark, Shared};
use crate::error::{Error, Result};

impl Db<Write> {
    /// A part of the unit that is undone alone if it fails: what was written before it stays, and the view goes on.
    ///
    /// Parts may stand in each other, and nothing else of the unit beside one in a `join!` or in a task of its own: it would be undone
    /// with that part, so it fails and takes the whole unit with it. So does a part that is dropped before its end.
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
        let shared = bound.shared();
        let open = Part::open(shared).await?;
        let done = shared.parts.within(open.depth, async { part().await }).await;
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
        let shared = self.asker().shared();
        if let Err(error) = shared.parts.then(Box::pin(then)) {
            tracing::error!(target: "vauban::orm", %error, "a unit is undone");
            shared.undo();
        }
    }
}

/// A part that is open; dropped, nothing is left of its unit.
struct Part<'s> {
    shared: &'s Arc<Shared>,
    depth: u32,
    /// What there was when it began.
    mark: Mark,
    ended: bool,
}

impl<'s> Part<'s> {
    async fn open(shared: &'s Arc<Shared>) -> Result<Self> {
        let (depth, mark) = shared.begin_part().await.inspect_err(|_| shared.undo())?;
        Ok(Self {
            shared,
            depth,
            mark,
            ended: false,
        })
    }

    async fn end(mut self, keep: bool) -> Result<()> {
        let undone = (!keep).then_some(self.mark);
        drop(self.shared.end_part(self.depth, undone).await?);
        self.ended = true;
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
