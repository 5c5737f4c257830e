//! What is computed of columns and of other values: numbers, texts, parts of moments, the first that is there, cases.

use std::ops::{Add, Div, Mul, Rem, Sub};

use crate::model::aggregate::{Aggregate, Ranked, Summed, WholeNumber};
use crate::model::arithmetic::{DividedBy, Plus, Times};
use crate::model::columns::{Column, OrderedField, TextField};
use crate::model::expression::{Expression, IntoExpression, Readable, iexact, search};
use crate::model::field::Field;
use crate::model::filter::Filter;
use crate::model::scope::{Place, Scope};
use crate::model::types::{Date, DateTime};
use crate::tree::expr::{Expr, Op};
use crate::tree::term::{Fold, Part, Term, TextFunction, Whole};

/// Column types that have a year, a month and a day.
pub trait Dated: Field {}
impl Dated for DateTime {}
impl Dated for Date {}

/// The base of a value.
type Base<T> = <T as Readable>::Base;

macro_rules! computed {
    ([$($generics:tt)*], $this:ty, $scope:ty, $value:ty) => {
        impl<$($generics)*> $this {
            fn part<U: Field>(&self, part: Part) -> Expression<$scope, <$value as Readable>::Of<U>> {
                Expression::new(Term::Part(part, Box::new(self.term())))
            }

            fn text<U: Field>(&self, function: TextFunction) -> Expression<$scope, <$value as Readable>::Of<U>> {
                Expression::new(Term::Text(function, Box::new(self.term())))
            }

            /// The other value where this has none.
            pub fn coalesce<R>(&self, other: R) -> Expression<$scope, R::Value>
            where
                R: IntoExpression<$scope, Value: Readable<Base = Base<$value>>>,
            {
                let other = other.into_expression().term;
                Expression::new(Term::Coalesce(Box::new((self.term(), other))))
            }

            /// The filter for rows that have a value here.
            pub fn is_not_null(&self) -> Filter<$scope> {
                Filter::new(Expr::term_is_null(self.term()).negated())
            }

            /// From the one to the other, both included.
            pub fn range<R>(&self, first: R, last: R) -> Filter<$scope>
            where
                Base<$value>: OrderedField,
                R: IntoExpression<$scope, Value: Readable<Base = Base<$value>>>,
            {
                let first = Expr::terms(Op::Ge, self.term(), first.into_expression().term);
                let last = Expr::terms(Op::Le, self.term(), last.into_expression().term);
                Filter::new(first.and(last))
            }

            /// In small letters, those of ASCII.
            pub fn lower(&self) -> Expression<$scope, <$value as Readable>::Of<String>>
            where
                Base<$value>: TextField,
            {
                self.text(TextFunction::Lower)
            }

            /// In capitals, those of ASCII.
            pub fn upper(&self) -> Expression<$scope, <$value as Readable>::Of<String>>
            where
                Base<$value>: TextField,
            {
                self.text(TextFunction::Upper)
            }

            /// Without the spaces at both ends.
            pub fn trim(&self) -> Expression<$scope, <$value as Readable>::Of<String>>
            where
                Base<$value>: TextField,
            {
                self.text(TextFunction::Trim)
            }

            /// How many characters it has.
            pub fn length(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                Base<$value>: TextField,
            {
                self.text(TextFunction::Length)
            }

            /// Followed by another text.
            pub fn concat<R>(&self, other: R) -> Expression<$scope, <$value as Readable>::Both<R::Value, String>>
            where
                Base<$value>: TextField,
                R: IntoExpression<$scope, Value: Readable<Base: TextField>>,
            {
                let other = other.into_expression().term;
                Expression::new(Term::Concat(Box::new((self.term(), other))))
            }

            /// Equal to this text, ASCII letters' case apart.
            pub fn iexact(&self, text: impl AsRef<str>) -> Filter<$scope>
            where
                Base<$value>: TextField,
            {
                iexact(self.term(), text.as_ref())
            }

            /// Has this text in it, whatever the case of its letters: all that Unicode has, each by itself (`Ä` is `ä`, and
            /// neither is `a`). Both databases fold the same letters. An empty text is no filter.
            pub fn search(&self, text: impl AsRef<str>) -> Filter<$scope>
            where
                Base<$value>: TextField,
            {
                search(self.term(), text.as_ref())
            }

            /// The year, of a moment in UTC.
            pub fn year(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                Base<$value>: Dated,
            {
                self.part(Part::Year)
            }

            /// The month, from 1 to 12, of a moment in UTC.
            pub fn month(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                Base<$value>: Dated,
            {
                self.part(Part::Month)
            }

            /// The day of the month, from 1, of a moment in UTC.
            pub fn day(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                Base<$value>: Dated,
            {
                self.part(Part::Day)
            }

            /// The day of the week, from 1 (Monday) to 7, of a moment in UTC.
            pub fn weekday(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                Base<$value>: Dated,
            {
                self.part(Part::Weekday)
            }

            /// The hour, from 0 to 23, in UTC.
            pub fn hour(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                $value: Readable<Base = DateTime>,
            {
                self.part(Part::Hour)
            }

            /// The minute, from 0 to 59, in UTC.
            pub fn minute(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                $value: Readable<Base = DateTime>,
            {
                self.part(Part::Minute)
            }

            /// The second, from 0 to 59, in UTC.
            pub fn second(&self) -> Expression<$scope, <$value as Readable>::Of<i64>>
            where
                $value: Readable<Base = DateTime>,
            {
                self.part(Part::Second)
            }

            /// In how many rows there is a value here.
            pub fn count(&self) -> Aggregate<$scope, i64> {
                Aggregate::new(Fold::Count, self.term())
            }

            /// The sum over all rows; `None` of none. It is exact; beyond the ends of 64 bits it is the end, so that `i64::MAX`
            /// says: so much or more.
            pub fn sum(&self) -> Aggregate<$scope, Option<<Base<$value> as Summed>::Sum>>
            where
                Base<$value>: Summed,
            {
                Aggregate::new(Fold::Sum, self.term())
            }

            /// The smallest over all rows; `None` of none.
            pub fn min(&self) -> Aggregate<$scope, Option<Base<$value>>>
            where
                Base<$value>: Ranked,
            {
                Aggregate::new(Fold::Min, self.term())
            }

            /// The greatest over all rows; `None` of none.
            pub fn max(&self) -> Aggregate<$scope, Option<Base<$value>>>
            where
                Base<$value>: Ranked,
            {
                Aggregate::new(Fold::Max, self.term())
            }

            /// The average over all rows; `None` of none.
            pub fn avg(&self) -> Aggregate<$scope, Option<f64>>
            where
                Base<$value>: WholeNumber,
            {
                Aggregate::new(Fold::Avg, self.term())
            }
        }

        computed!(@operators [$($generics)*], &$this, $scope, $value);
    };
    (@operators [$($generics:tt)*], $this:ty, $scope:ty, $value:ty) => {
        computed!(@operator [$($generics)*], $this, $scope, $value, Add add Plus Plus);
        computed!(@operator [$($generics)*], $this, $scope, $value, Sub sub Minus Plus);
        computed!(@operator [$($generics)*], $this, $scope, $value, Mul mul Times Times);
        computed!(@operator [$($generics)*], $this, $scope, $value, Div div DividedBy DividedBy);
        computed!(@operator [$($generics)*], $this, $scope, $value, Rem rem Modulo DividedBy);
    };
    (@operator [$($generics:tt)*], $this:ty, $scope:ty, $value:ty, $operator:ident $method:ident $whole:ident $rule:ident) => {
        impl<$($generics)*, R> $operator<R> for $this
        where
            R: IntoExpression<$scope>,
            Base<$value>: $rule<Base<R::Value>>,
        {
            type Output = Expression<$scope, <Base<$value> as $rule<Base<R::Value>>>::Of<$value, R::Value>>;
            fn $method(self, other: R) -> Self::Output {
                let other = other.into_expression().term;
                Expression::new(Term::Whole(Whole::$whole, Box::new((self.term(), other))))
            }
        }
    };
}

computed!([P: Place, T: Readable], Column<P, T>, P::Scope, P::Read<T>);
computed!([S: Scope, T: Readable], Expression<S, T>, S, T);
computed!(@operators [S: Scope, T: Readable], Expression<S, T>, S, T);

/// A value by cases: the first whose condition holds. From [`case`].
#[derive(Debug)]
#[must_use = "cases are a value once they end in `.otherwise(…)` or `.or_none()`"]
pub struct Cases<S, T> {
    cases: Vec<(Expr, Term)>,
    types: std::marker::PhantomData<fn() -> (S, T)>,
}

/// A value by cases, like `case(a.published.eq(true), "published").otherwise("draft")`.
pub fn case<S: Scope, R: IntoExpression<S>>(condition: Filter<S>, value: R) -> Cases<S, R::Value> {
    let value: Expression<S, R::Value> = value.into_expression();
    Cases {
        cases: vec![(condition.expr, value.term)],
        types: std::marker::PhantomData,
    }
}

impl<S: Scope, T: Readable> Cases<S, T> {
    /// Else, where this holds, this.
    pub fn when<R>(mut self, condition: Filter<S>, value: R) -> Self
    where
        R: IntoExpression<S, Value = T>,
    {
        self.cases.push((condition.expr, value.into_expression().term));
        self
    }

    /// This value where none of the conditions holds.
    pub fn otherwise<R: IntoExpression<S, Value = T>>(self, value: R) -> Expression<S, T> {
        let value = value.into_expression().term;
        self.ending_in(Some(value))
    }

    /// No value where none of the conditions holds.
    pub fn or_none(self) -> Expression<S, Option<T::Base>> {
        self.ending_in(None)
    }

    fn ending_in<U>(self, mut rest: Option<Term>) -> Expression<S, U> {
        for (condition, value) in self.cases.into_iter().rev() {
            rest = Some(Term::Case(Box::new((condition, value, rest))).bounded());
        }
        Expression::new(rest.unwrap_or(Term::TooLarge(crate::tree::bounds::TERM)))
    }
}
