//! The one error of this crate. Each variant says who is at fault and has its HTTP status.

use std::fmt;

use crate::problem::Problem;
use crate::tree::ring::Unopened;

/// What goes wrong with rows.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No row that the actor may see (404). The same for an absent and for an invisible row (CWE-203).
    NotFound,
    /// The row may be seen, but not changed or deleted; or may not be added; or a new value is not the
    /// actor's to write (403).
    Forbidden,
    /// The row was changed since the form was shown (409).
    Conflict,
    /// Rows that refer to this one keep it from being deleted (409). Says which kind, never which rows.
    Restricted {
        /// The referring table.
        table: &'static str,
    },
    /// What the unit would leave may not be (409), which a [change hook](crate::ChangeHook) found: why, for whoever asked.
    Refused(&'static str),
    /// Values that the model does not accept (422), by field.
    Invalid(Vec<FieldProblem>),
    /// Another row has the same value in unique columns (409).
    Unique {
        /// The table.
        table: &'static str,
        /// The fields that are unique together.
        fields: Vec<&'static str>,
    },
    /// Rows of many that are written together and are not accepted, each with its position (the status of the first of them):
    /// nothing of it is written.
    Rows(Vec<RowProblem>),
    /// More than one row where one was asked for (500: the filter should name one row).
    Multiple,
    /// The writer's turn did not come in time, or was held too long (503).
    Busy(&'static str),
    /// Another unit has locked rows of this table, and a query with `nowait` does not wait for them (503).
    Locked {
        /// The table.
        table: &'static str,
    },
    /// The database cannot be written to: its file is gone, its disk is full (503). The log says more.
    Unavailable(&'static str),
    /// The database rolled this unit back, after a write that was interrupted or met a full disk (503): nothing of it is saved,
    /// and nothing more of it is done.
    Undone,
    /// The connection broke while the unit was committed (503): it may be saved or not, which only a look can tell.
    PerhapsSaved,
    /// A statement needed more work than its limit allows (503; CWE-400).
    TooMuchWork,
    /// A page that begins behind row [`DEEPEST_ROW`](crate::DEEPEST_ROW) (404; CWE-400).
    TooDeep,
    /// A filter that a request made larger than a statement may be, or more rows than a query loads (400; CWE-400, CWE-674): which bound it is beyond.
    TooLarge(&'static str),
    /// A text that is no mark of a page of this query (400): malformed, or of another order.
    InvalidCursor,
    /// The handle outlived its request (500).
    Finished,
    /// A write through a handle that reads (500).
    ReadOnly,
    /// A model or a service that no module of the program lists, so that no review has seen it (500).
    Unlisted {
        /// `model` or `service`.
        what: &'static str,
        /// Its type.
        name: &'static str,
    },
    /// A [change hook](crate::ChangeHook) failed, so that nothing of the unit is saved (500).
    ChangeHook {
        /// The hook's type.
        hook: &'static str,
        /// What it failed with.
        error: Box<Self>,
    },
    /// A stored ciphertext that does not open (500): moved, changed, or of a key that is retired or not known (CWE-353).
    Undecipherable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// Why.
        why: Unopened,
    },
    /// A mistake in a model, a policy or a query that only the database could tell (500).
    Internal(String),
    /// The database's own error (500).
    Database(DatabaseError),
}

/// What the database says of a statement, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError {
    text: String,
    refusal: Option<Refusal>,
}

/// Which constraint of the schema refuses a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Of these columns, each as `table.column`.
    Unique(Vec<String>),
    /// The one of this name.
    UniqueKey(String),
    /// This column, as `table.column`.
    NotNull(String),
    /// The one of this name.
    Check(String),
    ForeignKey,
}

