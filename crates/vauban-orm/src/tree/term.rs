//! Values as a tree: columns, constants and what is computed of them, also over the rows that refer to a row. None of it is an
//! error in the database, whatever the rows hold.

use crate::tree::bounds::{self, Weight};
use crate::tree::expr::{Bind, Expr, Far, push, push_row};
use crate::tree::meta::{ColumnMeta, Encoding, ModelMeta};
use crate::tree::row::{Open, RowNumber};
use crate::tree::value::{Kind, Value};

/// A value of a row.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Column(Far),
    Value(Kind, Value, Encoding),
    /// Whole numbers; beyond the ends of 64 bits it is the end, divided by nothing it is none. Of an amount, with more digits than
    /// it has it is none.
    Whole(Whole, Box<(Term, Term)>),
    /// The second where the first is none.
    Coalesce(Box<(Term, Term)>),
    /// Where the condition holds, the first; else the second, if there is one.
    Case(Box<(Expr, Term, Option<Term>)>),
    Text(TextFunction, Box<Term>),
    Concat(Box<(Term, Term)>),
    /// Of a moment in UTC or of a day.
    Part(Part, Box<Term>),
    /// Over the rows of a statement for which the condition holds.
    Fold(Fold, Box<(Term, Expr)>),
    /// Over the rows that refer to a row (in a query: and may be seen).
    Related(Box<Related>),
    /// It became larger than a value may be, and why: no statement takes it (CWE-400, CWE-674).
    TooLarge(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Plus,
    Minus,
    Times,
    DividedBy,
    Modulo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextFunction {
    Lower,
    Upper,
    Length,
    Trim,
    /// Small letters of all that Unicode has.
    Folded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Month,
    Day,
    /// 1 is Monday.
    Weekday,
    Hour,
    Minute,
    Second,
}

/// What many rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// How many have the value.
    Count,
    Sum,
    Min,
    Max,
    Avg,
}

/// Something over the rows of a model that refer to a row.
#[derive(Debug, Clone)]
pub(crate) struct Related {
    /// The row from which …
    pub(crate) row: RowNumber,
    /// … these foreign keys lead to the one that they refer to …
    pub(crate) steps: Vec<&'static ColumnMeta>,
    pub(crate) model: fn() -> &'static ModelMeta,
    /// … by this one.
    pub(crate) key: &'static ColumnMeta,
    /// By which number `of` and `filter` name such a row.
    pub(crate) number: RowNumber,
    pub(crate) fold: Fold,
    pub(crate) of: Term,
    pub(crate) filter: Expr,
}

impl Fold {
    fn kind(self, of: Kind) -> Kind {
        match (self, of) {
            (Self::Count, _) | (Self::Sum, Kind::SmallInt | Kind::Int) => Kind::BigInt,
            (Self::Sum | Self::Min | Self::Max, kind) => kind,
            (Self::Avg, _) => Kind::Double,
        }
    }
}

impl Term {
    /// What it is, if it is no larger than a value may be.
    pub(crate) fn bounded(self) -> Self {
        if let Some(why) = self.too_large() {
            return Self::TooLarge(why);
        }
        match self.weight().checked() {
            Err(why) => Self::TooLarge(why),
            Ok(weight) if weight.conditions() > bounds::MAX_TERM => Self::TooLarge(bounds::TERM),
            Ok(_) => self,
        }
    }

