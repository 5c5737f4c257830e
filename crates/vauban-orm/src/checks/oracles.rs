//! Uniqueness that tells of hidden rows (CWE-203): whoever writes a row learns by the refusal that another one has its values.
//!
//! It tells nothing where every writer sees every row with the same key. That is so if a part of the view rule speaks of
//! the key's columns alone, so that it holds for all rows of a key or for none, and follows from the rule for writing.

use crate::migrations::stated;
use crate::tree::expr::{Expr, Op};
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta, Privilege};
use crate::tree::row::RowNumber;
use crate::tree::rules::CompiledRules;
use crate::tree::value::Value;

/// The unique keys of a model that tell of hidden rows.
pub(crate) fn telling(model: &'static ModelMeta) -> Vec<String> {
    let rules = (model.rules)();
    let single = model
        .columns
        .iter()
        .skip(1)
        .filter(|column| column.unique)
        .map(|column| Unique {
            equal: vec![column.column],
            also: Vec::new(),
        });
    let several = model.indexes.iter().filter(|index| index.unique).map(|index| {
        // Of rows with one key these are not equal; and whoever changes what the condition asks for makes a row one of them.
        let (folded, equal): (Vec<_>, Vec<_>) =
            (index.columns.iter().copied()).partition(|column| index.ignores_case.contains(column));
        let also = folded.into_iter().chain(stated::columns_of(index)).collect();
        Unique { equal, also }
    });
    single
        .chain(several)
        .filter(|key| !Key::new(model, rules, key).tells_nothing())
        .map(|key| [key.equal, key.also].concat().join(" + "))
        .collect()
}

/// A unique key: the columns that are equal in all rows with one key, and what else it depends on.
struct Unique {
    equal: Vec<&'static str>,
    also: Vec<&'static str>,
}

struct Key<'a> {
    model: &'static ModelMeta,
    rules: &'static CompiledRules,
    columns: &'a Unique,
    /// The parts of the view rule that speak of the key alone.
    seen_by: Vec<&'static Expr>,
    /// Whether that is all of it.
    whole: bool,
}

impl<'a> Key<'a> {
    fn new(model: &'static ModelMeta, rules: &'static CompiledRules, columns: &'a Unique) -> Self {
        let parts = match &rules.view {
            Expr::Or(parts) => parts,
            one => std::slice::from_ref(one),
        };
        let of_key = |part: &&Expr| {
            part.own_columns()
                .iter()
                .all(|own| columns.equal.contains(&own.column))
        };
        let seen_by: Vec<_> = parts.iter().filter(of_key).collect();
        Self {
            model,
            rules,
            columns,
            whole: seen_by.len() == parts.len(),
            seen_by,
        }
    }

    fn tells_nothing(&self) -> bool {
        // What a new row refers to may be seen, or it is not written.
        self.follows(&self.rules.add, true) && self.change_tells_nothing()
    }

    fn change_tells_nothing(&self) -> bool {
        let mut written = self.model.columns.iter().filter(|column| self.is_written(column));
        let is_key =
            |column: &&'static str| self.columns.equal.contains(column) || self.columns.also.contains(column);
        if !written.any(|column| is_key(&column.column)) {
            return true; // a change leaves the key as it is
        }
        // The row was seen before, by nothing else than these columns.
        let as_before = |part: &&Expr| {
            let own = part.own_columns();
            own.iter().all(|column| !self.is_written(column))
        };
        (self.whole && self.seen_by.iter().all(as_before)) || self.follows(&self.rules.change, self.whole)
    }

    /// Whether a change may write the column.
    fn is_written(&self, column: &ColumnMeta) -> bool {
        let named = || {
            let mut set = self.rules.set.iter();
            set.any(|set| std::ptr::eq(set.column, column))
        };
        column.auto == Auto::No && (column.privilege == Privilege::Open || named())
    }

    /// Whether whoever may write by this rule sees all rows with the key.
    fn follows(&self, rule: &Expr, targets_are_seen: bool) -> bool {
        let mut proof = Proof {
            steps: 100_000,
            targets_are_seen,
            open: (Vec::new(), Vec::new()),
        };
        proof.one_follows(rule, &self.seen_by)
    }
}

/// Whether one condition follows from another, as far as that can be seen from how they are written. Bounded: what it
/// does not find in so many steps does not follow.
struct Proof {
    steps: u32,
    targets_are_seen: bool,
    /// The rows that are open in the one and in the other, pair by pair.
    open: (Vec<RowNumber>, Vec<RowNumber>),
}

impl Proof {
    /// Whether at least one of these holds wherever `a` does.
    fn one_follows(&mut self, a: &Expr, of: &[&Expr]) -> bool {
        if self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        match a {
            Expr::False => true,
            Expr::Or(all) => all.iter().all(|a| self.one_follows(a, of)),
            Expr::And(all) if all.iter().any(|a| self.one_follows(a, of)) => true,
            _ => of.iter().any(|b| self.follows(a, b)),
        }
    }

    fn follows(&mut self, a: &Expr, b: &Expr) -> bool {
        match (a, b) {
            (_, Expr::True) => true,
            (_, Expr::Visible(_)) if self.targets_are_seen => true,
            (_, Expr::And(all)) => all.iter().all(|b| self.one_follows(a, &[b])),
            (_, Expr::Or(all)) => {
                let all: Vec<_> = all.iter().collect();
                self.one_follows(a, &all)
            }
            (Expr::Through(key, x), Expr::Through(other, y))
                if std::ptr::eq(key.meta, other.meta) && self.one_row(key.row, other.row) =>
            {
                self.inside(x, y)
            }
            (Expr::Any(opened, x), Expr::Any(other, y))
                if std::ptr::eq(opened.key, other.key) && self.one_row(opened.to, other.to) =>
            {
                self.open.0.push(opened.number);
                self.open.1.push(other.number);
                let follows = self.inside(x, y);
                self.open.0.pop();
                self.open.1.pop();
                follows
            }
            // Of fewer values.
            (Expr::In(column, few), Expr::In(other, many))
                if std::ptr::eq(column.meta, other.meta) && self.one_row(column.row, other.row) =>
            {
                let many: Vec<_> = many.iter().map(Value::as_ref).collect();
                few.iter().all(|one| many.contains(&one.as_ref()))
            }
            (Expr::Compare(Op::Eq, column, one), Expr::In(other, many))
                if std::ptr::eq(column.meta, other.meta) && self.one_row(column.row, other.row) =>
            {
                many.iter().any(|value| value.as_ref() == one.as_ref())
            }
            _ => self.same(a, b),
        }
    }

    /// Of a related row.
    fn inside(&mut self, a: &Expr, b: &Expr) -> bool {
        let outside = std::mem::replace(&mut self.targets_are_seen, false);
        let follows = self.one_follows(a, &[b]);
        self.targets_are_seen = outside;
        follows
    }
}

impl Proof {
    fn same(&self, a: &Expr, b: &Expr) -> bool {
        let shape = |expr: &Expr, open: &[RowNumber]| {
            let (mut key, mut values) = (Vec::new(), Vec::new());
            expr.shape_inside(open, &mut key, &mut values);
            (key, format!("{values:?}"))
        };
        shape(a, &self.open.0) == shape(b, &self.open.1)
    }

    /// Whether the one's row is the other's.
    fn one_row(&self, a: RowNumber, b: RowNumber) -> bool {
        let at = |row: RowNumber, open: &[RowNumber]| open.iter().position(|open| *open == row);
        match (at(a, &self.open.0), at(b, &self.open.1)) {
            (None, None) => a == b,
            (a, b) => a == b,
        }
    }
}
