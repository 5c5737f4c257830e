//! What goes wrong, without the driver.

use std::fmt;

use tokio_postgres::Error;
use tokio_postgres::error::DbError;

use crate::tree::identifier;

/// What goes wrong between a program and PostgreSQL. Names only: PostgreSQL's DETAIL quotes values of rows (CWE-532).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another row has the same values in unique columns.
    Unique {
        table: String,
        constraint: String,
        /// The columns, where PostgreSQL says them.
        columns: Vec<String>,
    },
    /// A column was given no value and needs one.
    NotNull { table: String, column: String },
    /// A row does not fit a condition of its table.
    Check { table: String, constraint: String },
    /// A row refers to none, or would when another goes; the table is the referring one.
    ForeignKey { table: String, constraint: String },
    /// What other transactions did meanwhile does not go together with this one: all of it may be tried again.
    Serialization,
    /// Two transactions waited for each other, and this one was chosen to end.
    Deadlock,
    /// Another transaction held a row or a table for too long.
    LockTimeout,
    /// The statement took longer than it may, or was cancelled.
    StatementTimeout,
    /// The transaction did nothing for longer than it may.
    IdleTimeout,
    /// PostgreSQL takes no more connections.
    TooManyConnections,
    /// No connection of the pool came free in time.
    PoolTimeout,
    /// There is no PostgreSQL, or the connection to it broke.
    Lost(String),
    /// PostgreSQL is stopped, or starts.
    ShuttingDown,
    /// It cannot write: its disk is full.
    DiskFull,
    /// It needs more memory, or something is larger, than its limits allow.
    TooLarge,
    /// A value that its column's type does not hold.
    OutOfRange,
    /// A text with a null character, which PostgreSQL stores in no text.
    NulInText,
    /// Another value that a statement cannot work with, such as a divisor of zero.
    Data { sqlstate: String },
    /// A write on a connection that reads.
    ReadOnly,
    /// The role may not do that.
    Privilege(String),
    /// A statement in a transaction in which an earlier one failed.
    Aborted,
    /// A policy of the database's own refuses a new row.
    Policy,
    /// Tables changed since the statement was prepared.
    StalePlan,
    /// The transaction was undone, although nothing said so: an earlier statement of it had failed.
    Undone,
    /// The connection broke while the transaction was committed: it may be saved or not.
    CommitUnknown,
    /// What the settings say does not lead to a database: who may set them reads what to do.
    Configuration(String),
    /// A value of another type than its parameter: a mistake of ours.
    Mismatch,
    /// Everything else.
    Other { sqlstate: String, message: String },
}

impl Failure {
    /// Whether the connection is of no use any more.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(
            self,
            Self::Lost(_) | Self::ShuttingDown | Self::IdleTimeout | Self::CommitUnknown
        )
    }

    fn of_database(error: &DbError) -> Self {
        let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
        let (table, constraint) = (name(error.table()), name(error.constraint()));
        match error.code().code() {
            "23505" | "23P01" => Self::Unique {
                table,
                constraint,
                columns: key_columns(error.detail().unwrap_or_default()).unwrap_or_default(),
            },
            "23502" => Self::NotNull {
                table,
                column: name(error.column()),
            },
            "23514" => Self::Check { table, constraint },
            "23503" | "23001" => Self::ForeignKey { table, constraint },
            "40001" => Self::Serialization,
            "40P01" => Self::Deadlock,
            "55P03" => Self::LockTimeout,
            "57014" => Self::StatementTimeout,
            "25P03" | "25P04" | "57P05" => Self::IdleTimeout,
            "53300" => Self::TooManyConnections,
            "57P01" | "57P02" | "57P03" => Self::ShuttingDown,
            "53100" | "58030" => Self::DiskFull,
            "53200" | "53400" | "54000" | "54001" | "54011" | "54023" => Self::TooLarge,
            "22003" | "22008" | "22001" | "22015" => Self::OutOfRange,
            "22021" if error.message().contains("0x00") => Self::NulInText,
            "25006" => Self::ReadOnly,
            "25P02" => Self::Aborted,
            "26000" => Self::StalePlan,
            "0A000" if error.routine() == Some("RevalidateCachedQuery") => Self::StalePlan,
            // Not by its words, which are in the server's language: a check of a policy, or a trigger that stands with them.
            "42501" if matches!(error.routine(), Some("ExecWithCheckOptions" | "exec_stmt_raise")) => {
                Self::Policy
            }
            "42501" => Self::Privilege(error.message().to_owned()),
            "28000" | "28P01" => Self::Configuration(format!(
                "PostgreSQL refuses the user or the password of `database_url`: {}",
                error.message()
            )),
            "3D000" => Self::Configuration(format!(
                "{}: create it (`createdb`), or correct `database_url`",
                error.message()
            )),
            code if code.starts_with("08") => Self::Lost(error.message().to_owned()),
            // CWE-532: messages of this class quote the value.
            code if code.starts_with("22") => Self::Data {
                sqlstate: code.to_owned(),
            },
            code => Self::Other {
                sqlstate: code.to_owned(),
                message: error.message().to_owned(),
            },
        }
    }
}

