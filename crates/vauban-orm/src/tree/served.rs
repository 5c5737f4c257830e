//! Whether a condition leads to few rows by an index, as far as metadata tells: what no index serves is asked of every row of its
//! table.

use std::cell::Cell;

use super::expr::{Col, Expr, Flag, Op};
use super::meta::{ColumnMeta, ModelMeta};
use super::row::RowNumber;
use super::rules::CompiledRules;
use super::value::Kind;

/// Parts of rules that are looked at: of rules in a circle there would be no end.
const PARTS: u32 = 2_000;

/// Whether an index finds the rows of `model` for which this holds, for an actor of whom so much is known.
pub(crate) fn is_served(model: &'static ModelMeta, condition: &Expr, known: &dyn Fn(Flag) -> bool) -> bool {
    let row = Row {
        model,
        number: RowNumber::ROOT,
    };
    let parts = Cell::new(PARTS);
    Asked { known, parts }.served(row, condition)
}

/// What holds for whoever has signed in, and no more.
pub(crate) fn ordinary(flag: Flag) -> bool {
    flag == Flag::SignedIn
}

/// Whether there are but few rows, for nobody may add one.
pub(crate) fn is_small(rules: &CompiledRules) -> bool {
    matches!(rules.add, Expr::False) || rules.unfit.is_some()
}

/// Whether the column is the first of an index of all rows.
pub(crate) fn is_indexed(model: &ModelMeta, column: &ColumnMeta) -> bool {
    let first = |index: &super::meta::IndexMeta| {
        index.columns.first() == Some(&column.column)
            && index.only.is_none()
            && !index.ignores_case.contains(&column.column)
    };
    // A foreign key has one by itself.
    column.unique || column.index || column.target.is_some() || model.indexes.iter().any(first)
}

struct Asked<'k> {
    known: &'k dyn Fn(Flag) -> bool,
    /// How many more are looked at.
    parts: Cell<u32>,
}

/// The row that a condition is to find.
#[derive(Clone, Copy)]
struct Row {
    model: &'static ModelMeta,
    number: RowNumber,
}

impl Row {
    /// It is a column of this row, and an index begins with it.
    fn is_found_by(self, column: &Col) -> bool {
        column.row == self.number && is_indexed(self.model, column.meta)
    }
}

impl Asked<'_> {
    fn served(&self, row: Row, condition: &Expr) -> bool {
        let Some(left) = self.parts.get().checked_sub(1) else {
            return false;
        };
        self.parts.set(left);
        match condition {
            Expr::False => true,
            Expr::Flag(flag) => !(self.known)(*flag),
            // Of two values one is half of the rows.
            Expr::Compare(Op::Eq, column, _) | Expr::In(column, _) => {
                row.is_found_by(column) && column.meta.kind != Kind::Bool
            }
            Expr::IsNull(column) | Expr::IsActor(column) => row.is_found_by(column),
            Expr::Visible(key) => self.behind(row, key, |model| {
                let number = RowNumber::ROOT;
                self.served(Row { model, number }, &(model.rules)().view)
            }),
            Expr::Through(key, inner) => self.behind(row, key, |model| {
                let number = RowNumber::REACHED;
                self.served(Row { model, number }, inner)
            }),
            // By its id, from the rows that refer to it.
            Expr::Any(opened, inner) => {
                let (model, number) = (opened.model, opened.number);
                opened.to == row.number && self.served(Row { model, number }, inner)
            }
            Expr::And(all) => all.iter().any(|part| self.served(row, part)),
            Expr::Or(all) => all.iter().all(|part| self.served(row, part)),
            Expr::True
            | Expr::Compare(..)
            | Expr::Columns(..)
            | Expr::Terms(..)
            | Expr::TermIn(..)
            | Expr::TermIsNull(_)
            | Expr::Not(_)
            | Expr::Fragment(..)
            | Expr::TooLarge(_) => false,
        }
    }

    fn behind(&self, row: Row, key: &Col, is_served: impl FnOnce(&'static ModelMeta) -> bool) -> bool {
        row.is_found_by(key) && key.meta.target.is_some_and(|target| is_served(target()))
    }
}
