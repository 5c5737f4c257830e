//! Conditions as a tree. Every column says to which row it belongs; a step to another row is a node of the tree. Its size is bounded
//! when it is built (`bounds`), so that whoever walks it may recurse.

use crate::tree::bounds::{self, Weight};
use crate::tree::fragment;
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::permission::PermissionMeta;
use crate::tree::row::{Open, RowNumber};
use crate::tree::term::Term;
use crate::tree::value::Value;

/// A column of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Col {
    pub(crate) row: RowNumber,
    pub(crate) meta: &'static ColumnMeta,
}

impl Col {
    /// Of the row that the query or the rule is about.
    pub(crate) const fn of_root(meta: &'static ColumnMeta) -> Self {
        Self {
            row: RowNumber::ROOT,
            meta,
        }
    }
}

/// A column as a value: of a row, or of one that foreign keys lead to from there.
#[derive(Debug, Clone)]
pub(crate) struct Far {
    pub(crate) row: RowNumber,
    pub(crate) keys: Vec<&'static ColumnMeta>,
    pub(crate) meta: &'static ColumnMeta,
}

impl Far {
    /// The row that has it is there (in a query: and may be seen).
    pub(crate) fn is_there(&self) -> Expr {
        let mut expr = Expr::True;
        for (i, meta) in self.keys.iter().enumerate().rev() {
            let row = if i == 0 { self.row } else { RowNumber::REACHED };
            expr = Expr::through(Col { row, meta }, expr);
        }
        expr
    }
}

/// The rows that an `any` opens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    /// By which number the condition inside names such a row.
    pub(crate) number: RowNumber,
    pub(crate) model: &'static ModelMeta,
    /// The foreign key by which they refer …
    pub(crate) key: &'static ColumnMeta,
    /// … to this row.
    pub(crate) to: RowNumber,
}

/// A condition on a row.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    True,
    False,
    /// Known of the actor; folded before SQL is written.
    Flag(Flag),
    Compare(Op, Col, Value),
    /// Both have a value and compare so; with `Ne`: not equal, or one has no value.
    Columns(Op, Col, Far),
    /// Computed values that compare so, as [`Columns`](Self::Columns) do.
    Terms(Op, Box<(Term, Term)>),
    In(Col, Vec<Value>),
    TermIn(Box<Term>, Vec<Value>),
    IsNull(Col),
    TermIsNull(Box<Term>),
    /// The column holds the actor's id. Never true for nobody.
    IsActor(Col),
    And(Parts),
    Or(Parts),
    /// Not true: also for NULL.
    Not(Box<Expr>),
    /// The row that this foreign key refers to exists (in a query: and may be seen), and …
    Through(Col, Box<Expr>),
    /// A row of the other model refers to this one (in a query: and may be seen), and …
    Any(Opened, Box<Expr>),
    /// The row that this foreign key refers to may be seen, by its own model's rule.
    Visible(Col),
    Fragment(&'static str, Vec<FragmentArg>),
    /// It became larger than a filter may be, and why: no statement and no rule takes it (CWE-400, CWE-674).
    TooLarge(&'static str),
}

/// What is known of the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    SignedIn,
    Staff,
    Superuser,
    /// Holds a permission.
    Has(PermissionMeta),
}

impl Flag {
    /// The permission that it is about.
    pub(super) fn permission(self) -> Option<PermissionMeta> {
        match self {
            Self::Has(permission) => Some(permission),
            Self::SignedIn | Self::Staff | Self::Superuser => None,
        }
    }

    fn shape(self, key: &mut Vec<u8>) {
        match self {
            Self::SignedIn => key.extend([2, 0]),
            Self::Staff => key.extend([2, 1]),
            Self::Superuser => key.extend([2, 2]),
            Self::Has(permission) => {
                key.extend([2, 3]);
                key.extend((permission.name.len() as u32).to_le_bytes());
                key.extend(permission.name.bytes());
            }
        }
    }
}

/// Comparisons. `Ne` is "not equal", also for NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    ContainsIgnoringCase,
    StartsWith,
    EndsWith,
}

impl Op {
    /// Whether it goes through a text.
    fn looks_inside(self) -> bool {
        matches!(self, Self::Contains | Self::ContainsIgnoringCase | Self::EndsWith)
    }

    /// Whether it takes long, of a value that may be `long`.
    fn is_long(self, long: bool) -> bool {
        self.looks_inside() || (long && !matches!(self, Self::Eq | Self::Ne))
    }
}

