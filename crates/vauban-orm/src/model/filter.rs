//! `Filter<S>`: a condition on the row `S`, and on nothing else.

use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use crate::model::Model;
use crate::model::scope::{In, Join, Scope};
use crate::tree::expr::Expr;

/// A condition on the row `S`: a model's row in its queries and rules, so a `Filter<Article>`; or [`In`], a row inside `any`.
/// Made from columns; joined by `&`, `|` and `!`.
///
/// What is joined of a row inside `any` and of one outside is a condition on the row inside, where both are there.
///
/// Filters are two-valued: `!f` means "not true", also where a column has no value. A comparison
/// through a foreign key holds only if the row referred to exists and, in a query, may be seen.
///
/// Its size is bounded while it is built, however it is folded (CWE-400, CWE-674): 500 conditions, 32 levels, 16 foreign
/// keys in a row, 10,000 values in lists, 4,096 bytes of a text to look for. A statement with a larger one is
/// [`Error::TooLarge`](crate::Error::TooLarge), a policy with one fails `check`.
#[must_use = "a filter does nothing until a query or a rule has it"]
pub struct Filter<S> {
    pub(crate) expr: Expr,
    scope: PhantomData<fn() -> S>,
}

impl<S> Filter<S> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self {
            expr,
            scope: PhantomData,
        }
    }

    /// The filter that every row passes: where a query starts that is narrowed step by step.
    pub fn always() -> Self {
        Self::new(Expr::True)
    }

    /// The filter that no row passes: the rule for what nobody may do.
    pub fn never() -> Self {
        Self::new(Expr::False)
    }
}

impl<S> Clone for Filter<S> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}
impl<S> std::fmt::Debug for Filter<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.expr.fmt(f)
    }
}
impl<A: Join<B>, B: Scope> BitAnd<Filter<B>> for Filter<A> {
    type Output = Filter<A::Deeper>;
    fn bitand(self, other: Filter<B>) -> Self::Output {
        Filter::new(self.expr.and(other.expr))
    }
}
impl<A: Join<B>, B: Scope> BitOr<Filter<B>> for Filter<A> {
    type Output = Filter<A::Deeper>;
    fn bitor(self, other: Filter<B>) -> Self::Output {
        Filter::new(self.expr.or(other.expr))
    }
}
impl<S> Not for Filter<S> {
    type Output = Self;
    fn not(self) -> Self {
        Self::new(self.expr.negated())
    }
}

/// What the closures of `.filter(|a| …)` and `.any(|m| …)` return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter on `{S}`",
    label = "a condition on `{S}` is made of columns of `{S}`",
    note = "write a condition on the closure's own columns: `.filter(|a| a.slug.eq(&slug))`; join conditions with `&` and `|`, for `&&` and `||` are Rust's own and take `bool` only",
    note = "SQL text is a literal inside the macro: `.filter(|a| sql!(\"length(…) > …\", a.title, 5))`; a `String` or `&str` is never SQL"
)]
pub trait IntoFilter<S> {
    #[doc(hidden)]
    fn into_filter(self) -> Filter<S>;
}

impl<M: Model> IntoFilter<M> for Filter<M> {
    fn into_filter(self) -> Filter<M> {
        self
    }
}
/// Inside `any`, also a condition on a row outside.
#[diagnostic::do_not_recommend]
impl<S: Scope, C: 'static, A: Join<In<S, C>, Deeper = In<S, C>>> IntoFilter<In<S, C>> for Filter<A> {
    fn into_filter(self) -> Filter<In<S, C>> {
        Filter::new(self.expr)
    }
}
