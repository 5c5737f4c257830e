//! What columns are set to by the database, in a change.

use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::Column;
use crate::model::expression::{IntoExpression, Readable};
use crate::model::field::Field;
use crate::model::key::Rel;
use crate::model::scope::{OwnRow, Place};
use crate::model::types::Id;

impl<P: Place, T: Readable> Column<P, T> {
    /// Sets the column to what the database computes of the row as it is, in a change: `a.likes.set_to(&a.likes + 1)`. All of it
    /// reads the state before the statement, also where others of the rows that are changed with this one are in it. Of a related
    /// row that is absent or hidden there is no value.
    ///
    /// The rules judge the row that it becomes. What the column does not take (no value where one is needed, a number beyond its
    /// bounds or beyond 64 bits on the way there, a text that is too long) is [`Error::Invalid`](crate::Error::Invalid) at its field,
    /// and nothing is changed.
    pub fn set_to<E>(&self, value: E) -> Assignment<P::Model>
    where
        P: OwnRow,
        E: IntoExpression<P::Scope, Value: Readable<Base: Fits<T::Base>>>,
    {
        Assignment::computed(self.column_meta(), value.into_expression().term)
    }
}

impl<P: Place, M: Model> Rel<P, M> {
    /// Sets the foreign key to what the database computes of the row as it is, in a change: `t.assignee.set_to(&t.reporter)`; see
    /// [`Column::set_to`]. The actor must be allowed to see the row it will refer to.
    pub fn set_to<E>(&self, id: E) -> Assignment<P::Model>
    where
        P: OwnRow,
        E: IntoExpression<P::Scope, Value: Readable<Base = Id<M>>>,
    {
        Assignment::computed(self.column_meta(), id.into_expression().term)
    }
}

/// Column types whose computed values a column of type `T` takes: its own, and of whole numbers any; one that the column does not
/// hold is an error at its field.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not what a column of `{T}` is set to",
    label = "not a `{T}`"
)]
pub trait Fits<T>: Field {}
impl<T: Field> Fits<T> for T {}
macro_rules! whole_numbers {
    ($($from:ty => $($to:ty),+;)+) => { $($(
        #[diagnostic::do_not_recommend]
        impl Fits<$to> for $from {}
    )+)+ };
}
whole_numbers! {
    i16 => u16, i32, u32, i64;
    u16 => i16, i32, u32, i64;
    i32 => i16, u16, u32, i64;
    u32 => i16, u16, i32, i64;
    i64 => i16, u16, i32, u32;
}