/// What stands for a `{}` in a fragment.
#[derive(Debug, Clone)]
pub(crate) enum FragmentArg {
    Column(Far),
    Value(Value),
}

/// Conditions that are joined, and how large they are together.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    all: Vec<Expr>,
    weight: Weight,
}

#[cfg(test)]
impl Parts {
    /// For tests that put rows in.
    pub(crate) fn for_each(&mut self, change: impl FnMut(&mut Expr)) {
        self.all.iter_mut().for_each(change);
    }
}

impl std::ops::Deref for Parts {
    type Target = [Expr];
    fn deref(&self) -> &[Expr] {
        &self.all
    }
}

/// Both in one list, whichever of them is one already (`list` takes it apart): folded from the left or from the right,
/// a list is one level deep.
fn joined(a: Expr, b: Expr, list: fn(Expr) -> Result<Parts, Expr>, make: fn(Parts) -> Expr) -> Expr {
    let inside = |side: &Result<Parts, Expr>| match side {
        Ok(parts) => parts.weight,
        Err(one) => one.weight().deeper(),
    };
    let (a, b) = match (a, b) {
        (Expr::TooLarge(why), _) | (_, Expr::TooLarge(why)) => return Expr::TooLarge(why),
        (a, b) => (list(a), list(b)),
    };
    let weight = match inside(&a).beside(inside(&b)).checked() {
        Ok(weight) => weight,
        Err(why) => return Expr::TooLarge(why),
    };
    let all = match (a, b) {
        (Ok(mut a), Ok(b)) => {
            a.all.extend(b.all);
            a.all
        }
        (Ok(mut a), Err(b)) => {
            a.all.push(b);
            a.all
        }
        (Err(a), Ok(mut b)) => {
            b.all.insert(0, a);
            b.all
        }
        (Err(a), Err(b)) => {
            // Most filters have a few.
            let mut all = Vec::with_capacity(4);
            all.extend([a, b]);
            all
        }
    };
    make(Parts { all, weight })
}

