//! Models: structs whose values are rows, their fields, and their columns as queries and rules see them.

pub(crate) mod aggregate;
pub(crate) mod arithmetic;
pub(crate) mod assignment;
pub(crate) mod building;
pub(crate) mod choices;
pub(crate) mod columns;
pub(crate) mod compared;
pub(crate) mod computed;
pub(crate) mod encrypted;
pub(crate) mod expression;
pub mod field;
pub(crate) mod filter;
pub mod fragment;
pub(crate) mod group;
pub(crate) mod key;
pub(crate) mod kinds;
pub(crate) mod linked;
pub(crate) mod many;
pub(crate) mod order;
pub(crate) mod path;
pub(crate) mod record;
pub(crate) mod scope;
pub(crate) mod serialised;
pub(crate) mod set_to;
pub(crate) mod stated;
pub(crate) mod symbolic;
pub(crate) mod types;
pub(crate) mod who;

use crate::model::columns::Columns;
use crate::model::path::Path;
use crate::model::scope::{Own, OwnRow, Place, Scope, sealed};
use crate::model::types::Id;
use crate::problem::Problem;
use crate::tree::meta::{Derived, ModelMeta};
use crate::tree::value::{Mismatch, RowReader, Value};

/// A struct whose values are rows of a table. Written by `#[derive(Model)]`; never Serialize or Deserialize
/// (CWE-915): forms, templates and API types list the fields that they take and show.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "write `#[derive(Model)]` on the struct and `impl Policy for {Self}`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The columns, at the place `P`.
    type Columns<P: Place>: Send + Sync + 'static;
    /// What a new row must be given: the fields without a value of their own.
    type New: Send + 'static;

    /// Says that the derive wrote it (CWE-668): by hand, a type would answer with the description of another's table.
    #[doc(hidden)]
    const __DERIVED: Derived;
    /// The fields of [`Model::New`], for forms that add rows.
    #[doc(hidden)]
    const __GIVEN: &'static [&'static str];

    /// What the derive knows of the model: table, columns, constraints and the compiled rules.
    fn meta() -> &'static ModelMeta;
    /// The row's primary key.
    fn id(&self) -> Id<Self>;

    #[doc(hidden)]
    fn columns<P: Place>(path: &Path) -> Columns<Self, P>;
    #[doc(hidden)]
    fn from_row(row: &mut RowReader<'_>) -> Result<Self, Mismatch>;
    /// CWE-287: by hand, a row that no database holds, somebody's account among them.
    #[doc(hidden)]
    #[deprecated(note = "a row comes from a query, or from `save`")]
    fn from_values(values: &[Value]) -> Result<Self, Mismatch>;
    #[doc(hidden)]
    fn attach(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch>;
    #[doc(hidden)]
    fn new_values(new: Self::New) -> NewValues;

    /// A row that was only read is not changed: the bound says how it is loaded.
    #[doc(hidden)]
    fn change<D, C>(&self, _: D, _: C) -> <Self as LoadedToChange>::Out
    where
        Self: LoadedToChange,
    {
        LoadedToChange::__out(self)
    }
    /// A row that was only read is not deleted: the bound says how it is loaded.
    #[doc(hidden)]
    fn delete<D>(&self, _: D) -> <Self as LoadedToDelete>::Out
    where
        Self: LoadedToDelete,
    {
        LoadedToDelete::__out(self)
    }
}

/// The row of a query or of a rule.
#[diagnostic::do_not_recommend]
impl<M: Model> Scope for M {}
impl<M: Model> sealed::Scope for M {}
#[diagnostic::do_not_recommend]
impl<M: Model> OwnRow for Own<M> {
    type Model = M;
}

/// No model has this: it explains what to do.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was only read, so it cannot be changed",
    label = "not loaded to be changed",
    note = "load it with `{Self}::objects().get_to_change(&db, |t| …)`: whoever may not change the row is refused there"
)]
pub trait LoadedToChange {
    /// What a change gives.
    type Out;
    /// What a change gives.
    fn __out(&self) -> Self::Out;
}

/// No model has this: it explains what to do.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this `{Self}` was only read, so it cannot be deleted",
    label = "not loaded to be deleted",
    note = "load it with `{Self}::objects().get_to_delete(&db, |t| …)`: whoever may not delete the row is refused there"
)]
pub trait LoadedToDelete {
    /// What deleting gives.
    type Out;
    /// What deleting gives.
    fn __out(&self) -> Self::Out;
}

/// The model of those who sign in: `is(who)` compares its ids. `#[model(user)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the model of those who sign in, so its rows cannot be `who`",
    note = "`is(who)` is for foreign keys to the model with `#[model(user)]`"
)]
pub trait UserModel: Model {}

/// A new row's values, one for each column, and what is wrong with them.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct NewValues {
    /// `None`: the default, or set by the framework.
    pub values: Vec<Option<Value>>,
    /// Field and problem.
    pub problems: Vec<(&'static str, Problem)>,
}

impl NewValues {
    /// Nothing is given yet, and nothing is wrong.
    pub(crate) fn none(model: &ModelMeta) -> Self {
        Self {
            values: vec![None; model.columns.len()],
            problems: Vec::new(),
        }
    }
}
