//! The way from a row to a column: which row, and the foreign keys that lead on from it.

use std::sync::Arc;

use crate::model::compared::{Compared, Right};
use crate::model::filter::Filter;
use crate::tree::bounds;
use crate::tree::expr::{Col, Expr, Far, Op};
use crate::tree::meta::ColumnMeta;
use crate::tree::row::RowNumber;
use crate::tree::term::Term;

/// A row, and the foreign keys on the way from there to a column's.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Path {
    row: RowNumber,
    last: Option<Arc<Step>>,
}

#[derive(Debug)]
struct Step {
    before: Path,
    key: &'static ColumnMeta,
    /// How many there are with this one.
    count: usize,
}

impl Path {
    /// The query's own row.
    pub const ROOT: Self = Self {
        row: RowNumber::ROOT,
        last: None,
    };

    /// The row that an `any` opens.
    pub(super) fn opened(row: RowNumber) -> Self {
        Self { row, last: None }
    }

    /// One step on. A path that is too long stays as it is: nothing of it can be asked (CWE-674).
    pub(crate) fn then(&self, key: &'static ColumnMeta) -> Self {
        if self.is_too_long() {
            return self.clone();
        }
        Self {
            row: self.row,
            last: Some(Arc::new(Step {
                before: self.clone(),
                key,
                count: self.count() + 1,
            })),
        }
    }

    /// A column of the path's last row, for a condition that [`wrap`](Self::wrap) says of its first.
    pub(crate) fn column(&self, meta: &'static ColumnMeta) -> Col {
        Col { row: self.to(), meta }
    }

    /// The row that its columns belong to.
    pub(crate) fn to(&self) -> RowNumber {
        match self.last {
            Some(_) => RowNumber::REACHED,
            None => self.row,
        }
    }

    /// The row that its foreign keys lead on from.
    pub(super) fn row(&self) -> RowNumber {
        self.row
    }

    fn count(&self) -> usize {
        self.last.as_ref().map_or(0, |step| step.count)
    }

    pub(crate) fn is_too_long(&self) -> bool {
        self.count() > bounds::MAX_STEPS
    }

    /// A condition on the path's last row, said of its first.
    pub(crate) fn wrap(&self, mut expr: Expr) -> Expr {
        if self.is_too_long() {
            return Expr::TooLarge(bounds::STEPS);
        }
        let mut path = self;
        while let Some(step) = &path.last {
            expr = Expr::through(step.before.column(step.key), expr);
            path = &step.before;
        }
        expr
    }

    /// A column of the path's last row, as a value.
    pub(crate) fn far(&self, meta: &'static ColumnMeta) -> Far {
        Far {
            row: self.row,
            keys: self.steps(),
            meta,
        }
    }

    /// One more than there may be, if it is too long.
    pub(crate) fn steps(&self) -> Vec<&'static ColumnMeta> {
        let (mut steps, mut path) = (Vec::new(), self);
        while let Some(step) = &path.last {
            steps.push(step.key);
            path = &step.before;
        }
        steps.reverse();
        steps
    }

    /// How the column compares with a value, or with a column of this row or of one outside.
    pub(super) fn compare<S>(&self, op: Op, meta: &'static ColumnMeta, with: Compared) -> Filter<S> {
        let column = self.column(meta);
        Filter::new(match with.0 {
            Right::Value(value) => self.wrap(Expr::compare(op, column, value)),
            // As through the column's own keys: not equal to nothing that is there.
            Right::Column(far) if op == Op::Ne && !far.keys.is_empty() => {
                let there = far.is_there();
                self.wrap(Expr::Columns(op, column, far)).and(there)
            }
            Right::Column(far) => self.wrap(Expr::Columns(op, column, far)),
            Right::Term(_) if self.is_too_long() => Expr::TooLarge(bounds::STEPS),
            Right::Term(term) => Expr::terms(op, Term::Column(self.far(meta)), term),
        })
    }
}
