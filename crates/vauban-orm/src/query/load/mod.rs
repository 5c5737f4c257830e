//! Loading as a part of the result's type: `Task::objects().with(|t| (t.owner.load(), t.comments.load()))` gives rows that are
//! `With<Task, (One<User>, Vec<Comment>)>`. One row behind a foreign key is joined; of a relation to many all rows come by one
//! statement more, however many parents there are. Each row stands under its own model's view rule.

mod many;
mod one;
mod query;
mod run;

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

pub use many::LoadMany;
pub(crate) use many::key_of;
pub(super) use many::no_key;
pub use one::{LoadOne, One};
pub(crate) use query::Asks;
pub use query::{LoadingQuerySet, RowQuery};
pub(crate) use run::Loading;

use crate::error::{Error, Result};
use crate::tree::bounds;
use crate::tree::meta::ColumnMeta;
use crate::tree::value::RowReader;

/// A row with what was loaded for it. Dereferences to the row.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # #[derive(Model)] #[model(crate = vauban_orm, user)]
/// # pub struct User { pub id: Id<User>, #[field(max_length = 100)] pub name: String }
/// # impl Policy for User {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// # #[derive(Model)] #[model(crate = vauban_orm, related(comments: Comment.task))]
/// # pub struct Task { pub id: Id<Task>, #[field(max_length = 100)] pub title: String, pub owner: ForeignKey<User> }
/// # impl Policy for Task {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// # #[derive(Model)] #[model(crate = vauban_orm)]
/// # pub struct Comment { pub id: Id<Comment>, pub task: ForeignKey<Task>, #[field(max_length = 100)] pub text: String }
/// # impl Policy for Comment {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// async fn shown(db: &Db) -> Result<Vec<With<Task, (One<User>, Vec<Comment>)>>> {
///     Task::objects()
///         .with(|t| (t.owner.load(), t.comments.load().order_by(|c| c.id.desc()).limit(3)))
///         .all(db) // two statements, for two tasks and for two hundred
///         .await
/// }
///
/// fn line(task: &With<Task, (One<User>, Vec<Comment>)>) -> String {
///     let (owner, comments) = &task.loaded;
///     let name = owner.get().map_or("somebody", |owner| &owner.name);
///     format!("{} of {name}: {} comments", task.title, comments.len())
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct With<R, G> {
    /// The row.
    pub row: R,
    /// What was loaded for it, as the query's `with` says.
    pub loaded: G,
}

impl<R, G> Deref for With<R, G> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.row
    }
}

impl<R, G> DerefMut for With<R, G> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.row
    }
}

/// What is loaded for rows of `M`: a relation, or a tuple of some.
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing to load for a `{M}`",
    label = "no relation of `{M}` that is loaded",
    note = "write `.load()` at a relation of the row: `.with(|t| t.owner.load())`, or several in a tuple: \
            `.with(|t| (t.owner.load(), t.comments.load().limit(3)))`"
)]
pub trait Load<M>: Send + Sync + 'static {
    /// What it gives for each row.
    type Got: Send + Sync + 'static;
    /// What there is of it when the row's statement has been read.
    #[doc(hidden)]
    type Held: Send + 'static;

    /// Adds what is joined, to the statement's own row or to the joined one of this number.
    #[doc(hidden)]
    fn plan(&self, joins: &mut Joins, from: Option<usize>);
    /// How many columns of a row are joined.
    #[doc(hidden)]
    fn width(&self) -> usize;
    /// Reads what was joined, for a row whose columns begin at `base`.
    #[doc(hidden)]
    fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Self::Held>;
    /// Loads the rest, for all rows at once.
    #[doc(hidden)]
    fn fill(
        &self,
        held: Vec<Self::Held>,
        run: &mut Loading<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Got>>> + Send;
    /// Adds how much it is.
    #[doc(hidden)]
    fn weigh(&self, depth: usize, weight: &mut LoadWeight);
}

/// A step away from the rows that it is loaded for: each apart, so that a compiler that looks at all of them at once does not
/// reach its limit.
fn boxed<'a, T>(step: impl Future<Output = T> + Send + 'a) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(step)
}

/// What a statement joins.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Joins(pub(super) Vec<(Option<usize>, &'static ColumnMeta)>);

/// How many relations are loaded, and how far away.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct LoadWeight {
    relations: usize,
    batches: usize,
    depth: usize,
}

impl LoadWeight {
    /// A relation, so many steps away.
    pub(crate) fn add(&mut self, depth: usize) {
        self.relations += 1;
        self.depth = self.depth.max(depth);
    }

    /// A relation to many, so many steps away.
    pub(crate) fn add_batch(&mut self, depth: usize) {
        self.batches += 1;
        self.add(depth);
    }

    /// Whether there are more statements than one.
    fn has_batches(&self) -> bool {
        self.batches > 0
    }

    /// CWE-400: whoever reads relations by what a request names reads so many and no more.
    pub(crate) fn check(&self) -> Result<()> {
        if self.depth > bounds::MAX_LOAD_DEPTH {
            return Err(Error::TooLarge(bounds::LOAD_DEPTH));
        }
        if self.relations > bounds::MAX_LOADS {
            return Err(Error::TooLarge(bounds::LOADS));
        }
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($name:ident $held:ident $at:tt),+);)+) => { $(
        impl<M, $($name: Load<M>),+> Load<M> for ($($name,)+) {
            type Got = ($($name::Got,)+);
            type Held = ($($name::Held,)+);

            fn plan(&self, joins: &mut Joins, from: Option<usize>) {
                $(self.$at.plan(joins, from);)+
            }
            fn width(&self) -> usize {
                0 $(+ self.$at.width())+
            }
            fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Self::Held> {
                Ok(($(self.$at.hold(row, base)?,)+))
            }
            async fn fill(&self, held: Vec<Self::Held>, run: &mut Loading<'_>) -> Result<Vec<Self::Got>> {
                let count = held.len();
                $(let mut $held = Vec::with_capacity(count);)+
                for one in held {
                    $($held.push(one.$at);)+
                }
                $(let mut $held = self.$at.fill($held, run).await?.into_iter();)+
                let mut all = Vec::with_capacity(count);
                while let ($(Some($held),)+) = ($($held.next(),)+) {
                    all.push(($($held,)+));
                }
                Ok(all)
            }
            fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
                $(self.$at.weigh(depth, weight);)+
            }
        }
    )+ };
}
tuples! {
    (A a 0);
    (A a 0, B b 1);
    (A a 0, B b 1, C c 2);
    (A a 0, B b 1, C c 2, D d 3);
    (A a 0, B b 1, C c 2, D d 3, E e 4);
    (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
}
