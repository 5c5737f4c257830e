//! Rows for tests, of which a test says only what it is about: `Factory::<Article>::new().create(&db)`.

mod values;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::model::{Model, NewValues};
use crate::policy::actor::actions::Add;
use crate::query::Create;
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta, Sealing};
use crate::tree::value::Value;
use crate::unit::handles::{Bound, Writes};
use crate::untyped::AnyRow;

/// Makes rows of a model for a test. What the test does not say, the model's metadata does: texts that no other row of the process
/// has, numbers within their bounds, the first of an enum's choices and the next, a row of its own for each foreign key that may not be empty,
/// made in the same way. What has a default, or may be empty, is left alone.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # use vauban_orm::factory::Factory;
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm, user)]
/// # pub struct User { pub id: Id<User>, #[field(max_length = 100, unique)] pub email: String }
/// # impl Policy for User { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// # pub struct Article {
/// #     pub id: Id<Article>,
/// #     #[field(max_length = 200)] pub title: String,
/// #     #[field(unique)] pub slug: Slug,
/// #     #[field(owner)] pub author: ForeignKey<User>,
/// # }
/// # impl Policy for Article { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// async fn rows<S: May<actions::Add, Article> + May<actions::Add, User>>(db: &Acting<S, Write>) -> Result<()> {
///     let one = Factory::<Article>::new().create(db).await?; // and its author
///     let ann = Factory::<User>::new().set(|u| [u.email.set("ann@example.com")]).create(db).await?;
///     let hers = Factory::<Article>::new().set(|a| [a.author.set(ann.id)]);
///     let ten = hers.create_many(db, 10).await?; // ten titles, ten slugs, one author
/// #   let _ = (one, ten);
///     Ok(())
/// }
/// # fn main() {}
/// ```
///
/// The rows go the way of all rows: on the authority of whoever's handle it is, validated, judged. In a test of a site that is the
/// test kit's own service, `app.rows(async |db| Factory::<Article>::new().create(&db).await)`. It is there with the feature
/// `testing` only.
#[must_use = "nothing is added before `create`"]
pub struct Factory<'f, M: Model> {
    set: Vec<Set<'f, M>>,
}

type Set<'f, M> = Box<dyn Fn(&Columns<M>) -> Vec<Assignment<M>> + Send + Sync + 'f>;

impl<M: Model> Default for Factory<'_, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'f, M: Model> Factory<'f, M> {
    /// Of which nothing is said yet.
    pub fn new() -> Self {
        const { M::__DERIVED.is_so() };
        Self { set: Vec::new() }
    }

    /// Says what the test is about; of what is said twice, the later holds.
    pub fn set<A: IntoIterator<Item = Assignment<M>>>(
        mut self,
        set: impl Fn(&Columns<M>) -> A + Send + Sync + 'f,
    ) -> Self {
        self.set
            .push(Box::new(move |columns| set(columns).into_iter().collect()));
        self
    }

    /// Adds a row, and those that it has to refer to.
    ///
    /// # Errors
    /// Those of [`Create::save`]; [`Error::Internal`] with the column's name, for one whose type takes none of the values that are
    /// tried, and for a model that has to refer to itself: say it by [`set`](Self::set).
    pub async fn create(self, db: &dyn Writes<Add, M>) -> Result<M> {
        made(M::meta(), self.said([]), db.bound(), &mut Vec::new()).await
    }

    /// Adds so many rows, each with values of its own for what is not said.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub async fn create_many(self, db: &dyn Writes<Add, M>, rows: usize) -> Result<Vec<M>> {
        self.create_each(db, rows, |_, _| []).await
    }

    /// The same, of which each says something of its own: `create_each(&db, 3, |n, a| [a.title.set(format!("No. {n}"))])`, from 0.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub async fn create_each<A: IntoIterator<Item = Assignment<M>>>(
        self,
        db: &dyn Writes<Add, M>,
        rows: usize,
        set: impl Fn(usize, &Columns<M>) -> A,
    ) -> Result<Vec<M>> {
        let (mut all, columns) = (Vec::new(), M::columns(&Path::ROOT));
        for n in 0..rows {
            let said = self.said(set(n, &columns));
            all.push(made(M::meta(), said, db.bound(), &mut Vec::new()).await?);
        }
        Ok(all)
    }

    fn said(&self, last: impl IntoIterator<Item = Assignment<M>>) -> Vec<Assignment<M>> {
        let columns = M::columns(&Path::ROOT);
        let mut said: Vec<Assignment<M>> = Vec::new();
        for assignment in self.set.iter().flat_map(|set| set(&columns)).chain(last) {
            said.retain(|known| !std::ptr::eq(known.column, assignment.column));
            said.push(assignment);
        }
        said
    }
}

impl<M: Model> fmt::Debug for Factory<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Factory").field(&M::meta().name).finish()
    }
}

/// So that no two rows have the same.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Makes a row; `within`: for a row of which models it is made.
async fn made<M: Record>(
    model: &'static ModelMeta,
    mut set: Vec<Assignment<M>>,
    bound: &Bound,
    within: &mut Vec<&'static ModelMeta>,
) -> Result<M> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    within.push(model);
    for column in model.columns.iter().filter(|column| is_needed(column)) {
        if set.iter().any(|given| std::ptr::eq(given.column, column)) {
            continue;
        }
        let value = match column.target {
            None => values::of(column, n)
                .ok_or_else(|| unknown(model, column, "its type takes none of the values that are tried"))?,
            Some(target) => {
                let target = target();
                if within.iter().any(|outer| outer.is(target)) {
                    return Err(unknown(model, column, "it leads back to itself"));
                }
                referred(target, bound, within).await?
            }
        };
        set.push(Assignment::untyped(column, Ok(value)));
    }
    within.pop();
    let create = Create::of_columns(NewValues::none(model), set);
    create.save_in(model, bound).await
}

type Key<'a> = Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

/// The key of a row that another has to refer to.
fn referred<'a>(
    model: &'static ModelMeta,
    bound: &'a Bound,
    within: &'a mut Vec<&'static ModelMeta>,
) -> Key<'a> {
    Box::pin(async move {
        let row = made::<AnyRow>(model, Vec::new(), bound, within).await?;
        Ok(Value::Uuid(AnyRow::key(&row).uuid()))
    })
}

fn is_needed(column: &ColumnMeta) -> bool {
    let is_index = matches!(column.sealed, Sealing::Index { .. });
    column.auto == Auto::No && column.default.is_none() && !column.nullable && !is_index
}

fn unknown(model: &ModelMeta, column: &ColumnMeta, why: &str) -> Error {
    let (model, field) = (model.name, column.field);
    Error::Internal(format!(
        "no value is known for `{model}.{field}`, for {why}: say it, `Factory::<{model}>::new().set(|row| [row.{field}.set(…)])`"
    ))
}
