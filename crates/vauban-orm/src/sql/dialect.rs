//! What is written otherwise for each database.

use crate::sql::cond::{Asks, Cond};
use crate::tree::expr::Op;
use crate::tree::value::{Kind, Storage, Value};

/// The database that a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite's: parameters as `?1`, types by storage.
    Sqlite,
    /// PostgreSQL's: parameters as `$1`, with given types.
    Postgres,
}

/// What a statement that locks rows does about those that another transaction has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    ForThem,
    /// It fails.
    Never,
    /// It leaves them out.
    Skip,
}

impl Dialect {
    /// Whether a condition may be asked after one that stands behind it: SQLite asks what looks rows up anew for each row last, and
    /// PostgreSQL what costs more than one comparison, by its own reckoning.
    pub(crate) fn asks_late(self, condition: &Cond) -> bool {
        match self {
            Self::Sqlite => condition.asks() == Asks::RowsOfEach || condition.raises(),
            Self::Postgres => condition.asks() > Asks::Comparison || condition.raises(),
        }
    }

    /// The parameter of this number, from 1.
    pub(crate) fn parameter(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    /// A number or a truth value of a rule as text, where partial indexes can be matched; nothing for what is bound.
    pub(crate) fn literal(self, kind: Kind, value: &Value) -> Option<String> {
        match (self, kind, value) {
            (Self::Sqlite, _, Value::Integer(i)) => Some(i.to_string()),
            (Self::Postgres, Kind::Bool, Value::Integer(i)) => {
                Some(if *i == 0 { "FALSE" } else { "TRUE" }.to_owned())
            }
            (
                Self::Postgres,
                Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Decimal | Kind::Duration,
                Value::Integer(i),
            ) if *i >= 0 => Some(i.to_string()),
            _ => None,
        }
    }

    /// A column is one of a list that is bound as one parameter.
    pub(crate) fn is_one_of(self, kind: Kind, column: &str, list: &str) -> String {
        match self {
            Self::Sqlite => format!("{column} IN ({})", self.each_of(kind, list)),
            Self::Postgres => format!("{column} = ANY ({list})"),
        }
    }

    /// The values of a list that is bound as one parameter, as rows of one column.
    pub(crate) fn each_of(self, kind: Kind, list: &str) -> String {
        match (self, kind.storage()) {
            // Bytes travel in JSON as hexadecimal digits.
            (Self::Sqlite, Storage::Blob) => format!("SELECT unhex(value) FROM json_each({list})"),
            (Self::Sqlite, _) => format!("SELECT value FROM json_each({list})"),
            (Self::Postgres, _) => format!("SELECT unnest({list})"),
        }
    }

    /// What an order says besides, so that what has no value comes first, and last when it goes down.
    pub(crate) fn order(self, may_be_null: bool, descending: bool) -> &'static str {
        match (self, may_be_null, descending) {
            (Self::Postgres, true, false) => " NULLS FIRST",
            (Self::Postgres, true, true) => " DESC NULLS LAST",
            (_, _, true) => " DESC",
            (_, _, false) => "",
        }
    }

    /// A column compared with a value. `Ne` is "not equal", also for NULL.
    pub(crate) fn compare(self, op: Op, column: &str, value: &str) -> String {
        match (op, self) {
            (Op::Eq, _) => format!("{column} = {value}"),
            (Op::Ne, Self::Sqlite) => format!("{column} IS NOT {value}"),
            (Op::Ne, Self::Postgres) => format!("{column} IS DISTINCT FROM {value}"),
            (Op::Lt, _) => format!("{column} < {value}"),
            (Op::Le, _) => format!("{column} <= {value}"),
            (Op::Gt, _) => format!("{column} > {value}"),
            (Op::Ge, _) => format!("{column} >= {value}"),
            // No LIKE: nothing in the value is a wildcard.
            (Op::Contains, Self::Sqlite) => format!("instr({column}, {value}) > 0"),
            (Op::Contains, Self::Postgres) => format!("strpos({column}, {value}) > 0"),
            (Op::ContainsIgnoringCase, Self::Sqlite) => format!("instr(lower({column}), lower({value})) > 0"),
            // In this collation `lower` folds ASCII alone, as SQLite's does.
            (Op::ContainsIgnoringCase, Self::Postgres) => {
                format!("strpos(lower({column} COLLATE \"C\"), lower({value} COLLATE \"C\")) > 0")
            }
            (Op::StartsWith, Self::Sqlite) => format!("substr({column}, 1, length({value})) = {value}"),
            (Op::StartsWith, Self::Postgres) => format!("starts_with({column}, {value})"),
            (Op::EndsWith, Self::Sqlite) => {
                format!("substr({column}, -length({value}), length({value})) = {value}")
            }
            (Op::EndsWith, Self::Postgres) => format!("right({column}, length({value})) = {value}"),
        }
    }

    /// Columns that both have a value; `Ne` is what `Eq` is not.
    pub(crate) fn compare_columns(self, op: Op, column: &str, with: &str) -> String {
        match op {
            Op::Ne => format!("(({column} = {with}) IS NOT TRUE)"),
            op => self.compare(op, column, with),
        }
    }
}
