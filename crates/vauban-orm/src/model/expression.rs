//! Values that the database computes, typed: of a row `S`, read as a `T`.

use std::marker::PhantomData;

use crate::model::Model;
use crate::model::columns::{Column, OrderedField, TextField};
use crate::model::compared::{Comparable, Compared, Operand};
use crate::model::field::{Field, ModelField};
use crate::model::filter::Filter;
use crate::model::key::Rel;
use crate::model::order::Order;
use crate::model::scope::{Join, Place, Scope};
use crate::model::types::Id;
use crate::tree::bounds;
use crate::tree::expr::{Expr, Op};
use crate::tree::folding::folded;
use crate::tree::term::{SortKey, Term, TextFunction};

/// A value that the database computes of a row `S`, and that is read as a `T`: of columns, constants and functions of them.
/// Nothing in it is an error in the database, whatever the rows hold: whole numbers keep within 64 bits, and what is
/// divided by nothing is `None`, as is an amount with too many digits.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// # pub struct Article {
/// #     pub id: Id<Article>,
/// #     #[field(max_length = 200)]
/// #     pub title: String,
/// #     pub likes: i64,
/// #     pub views: Option<i64>,
/// # }
/// # impl Policy for Article {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules { view: Filter::always(), ..Rules::none() } }
/// # }
/// # async fn show(db: &Db) -> Result<()> {
/// let liked: Vec<(String, Option<i64>)> = Article::objects()
///     .filter(|a| (&a.likes * 2).gt(a.views.coalesce(0)))
///     .order_by(|a| a.title.lower().asc())
///     .values(|a| (&a.title, (&a.likes * 100) / &a.views))
///     .all(db)
///     .await?;
/// # Ok(())
/// # }
/// # fn main() {}
/// ```
#[must_use = "a value is computed where a query has it"]
pub struct Expression<S, T> {
    pub(crate) term: Term,
    types: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Expression<S, T> {
    pub(crate) fn new(term: Term) -> Self {
        Self {
            term: term.bounded(),
            types: PhantomData,
        }
    }
}

impl<S, T> Clone for Expression<S, T> {
    fn clone(&self) -> Self {
        Self {
            term: self.term.clone(),
            types: PhantomData,
        }
    }
}
impl<S, T> std::fmt::Debug for Expression<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.term.fmt(f)
    }
}

/// A type that a value is read as: a column's type, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "a value is not read as `{Self}`",
    note = "values are read as columns' types, and as an `Option` of one where there may be none"
)]
pub trait Readable: ModelField {
    /// The type of a value that is there.
    type Base: Field;
    /// A `U` that is there where this is.
    type Of<U: Field>: Readable<Base = U>;
    /// A `U` that is there where both are.
    type Both<B: Readable, U: Field>: Readable<Base = U>;
}
#[diagnostic::do_not_recommend]
impl<T: Field> Readable for T {
    type Base = T;
    type Of<U: Field> = U;
    type Both<B: Readable, U: Field> = B::Of<U>;
}
impl<T: Field> Readable for Option<T> {
    type Base = T;
    type Of<U: Field> = Option<U>;
    type Both<B: Readable, U: Field> = Option<U>;
}

/// What stands where a value of a row `S` is asked for: a column of it or of a related row, which reads as an `Option`, a
/// constant, or an [`Expression`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of `{S}`",
    label = "neither a column of this row nor a value",
    note = "write columns by reference: `(&a.title, &a.author.email)`, or what is computed of them: `a.title.length()`; what is \
            counted or added up over many rows stands in `.aggregate(…)`, or behind `.group_by(…)`"
)]
pub trait IntoExpression<S>: OneValue {
    /// As which it is read.
    type Value: Readable;
    #[doc(hidden)]
    fn into_expression(self) -> Expression<S, Self::Value>;
}
/// What is one value, and no tuple of some. Implemented by this crate only.
#[doc(hidden)]
pub trait OneValue {}
impl<S, T> OneValue for Expression<S, T> {}
impl<S, T> OneValue for &Expression<S, T> {}
impl<P: Place, T> OneValue for &Column<P, T> {}
impl<P: Place, M: Model> OneValue for &Rel<P, M> {}
impl<T: Field> OneValue for T {}
impl OneValue for &str {}

impl<S: Scope, A: Join<S, Deeper = S>, T: Readable> IntoExpression<S> for Expression<A, T> {
    type Value = T;
    fn into_expression(self) -> Expression<S, T> {
        Expression::new(self.term)
    }
}
impl<S: Scope, A: Join<S, Deeper = S>, T: Readable> IntoExpression<S> for &Expression<A, T> {
    type Value = T;
    fn into_expression(self) -> Expression<S, T> {
        Expression::new(self.term.clone())
    }
}
impl<S: Scope, P: Place<Scope: Join<S, Deeper = S>>, T: Readable> IntoExpression<S> for &Column<P, T> {
    type Value = P::Read<T>;
    fn into_expression(self) -> Expression<S, Self::Value> {
        Expression::new(self.term())
    }
}
/// A foreign key is the id that it holds.
impl<S: Scope, P: Place<Scope: Join<S, Deeper = S>>, M: Model> IntoExpression<S> for &Rel<P, M> {
    type Value = Option<Id<M>>;
    fn into_expression(self) -> Expression<S, Self::Value> {
        Expression::new(Term::Column(self.path().far(self.column_meta())))
    }
}
#[diagnostic::do_not_recommend]
impl<S: Scope, T: Field> IntoExpression<S> for T {
    type Value = T;
    fn into_expression(self) -> Expression<S, T> {
        Expression::new(Term::Value(T::KIND, self.to_value(), T::ENCODING))
    }
}
impl<S: Scope> IntoExpression<S> for &str {
    type Value = String;
    fn into_expression(self) -> Expression<S, String> {
        self.to_owned().into_expression()
    }
}

