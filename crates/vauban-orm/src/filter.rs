//! `Filter<R>`: a condition on rows of `R`, and on nothing else.

use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use crate::expr::Expr;
use crate::model::Model;

/// A condition on rows of `R`. Made from columns; joined by `&`, `|` and `!`.
///
/// Filters are two-valued: `!f` means "not true", also where a column has no value. A comparison
/// through a foreign key holds only if the row referred to exists and, in a query, may be seen.
///
/// Its size is bounded while it is built, however it is folded (CWE-400, CWE-674): 500 conditions, 32 levels, 16 foreign
/// keys in a row, 10,000 values in lists, 4,096 bytes of a text to look for. A statement with a larger one is
/// [`Error::TooLarge`](crate::Error::TooLarge), a policy with one fails `check`.
#[must_use = "a filter does nothing until a query or a rule has it"]
pub struct Filter<R> {
    pub(crate) expr: Expr,
    root: PhantomData<fn() -> R>,
}

impl<R> Filter<R> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self {
            expr,
            root: PhantomData,
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

impl<R> Clone for Filter<R> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}
impl<R> std::fmt::Debug for Filter<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.expr.fmt(f)
    }
}
impl<R> BitAnd for Filter<R> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self::new(self.expr.and(other.expr))
    }
}
impl<R> BitOr for Filter<R> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self::new(self.expr.or(other.expr))
    }
}
impl<R> Not for Filter<R> {
    type Output = Self;
    fn not(self) -> Self {
        Self::new(self.expr.negated())
    }
}

/// What the closure of `.filter(|a| …)` returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter on `{R}`",
    label = "a condition on `{R}` is made of columns of `{R}`",
    note = "write a condition on the closure's own columns: `.filter(|a| a.slug.eq(&slug))`; join conditions with `&` and `|`, for `&&` and `||` are Rust's own and take `bool` only",
    note = "SQL text is a literal inside the macro: `.filter(|a| sql!(\"length(…) > …\", a.title, 5))`; a `String` or `&str` is never SQL"
)]
pub trait IntoFilter<R> {
    #[doc(hidden)]
    fn into_filter(self) -> Filter<R>;
}

impl<R: Model> IntoFilter<R> for Filter<R> {
    fn into_filter(self) -> Filter<R> {
        self
    }
}
