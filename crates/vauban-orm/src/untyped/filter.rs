//! Conditions and orders of a table's rows.

use std::ops::{BitAnd, BitOr, Not};

use crate::error::{Error, Result};
use crate::tree::bounds;
use crate::tree::expr::Expr;
use crate::tree::meta::{ColumnMeta, ModelMeta};

/// A condition on the rows of one table: the tree that a typed [`Filter`](crate::Filter) is, with the same bounds. Made from
/// columns; joined by `&`, `|` and `!`.
#[derive(Clone)]
#[must_use = "a filter does nothing until a query has it"]
pub struct AnyFilter {
    model: &'static ModelMeta,
    expr: Expr,
    /// It was joined with a condition on this one.
    other: Option<&'static ModelMeta>,
}

impl AnyFilter {
    pub(super) fn new(model: &'static ModelMeta, expr: Expr) -> Self {
        Self {
            model,
            expr,
            other: None,
        }
    }

    fn join(self, other: Self, join: fn(Expr, Expr) -> Expr) -> Self {
        let differs = (!self.model.is(other.model)).then_some(other.model);
        Self {
            model: self.model,
            other: self.other.or(other.other).or(differs),
            expr: join(self.expr, other.expr),
        }
    }

    /// The condition, for a query on this model.
    ///
    /// # Errors
    /// If it speaks of another's rows: its columns would be looked for in the wrong table.
    pub(super) fn on(self, model: &'static ModelMeta) -> Result<Expr> {
        let own = if self.model.is(model) {
            None
        } else {
            Some(self.model)
        };
        match own.or(self.other) {
            None => Ok(self.expr),
            Some(other) => Err(Error::Internal(format!(
                "a filter on `{}` in a query on `{}`: make it of the columns of the query's own table, and of related rows \
                 with `.through(\"field\")`",
                other.name, model.name
            ))),
        }
    }
}

impl std::fmt::Debug for AnyFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnyFilter")
            .field("model", &self.model.name)
            .finish_non_exhaustive()
    }
}
impl BitAnd for AnyFilter {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.join(other, Expr::and)
    }
}
impl BitOr for AnyFilter {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.join(other, Expr::or)
    }
}
/// Not true: also where a column has no value.
impl Not for AnyFilter {
    type Output = Self;
    fn not(self) -> Self {
        Self {
            expr: self.expr.negated(),
            ..self
        }
    }
}

/// One key of an order.
#[derive(Clone)]
#[must_use = "an order does nothing until a query has it"]
pub struct AnyOrder {
    pub(super) model: &'static ModelMeta,
    pub(super) steps: Vec<&'static ColumnMeta>,
    pub(super) column: &'static ColumnMeta,
    pub(super) descending: bool,
}

impl std::fmt::Debug for AnyOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let down = if self.descending { "desc" } else { "asc" };
        write!(f, "{}.{}.{down}", self.model.name, self.column.field)
    }
}

/// By what the rows of this model are ordered, with the foreign keys on the way.
type OrderKey = (Vec<&'static ColumnMeta>, &'static ColumnMeta, bool);

/// The orders, for a query on this model.
///
/// # Errors
/// For an order of another table's rows.
pub(super) fn keys_of(
    order: impl IntoIterator<Item = AnyOrder>,
    model: &'static ModelMeta,
) -> Result<Vec<OrderKey>> {
    let mut keys = Vec::new();
    for key in order {
        // CWE-770. CWE-440: an order that is cut short is another one.
        if keys.len() >= bounds::MAX_ORDER {
            return Err(Error::TooLarge(bounds::ORDER));
        }
        if !key.model.is(model) {
            return Err(Error::Internal(format!(
                "an order of `{}` in a query on `{}`: make it of the columns of the query's own table",
                key.model.name, model.name
            )));
        }
        keys.push((key.steps, key.column, key.descending));
    }
    Ok(keys)
}