impl Expr {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, x) | (x, Self::True) => x,
            (a, b) => joined(
                a,
                b,
                |side| match side {
                    Self::And(parts) => Ok(parts),
                    other => Err(other),
                },
                Self::And,
            ),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, x) | (x, Self::False) => x,
            (a, b) => joined(
                a,
                b,
                |side| match side {
                    Self::Or(parts) => Ok(parts),
                    other => Err(other),
                },
                Self::Or,
            ),
        }
    }

    /// Not true; twice, it is the condition itself.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => other.inside(Self::Not),
        }
    }

    pub(crate) fn through(key: Col, inner: Self) -> Self {
        inner.inside(|inner| Self::Through(key, inner))
    }

    pub(crate) fn any(opened: Opened, inner: Self) -> Self {
        inner.inside(|inner| Self::Any(opened, inner))
    }

    /// A comparison with one value.
    pub(crate) fn compare(op: Op, column: Col, value: Value) -> Self {
        let searches = matches!(
            op,
            Op::Contains | Op::ContainsIgnoringCase | Op::StartsWith | Op::EndsWith
        );
        match &value {
            Value::Text(text) if searches && text.len() > bounds::MAX_TEXT => Self::TooLarge(bounds::TEXT),
            _ => Self::Compare(op, column, value),
        }
    }

    /// A comparison with a list.
    pub(crate) fn is_in(column: Col, values: impl Iterator<Item = Value>) -> Self {
        // CWE-770: no more of it is taken than there may be.
        let values: Vec<_> = values.take(bounds::MAX_VALUES + 1).collect();
        if values.len() > bounds::MAX_VALUES {
            return Self::TooLarge(bounds::VALUES);
        }
        Self::In(column, values)
    }

    /// A comparison of computed values. CWE-863: of a row that is absent or hidden nothing is computed, and so nothing that is
    /// unequal to something: a rule that grants by `ne` would grant.
    pub(crate) fn terms(op: Op, a: Term, b: Term) -> Self {
        match Term::Coalesce(Box::new((a, b))).bounded() {
            Term::Coalesce(two) if op == Op::Ne => {
                let mut there = Vec::new();
                two.0.reaches(&mut there);
                two.1.reaches(&mut there);
                let there = there.iter().map(Far::is_there);
                there.fold(Self::True, Self::and).and(Self::Terms(op, two))
            }
            Term::Coalesce(two) => Self::Terms(op, two),
            Term::TooLarge(why) => Self::TooLarge(why),
            _ => Self::False,
        }
    }

    /// A comparison of a computed value with a list.
    pub(crate) fn term_is_in(term: Term, values: impl Iterator<Item = Value>) -> Self {
        // CWE-770: no more of it is taken than there may be.
        let values: Vec<_> = values.take(bounds::MAX_VALUES + 1).collect();
        match (term.too_large(), values.len() > bounds::MAX_VALUES) {
            (Some(why), _) => Self::TooLarge(why),
            (None, true) => Self::TooLarge(bounds::VALUES),
            (None, false) => Self::TermIn(Box::new(term), values),
        }
    }

    /// A computed value is none.
    pub(crate) fn term_is_null(term: Term) -> Self {
        match term.too_large() {
            Some(why) => Self::TooLarge(why),
            None => Self::TermIsNull(Box::new(term)),
        }
    }

    /// One level deeper, if there may be one.
    fn inside(self, wrap: impl FnOnce(Box<Self>) -> Self) -> Self {
        if let Self::TooLarge(_) = self {
            return self;
        }
        match self.weight().deeper().checked() {
            Ok(_) => wrap(Box::new(self)),
            Err(why) => Self::TooLarge(why),
        }
    }

    /// How large it is: what lists say of themselves, so that no list is counted twice.
    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.weight,
            Self::Not(inner) | Self::Through(_, inner) | Self::Any(_, inner) => inner.weight().deeper(),
            Self::In(_, list) => Weight::of_list(list.len()),
            Self::Terms(_, two) => two.0.weight().beside(two.1.weight()),
            Self::TermIn(term, list) => term.weight().beside(Weight::of_list(list.len())),
            Self::TermIsNull(term) => term.weight(),
            Self::True
            | Self::False
            | Self::Flag(_)
            | Self::Compare(..)
            | Self::Columns(..)
            | Self::IsNull(_)
            | Self::IsActor(_)
            | Self::Visible(_)
            | Self::Fragment(..)
            | Self::TooLarge(_) => Weight::ONE,
        }
    }

    /// Whether it is one comparison of a column with what is known: the least that a database asks.
    pub(crate) fn is_comparison(&self) -> bool {
        match self {
            Self::Compare(op, ..) => !op.looks_inside() && *op != Op::StartsWith,
            Self::IsNull(_) | Self::IsActor(_) => true,
            _ => false,
        }
    }

    /// Whether asking it takes long where the row holds much, or many rows refer to it. What compares for equality does not: a
    /// text of another length is another one, and indexes serve it.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Compare(op, column, _) => op.is_long(column.meta.is_long()),
            Self::Columns(op, column, with) => op.is_long(column.meta.is_long() || with.meta.is_long()),
            Self::Terms(op, two) => op.looks_inside() || two.0.is_long() || two.1.is_long(),
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.is_long(),
            _ => false,
        }
    }

    /// Whether the condition names one row by a unique column.
    pub(crate) fn names_one_row(&self) -> bool {
        match self {
            Self::Compare(Op::Eq, column, _) => column.row == RowNumber::ROOT && column.meta.unique,
            Self::And(all) => all.iter().any(Self::names_one_row),
            _ => false,
        }
    }

    /// Whether it holds only for rows with one same value in this column.
    pub(crate) fn fixes(&self, column: &ColumnMeta) -> bool {
        match self {
            Self::Compare(Op::Eq, of, _) | Self::IsActor(of) => {
                of.row == RowNumber::ROOT && std::ptr::eq(of.meta, column)
            }
            Self::And(all) => all.iter().any(|part| part.fixes(column)),
            _ => false,
        }
    }

    /// Whether it asks for the actor's id in a row.
    pub(crate) fn asks_who(&self) -> bool {
        match self {
            Self::IsActor(_) => true,
            Self::And(all) | Self::Or(all) => all.iter().any(Self::asks_who),
            Self::Not(inner) | Self::Through(_, inner) | Self::Any(_, inner) => inner.asks_who(),
            _ => false,
        }
    }

    /// Whether it speaks of the column, of whichever row.
    pub(crate) fn names(&self, column: &ColumnMeta) -> bool {
        let is = |other: &ColumnMeta| std::ptr::eq(other, column);
        let far = |other: &Far| is(other.meta) || other.keys.iter().any(|key| is(key));
        match self {
            Self::True | Self::False | Self::Flag(_) | Self::TooLarge(_) => false,
            Self::Compare(_, of, _)
            | Self::In(of, _)
            | Self::IsNull(of)
            | Self::IsActor(of)
            | Self::Visible(of) => is(of.meta),
            Self::Columns(_, of, with) => is(of.meta) || far(with),
            Self::Terms(_, two) => two.0.names(column) || two.1.names(column),
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.names(column),
            Self::And(all) | Self::Or(all) => all.iter().any(|part| part.names(column)),
            Self::Through(key, inner) => is(key.meta) || inner.names(column),
            // The rows that refer to this one do so by its key, which never changes.
            Self::Not(inner) | Self::Any(_, inner) => inner.names(column),
            Self::Fragment(_, args) => args.iter().any(|arg| match arg {
                FragmentArg::Column(of) => far(of),
                FragmentArg::Value(_) => false,
            }),
        }
    }

    /// The condition's shape: everything that decides its SQL text, and, in the same order in which the
    /// text refers to them, its values.
    pub(crate) fn shape<'a>(&'a self, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        self.shape_in(&Open::root(()), key, values);
    }

    /// The same, where these rows are open, the outermost first.
    pub(crate) fn shape_inside<'a>(
        &'a self,
        rows: &[RowNumber],
        key: &mut Vec<u8>,
        values: &mut Vec<Bind<'a>>,
    ) {
        fn opened<'a>(
            expr: &'a Expr,
            rows: &[RowNumber],
            open: &Open<'_, ()>,
            key: &mut Vec<u8>,
            values: &mut Vec<Bind<'a>>,
        ) {
            match rows.split_first() {
                None => expr.shape_in(open, key, values),
                Some((row, rest)) => opened(expr, rest, &open.inside(*row, ()), key, values),
            }
        }
        opened(self, rows, &Open::root(()), key, values);
    }

    pub(super) fn shape_in<'a>(&'a self, open: &Open<'_, ()>, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        let push_column = |key: &mut Vec<u8>, column: &Col| {
            push_row(key, column.row, open);
            push(key, column.meta);
        };
        match self {
            Self::True => key.push(0),
            Self::False => key.push(1),
            Self::Flag(flag) => flag.shape(key),
            Self::Compare(op, column, value) => {
                key.extend([3, *op as u8]);
                push_column(key, column);
                values.push(Bind::One(value));
            }
            Self::Columns(op, column, with) => {
                key.extend([15, *op as u8]);
                push_column(key, column);
                with.shape_in(open, key);
            }
            Self::In(column, list) => {
                key.push(4);
                push_column(key, column);
                values.push(Bind::List(list));
            }
            Self::IsNull(column) => {
                key.push(5);
                push_column(key, column);
            }
            Self::Terms(op, two) => {
                key.extend([16, *op as u8]);
                two.0.shape_in(open, key, values);
                two.1.shape_in(open, key, values);
            }
            Self::TermIn(term, list) => {
                key.push(17);
                term.shape_in(open, key, values);
                values.push(Bind::List(list));
            }
            Self::TermIsNull(term) => {
                key.push(18);
                term.shape_in(open, key, values);
            }
            Self::IsActor(column) => {
                key.push(6);
                push_column(key, column);
            }
            Self::And(all) | Self::Or(all) => {
                key.push(if matches!(self, Self::And(_)) { 7 } else { 8 });
                key.extend((all.len() as u32).to_le_bytes());
                all.iter().for_each(|part| part.shape_in(open, key, values));
            }
            Self::Not(inner) => {
                key.push(9);
                inner.shape_in(open, key, values);
            }
            Self::Through(column, inner) => {
                key.push(10);
                push_column(key, column);
                inner.shape_in(open, key, values);
            }
            Self::Any(opened, inner) => {
                key.push(11);
                push_row(key, opened.to, open);
                // The key's address alone would be another's, if the linker gave two models' equal columns one place.
                push(key, opened.model);
                push(key, opened.key);
                inner.shape_in(&open.inside(opened.number, ()), key, values);
            }
            Self::Visible(column) => {
                key.push(12);
                push_column(key, column);
            }
            Self::Fragment(sql, args) => {
                key.push(13);
                key.extend((sql.as_ptr() as usize).to_le_bytes());
                key.extend((sql.len() as u32).to_le_bytes());
                key.extend((args.len() as u32).to_le_bytes());
                for arg in args {
                    match arg {
                        FragmentArg::Column(column) => {
                            key.push(0);
                            column.shape_in(open, key);
                        }
                        FragmentArg::Value(value) => {
                            // No column says what the parameter holds.
                            key.extend([1, value.kind() as u8]);
                            values.push(Bind::One(value));
                        }
                    }
                }
            }
            // No statement has this shape.
            Self::TooLarge(_) => key.push(14),
        }
    }

    /// By which function or operator it is an error on some rows, if it has a fragment that is.
    pub(crate) fn raises(&self) -> Option<&str> {
        self.of_fragments(&fragment::raises)
    }

    /// What is found first in the text of one of its fragments.
    pub(super) fn of_fragments<'a, T>(&'a self, found: &impl Fn(&'a str) -> Option<T>) -> Option<T> {
        match self {
            Self::Fragment(text, _) => found(text),
            Self::Terms(_, two) => two.0.of_fragments(found).or_else(|| two.1.of_fragments(found)),
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.of_fragments(found),
            Self::And(all) | Self::Or(all) => all.iter().find_map(|part| part.of_fragments(found)),
            Self::Not(inner) | Self::Through(_, inner) | Self::Any(_, inner) => inner.of_fragments(found),
            Self::True
            | Self::False
            | Self::Flag(_)
            | Self::Compare(..)
            | Self::Columns(..)
            | Self::In(..)
            | Self::IsNull(_)
            | Self::IsActor(_)
            | Self::Visible(_)
            | Self::TooLarge(_) => None,
        }
    }

    /// Whether it speaks of a row that is not there where it stands: it was made inside one `any`, and carried into another.
    pub(crate) fn is_astray(&self) -> bool {
        self.is_astray_in(&Open::root(()))
    }

    pub(super) fn is_astray_in(&self, open: &Open<'_, ()>) -> bool {
        let absent = |row: RowNumber| row != RowNumber::REACHED && open.find(row).is_none();
        match self {
            Self::True | Self::False | Self::Flag(_) | Self::TooLarge(_) => false,
            Self::Compare(_, column, _)
            | Self::In(column, _)
            | Self::IsNull(column)
            | Self::IsActor(column)
            | Self::Visible(column) => absent(column.row),
            Self::Columns(_, column, with) => absent(column.row) || absent(with.row),
            Self::Terms(_, two) => two.0.is_astray_in(open) || two.1.is_astray_in(open),
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.is_astray_in(open),
            Self::And(all) | Self::Or(all) => all.iter().any(|part| part.is_astray_in(open)),
            Self::Not(inner) => inner.is_astray_in(open),
            Self::Through(column, inner) => absent(column.row) || inner.is_astray_in(open),
            Self::Any(opened, inner) => {
                absent(opened.to) || inner.is_astray_in(&open.inside(opened.number, ()))
            }
            Self::Fragment(_, args) => args.iter().any(|arg| match arg {
                FragmentArg::Column(column) => absent(column.row),
                FragmentArg::Value(_) => false,
            }),
        }
    }
}

