//! What the database computes with, and what comes of it: whole numbers of any size, and amounts, exactly.

use crate::model::aggregate::WholeNumber;
use crate::model::expression::Readable;
use crate::model::field::Field;
use crate::model::types::Decimal;

/// `a + b` and `a - b`: of whole numbers, and of two [`Decimal`]s of one type.
pub trait Plus<R>: Field {
    /// As which it is read, of values that are read as `A` and `B`.
    type Of<A: Readable, B: Readable>: Readable;
}

/// `a * b`: of whole numbers, and of a [`Decimal`] and a whole number. The product of two `Decimal`s would have to be rounded.
pub trait Times<R>: Field {
    /// As which it is read, of values that are read as `A` and `B`.
    type Of<A: Readable, B: Readable>: Readable;
}

/// `a / b` and `a % b`: of whole numbers, rounded towards 0; of nothing by the type, so that it is seen.
pub trait DividedBy<R>: Field {
    /// As which it is read, of values that are read as `A` and `B`.
    type Of<A: Readable, B: Readable>: Readable;
}

impl<N: WholeNumber, R: WholeNumber> Plus<R> for N {
    type Of<A: Readable, B: Readable> = A::Both<B, i64>;
}
impl<N: WholeNumber, R: WholeNumber> Times<R> for N {
    type Of<A: Readable, B: Readable> = A::Both<B, i64>;
}
impl<N: WholeNumber, R: WholeNumber> DividedBy<R> for N {
    type Of<A: Readable, B: Readable> = Option<i64>;
}

// Of an amount there is no end that could stand for more: with too many digits it is none.
impl<const PLACES: u32, const DIGITS: u32> Plus<Self> for Decimal<PLACES, DIGITS> {
    type Of<A: Readable, B: Readable> = Option<Self>;
}
impl<const PLACES: u32, const DIGITS: u32, R: WholeNumber> Times<R> for Decimal<PLACES, DIGITS> {
    type Of<A: Readable, B: Readable> = Option<Self>;
}
impl<const PLACES: u32, const DIGITS: u32, N: WholeNumber> Times<Decimal<PLACES, DIGITS>> for N {
    type Of<A: Readable, B: Readable> = Option<Decimal<PLACES, DIGITS>>;
}
