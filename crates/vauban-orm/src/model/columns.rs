//! Columns as queries and rules see them: typed, and generic over the place where they stand.

use std::marker::PhantomData;

use crate::model::assignment::{Assigned, Assignment};
use crate::model::compared::{Comparable, Compared, Operand};
use crate::model::field::{Field, ModelField};
use crate::model::filter::Filter;
use crate::model::key::Rel;
use crate::model::order::Order;
use crate::model::path::Path;
use crate::model::scope::{Own, OwnRow, Place};
use crate::model::types::{DateTime, Id, Slug};
use crate::model::who::Who;
use crate::model::{Model, UserModel};
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::ColumnMeta;
use crate::tree::value::Value;

/// Types that a column only speaks of.
type Types<P, T> = PhantomData<fn() -> (P, T)>;

/// The columns of `M` at a place: by default the row's own, in a query or a rule on `M`. A function for every row that has
/// such columns is generic: `fn led_by<P: Place>(o: &Columns<Organisation, P>) -> Filter<P::Scope>`.
pub type Columns<M, P = Own<M>> = <M as Model>::Columns<P>;

/// A column of type `T`, at the place `P`.
pub struct Column<P, T> {
    path: Path,
    meta: &'static ColumnMeta,
    types: Types<P, T>,
}

/// Column types that are text, with the text's comparisons.
pub trait TextField: Field {}
impl TextField for String {}
impl TextField for Slug {}

/// Column types that have an order.
pub trait OrderedField: Field {}
impl OrderedField for String {}
impl OrderedField for Slug {}
impl OrderedField for i16 {}
impl OrderedField for u16 {}
impl OrderedField for u32 {}
impl OrderedField for i32 {}
impl OrderedField for i64 {}
impl OrderedField for f64 {}
impl OrderedField for DateTime {}
impl<M: 'static> OrderedField for Id<M> {}

impl<P: Place, T> Column<P, T> {
    pub(crate) fn new(path: Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path,
            meta,
            types: PhantomData,
        }
    }

    pub(crate) fn condition(&self, expr: impl FnOnce(Col) -> Expr) -> Filter<P::Scope> {
        Filter::new(self.path.wrap(expr(self.path.column(self.meta))))
    }

    fn compare<S>(&self, op: Op, with: Compared) -> Filter<S> {
        self.path.compare(op, self.meta, with)
    }

    fn has(&self, op: Op, text: &str) -> Filter<P::Scope> {
        self.compare(op, Compared::with(Value::Text(text.to_owned())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn column_meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    /// In this column's order, the smallest value first; missing values come before all.
    pub fn asc(&self) -> Order<P::Scope> {
        Order::new(self.path.steps(), self.meta, false)
    }

    /// Against this column's order, the greatest value first; missing values come last.
    pub fn desc(&self) -> Order<P::Scope> {
        Order::new(self.path.steps(), self.meta, true)
    }
}

macro_rules! comparisons {
    ($column:ty) => {
        impl<P: Place, T: Field> $column {
            /// Equal. Two columns are equal where both have a value.
            pub fn eq<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Eq, with.operand())
            }

            /// Not equal; also true where a column has no value.
            pub fn ne<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Ne, with.operand())
            }

            /// Equal to one of these.
            pub fn is_in<V: Comparable<T>>(&self, values: impl IntoIterator<Item = V>) -> Filter<P::Scope> {
                let values = values.into_iter().map(Comparable::to_bound);
                self.condition(|column| Expr::is_in(column, values))
            }
        }

        impl<P: Place, T: OrderedField> $column {
            /// Less.
            pub fn lt<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Lt, with.operand())
            }

            /// Less or equal.
            pub fn le<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Le, with.operand())
            }

            /// Greater.
            pub fn gt<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Gt, with.operand())
            }

            /// Greater or equal.
            pub fn ge<V: Operand<P::Scope, T>>(&self, with: V) -> Filter<V::Scope> {
                self.compare(Op::Ge, with.operand())
            }
        }

        impl<P: Place, T: TextField> $column {
            /// Has this text in it.
            pub fn contains(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::Contains, text.as_ref())
            }

            /// Has this text in it, ASCII letters' case apart.
            pub fn icontains(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::ContainsIgnoringCase, text.as_ref())
            }

            /// Starts with this text.
            pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::StartsWith, text.as_ref())
            }

            /// Ends with this text.
            pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<P::Scope> {
                self.has(Op::EndsWith, text.as_ref())
            }
        }
    };
}
comparisons!(Column<P, T>);
comparisons!(Column<P, Option<T>>);

impl<P: Place, T: Field> Column<P, Option<T>> {
    /// The filter for rows that have no value here.
    pub fn is_null(&self) -> Filter<P::Scope> {
        self.condition(Expr::IsNull)
    }
}

impl<P: Place, U: UserModel> Column<P, Id<U>> {
    /// This user is whoever asks. Never true for nobody and for services.
    pub fn is<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::IsActor)
    }
}

impl<P: Place, T: ModelField> Column<P, T> {
    /// Writes the column, in a change.
    pub fn set<V: Assigned<P, T::Input>>(&self, value: V) -> Assignment<V::Model> {
        Assignment::typed::<T>(self.meta, value.assigned())
    }
}

impl<P: Place> Column<P, i64> {
    /// Adds to the column, in a change: `n = n + by`. Saturates at the ends of the type (no error that
    /// could tell of a hidden row's value, CWE-209).
    pub fn increase_by(&self, by: i64) -> Assignment<P::Model>
    where
        P: OwnRow,
    {
        Assignment::more(self.meta, by)
    }
}

/// What `==` on a column asks for, and nothing is: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`==` and `!=` compare in Rust; a condition for the database is written `.eq(…)` or `.ne(…)`",
    label = "write `column.eq(value)`",
    note = "conditions are joined with `&` and `|`, and turned round with `!`"
)]
pub trait WriteEqInstead {}
/// What `<` on a column asks for, and nothing is: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "`<` and `>` compare in Rust; a condition for the database is written `.lt(…)`, `.le(…)`, `.gt(…)` or `.ge(…)`",
    label = "write `column.lt(value)`",
    note = "conditions are joined with `&` and `|`, and turned round with `!`"
)]
pub trait WriteLtInstead: WriteEqInstead {}
impl<P: Place, T, V: WriteEqInstead> PartialEq<V> for Column<P, T> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}
impl<P: Place, T, V: WriteLtInstead> PartialOrd<V> for Column<P, T> {
    fn partial_cmp(&self, _: &V) -> Option<std::cmp::Ordering> {
        None
    }
}
impl<P: Place, M: Model, V: WriteEqInstead> PartialEq<V> for Rel<P, M> {
    fn eq(&self, _: &V) -> bool {
        false
    }
}