/// The columns of a key, of a DETAIL in whatever language: `Key (team_id, number)=(7, 8) already exists.` What is no plain
/// column (`lower(mail)`) is known by its index's name. CWE-532: of the values nothing is kept.
fn key_columns(detail: &str) -> Option<Vec<String>> {
    let (columns, _) = detail.split_once('(')?.1.split_once(")=(")?;
    let names = columns.split(", ").map(|name| name.trim_matches('"').to_owned());
    let names: Vec<String> = names.collect();
    names.iter().all(|name| identifier::valid(name)).then_some(names)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return Self::of_database(said);
        }
        if error.is_closed() {
            return Self::Lost("the connection is closed".to_owned());
        }
        let what = error.to_string();
        match error.into_source() {
            // What our own parts said on the way: encoding, TLS, a message that is too large.
            Some(source) => match source.downcast::<Self>() {
                Ok(own) => *own,
                Err(source) => match source.downcast::<std::io::Error>() {
                    Ok(io) => Self::from(*io),
                    Err(source) => Self::Lost(format!("{what}: {source}")),
                },
            },
            None => Self::Lost(what),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            Some(own) => own.clone(),
            None => Self::Lost(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique { table, constraint, .. } => write!(f, "already taken in `{table}` (`{constraint}`)"),
            Self::NotNull { table, column } => write!(f, "`{table}.{column}` needs a value"),
            Self::Check { table, constraint } => write!(f, "`{table}` has the condition `{constraint}`"),
            Self::ForeignKey { table, constraint } => {
                write!(f, "rows of `{table}` refer to rows that are not there (`{constraint}`)")
            }
            Self::Serialization => f.write_str("another transaction changed the same rows meanwhile"),
            Self::Deadlock => f.write_str("two transactions waited for each other"),
            Self::LockTimeout => f.write_str("another transaction holds what this one needs"),
            Self::StatementTimeout => f.write_str("the statement took longer than it may"),
            Self::IdleTimeout => f.write_str("the transaction did nothing for too long"),
            Self::TooManyConnections => f.write_str(
                "PostgreSQL takes no more connections: lower `database_connections` or raise its `max_connections`",
            ),
            Self::PoolTimeout => f.write_str("no connection came free in time"),
            Self::Lost(why) => write!(f, "no connection to PostgreSQL: {why}"),
            Self::ShuttingDown => f.write_str("PostgreSQL is stopped or starts"),
            Self::DiskFull => f.write_str("PostgreSQL's disk is full or broken"),
            Self::TooLarge => f.write_str("larger than PostgreSQL's limits allow"),
            Self::OutOfRange => f.write_str("a value that its column's type does not hold"),
            Self::NulInText => f.write_str("a text with a null character"),
            Self::Data { sqlstate } => write!(f, "a value that the statement cannot work with (SQLSTATE {sqlstate})"),
            Self::ReadOnly => f.write_str("a write on a connection that reads"),
            Self::Privilege(what) => write!(f, "the database's role may not do that: {what}"),
            Self::Policy => f.write_str("a policy of the database refuses the row"),
            Self::Aborted => f.write_str("an earlier statement of the transaction had failed"),
            Self::StalePlan => f.write_str("tables changed since the statement was prepared"),
            Self::Undone => f.write_str("the transaction was undone: an earlier statement of it had failed"),
            Self::CommitUnknown => {
                f.write_str("the connection broke while the transaction was committed: it may be saved or not")
            }
            Self::Configuration(what) => f.write_str(what),
            Self::Mismatch => f.write_str("a value of another type than its parameter"),
            Self::Other { sqlstate, message } => write!(f, "{message} (SQLSTATE {sqlstate})"),
        }
    }
}

impl std::error::Error for Failure {}
