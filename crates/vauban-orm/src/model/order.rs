//! The order of a query's rows.

use std::marker::PhantomData;

use crate::tree::meta::ColumnMeta;
use crate::tree::term::SortKey;

/// One key of an order.
#[derive(Debug, Clone)]
pub struct Order<R> {
    pub(crate) key: SortKey,
    root: PhantomData<fn() -> R>,
}

impl<R> Order<R> {
    pub(super) fn new(
        steps: Vec<&'static ColumnMeta>,
        column: &'static ColumnMeta,
        descending: bool,
    ) -> Self {
        Self::by(SortKey::of_column(steps, column, descending))
    }

    pub(super) fn by(key: SortKey) -> Self {
        Self {
            key,
            root: PhantomData,
        }
    }

    /// What has no value comes first, whichever way the order goes.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.key.nulls_first = Some(true);
        self
    }

    /// What has no value comes last, whichever way the order goes.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.key.nulls_first = Some(false);
        self
    }
}

/// What the closure of `.order_by(|a| …)` returns: one key or an array of keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of `{R}`",
    note = "write `.order_by(|a| a.created.desc())`, or several in an array"
)]
pub trait IntoOrder<R> {
    #[doc(hidden)]
    fn into_order(self) -> Vec<Order<R>>;
}
impl<R> IntoOrder<R> for Order<R> {
    fn into_order(self) -> Vec<Order<R>> {
        vec![self]
    }
}
impl<R, const N: usize> IntoOrder<R> for [Order<R>; N] {
    fn into_order(self) -> Vec<Order<R>> {
        self.into()
    }
}
