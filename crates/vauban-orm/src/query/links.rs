//! Linking rows of two models by rows of a third, under that one's rules for adding and deleting.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;

use super::create::{Create, Insert};
use super::create_all::InsertAll;
use super::delete::Removal;
use super::select::{Ask, Select};
use super::stored::mismatch;
use super::stored::no_key;
use super::written::written;
use crate::backend::Session;
use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::linked::Linked;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::model::scope::Own;
use crate::model::types::Id;
use crate::model::{Model, NewValues};
use crate::policy::actor::Action;
use crate::policy::actor::actions::{Add, Delete};
use crate::policy::authority::Authority;
use crate::sabotage::{Control, removed};
use crate::tree::bounds;
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta};
use crate::tree::value::{RowReader, Value, ValueRef};
use crate::unit::Steps;
use crate::unit::handles::{Bound, Reads, Writes};

/// The rows of `T` to which rows of `G` link one row, to be changed: `article.id.links(|a| &a.tags).set(&db, chosen)`.
///
/// A link is a row of `G`: it is added under `G`'s add rule and removed under its delete rule, and both rows that it links
/// must be visible. What may not be seen, a link or one of its ends, is absent: it is neither removed nor replaced. Adding
/// what is linked and removing what is not does nothing. Each call is done whole or not at all, and the database holds
/// every pair once (`unique`), whoever links at the same time.
#[derive(Debug)]
#[must_use = "nothing is linked before `add`, `remove` or `set`"]
pub struct Links<G, T> {
    pairs: Pairs<G>,
    far: PhantomData<fn() -> T>,
}

impl<M: Model> Id<M> {
    /// What is linked to this row, to be changed.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)] #[model(crate = vauban_orm, user)]
    /// # pub struct User { pub id: Id<User>, #[field(max_length = 100)] pub name: String }
    /// # impl Policy for User {
    /// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
    /// # }
    /// # #[derive(Model)] #[model(crate = vauban_orm)]
    /// # pub struct Tag { pub id: Id<Tag>, #[field(max_length = 100)] pub name: String }
    /// # impl Policy for Tag {
    /// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
    /// # }
    /// #[derive(Model)]
    /// #[model(crate = vauban_orm, many(tags: Tag through new ArticleTag(article, tag)))]
    /// pub struct Article {
    ///     pub id: Id<Article>,
    ///     #[field(owner)]
    ///     pub author: ForeignKey<User>,
    /// }
    /// # impl Policy for Article {
    /// #     fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> { Rules::owner(a.author.is(who)) }
    /// # }
    ///
    /// // The derive has written `ArticleTag`, and not who may do what with its rows.
    /// impl Policy for ArticleTag {
    ///     fn rules(who: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
    ///         Rules::link(l.article.visible(who) & l.tag.visible(who), l.article.author.is(who))
    ///     }
    /// }
    ///
    /// async fn choose(db: &Db<Write>, article: &Article, chosen: Vec<Id<Tag>>) -> Result<()> {
    ///     article.id.links(|a| &a.tags).set(db, chosen).await
    /// }
    /// # fn main() {}
    /// ```
    pub fn links<G: Model, T: Model>(
        self,
        relation: impl FnOnce(&Columns<M>) -> &Linked<Own<M>, G, T>,
    ) -> Links<G, T> {
        // CWE-668: facts that nobody derived say nothing of a link's ends.
        const { G::__DERIVED.is_so() };
        let (near, far) = relation(&M::columns(&Path::ROOT)).keys();
        Links {
            pairs: Pairs::new(G::meta(), (near, far), self.uuid()),
            far: PhantomData,
        }
    }
}

impl<G: Model, T: Model> Links<G, T> {
    /// Links these rows to it; says how many were not linked before.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a link that the add rule does not allow, [`Error::Invalid`] for a row that is absent or may not be
    /// seen; [`Error::TooLarge`] for more than 1,000: then none is linked.
    pub async fn add(self, db: &impl Writes<Add, G>, rows: impl IntoIterator<Item = Id<T>>) -> Result<u64> {
        self.pairs
            .add_in(db.bound(), rows.into_iter().map(Id::uuid))
            .await
    }

    /// Removes the links to these rows; says how many there were.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a link that may be seen and not deleted: then none is removed. [`Error::TooLarge`] for more than
    /// 1,000.
    pub async fn remove(
        self,
        db: &(impl Writes<Delete, G> + Reads<G>),
        rows: impl IntoIterator<Item = Id<T>>,
    ) -> Result<u64> {
        let bound = Writes::<Delete, G>::bound(db);
        self.pairs.remove_in(bound, rows.into_iter().map(Id::uuid)).await
    }

    /// Links these rows to it and no others that whoever asks may see. Links that stay are left as they are, and ask for no right.
    ///
    /// # Errors
    /// As [`add`](Self::add) and [`remove`](Self::remove): then nothing is changed.
    pub async fn set(
        self,
        db: &(impl Writes<Add, G> + Writes<Delete, G> + Reads<G>),
        rows: impl IntoIterator<Item = Id<T>>,
    ) -> Result<()> {
        let bound = Writes::<Add, G>::bound(db);
        self.pairs.set_in(bound, rows.into_iter().map(Id::uuid)).await
    }
}

