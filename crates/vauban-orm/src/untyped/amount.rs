//! What a column of whole numbers is set to by the database: computed of the row as it is.

use std::ops::{Add, Mul, Sub};

use super::column::AnyColumn;
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::problem::Problem;
use crate::tree::meta::{Encoding, ModelMeta};
use crate::tree::term::{Term, Whole};
use crate::tree::value::{Kind, Value};

/// A whole number that the database computes of a row: `hits.amount()? + 1`. For [`AnyColumn::set_to`].
#[derive(Debug, Clone)]
#[must_use = "a value is computed where a change has it"]
pub struct AnyAmount {
    model: &'static ModelMeta,
    term: Term,
    /// It was computed with one of this model's rows.
    other: Option<&'static ModelMeta>,
}

/// Said of a column whose type is none of those that are computed with.
const NOT_COMPUTED: Problem = Problem::new(
    "not_computed",
    "Only whole numbers are computed with, and none of a type of its own.",
);

impl AnyColumn {
    /// The column as a number to compute with. Of a related row that is absent or hidden there is no value, and none of what is
    /// computed with it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no [whole number](crate::columns::WholeNumber).
    pub fn amount(&self) -> Result<AnyAmount> {
        if !(self.meta.untyped.whole)() {
            return Err(self.invalid(NOT_COMPUTED));
        }
        Ok(AnyAmount {
            model: self.root,
            term: self.term().bounded(),
            other: None,
        })
    }

    /// Sets the column to what the database computes of the row as it is, in a change: `hits.set_to(hits.amount()? + 1)`. The rules
    /// judge the row that it becomes. What the column does not take is told by the write: see [`Column::set_to`](crate::Column::set_to).
    ///
    /// # Errors
    /// [`Error::Internal`] for a column of a related row, and for an amount of another table's rows; [`Error::Invalid`] for a
    /// column whose type is no [whole number](crate::columns::WholeNumber): one of the site's own says what its values are.
    pub fn set_to(&self, amount: AnyAmount) -> Result<Assignment<AnyRow>> {
        let own = self.own_of(self.root)?;
        if let Some(other) = amount
            .other
            .or((!amount.model.is(self.root)).then_some(amount.model))
        {
            return Err(Error::Internal(format!(
                "`{self:?}` is set to what is computed of a `{}`: take columns from the table of the row that is changed",
                other.name
            )));
        }
        // CWE-20: what a type of the site's own refuses nobody could read afterwards.
        if !(own.untyped.whole)() {
            return Err(self.invalid(NOT_COMPUTED));
        }
        Ok(Assignment::computed(own, amount.term))
    }
}

impl AnyAmount {
    fn with(self, whole: Whole, other: Self) -> Self {
        let differs = (!self.model.is(other.model)).then_some(other.model);
        Self {
            model: self.model,
            term: Term::Whole(whole, Box::new((self.term, other.term))).bounded(),
            other: self.other.or(other.other).or(differs),
        }
    }

    fn of(&self, number: i64) -> Self {
        Self {
            model: self.model,
            term: Term::Value(Kind::BigInt, Value::Integer(number), Encoding::OfKind),
            other: None,
        }
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident $whole:ident;)+) => { $(
        impl $operator for AnyAmount {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.with(Whole::$whole, other)
            }
        }
        impl $operator<i64> for AnyAmount {
            type Output = Self;
            fn $method(self, other: i64) -> Self {
                let other = self.of(other);
                self.with(Whole::$whole, other)
            }
        }
    )+ };
}
operators! {
    Add add Plus;
    Sub sub Minus;
    Mul mul Times;
}