impl Far {
    pub(super) fn shape_in(&self, open: &Open<'_, ()>, key: &mut Vec<u8>) {
        push_row(key, self.row, open);
        key.extend((self.keys.len() as u32).to_le_bytes());
        self.keys.iter().for_each(|step| push(key, *step));
        push(key, self.meta);
    }
}

/// Which of the open rows, counted from outside. CWE-863: two conditions that differ in whose column they ask have two
/// keys, or the one would be answered by the other's text. One that is not there has none of theirs either.
pub(super) fn push_row(key: &mut Vec<u8>, row: RowNumber, open: &Open<'_, ()>) {
    let place = if row == RowNumber::REACHED {
        0
    } else {
        open.find(row).map_or(1, |open| open.depth + 2)
    };
    match u8::try_from(place) {
        Ok(place) if place < u8::MAX => key.push(place),
        _ => {
            key.push(u8::MAX);
            key.extend(place.to_le_bytes());
        }
    }
}

/// What is wrong with a condition that [is astray](Expr::is_astray).
pub(crate) const ASTRAY: &str = "a condition speaks of a row that is not there: it was made inside one `any(|m| …)` and carried \
                                 into another. Write it where its `m` is";

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bind<'a> {
    One(&'a Value),
    /// A list, bound as one JSON array.
    List(&'a [Value]),
    Int(i64),
}

/// A place or a length. CWE-863: of more columns than a byte can count, two would have one key, and the one would be answered by
/// the other's text.
pub(crate) fn push_number(key: &mut Vec<u8>, number: usize) {
    key.extend((number as u64).to_le_bytes());
}

/// A static's address stands for what it says.
pub(crate) fn push<T>(key: &mut Vec<u8>, item: &'static T) {
    key.extend((std::ptr::from_ref(item) as usize).to_le_bytes());
}