/// The links of one row, whether the types of what they link are known or not.
#[derive(Debug)]
pub(crate) struct Pairs<G> {
    model: &'static ModelMeta,
    /// The foreign key to the row …
    near: &'static ColumnMeta,
    /// … and the one to those that are linked to it.
    far: &'static ColumnMeta,
    of: Uuid,
    link: PhantomData<fn() -> G>,
}

impl<G: Record> Pairs<G> {
    pub(crate) fn new(
        model: &'static ModelMeta,
        (near, far): (&'static ColumnMeta, &'static ColumnMeta),
        of: Uuid,
    ) -> Self {
        Self {
            model,
            near,
            far,
            of,
            link: PhantomData,
        }
    }

    pub(crate) async fn add_in(self, bound: &Bound, rows: impl Iterator<Item = Uuid>) -> Result<u64> {
        let model = self.model;
        let change = self.change(rows, true, Remove::Nothing)?;
        let done = bound.write_steps(change.of(bound)).await;
        written(bound, model, Action::Add, done)
    }

    pub(crate) async fn remove_in(self, bound: &Bound, rows: impl Iterator<Item = Uuid>) -> Result<u64> {
        let model = self.model;
        let change = self.change(rows, false, Remove::These)?;
        let done = bound.write_steps(change.of(bound)).await;
        written(bound, model, Action::Delete, done)
    }

    pub(crate) async fn set_in(self, bound: &Bound, rows: impl Iterator<Item = Uuid>) -> Result<()> {
        let model = self.model;
        let change = self.change(rows, true, Remove::AllBut)?;
        let removing = AtomicBool::new(false);
        let change = Change {
            removing: Some(&removing),
            ..change.of(bound)
        };
        let done = bound.write_steps(change).await.map(drop);
        let removing = removing.load(Ordering::Relaxed);
        let action = if removing { Action::Delete } else { Action::Add };
        written(bound, model, action, done)
    }

    fn change(
        self,
        rows: impl Iterator<Item = Uuid>,
        add: bool,
        remove: Remove,
    ) -> Result<Change<'static, G>> {
        is_link(self.model, self.near, self.far)?;
        let (mut known, mut wanted) = (HashSet::new(), Vec::new());
        // CWE-770: no more of them is taken than there may be. CWE-440: what is not taken is not forgotten, however often one is
        // named: `set` would remove what it was asked to keep.
        for (number, row) in rows.enumerate() {
            if number >= bounds::MAX_LINKS {
                return Err(Error::TooLarge(bounds::LINKS));
            }
            if known.insert(row) {
                wanted.push(row);
            }
        }
        Ok(Change {
            pairs: self,
            wanted,
            add,
            remove,
            models: &[],
            removing: None,
        })
    }
}

/// Whether the database holds each pair once, and a row of the model is nothing more than its two ends (CWE-362).
pub(crate) fn is_link(model: &ModelMeta, near: &ColumnMeta, far: &ColumnMeta) -> Result<()> {
    let pair = |columns: &[&str]| {
        columns.len() == 2 && columns.contains(&near.column) && columns.contains(&far.column)
    };
    if !model
        .indexes
        .iter()
        // One of some rows, or one that takes two keys for one, is none of all pairs.
        .any(|index| {
            index.unique && index.only.is_none() && index.ignores_case.is_empty() && pair(index.columns)
        })
    {
        return Err(Error::Internal(format!(
            "two rows are linked once or not at all: write `#[model(unique({}, {}))]` at `{}`",
            near.field, far.field, model.name
        )));
    }
    let more = model.columns.iter().find(|column| {
        let is_end = std::ptr::eq(*column, near) || std::ptr::eq(*column, far);
        !is_end && column.auto == Auto::No && column.default.is_none() && !column.nullable
    });
    match more {
        None => Ok(()),
        Some(column) => Err(Error::Internal(format!(
            "a `{}` needs `{}` besides its two ends: add it by `{}::create`, or give the field a default",
            model.name, column.field, model.name
        ))),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remove {
    Nothing,
    These,
    AllBut,
}

/// What becomes of a row's links.
struct Change<'m, G> {
    pairs: Pairs<G>,
    wanted: Vec<Uuid>,
    add: bool,
    remove: Remove,
    models: &'m [&'static ModelMeta],
    /// Where it says that it is about to remove links: which right was refused.
    removing: Option<&'m AtomicBool>,
}

/// A link that may be seen.
struct Link {
    id: Uuid,
    to: Uuid,
    may_delete: bool,
}

