//! A row that is read or changed if it is there, and added if not: in one turn, so that nobody adds it in between.

use super::change::Changes;
use super::create::Insert;
use super::select::{Ask, PermittedRows, Rows, Select};
use super::written::written;
use super::{Create, QuerySet, one};
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::filter::IntoFilter;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::policy::actor::actions::{Add, Change};
use crate::policy::authority::Authority;
use crate::unit::Steps;
use crate::unit::handles::{Reads, Writes};

impl<M: Model> QuerySet<M> {
    /// The one row that is so; if there is none, `new` is added. `true`: it was added. Nobody adds it in between.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Tag { pub id: Id<Tag>, #[field(unique)] pub slug: Slug, #[field(default = 0)] pub used: i64 }
    /// # impl Policy for Tag { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn tag(db: &Db<Write>, slug: Slug) -> Result<Tag> {
    ///     let new = Tag::create(NewTag { slug: slug.clone() });
    ///     let (tag, _added) = Tag::objects().get_or_create(db, |t| t.slug.eq(&slug), new).await?;
    ///     Ok(tag)
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// What [`Create::save`] says where there is no row that the actor may see: of one that is hidden from them no more than that its key
    /// is taken. [`Error::Multiple`] if several rows are so.
    pub async fn get_or_create<F: IntoFilter<M>, D: Reads<M> + Writes<Add, M>>(
        self,
        db: &D,
        condition: impl FnOnce(&Columns<M>) -> F,
        new: Create<M>,
    ) -> Result<(M, bool)> {
        let bound = Reads::bound(db);
        let (select, model) = (self.for_one(condition)?, M::meta());
        let steps = GetOrCreate {
            found: Rows::of(select),
            insert: Insert::new(model, new)?,
        };
        written(bound, model, Action::Add, bound.write_steps(steps).await)
    }

    /// Changes the one row that is so; if there is none, `new` is added. `true`: it was added. Nobody adds it in between.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Tag { pub id: Id<Tag>, #[field(unique)] pub slug: Slug, #[field(default = 0)] pub used: i64 }
    /// # impl Policy for Tag { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn used(db: &Db<Write>, slug: Slug) -> Result<Tag> {
    ///     let new = Tag::create(NewTag { slug: slug.clone() });
    ///     let by_slug = Tag::objects().create_or_change(db, |t| t.slug.eq(&slug), new, |t| [t.used.increase_by(1)]);
    ///     Ok(by_slug.await?.0)
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Forbidden`] if there is one that the actor may see and not change, or not into this; otherwise as
    /// [`get_or_create`](Self::get_or_create).
    pub async fn create_or_change<F, A, D>(
        self,
        db: &D,
        condition: impl FnOnce(&Columns<M>) -> F,
        new: Create<M>,
        changes: impl FnOnce(&Columns<M>) -> A,
    ) -> Result<(M, bool)>
    where
        F: IntoFilter<M>,
        A: IntoIterator<Item = Assignment<M>>,
        D: Reads<M> + Writes<Add, M> + Writes<Change, M>,
    {
        let bound = Reads::bound(db);
        let (mut select, model) = (self.for_one(condition)?, M::meta());
        select.ask = Ask::Permitted;
        let steps = CreateOrChange {
            found: PermittedRows::of(select),
            insert: Insert::new(model, new)?,
            changes: Changes::new(model, changes(&M::columns(&Path::ROOT)))?,
        };
        written(bound, model, Action::Change, bound.write_steps(steps).await)
    }

    fn for_one<F: IntoFilter<M>>(self, condition: impl FnOnce(&Columns<M>) -> F) -> Result<Select> {
        let mut select = self.filter(condition).select;
        select.whole_set()?;
        select.limit = Some(2);
        Ok(select)
    }
}

struct GetOrCreate<M> {
    found: Rows<M>,
    insert: Insert<M>,
}

impl<M: Record> Steps for GetOrCreate<M> {
    type Found = (M, bool);

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<(M, bool)> {
        match one(self.found.run(authority, session, said).await?) {
            Ok(row) => Ok((row, false)),
            Err(Error::NotFound) => Ok((self.insert.run(authority, session, said).await?, true)),
            Err(error) => Err(error),
        }
    }

    /// A key that is taken may be that of a row which was not there yet when the transaction began.
    fn may_run_again(&self, error: &Error) -> bool {
        matches!(error, Error::Undone | Error::Unique { .. })
    }
}

struct CreateOrChange<M> {
    found: PermittedRows<M>,
    insert: Insert<M>,
    changes: Changes,
}

impl<M: Record> Steps for CreateOrChange<M> {
    type Found = (M, bool);

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<(M, bool)> {
        let found = match one(self.found.run(authority, session, said).await?) {
            Ok(found) => found,
            Err(Error::NotFound) => return Ok((self.insert.run(authority, session, said).await?, true)),
            Err(error) => return Err(error),
        };
        // CWE-863: an existing row is judged as any change of it.
        if !found.may_change() {
            return Err(Error::Forbidden);
        }
        let (id, version) = (found.row.key(), found.row_version);
        let changed = self.changes.on_one(id, version, authority, session, said).await?;
        Ok((changed, false))
    }

    fn may_run_again(&self, error: &Error) -> bool {
        matches!(error, Error::Undone | Error::Unique { .. })
    }
}
