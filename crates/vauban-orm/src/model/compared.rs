//! What columns are compared with: values, and columns of this row or of one outside.

use crate::model::Model;
use crate::model::columns::Column;
use crate::model::field::Field;
use crate::model::key::Rel;
use crate::model::path::Path;
use crate::model::scope::{Join, Place, Scope};
use crate::model::types::Id;
use crate::tree::expr::Far;
use crate::tree::meta::ColumnMeta;
use crate::tree::term::Term;
use crate::tree::value::Value;

/// What stands on the right of a comparison.
#[doc(hidden)]
#[derive(Debug)]
pub struct Compared(pub(super) Right);

#[derive(Debug)]
pub(super) enum Right {
    Value(Value),
    Column(Far),
    Term(Term),
}

impl Compared {
    pub(crate) fn with(value: Value) -> Self {
        Self(Right::Value(value))
    }

    pub(super) fn with_term(term: Term) -> Self {
        Self(Right::Term(term))
    }

    pub(super) fn with_column(path: &Path, meta: &'static ColumnMeta) -> Self {
        Self(Right::Column(path.far(meta)))
    }
}

/// What a column of type `T` in a condition on `S` is compared with: a value, or a column of the same type, which belongs to
/// the same row, to one outside, or to one inside.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`, or a column of it"
)]
pub trait Operand<S, T> {
    /// The row that the comparison is a condition on.
    type Scope: Scope;
    #[doc(hidden)]
    fn operand(self) -> Compared;
}
#[diagnostic::do_not_recommend]
impl<S: Scope, T: Field> Operand<S, T> for T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}
#[diagnostic::do_not_recommend]
impl<S: Scope, T: Field> Operand<S, T> for &T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(self.to_value())
    }
}
impl<S: Join<P::Scope>, P: Place, T: Field> Operand<S, T> for &Column<P, T> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(self.path(), self.column_meta())
    }
}
impl<S: Join<P::Scope>, P: Place, T: Field> Operand<S, T> for &Column<P, Option<T>> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(self.path(), self.column_meta())
    }
}
/// A foreign key is the column that has the id.
impl<S: Join<P::Scope>, P: Place, M: Model> Operand<S, Id<M>> for &Rel<P, M> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_column(self.path(), self.column_meta())
    }
}
#[diagnostic::do_not_recommend]
impl<S: Scope> Operand<S, String> for &str {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(Value::Text(self.to_owned()))
    }
}

/// A value that a column of type `T` is compared with.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`"
)]
pub trait Comparable<T> {
    #[doc(hidden)]
    fn to_bound(self) -> Value;
}
impl<T: Field> Comparable<T> for T {
    fn to_bound(self) -> Value {
        self.to_value()
    }
}
impl<T: Field> Comparable<T> for &T {
    fn to_bound(self) -> Value {
        self.to_value()
    }
}
impl Comparable<String> for &str {
    fn to_bound(self) -> Value {
        Value::Text(self.to_owned())
    }
}

/// What a foreign key to `M` in a condition on `S` is compared with: an id, or a column that holds one, which belongs to the
/// same row, to one outside, or to one inside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no id of a `{M}`",
    label = "not an id of a `{M}`",
    note = "a foreign key is compared with an `Id`: `t.author.eq(user.id)`; with whoever asks by `t.author.is(who)`"
)]
pub trait KeyOperand<S, M> {
    /// The row that the comparison is a condition on.
    type Scope: Scope;
    #[doc(hidden)]
    fn operand(self) -> Compared;
}
#[diagnostic::do_not_recommend]
impl<S: Scope, M, T: Into<Id<M>>> KeyOperand<S, M> for T {
    type Scope = S;
    fn operand(self) -> Compared {
        Compared::with(Value::Uuid(self.into().uuid()))
    }
}
macro_rules! keys {
    ($($column:ty),+) => { $(
        impl<S: Join<P::Scope>, P: Place, M: Model> KeyOperand<S, M> for &$column {
            type Scope = S::Deeper;
            fn operand(self) -> Compared {
                Compared::with_column(self.path(), self.column_meta())
            }
        }
    )+ };
}
keys!(Rel<P, M>, Column<P, Id<M>>, Column<P, Option<Id<M>>>);
