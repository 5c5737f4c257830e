//! Conditions as SQL, after folding: what is never an error, what may be one on some rows, and what costs by what a row holds.

use std::borrow::Cow;

use crate::sabotage::{Control, removed};

/// A condition after folding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cond {
    True,
    False,
    /// Apart, so that whoever renders conditions inside each other has room for them on the stack.
    Sql(Box<Sql>),
}

/// The SQL of a condition: what holds together with `AND`. A database asks in whatever order it likes, so what may fail, and what
/// takes long, stand apart, to be put behind what has to hold first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sql {
    /// What is never an error, and costs about the same on each row.
    safe: String,
    /// What is never an error, and takes long where a row holds much, or many rows refer to it.
    long: String,
    /// What may be one, on some rows: fragments, and what has one in it.
    raising: String,
    asks: Asks,
}

/// What a condition may do on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Safe,
    Long,
    Raising,
}

/// What a database has to look at for a condition, the least first. It asks what costs less before what costs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asks {
    /// One comparison of the row, or several of which each has to hold.
    Comparison,
    /// More of the row.
    Row,
    /// Other rows, the same for each row.
    Rows,
    /// Other rows, for each row anew.
    RowsOfEach,
}

impl Cond {
    /// A comparison, or what is as cheap: never an error, whatever the row.
    pub(crate) fn safe(sql: String) -> Self {
        Self::new(sql, Class::Safe, Asks::Comparison)
    }

    pub(crate) fn new(sql: String, class: Class, asks: Asks) -> Self {
        let mut all = Sql {
            safe: String::new(),
            long: String::new(),
            raising: String::new(),
            asks,
        };
        *match class {
            Class::Safe => &mut all.safe,
            Class::Long => &mut all.long,
            Class::Raising => &mut all.raising,
        } = sql;
        Self::Sql(Box::new(all))
    }

    /// Whether there are rows on which it is an error.
    pub(crate) fn raises(&self) -> bool {
        self.class() == Class::Raising
    }

    /// The worst that is in it.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Sql(sql) if !sql.raising.is_empty() => Class::Raising,
            Self::Sql(sql) if !sql.long.is_empty() => Class::Long,
            _ => Class::Safe,
        }
    }

    /// What has to be looked at for it.
    pub(crate) fn asks(&self) -> Asks {
        match self {
            Self::Sql(sql) => sql.asks,
            Self::True | Self::False => Asks::Comparison,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, x) | (x, Self::True) => x,
            (Self::Sql(mut a), Self::Sql(b)) => {
                for (all, more) in [
                    (&mut a.safe, b.safe),
                    (&mut a.long, b.long),
                    (&mut a.raising, b.raising),
                ] {
                    *all = both(std::mem::take(all), &more);
                }
                a.asks = a.asks.max(b.asks);
                Self::Sql(a)
            }
        }
    }

    /// CWE-209, CWE-203: what may be an error is asked of no row for which `first` does not hold: an error would tell of a row
    /// that the policy hides. It stands beside `first` all the same.
    pub(crate) fn behind(self, first: &Self) -> Self {
        match self {
            Self::Sql(mut sql) if !sql.raising.is_empty() && !removed(Control::Behind) => match first {
                Self::True => Self::Sql(sql),
                Self::False => Self::False,
                first => {
                    sql.raising = format!("CASE WHEN {} THEN {} END", first.sql(), sql.raising);
                    Self::Sql(sql)
                }
            },
            other => other,
        }
    }

    /// CWE-203, CWE-400: as [`behind`](Self::behind), and what takes long as well, where a database would ask it before `first`:
    /// how long it takes, or that it takes too long, would tell what stands in a row that the policy hides.
    pub(crate) fn behind_late(self, first: &Self) -> Self {
        match self {
            Self::Sql(sql) if !sql.long.is_empty() && !removed(Control::LongBehind) => {
                let Sql {
                    safe,
                    long,
                    raising,
                    asks,
                } = *sql;
                let class = if raising.is_empty() {
                    Class::Long
                } else {
                    Class::Raising
                };
                let wrapped = match first {
                    Self::False => return Self::False,
                    Self::True => Self::new(both(long, &raising), class, asks),
                    first => {
                        let rest = both(long, &raising);
                        Self::new(format!("CASE WHEN {} THEN {rest} END", first.sql()), class, asks)
                    }
                };
                match safe.is_empty() {
                    true => wrapped,
                    false => Self::new(safe, Class::Safe, asks).and(wrapped),
                }
            }
            other => other.behind(first),
        }
    }

    /// What may be an error, behind what stands beside it.
    pub(crate) fn in_order(self) -> Self {
        match &self {
            Self::Sql(sql) if !sql.raising.is_empty() => {
                let first = both(sql.safe.clone(), &sql.long);
                if first.is_empty() {
                    return self;
                }
                self.behind(&Self::safe(first))
            }
            _ => self,
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, x) | (x, Self::False) => x,
            (a, b) => {
                let asks = a.asks().max(b.asks()).max(Asks::Row);
                let class = a.class().max(b.class());
                Self::new(format!("({} OR {})", a.sql(), b.sql()), class, asks)
            }
        }
    }

    /// One of these. Of many, halves of halves: SQLite bounds how deep a condition is, and its own `OR` leans to one side.
    pub(crate) fn any(mut parts: Vec<Self>) -> Self {
        const FEW: usize = 8;
        if parts.len() <= FEW {
            return parts.into_iter().fold(Self::False, Self::or);
        }
        let right = parts.split_off(parts.len() / 2);
        Self::any(parts).or(Self::any(right))
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            // Two-valued: "not true", so that a missing value is not a way past a rule.
            a if removed(Control::TwoValued) => {
                Self::new(format!("(NOT ({}))", a.sql()), a.class(), a.asks())
            }
            // Of several comparisons it is more than one.
            a => Self::new(
                format!("(({}) IS NOT TRUE)", a.sql()),
                a.class(),
                a.asks().max(Asks::Row),
            ),
        }
    }

    pub(crate) fn sql(&self) -> Cow<'_, str> {
        let sql = match self {
            Self::True => return Cow::Borrowed("TRUE"),
            Self::False => return Cow::Borrowed("FALSE"),
            Self::Sql(sql) => &**sql,
        };
        let Sql {
            safe, long, raising, ..
        } = sql;
        let mut parts = [safe, long, raising].into_iter().filter(|part| !part.is_empty());
        let first = parts.next().map_or("", String::as_str);
        parts.fold(Cow::Borrowed(first), |all, part| {
            Cow::Owned(format!("{all} AND {part}"))
        })
    }
}

fn both(mut a: String, b: &str) -> String {
    if !a.is_empty() && !b.is_empty() {
        a.push_str(" AND ");
    }
    a.push_str(b);
    a
}
