//! Which row a column belongs to, as SQL finds it: by a number.

use std::sync::atomic::{AtomicU64, Ordering};

/// Which row a column belongs to. Rows of the same type have different numbers, so that a condition that was made in one
/// `any` and carried into another finds no row there, instead of the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowNumber(pub(crate) u64);

impl RowNumber {
    /// The row that the query or the rule is about.
    pub(crate) const ROOT: Self = Self(0);
    /// The related row that the foreign keys round a condition lead to.
    pub(crate) const REACHED: Self = Self(1);

    /// The row of a new `any`.
    pub(crate) fn opened() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(2);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The rows that are there where a condition stands, the innermost first, each with what is known of it.
pub(crate) struct Open<'a, T> {
    number: RowNumber,
    pub(crate) row: T,
    /// How many rows are outside.
    pub(crate) depth: usize,
    outside: Option<&'a Self>,
}

impl<'a, T> Open<'a, T> {
    pub(crate) fn root(row: T) -> Self {
        Self {
            number: RowNumber::ROOT,
            row,
            depth: 0,
            outside: None,
        }
    }

    pub(crate) fn inside(&'a self, number: RowNumber, row: T) -> Self {
        Self {
            number,
            row,
            depth: self.depth + 1,
            outside: Some(self),
        }
    }

    pub(crate) fn find(&self, number: RowNumber) -> Option<&Self> {
        let mut open = self;
        while open.number != number {
            open = open.outside?;
        }
        Some(open)
    }
}