impl<G: Record> Change<'_, G> {
    fn of(self, bound: &Bound) -> Change<'_, G> {
        Change {
            models: bound.models(),
            removing: None,
            ..self
        }
    }

    fn notes(&self, removing: bool) {
        if let Some(told) = self.removing {
            told.store(removing, Ordering::Relaxed);
        }
    }

    /// The links of the row that whoever asks may see, with both ends.
    async fn links(
        &self,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<Vec<Link>> {
        let Pairs {
            model, near, far, of, ..
        } = self.pairs;
        let mut select = Select::new(model);
        let of = Expr::compare(Op::Eq, Col::of_root(near), Value::Uuid(of));
        // CWE-639: an end that may not be seen is no end of a link.
        let end = |key| Expr::through(Col::of_root(key), Expr::True);
        select.filter = of.and(end(near)).and(end(far));
        // CWE-400: a row may have any number of links, and whoever adds or removes one need not read the others.
        if self.remove != Remove::AllBut {
            let wanted = self.wanted.iter().copied().map(Value::Uuid);
            select.filter = select.filter.and(Expr::is_in(Col::of_root(far), wanted));
        }
        select.ask = Ask::Permitted;
        let far = model.position(far).ok_or_else(no_key)?;
        let mut all = Vec::new();
        let row = |row: &mut RowReader<'_>| {
            // CWE-770
            if all.len() >= bounds::MAX_REMOVED {
                return Err(Error::TooLarge(bounds::REMOVED));
            }
            let uuid = |at| match row.value_at(at) {
                Ok(ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).map_err(|_| no_key()),
                _ => Err(no_key()),
            };
            let (id, to) = (uuid(0)?, uuid(far)?);
            // Behind the columns and the right to change it.
            row.skip(model.columns.len() + 1);
            let may_delete = row.flag().map_err(mismatch(model))? || removed(Control::Unlink);
            all.push(Link { id, to, may_delete });
            Ok(())
        };
        select.read(authority, session, said, row).await?;
        session.charge(all.len())?;
        Ok(all)
    }

    fn insert(&self, to: Uuid) -> Result<Insert<G>> {
        let Pairs {
            model, near, far, of, ..
        } = self.pairs;
        let ends = [(near, of), (far, to)];
        let set = ends.map(|(key, id)| Assignment::untyped(key, Ok(Value::Uuid(id))));
        Insert::new(model, Create::of_columns(NewValues::none(model), set.into()))
    }

    /// Adds a link; one that is there already, and hidden, is there.
    async fn link(
        &self,
        insert: &Insert<G>,
        authority: &Authority,
        session: Session<'_>,
        said: &mut String,
    ) -> Result<bool> {
        session.begin_step().await?;
        let done = insert.run(authority, session, said).await;
        session.end_step(done.is_ok()).await?;
        match done {
            Ok(_) => Ok(true),
            // CWE-203: the add rule and both ends were judged before; that the pair is there tells nothing more.
            Err(Error::Unique { fields, .. })
                if fields.len() == 2
                    && fields.contains(&self.pairs.near.field)
                    && fields.contains(&self.pairs.far.field) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// What is wrong with one of several.
fn of_a_row(error: Error) -> Error {
    match error {
        Error::Rows(mut rows) if rows.len() == 1 => rows.remove(0).error,
        error => error,
    }
}

impl<G: Record> Steps for Change<'_, G> {
    type Found = u64;

    async fn run(&self, authority: &Authority, session: Session<'_>, said: &mut String) -> Result<u64> {
        let links = self.links(authority, session, said).await?;
        let mut changed = 0;
        // CWE-407: a row may have many links.
        let wanted: HashSet<_> = self.wanted.iter().collect();
        let goes = |link: &&Link| match self.remove {
            Remove::Nothing => false,
            Remove::These => wanted.contains(&link.to),
            Remove::AllBut => !wanted.contains(&link.to),
        };
        let gone: Vec<_> = links.iter().filter(goes).collect();
        self.notes(!gone.is_empty());
        if gone.iter().any(|link| !link.may_delete) {
            return Err(Error::Forbidden);
        }
        if !gone.is_empty() {
            let ids = gone.iter().map(|link| Value::Uuid(link.id)).collect();
            let removal = Removal::new(self.models, authority, session);
            changed += removal.remove(self.pairs.model, ids).await?;
            self.notes(false);
        }
        if self.add {
            let linked: HashSet<_> = links.iter().map(|link| link.to).collect();
            let new = self.wanted.iter().filter(|to| !linked.contains(to));
            let rows = new.map(|to| self.insert(*to)).collect::<Result<Vec<_>>>()?;
            let all = InsertAll::new(self.pairs.model, rows);
            // CWE-863: no link justifies another that is added with it.
            if all.rows.len() > 1 && !removed(Control::TogetherUnjustified) {
                all.judge(authority, session).await.map_err(of_a_row)?;
            }
            for insert in &all.rows {
                changed += u64::from(self.link(insert, authority, session, said).await?);
            }
        }
        Ok(changed)
    }

    /// A row may have any number of links, and each is written by itself.
    fn is_large(&self) -> bool {
        true
    }
}
