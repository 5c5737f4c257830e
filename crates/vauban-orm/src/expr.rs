//! Conditions as a tree. Every condition speaks of one row; a step to another row is a node of the tree.

use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::Value;

type Col = &'static ColumnMeta;
type Meta = fn() -> &'static ModelMeta;

/// A condition on a row.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    True,
    False,
    /// Known of the actor; folded before SQL is written.
    Flag(Flag),
    Compare(Op, Col, Value),
    In(Col, Vec<Value>),
    IsNull(Col),
    /// The column holds the actor's id. Never true for nobody.
    IsActor(Col),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Not true: also for NULL.
    Not(Box<Expr>),
    /// The row that this foreign key refers to exists (in a query: and may be seen), and …
    Through(Col, Box<Expr>),
    /// A row of the other model refers to this one (in a query: and may be seen), and …
    Any(Meta, Col, Box<Expr>),
    /// The row that this foreign key refers to may be seen, by its own model's rule.
    Visible(Col),
    Fragment(&'static str, Vec<FragmentArg>),
}

/// What is known of the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    SignedIn,
    Staff,
    Superuser,
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

/// What stands for a `{}` in a fragment.
#[derive(Debug, Clone)]
pub(crate) enum FragmentArg {
    /// A column of the row, reached over these foreign keys.
    Column(Vec<Col>, Col),
    Value(Value),
}

impl Expr {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, x) | (x, Self::True) => x,
            (Self::And(mut all), x) => {
                all.push(x);
                Self::And(all)
            }
            (a, b) => Self::And(vec![a, b]),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, x) | (x, Self::False) => x,
            (Self::Or(mut all), x) => {
                all.push(x);
                Self::Or(all)
            }
            (a, b) => Self::Or(vec![a, b]),
        }
    }

    /// Whether the condition names one row by a unique column.
    pub(crate) fn names_one_row(&self) -> bool {
        match self {
            Self::Compare(Op::Eq, column, _) => column.unique,
            Self::And(all) => all.iter().any(Self::names_one_row),
            _ => false,
        }
    }

    /// The condition's shape: everything that decides its SQL text, and, in the same order in which the
    /// text refers to them, its values.
    pub(crate) fn shape<'a>(&'a self, key: &mut Vec<u8>, values: &mut Vec<Bind<'a>>) {
        match self {
            Self::True => key.push(0),
            Self::False => key.push(1),
            Self::Flag(flag) => key.extend([2, *flag as u8]),
            Self::Compare(op, column, value) => {
                key.extend([3, *op as u8]);
                push(key, *column);
                values.push(Bind::One(value));
            }
            Self::In(column, list) => {
                key.push(4);
                push(key, *column);
                values.push(Bind::List(list));
            }
            Self::IsNull(column) => {
                key.push(5);
                push(key, *column);
            }
            Self::IsActor(column) => {
                key.push(6);
                push(key, *column);
            }
            Self::And(all) | Self::Or(all) => {
                key.push(if matches!(self, Self::And(_)) { 7 } else { 8 });
                key.extend((all.len() as u32).to_le_bytes());
                all.iter().for_each(|part| part.shape(key, values));
            }
            Self::Not(inner) => {
                key.push(9);
                inner.shape(key, values);
            }
            Self::Through(column, inner) => {
                key.push(10);
                push(key, *column);
                inner.shape(key, values);
            }
            Self::Any(_, column, inner) => {
                key.push(11);
                push(key, *column);
                inner.shape(key, values);
            }
            Self::Visible(column) => {
                key.push(12);
                push(key, *column);
            }
            Self::Fragment(sql, args) => {
                key.push(13);
                key.extend((sql.as_ptr() as usize).to_le_bytes());
                key.extend((sql.len() as u32).to_le_bytes());
                key.extend((args.len() as u32).to_le_bytes());
                for arg in args {
                    match arg {
                        FragmentArg::Column(path, column) => {
                            key.push(path.len() as u8);
                            path.iter().for_each(|step| push(key, *step));
                            push(key, *column);
                        }
                        FragmentArg::Value(value) => {
                            key.push(255);
                            values.push(Bind::One(value));
                        }
                    }
                }
            }
        }
    }
}

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bind<'a> {
    One(&'a Value),
    /// A list, bound as one JSON array.
    List(&'a [Value]),
    Int(i64),
}

/// A static's address stands for what it says.
pub(crate) fn push<T>(key: &mut Vec<u8>, item: &'static T) {
    key.extend((std::ptr::from_ref(item) as usize).to_le_bytes());
}
