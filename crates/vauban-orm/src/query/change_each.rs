//! Rows that are changed together, each into something of its own and by its version.

use super::change::{Changes, One};
use super::create_all::at;
use super::rows::Changeable;
use super::{QuerySet, written};
use crate::backend::Session;
use crate::error::{Error, Result, RowProblem};
use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::policy::actor::actions::Change;
use crate::policy::authority::Authority;
use crate::tree::bounds;
use crate::unit::Steps;
use crate::unit::handles::{Reads, Writes};

impl<M: Model> QuerySet<M> {
    /// All rows that are so and that the actor may change.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all_to_change(self, db: &dyn Reads<M>) -> Result<Vec<Changeable<M>>> {
        let rows = self.permitted_in(db.bound()).await?.into_iter();
        let may = rows.filter(super::Permitted::may_change);
        Ok(may
            .map(|found| Changeable::new(found.row, found.row_version))
            .collect())
    }
}

impl<M: Model> Changeable<M> {
    /// Changes each of the rows into something of its own, one after the other: all or none.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
    /// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn shout(db: &Db<Write>) -> Result<Vec<Note>> {
    ///     let notes = Note::objects().all_to_change(db).await?;
    ///     Changeable::change_each(notes, db, |note, n| [n.text.set(note.text.to_uppercase())]).await
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Rows`]: the position of a row, and what [`change`](Self::change) would have said of it. None is changed then.
    pub async fn change_each<A: IntoIterator<Item = Assignment<M>>>(
        rows: Vec<Self>,
        db: &dyn Writes<Change, M>,
        changes: impl Fn(&M, &Columns<M>) -> A,
    ) -> Result<Vec<M>> {
        let (columns, model) = (M::columns(&Path::ROOT), M::meta());
        let (mut all, mut wrong) = (Vec::with_capacity(rows.len()), Vec::new());
        for (position, row) in rows.iter().enumerate() {
            match Changes::new(model, changes(row, &columns)) {
                Ok(changes) => all.push(One {
                    changes,
                    id: row.key(),
                    version: row.version().0,
                }),
                // CWE-770
                Err(error) if wrong.len() < bounds::MAX_TOLD => {
                    wrong.push(RowProblem { row: position, error });
                }
                Err(_) => {}
            }
        }
        if !wrong.is_empty() {
            return Err(Error::Rows(wrong));
        }
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let bound = db.bound();
        let done = bound.write_steps(Each(all)).await;
        written::written(bound, model, Action::Change, done)
    }
}

struct Each<M>(Vec<One<M>>);

impl<M: Record> Steps for Each<M> {
    type Found = Vec<M>;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<Vec<M>> {
        let mut changed = Vec::with_capacity(self.0.len());
        for (position, one) in self.0.iter().enumerate() {
            said.clear();
            let done = one.run(authority, session, said).await;
            changed.push(done.map_err(|error| at(position, error))?);
        }
        Ok(changed)
    }

    fn is_large(&self) -> bool {
        self.0.len() > 100
    }
}
