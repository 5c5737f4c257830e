//! Whose column it is. Every row that a condition can speak of has a type, so that inside `any(|m| …)` a column of the
//! row outside is never taken for one of `m`, also where a model meets itself; and a number, by which SQL finds it.

use std::fmt;
use std::marker::PhantomData;

use crate::model::expression::Readable;

/// A row that conditions speak of, as a type: the row of a query or of a rule is its model, and a row inside
/// `any(|m| …)` is [`In`] the row outside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row that a condition can speak of",
    note = "a filter on the rows of a model is a `Filter<Article>`; a function for every row that has these columns is written \
            `fn seen<P: Place>(a: &Columns<Article, P>) -> Filter<P::Scope>`"
)]
pub trait Scope: sealed::Scope + 'static {}

/// The row of a query or of a rule on `M`: the model itself.
pub type Root<M> = M;

/// A row of `C` inside an `any(|c| …)` that stands in a condition on `S`.
pub struct In<S, C>(PhantomData<fn() -> (S, C)>);

// The other implementation stands beside `Model`.
impl<S: Scope, C: 'static> Scope for In<S, C> {}

/// Many rows `S` together: what is counted or added up over them is a value of these, and no row's.
pub struct Grouped<S>(PhantomData<fn() -> S>);

impl<S: Scope> Scope for Grouped<S> {}

/// Where a column stands: in the row itself ([`Own`]), or in one that foreign keys lead to from there ([`Via`]).
///
/// A function for columns of every row names it: `fn led_by<P: Place>(o: &Columns<Organisation, P>) -> Filter<P::Scope>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no place of columns",
    label = "no place",
    note = "the columns of `Article` in its own queries are `Columns<Article>`; a function for every row that has these columns \
            is written `fn seen<P: Place>(a: &Columns<Article, P>) -> Filter<P::Scope>`"
)]
pub trait Place: sealed::Place + 'static {
    /// The row that a condition on such a column is a condition on.
    type Scope: Scope;
    /// As which a value from there is read: of a related row it is an `Option`.
    type Read<T: Readable>: Readable<Base = T::Base>;
}

/// The place of the row's own columns.
pub struct Own<S>(PhantomData<fn() -> S>);

/// The place of the columns of a related row, which may be absent or hidden.
pub struct Via<S>(PhantomData<fn() -> S>);

impl<S: Scope> Place for Own<S> {
    type Scope = S;
    type Read<T: Readable> = T;
}
impl<S: Scope> Place for Via<S> {
    type Scope = S;
    type Read<T: Readable> = Option<T::Base>;
}

/// The place of columns that a change sets: the changed row's own, and no other's.
#[diagnostic::on_unimplemented(
    message = "only the row's own columns are set, and this is a column of another row, at `{Self}`",
    label = "not for a column of another row",
    note = "`|t| [t.title.set(title)]` sets a column of `t`; to change a related row, load that row with `get_to_change` and change it"
)]
pub trait OwnRow: Place {
    /// The changed row's model.
    type Model;
}

/// Two conditions that can be joined, for where the one can stand the other's row is there: what they are together is a
/// condition on the deeper of the two rows.
#[diagnostic::on_unimplemented(
    message = "these two speak of rows that never meet: one of `{Self}`, one of `{B}`",
    label = "of another row",
    note = "inside `any(|m| …)` stand columns of `m` and of the rows outside; what is made of `m` does not leave it, and an `any` of \
            a row outside knows nothing of `m`"
)]
pub trait Join<B>: Scope {
    /// The deeper row.
    type Deeper: Scope;
}
// `S = In<S, C>` has no solution, so none of these overlap, whatever meets itself.
impl<S: Scope> Join<S> for S {
    type Deeper = S;
}
macro_rules! joins {
    ($($deep:ty, $($inner:ident)+;)+) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Scope, $($inner: 'static),+> Join<$deep> for S {
            type Deeper = $deep;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Scope, $($inner: 'static),+> Join<S> for $deep {
            type Deeper = $deep;
        }
    )+ };
}
joins! {
    In<S, A>, A;
    In<In<S, A>, B>, A B;
    In<In<In<S, A>, B>, C>, A B C;
    In<In<In<In<S, A>, B>, C>, D>, A B C D;
}

pub(crate) mod sealed {
    pub trait Scope {}
    impl<S, C> Scope for super::In<S, C> {}
    impl<S> Scope for super::Grouped<S> {}

    pub trait Place {}
    impl<S> Place for super::Own<S> {}
    impl<S> Place for super::Via<S> {}
}

impl<S, C> fmt::Debug for In<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("In")
    }
}
impl<S> fmt::Debug for Grouped<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grouped")
    }
}
impl<S> fmt::Debug for Own<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}
impl<S> fmt::Debug for Via<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Via")
    }
}