    /// Whether a part of it is [`TooLarge`](Self::TooLarge), and why.
    pub(crate) fn too_large(&self) -> Option<&'static str> {
        let of_expr = |expr: &Expr| match expr {
            Expr::TooLarge(why) => Some(*why),
            _ => None,
        };
        match self {
            Self::TooLarge(why) => Some(why),
            Self::Column(far) if far.keys.len() > bounds::MAX_STEPS => Some(bounds::STEPS),
            Self::Value(_, Value::Text(text), _) if text.len() > bounds::MAX_TEXT => Some(bounds::TEXT),
            Self::Column(_) | Self::Value(..) => None,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.too_large().or_else(|| two.1.too_large())
            }
            Self::Case(case) => of_expr(&case.0)
                .or_else(|| case.1.too_large())
                .or_else(|| case.2.as_ref().and_then(Self::too_large)),
            Self::Text(_, of) | Self::Part(_, of) => of.too_large(),
            Self::Fold(_, of) => of.0.too_large().or_else(|| of_expr(&of.1)),
            Self::Related(of) if of.steps.len() > bounds::MAX_STEPS => Some(bounds::STEPS),
            Self::Related(of) => of.of.too_large().or_else(|| of_expr(&of.filter)),
        }
    }

    /// How large it is: each value in it counts as a condition.
    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::Column(_) | Self::Value(..) | Self::TooLarge(_) => Weight::ONE,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.weight().beside(two.1.weight()).deeper()
            }
            Self::Case(case) => {
                let both = case.0.weight().beside(case.1.weight());
                let rest = case.2.as_ref().map_or(Weight::ONE, Self::weight);
                both.beside(rest).deeper()
            }
            Self::Text(_, of) | Self::Part(_, of) => of.weight().deeper(),
            Self::Fold(_, of) => of.0.weight().beside(of.1.weight()).deeper(),
            Self::Related(of) => of.of.weight().beside(of.filter.weight()).deeper(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Column(far) => far.meta.kind,
            Self::Value(kind, ..) => *kind,
            Self::Whole(..) if self.digits().is_some() => Kind::Decimal,
            Self::Whole(..) | Self::Text(TextFunction::Length, _) | Self::Part(..) => Kind::BigInt,
            Self::Coalesce(two) => two.0.kind(),
            Self::Case(case) => case.1.kind(),
            Self::Text(..) | Self::Concat(_) | Self::TooLarge(_) => Kind::Text,
            Self::Fold(fold, of) => fold.kind(of.0.kind()),
            Self::Related(of) => of.fold.kind(of.of.kind()),
        }
    }

    /// What besides its kind says what a value means.
    pub(crate) fn encoding(&self) -> Encoding {
        match self {
            Self::Column(far) => far.meta.untyped.encoding,
            Self::Value(_, _, encoding) => *encoding,
            Self::Coalesce(two) => two.0.encoding(),
            Self::Case(case) => case.1.encoding(),
            Self::Fold(Fold::Sum | Fold::Min | Fold::Max, of) => of.0.encoding(),
            Self::Related(of) if matches!(of.fold, Fold::Sum | Fold::Min | Fold::Max) => of.of.encoding(),
            // The one of them that is an amount says it.
            Self::Whole(_, two) => match two.0.encoding() {
                Encoding::OfKind | Encoding::Encrypted => two.1.encoding(),
                amount @ Encoding::Decimal { .. } => amount,
            },
            Self::Text(..)
            | Self::Concat(_)
            | Self::Part(..)
            | Self::Fold(Fold::Count | Fold::Avg, _)
            | Self::Related(_)
            | Self::TooLarge(_) => Encoding::OfKind,
        }
    }

    /// How many digits it has, if it is an amount.
    pub(crate) fn digits(&self) -> Option<u32> {
        match self.encoding() {
            Encoding::Decimal { digits, .. } => Some(digits),
            Encoding::OfKind | Encoding::Encrypted => None,
        }
    }

    /// Whether it can be without a value: what is not known to have one can.
    pub(crate) fn may_be_null(&self) -> bool {
        match self {
            Self::Column(far) => far.meta.nullable || !far.keys.is_empty(),
            _ => true,
        }
    }

    /// The rows that foreign keys have to lead to, so that there is something to compute it of; one for each way there. What says
    /// by itself what it is without them (`coalesce`, `case`) needs none.
    pub(crate) fn reaches(&self, found: &mut Vec<Far>) {
        let mut reach = |row: RowNumber, keys: &[&'static ColumnMeta]| {
            let same = |far: &Far| {
                let all = || far.keys.iter().zip(keys).all(|(a, b)| std::ptr::eq(*a, *b));
                far.row == row && far.keys.len() == keys.len() && all()
            };
            if let (false, Some(last)) = (found.iter().any(same), keys.last()) {
                let (keys, meta) = (keys.to_vec(), *last);
                found.push(Far { row, keys, meta });
            }
        };
        match self {
            Self::Column(far) => reach(far.row, &far.keys),
            Self::Related(of) => reach(of.row, &of.steps),
            Self::Whole(_, two) | Self::Concat(two) => {
                two.0.reaches(found);
                two.1.reaches(found);
            }
            Self::Text(_, of) | Self::Part(_, of) => of.reaches(found),
            Self::Value(..) | Self::Coalesce(_) | Self::Case(_) | Self::Fold(..) | Self::TooLarge(_) => {}
        }
    }

    /// The constants that it may become (`true`), or that become part of a text that it is.
    pub(crate) fn constants<'a>(&'a self, is_all: bool, found: &mut Vec<(Kind, &'a Value, bool)>) {
        match self {
            Self::Value(kind, value, _) => found.push((*kind, value, is_all)),
            Self::Coalesce(two) => {
                two.0.constants(is_all, found);
                two.1.constants(is_all, found);
            }
            Self::Concat(two) => {
                two.0.constants(false, found);
                two.1.constants(false, found);
            }
            Self::Case(case) => {
                case.1.constants(is_all, found);
                if let Some(rest) = &case.2 {
                    rest.constants(is_all, found);
                }
            }
            Self::Text(_, of) => of.constants(false, found),
            Self::Column(_)
            | Self::Whole(..)
            | Self::Part(..)
            | Self::Fold(..)
            | Self::Related(_)
            | Self::TooLarge(_) => {}
        }
    }

    /// Whether it speaks of the column, of whichever row.
    pub(crate) fn names(&self, column: &ColumnMeta) -> bool {
        let is = |other: &ColumnMeta| std::ptr::eq(other, column);
        match self {
            Self::Column(far) => is(far.meta) || far.keys.iter().any(|key| is(key)),
            Self::Value(..) | Self::TooLarge(_) => false,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.names(column) || two.1.names(column)
            }
            Self::Case(case) => {
                case.0.names(column)
                    || case.1.names(column)
                    || case.2.as_ref().is_some_and(|rest| rest.names(column))
            }
            Self::Text(_, of) | Self::Part(_, of) => of.names(column),
            Self::Fold(_, of) => of.0.names(column) || of.1.names(column),
            Self::Related(of) => {
                of.steps.iter().any(|key| is(key)) || of.of.names(column) || of.filter.names(column)
            }
        }
    }

    /// Whether it takes long to compute where the row holds much, or many rows refer to it.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Column(far) => far.meta.is_long(),
            Self::Value(..) | Self::TooLarge(_) => false,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.is_long() || two.1.is_long()
            }
            Self::Text(function, of) => *function == TextFunction::Folded || of.is_long(),
            Self::Part(_, of) => of.is_long(),
            // Whatever condition is in it.
            Self::Case(_) | Self::Fold(..) | Self::Related(_) => true,
        }
    }

    /// Whether it has a fragment in it, of which each may be an error.
    pub(crate) fn has_fragment(&self) -> bool {
        self.of_fragments(&|_| Some(())).is_some()
    }

    /// What is found first in the text of one of its fragments.
    pub(super) fn of_fragments<'a, T>(&'a self, found: &impl Fn(&'a str) -> Option<T>) -> Option<T> {
        match self {
            Self::Column(_) | Self::Value(..) | Self::TooLarge(_) => None,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.of_fragments(found).or_else(|| two.1.of_fragments(found))
            }
            Self::Case(case) => case
                .0
                .of_fragments(found)
                .or_else(|| case.1.of_fragments(found))
                .or_else(|| case.2.as_ref().and_then(|rest| rest.of_fragments(found))),
            Self::Text(_, of) | Self::Part(_, of) => of.of_fragments(found),
            Self::Fold(_, of) => of.0.of_fragments(found).or_else(|| of.1.of_fragments(found)),
            Self::Related(of) => of
                .of
                .of_fragments(found)
                .or_else(|| of.filter.of_fragments(found)),
        }
    }

    pub(super) fn is_astray_in(&self, open: &Open<'_, ()>) -> bool {
        let absent = |row: RowNumber| row != RowNumber::REACHED && open.find(row).is_none();
        match self {
            Self::Column(far) => absent(far.row),
            Self::Value(..) | Self::TooLarge(_) => false,
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.is_astray_in(open) || two.1.is_astray_in(open)
            }
            Self::Case(case) => {
                case.0.is_astray_in(open)
                    || case.1.is_astray_in(open)
                    || case.2.as_ref().is_some_and(|rest| rest.is_astray_in(open))
            }
            Self::Text(_, of) | Self::Part(_, of) => of.is_astray_in(open),
            Self::Fold(_, of) => of.0.is_astray_in(open) || of.1.is_astray_in(open),
            Self::Related(of) => {
                let inside = open.inside(of.number, ());
                absent(of.row) || of.of.is_astray_in(&inside) || of.filter.is_astray_in(&inside)
            }
        }
    }

    /// Everything that decides its SQL text, and its values in the order in which the text refers to them.
    pub(crate) fn shape<'a>(&'a self, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        self.shape_in(&Open::root(()), key, values);
    }

    pub(super) fn shape_in<'a>(&'a self, open: &Open<'_, ()>, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        match self {
            Self::Column(far) => {
                key.push(40);
                far.shape_in(open, key);
            }
            Self::Value(kind, value, _) => {
                key.extend([41, *kind as u8]);
                values.push(Bind::One(value));
            }
            Self::Whole(whole, two) => {
                // A constant's digits decide the text, and stand in no other part of it.
                let digits = self.digits().and_then(|digits| u8::try_from(digits).ok());
                key.extend([42, *whole as u8, digits.unwrap_or(0)]);
                two.0.shape_in(open, key, values);
                two.1.shape_in(open, key, values);
            }
            Self::Coalesce(two) | Self::Concat(two) => {
                key.push(if matches!(self, Self::Coalesce(_)) { 43 } else { 44 });
                two.0.shape_in(open, key, values);
                two.1.shape_in(open, key, values);
            }
            Self::Case(case) => {
                key.extend([45, u8::from(case.2.is_some())]);
                case.0.shape_in(open, key, values);
                case.1.shape_in(open, key, values);
                if let Some(rest) = &case.2 {
                    rest.shape_in(open, key, values);
                }
            }
            Self::Text(function, of) => {
                key.extend([46, *function as u8]);
                of.shape_in(open, key, values);
            }
            Self::Part(part, of) => {
                key.extend([47, *part as u8]);
                of.shape_in(open, key, values);
            }
            Self::Fold(fold, of) => {
                key.extend([48, *fold as u8]);
                of.0.shape_in(open, key, values);
                of.1.shape_in(open, key, values);
            }
            Self::Related(of) => {
                key.extend([49, of.fold as u8]);
                push_row(key, of.row, open);
                key.extend((of.steps.len() as u32).to_le_bytes());
                of.steps.iter().for_each(|step| push(key, *step));
                push(key, (of.model)());
                push(key, of.key);
                let inside = open.inside(of.number, ());
                of.of.shape_in(&inside, key, values);
                of.filter.shape_in(&inside, key, values);
            }
            // No statement has this shape.
            Self::TooLarge(_) => key.push(50),
        }
    }
}

/// By what rows are ordered.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub(crate) term: Term,
    pub(crate) descending: bool,
    /// Whether what has no value comes first; if it is not said, it is the least of all.
    pub(crate) nulls_first: Option<bool>,
}

impl SortKey {
    /// By a column of the query's row, or of one that these foreign keys lead to.
    pub(crate) fn of_column(
        keys: Vec<&'static ColumnMeta>,
        meta: &'static ColumnMeta,
        descending: bool,
    ) -> Self {
        let row = RowNumber::ROOT;
        Self {
            term: Term::Column(Far { row, keys, meta }),
            descending,
            nulls_first: None,
        }
    }

    pub(crate) fn shape<'a>(&'a self, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        let nulls = match self.nulls_first {
            None => 0,
            Some(first) => 1 + u8::from(first),
        };
        key.extend([u8::from(self.descending), nulls]);
        self.term.shape(key, values);
    }
}
