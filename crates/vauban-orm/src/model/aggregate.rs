//! What many rows become: counted, added up, the smallest, the greatest, the average.

use std::marker::PhantomData;

use std::any::TypeId;

use crate::model::Model;
use crate::model::columns::{Column, Columns, OrderedField};
use crate::model::expression::{Expression, IntoExpression, OneValue, Readable, compared};
use crate::model::field::Field;
use crate::model::filter::{Filter, IntoFilter};
use crate::model::many::Many;
use crate::model::order::Order;
use crate::model::path::Path;
use crate::model::scope::{Grouped, In, Join, Own, Place, Scope};
use crate::model::types::{Date, DateTime, Decimal, Slug, Time};
use crate::tree::expr::{Expr, Far, Op};
use crate::tree::row::RowNumber;
use crate::tree::term::{Fold, Related, Term};

/// Something over many rows `S`, read as a `T`: `a.points.sum()`. It stands in `.aggregate(…)` and behind `.group_by(…)`, where
/// the rows are those that whoever asks may see, and no others.
#[must_use = "what is counted or added up is so where a query has it"]
pub struct Aggregate<S, T> {
    fold: Fold,
    of: Term,
    filter: Expr,
    types: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Clone for Aggregate<S, T> {
    fn clone(&self) -> Self {
        Self {
            fold: self.fold,
            of: self.of.clone(),
            filter: self.filter.clone(),
            types: PhantomData,
        }
    }
}
impl<S, T> std::fmt::Debug for Aggregate<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Aggregate")
            .field(&self.fold)
            .field(&self.of)
            .finish()
    }
}

/// Column types that are added up.
pub trait Summed: Field {
    /// The type of their sum.
    type Sum: Field;
}
impl<const PLACES: u32, const DIGITS: u32> Summed for Decimal<PLACES, DIGITS> {
    type Sum = Decimal<PLACES, 18>;
}

/// Column types that are whole numbers, which are computed with in 64 bits.
#[diagnostic::on_unimplemented(
    message = "the database does not compute this with `{Self}`",
    label = "only a whole number could stand here",
    note = "whole numbers are added, multiplied and divided; an amount (`Decimal`) is added to one of its own type and multiplied by a whole \
            number; its product with an amount, a quotient and an average would be rounded, and `f64` is not computed with: read the row \
            with `get_to_change`, compute in Rust (`checked_mul`), and `set` what comes of it"
)]
pub trait WholeNumber: Field {}
macro_rules! whole_numbers {
    ($($number:ty)+) => {
        $(
            impl WholeNumber for $number {}
            impl Summed for $number {
                type Sum = i64;
            }
        )+

        /// Whether it is one of them, for those who know a column by its metadata alone.
        pub(crate) fn is_whole<T: 'static>() -> bool {
            [$(TypeId::of::<$number>()),+].contains(&TypeId::of::<T>())
        }
    };
}
whole_numbers!(i16 u16 i32 u32 i64);

/// Column types of which there is a smallest and a greatest in both databases.
pub trait Ranked: OrderedField {}
impl Ranked for String {}
impl Ranked for Slug {}
impl Ranked for i32 {}
impl Ranked for i64 {}
impl Ranked for f64 {}
impl Ranked for DateTime {}
impl Ranked for Date {}
impl Ranked for Time {}
impl<const PLACES: u32, const DIGITS: u32> Ranked for Decimal<PLACES, DIGITS> {}

impl<S: Scope, T: Readable> Aggregate<S, T> {
    pub(super) fn new(fold: Fold, of: Term) -> Self {
        Self {
            fold,
            of,
            filter: Expr::True,
            types: PhantomData,
        }
    }

    /// Only over rows that are so: `a.id.count().filter(a.published.eq(true))`.
    pub fn filter<A: Join<S, Deeper = S>>(mut self, condition: Filter<A>) -> Self {
        self.filter = self.filter.and(condition.expr);
        self
    }

    fn term(&self) -> Term {
        Term::Fold(self.fold, Box::new((self.of.clone(), self.filter.clone())))
    }

    /// As a value, to compute with: `a.points.sum().value() / a.id.count()`.
    pub fn value(&self) -> Expression<Grouped<S>, T> {
        Expression::new(self.term())
    }

    /// The smallest value first; missing values come before all.
    pub fn asc(&self) -> Order<Grouped<S>> {
        self.value().asc()
    }

    /// The greatest value first; missing values come last.
    pub fn desc(&self) -> Order<Grouped<S>> {
        self.value().desc()
    }

    fn compared<R>(&self, op: Op, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        compared::<Grouped<S>, T, R>(op, self.term(), with)
    }

    /// Equal, where both have a value.
    pub fn eq<R>(&self, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        self.compared(Op::Eq, with)
    }

    /// Less, where both have a value.
    pub fn lt<R>(&self, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        self.compared(Op::Lt, with)
    }

    /// Less or equal, where both have a value.
    pub fn le<R>(&self, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        self.compared(Op::Le, with)
    }

    /// Greater, where both have a value.
    pub fn gt<R>(&self, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        self.compared(Op::Gt, with)
    }

