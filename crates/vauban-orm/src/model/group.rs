//! Fields that several models share: what Django calls an abstract base model.

use crate::model::NewValues;
use crate::model::path::Path;
use crate::model::scope::Place;
use crate::tree::meta::ColumnMeta;
use crate::tree::value::{Mismatch, RowReader, Value};

/// Fields that several models share. Written by `#[derive(FieldGroup)]`; a model takes them in by `#[field(group)]`, and their
/// columns stand in its table as its own: with their types, bounds, defaults, indexes and privileges, in its policy and in its
/// migrations. A condition on them is written once, for every row that has them:
///
/// ```
/// use vauban_macros::{FieldGroup, Model};
/// use vauban_orm::*;
///
/// #[derive(FieldGroup)]
/// #[group(crate = vauban_orm)] // `vauban`'s own users leave it out
/// pub struct Publication {
///     #[field(default = false)]
///     pub published: bool,
///     #[field(auto_now_add)]
///     pub created: DateTime,
/// }
///
/// fn is_out<P: Place>(p: &PublicationColumns<P>) -> Filter<P::Scope> {
///     p.published.eq(true)
/// }
///
/// #[derive(Model)]
/// #[model(crate = vauban_orm, index(publication.created))]
/// pub struct Article {
///     pub id: Id<Self>,
///     #[field(group)]
///     pub publication: Publication,
/// }
///
/// impl Policy for Article {
///     fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
///         Rules { view: is_out(&a.publication), ..Rules::staff(who) }
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no group of fields",
    label = "no group of fields",
    note = "`#[field(group)]` takes in the fields of a struct with `#[derive(FieldGroup)]`; one column is written without `group`"
)]
pub trait FieldGroup: Sized + Send + Sync + 'static {
    /// The columns, at the place `P`.
    type Columns<P: Place>: Send + Sync + 'static;
    /// What a new row must be given: the fields without a value of their own.
    type New: Send + 'static;

    /// As they are written in the group. Those of a model are copies.
    #[doc(hidden)]
    const __COLUMNS: &'static [ColumnMeta];

    /// CWE-639: by hand, a question about a field that its module keeps private.
    #[doc(hidden)]
    #[deprecated(note = "a model's columns come from its queries: `.filter(|a| a.times.created.gt(…))`")]
    fn columns<P: Place>(path: &Path, meta: &'static [ColumnMeta]) -> Self::Columns<P>;
    #[doc(hidden)]
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch>;
    #[doc(hidden)]
    fn from_values(values: &[Value]) -> Result<Self, Mismatch>;
    #[doc(hidden)]
    fn attach(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch>;
    /// Without `new`, of a group that a new row is given nothing of.
    #[doc(hidden)]
    fn new_values(new: Option<Self::New>, meta: &'static [ColumnMeta], out: &mut NewValues);
}