impl DatabaseError {
    pub(crate) fn new(text: String, refusal: Option<Refusal>) -> Self {
        Self { text, refusal }
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for DatabaseError {}

/// A value that the model does not accept: which, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the model; of a check constraint its name.
    pub field: &'static str,
    /// What is wrong, for the person who typed it.
    pub problem: Problem,
}

/// What is wrong with one of many rows that are written together.
#[derive(Debug)]
pub struct RowProblem {
    /// The row's position among those that were given, from 0.
    pub row: usize,
    /// What it would have come to alone.
    pub error: Error,
}

/// What a value says that has to be the only one of its kind.
const TAKEN: Problem = Problem::new("taken", "This is already taken.");

/// What queries and writes return: a value, or the [`Error`] that says who is at fault.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The HTTP status of an answer that fails with this.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge(_) | Self::InvalidCursor => 400,
            Self::NotFound | Self::TooDeep => 404,
            Self::Forbidden => 403,
            Self::Conflict | Self::Restricted { .. } | Self::Refused(_) | Self::Unique { .. } => 409,
            Self::Invalid(_) => 422,
            Self::Busy(_)
            | Self::Locked { .. }
            | Self::Unavailable(_)
            | Self::Undone
            | Self::PerhapsSaved
            | Self::TooMuchWork => 503,
            Self::Rows(rows) => rows.first().map_or(500, |first| first.error.status()),
            Self::Multiple
            | Self::Finished
            | Self::ReadOnly
            | Self::Unlisted { .. }
            | Self::ChangeHook { .. }
            | Self::Undecipherable { .. }
            | Self::Internal(_)
            | Self::Database(_) => 500,
        }
    }

    /// The fields at fault and what is wrong with them, for a form: of [`Error::Invalid`] and [`Error::Unique`].
    pub fn problems(&self) -> Vec<FieldProblem> {
        match self {
            Self::Invalid(problems) => problems.clone(),
            Self::Unique { fields, .. } => fields
                .iter()
                .map(|&field| FieldProblem {
                    field,
                    problem: TAKEN,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn invalid(field: &'static str, problem: Problem) -> Self {
        Self::Invalid(vec![FieldProblem { field, problem }])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such row"),
            Self::Forbidden => f.write_str("not allowed"),
            Self::Conflict => f.write_str("changed since the form was shown"),
            Self::Restricted { table } => write!(f, "still referred to by rows of `{table}`"),
            Self::Invalid(problems) => {
                f.write_str("not accepted:")?;
                problems
                    .iter()
                    .try_for_each(|p| write!(f, " {}: {}", p.field, p.problem))
            }
            Self::Unique { table, fields } => write!(f, "already taken in `{table}`: {}", fields.join(", ")),
            Self::Rows(rows) => rows
                .iter()
                .try_for_each(|problem| write!(f, "[row {}] {} ", problem.row, problem.error)),
            Self::Multiple => f.write_str("more than one row where one was asked for"),
            Self::Busy(why) => write!(f, "the database is busy: {why}"),
            Self::Locked { table } => write!(
                f,
                "another unit has locked rows of `{table}`, and this query, with `nowait`, does not wait for it to end"
            ),
            Self::Unavailable(why) => write!(f, "the database is not available: {why}"),
            Self::Undone => f.write_str("the database undid this request's writes: nothing of it is saved"),
            Self::PerhapsSaved => f.write_str(
                "the connection to the database broke while this was saved: whether it is has to be looked up",
            ),
            Self::TooMuchWork => f.write_str("the statement needs more work than its limit allows"),
            Self::TooDeep => f.write_str("this page is too far from the first one; narrow the search"),
            Self::InvalidCursor => {
                f.write_str("this is no mark of a page of this list; begin at its first page")
            }
            Self::TooLarge(why) => write!(f, "the query is too large: {why}"),
            Self::Finished => f.write_str("the handle outlived its request"),
            Self::ReadOnly => f.write_str("a write through a handle that only reads"),
            Self::Unlisted { what, name } => {
                // The name alone, without its arguments, is what stands in the module's file.
                let path = name.split('<').next().unwrap_or(name);
                let short = path.rsplit("::").next().unwrap_or(path);
                write!(
                    f,
                    "the {what} `{name}` is listed by no module of this program, so no review has seen it: \
                     add `.{what}::<{short}>()` to its module"
                )
            }
            Self::ChangeHook { hook, error } => write!(
                f,
                "nothing is saved: the change hook `{hook}` failed, which is told of what a unit changed before it is saved: {error}"
            ),
            Self::Undecipherable {
                table,
                column,
                row,
                why,
            } => write!(f, "`{table}.{column}` of the row {row} is not opened: {why}"),
            Self::Refused(why) => f.write_str(why),
            Self::Internal(what) => f.write_str(what),
            Self::Database(error) => write!(f, "database: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::ChangeHook { error, .. } => Some(error),
            _ => None,
        }
    }
}