    /// Greater or equal, where both have a value.
    pub fn ge<R>(&self, with: R) -> Filter<Grouped<S>>
    where
        R: IntoExpression<Grouped<S>, Value: Readable<Base = T::Base>>,
    {
        self.compared(Op::Ge, with)
    }
}

impl<S, T> OneValue for Aggregate<S, T> {}
impl<S: Scope, T: Readable> IntoExpression<Grouped<S>> for Aggregate<S, T> {
    type Value = T;
    fn into_expression(self) -> Expression<Grouped<S>, T> {
        self.value()
    }
}

/// Those of the rows that refer to a row that are so: from [`Many::filter`].
#[must_use = "these rows are counted or added up where a query has that"]
pub struct Subset<P: Place, C: Model> {
    many: Many<P, C>,
    number: RowNumber,
    filter: Expr,
}

impl<P: Place, C: Model> std::fmt::Debug for Subset<P, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subset").field(&self.filter).finish()
    }
}

/// The row of `C` that refers to a row at the place `P`.
type Inside<P, C> = Own<In<<P as Place>::Scope, C>>;

impl<P: Place, C: Model> Subset<P, C> {
    pub(super) fn all_of(many: &Many<P, C>) -> Self {
        Self {
            many: many.clone(),
            number: RowNumber::opened(),
            filter: Expr::True,
        }
    }

    /// Only those that are also so.
    pub fn filter<F: IntoFilter<In<P::Scope, C>>>(
        mut self,
        condition: impl FnOnce(&Columns<C, Inside<P, C>>) -> F,
    ) -> Self {
        let more = condition(&C::columns(&Path::opened(self.number))).into_filter();
        self.filter = self.filter.and(more.expr);
        self
    }

    fn folded<T>(self, fold: Fold, of: Term) -> Expression<P::Scope, T> {
        let (path, key) = self.many.path_and_key();
        Expression::new(Term::Related(Box::new(Related {
            row: path.row(),
            steps: path.steps(),
            model: C::meta,
            key,
            number: self.number,
            fold,
            of,
            filter: self.filter,
        })))
    }

    fn of<T: Readable>(
        &self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Term {
        column(&C::columns(&Path::opened(self.number))).term()
    }

    /// How many there are that whoever asks may see.
    pub fn count(self) -> Expression<P::Scope, P::Read<i64>> {
        let id = Term::Column(Far {
            row: self.number,
            keys: Vec::new(),
            meta: C::meta().id(),
        });
        self.folded(Fold::Count, id)
    }

    /// The sum of a column of theirs; `None` of none. Exact; beyond the ends of 64 bits it is the end.
    pub fn sum<T: Readable<Base: Summed>>(
        self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<<T::Base as Summed>::Sum>> {
        let of = self.of(column);
        self.folded(Fold::Sum, of)
    }

    /// The smallest value of a column of theirs; `None` of none.
    pub fn min<T: Readable<Base: Ranked>>(
        self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<T::Base>> {
        let of = self.of(column);
        self.folded(Fold::Min, of)
    }

    /// The greatest value of a column of theirs; `None` of none.
    pub fn max<T: Readable<Base: Ranked>>(
        self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<T::Base>> {
        let of = self.of(column);
        self.folded(Fold::Max, of)
    }

    /// The average of a column of theirs; `None` of none.
    pub fn avg<T: Readable<Base: WholeNumber>>(
        self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<f64>> {
        let of = self.of(column);
        self.folded(Fold::Avg, of)
    }
}

/// Over all rows of `C` that refer to the row and that whoever asks may see.
impl<P: Place, C: Model> Many<P, C> {
    /// Only those that are so, to be counted or added up: `a.comments.filter(|c| c.hidden.eq(false)).count()`.
    pub fn filter<F: IntoFilter<In<P::Scope, C>>>(
        &self,
        condition: impl FnOnce(&Columns<C, Inside<P, C>>) -> F,
    ) -> Subset<P, C> {
        Subset::all_of(self).filter(condition)
    }

    /// How many there are that whoever asks may see.
    pub fn count(&self) -> Expression<P::Scope, P::Read<i64>> {
        Subset::all_of(self).count()
    }

    /// The sum of a column of theirs: see [`Subset::sum`].
    pub fn sum<T: Readable<Base: Summed>>(
        &self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<<T::Base as Summed>::Sum>> {
        Subset::all_of(self).sum(column)
    }

    /// The smallest value of a column of theirs: see [`Subset::min`].
    pub fn min<T: Readable<Base: Ranked>>(
        &self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<T::Base>> {
        Subset::all_of(self).min(column)
    }

    /// The greatest value of a column of theirs: see [`Subset::max`].
    pub fn max<T: Readable<Base: Ranked>>(
        &self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<T::Base>> {
        Subset::all_of(self).max(column)
    }

    /// The average of a column of theirs: see [`Subset::avg`].
    pub fn avg<T: Readable<Base: WholeNumber>>(
        &self,
        column: impl FnOnce(&Columns<C, Inside<P, C>>) -> &Column<Inside<P, C>, T>,
    ) -> Expression<P::Scope, Option<f64>> {
        Subset::all_of(self).avg(column)
    }
}