/// A column compared with what is computed: `a.points.lt(&a.hits + 1)`.
impl<S: Join<A>, A: Scope, V: Readable> Operand<S, V::Base> for Expression<A, V> {
    type Scope = S::Deeper;
    fn operand(self) -> Compared {
        Compared::with_term(self.term)
    }
}

impl<P: Place, T> Column<P, T> {
    pub(crate) fn term(&self) -> Term {
        Term::Column(self.path().far(self.column_meta()))
    }
}

/// A comparison of a computed value with another of the same type.
pub(super) fn compared<S, T: Readable, R>(op: Op, term: Term, with: R) -> Filter<S>
where
    R: IntoExpression<S, Value: Readable<Base = T::Base>>,
{
    Filter::new(Expr::terms(op, term, with.into_expression().term))
}

impl<S: Scope, T: Readable> Expression<S, T> {
    pub(super) fn term(&self) -> Term {
        self.term.clone()
    }

    /// Equal, where both have a value.
    pub fn eq<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Eq, self.term(), with)
    }

    /// Not equal; also true where one has no value. What is computed of a row that is absent or hidden is unequal to nothing,
    /// unless [`coalesce`](Self::coalesce) or `case` says what it is then.
    pub fn ne<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Ne, self.term(), with)
    }

    /// Equal to one of these.
    pub fn is_in<V: Comparable<T::Base>>(&self, values: impl IntoIterator<Item = V>) -> Filter<S> {
        let values = values.into_iter().map(Comparable::to_bound);
        Filter::new(Expr::term_is_in(self.term(), values))
    }

    /// The filter for rows of which this has no value.
    pub fn is_null(&self) -> Filter<S> {
        Filter::new(Expr::term_is_null(self.term()))
    }

    /// The smallest value first; missing values come before all.
    pub fn asc(&self) -> Order<S> {
        Order::by(self.sort_key(false))
    }

    /// The greatest value first; missing values come last.
    pub fn desc(&self) -> Order<S> {
        Order::by(self.sort_key(true))
    }

    fn sort_key(&self, descending: bool) -> SortKey {
        SortKey {
            term: self.term(),
            descending,
            nulls_first: None,
        }
    }
}

impl<S: Scope, T: Readable<Base: OrderedField>> Expression<S, T> {
    /// Less, where both have a value.
    pub fn lt<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Lt, self.term(), with)
    }

    /// Less or equal, where both have a value.
    pub fn le<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Le, self.term(), with)
    }

    /// Greater, where both have a value.
    pub fn gt<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Gt, self.term(), with)
    }

    /// Greater or equal, where both have a value.
    pub fn ge<R: IntoExpression<S, Value: Readable<Base = T::Base>>>(&self, with: R) -> Filter<S> {
        compared::<S, T, R>(Op::Ge, self.term(), with)
    }
}

impl<S: Scope, T: Readable<Base: TextField>> Expression<S, T> {
    fn has(&self, op: Op, text: &str) -> Filter<S> {
        let text: Expression<S, String> = text.into_expression();
        Filter::new(Expr::terms(op, self.term(), text.term))
    }

    /// Has this text in it, in the same case.
    pub fn contains(&self, text: impl AsRef<str>) -> Filter<S> {
        self.has(Op::Contains, text.as_ref())
    }

    /// Has this text in it, ASCII letters' case apart.
    pub fn icontains(&self, text: impl AsRef<str>) -> Filter<S> {
        self.has(Op::ContainsIgnoringCase, text.as_ref())
    }

    /// Starts with this text, in the same case.
    pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<S> {
        self.has(Op::StartsWith, text.as_ref())
    }

    /// Ends with this text, in the same case.
    pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<S> {
        self.has(Op::EndsWith, text.as_ref())
    }
}

/// Equal, ASCII letters' case apart.
pub(super) fn iexact<S: Scope>(term: Term, text: &str) -> Filter<S> {
    let lower = |term| Term::Text(TextFunction::Lower, Box::new(term));
    let text: Expression<S, String> = text.into_expression();
    Filter::new(Expr::terms(Op::Eq, lower(term), lower(text.term)))
}

/// Has this text in it, in either case of all letters that Unicode has. Whoever looks for nothing finds all.
pub(super) fn search<S: Scope>(term: Term, text: &str) -> Filter<S> {
    if text.is_empty() {
        return Filter::always();
    }
    // CWE-400: what is longer than a text that is looked for is not folded first.
    if text.len() > bounds::MAX_TEXT {
        return Filter::new(Expr::TooLarge(bounds::TEXT));
    }
    let text: Expression<S, String> = folded(text).into_expression();
    let term = Term::Text(TextFunction::Folded, Box::new(term));
    Filter::new(Expr::terms(Op::Contains, term, text.term))
}
