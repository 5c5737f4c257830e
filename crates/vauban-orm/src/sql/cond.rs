//! Conditions as SQL, after folding: what is never an error, and what may be one on some rows.

use std::borrow::Cow;

use crate::sabotage::{Control, removed};

/// A condition after folding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cond {
    True,
    False,
    Sql(Sql),
}

/// The SQL of a condition: what holds together with `AND`. SQLite asks in whatever order it likes, so what may fail stands
/// apart, to be put [behind](Cond::behind) what has to hold first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sql {
    /// What is never an error: whatever typed conditions say.
    safe: String,
    /// What may be one, on some rows: fragments, and what has one in it.
    raising: String,
}

impl Cond {
    /// What is never an error, whatever the row.
    pub(crate) fn safe(sql: String) -> Self {
        Self::Sql(Sql {
            safe: sql,
            raising: String::new(),
        })
    }

    /// What is an error on some rows, if `raises`.
    pub(crate) fn new(sql: String, raises: bool) -> Self {
        if !raises {
            return Self::safe(sql);
        }
        Self::Sql(Sql {
            safe: String::new(),
            raising: sql,
        })
    }

    /// Whether there are rows on which it is an error.
    pub(crate) fn raises(&self) -> bool {
        matches!(self, Self::Sql(sql) if !sql.raising.is_empty())
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, x) | (x, Self::True) => x,
            (Self::Sql(a), Self::Sql(b)) => Self::Sql(Sql {
                safe: both(a.safe, &b.safe),
                raising: both(a.raising, &b.raising),
            }),
        }
    }

    /// CWE-209, CWE-203: what may be an error is asked of no row for which `first` does not hold: an error would tell of a row
    /// that the policy hides. It stands beside `first` all the same.
    pub(crate) fn behind(self, first: &Self) -> Self {
        match self {
            Self::Sql(sql) if !sql.raising.is_empty() && !removed(Control::Behind) => match first {
                Self::True => Self::Sql(sql),
                Self::False => Self::False,
                first => Self::Sql(Sql {
                    raising: format!("CASE WHEN {} THEN {} END", first.sql(), sql.raising),
                    safe: sql.safe,
                }),
            },
            other => other,
        }
    }

    /// What may be an error, behind what stands beside it.
    pub(crate) fn in_order(self) -> Self {
        match &self {
            Self::Sql(sql) if !sql.raising.is_empty() && !sql.safe.is_empty() => {
                let first = Self::safe(sql.safe.clone());
                self.behind(&first)
            }
            _ => self,
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, x) | (x, Self::False) => x,
            (a, b) => Self::new(format!("({} OR {})", a.sql(), b.sql()), a.raises() || b.raises()),
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
            a if removed(Control::TwoValued) => Self::new(format!("(NOT ({}))", a.sql()), a.raises()),
            a => Self::new(format!("(({}) IS NOT TRUE)", a.sql()), a.raises()),
        }
    }

    pub(crate) fn sql(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Sql(sql) if sql.raising.is_empty() => &sql.safe,
            Self::Sql(sql) if sql.safe.is_empty() => &sql.raising,
            Self::Sql(sql) => return Cow::Owned(format!("{} AND {}", sql.safe, sql.raising)),
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
