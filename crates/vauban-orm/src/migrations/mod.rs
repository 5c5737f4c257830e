//! Migrations: the way from the models to a database's schema.
//!
//! A migration is a TOML file of operations in a package's `migrations/` folder, made from the models by
//! the command `makemigrations`, read and committed by you, and applied by `migrate`. The state that the
//! models are compared with is what all files say, one after the other; no database is asked.
//!
//! Made by themselves are tables, columns, indexes and constraints that are new, changed or gone. Whether a name that is gone
//! and a new one are the same thing is asked, never guessed. What has no one answer (a value for rows that need one now,
//! another type that does not follow from the old one) is refused with the operation to write by hand, in a file that
//! `makemigrations --empty NAME` makes.
//!
//! ```toml
//! depends_on = ["vauban/0001_initial"]
//!
//! [[operations]]
//! add_column = "article"
//! column = { name = "words", type = "bigint", default = "0" }
//!
//! [[operations]]
//! sql = "UPDATE \"article\" SET \"words\" = length(\"body\") / 6"
//! ```
//!
//! * [`Set`]: one package's files, embedded by `migrations!("migrations")`.
//! * [`make`]: the operations that the models ask for; [`empty`]: a file for those written by hand.
//! * [`pending`], [`plan`], [`apply`]: what a database lacks, what would be done, and doing it; back, too.

mod apply;
mod changes;
mod column_type;
mod data;
mod ddl;
mod file;
mod found;
mod guard;
pub(crate) mod inspect;
mod inverse;
mod late;
mod locks;
mod make;
pub(crate) mod names;
mod operation;
mod owned;
mod plan;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod reading;
mod record;
mod resolved;
#[cfg(any(test, feature = "testing"))]
mod round_trip;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "it is PostgreSQL's"))]
mod row_security;
mod set;
mod state;
pub(crate) mod stated;
mod words;
mod writing;

pub use crate::sql::dialect::Dialect;
pub use apply::{Applied, Pending, apply, apply_with, create_all, pending};
pub use changes::{Answers, Rename};
pub use column_type::ColumnType;
pub use data::{DataMigration, DataMigrationMeta, DataRight, Named, OldRow};
pub use file::{Migration, checksum};
pub use found::{Difference, differences};
pub use make::{Made, NewMigration, empty, make};
pub use operation::{ColumnState, ConstraintState, Operation};
pub use owned::{foreign, with_sql};
pub use plan::{Step, Target, ids, plan, step};
pub(crate) use record::{UsedKey, used_keys};
#[cfg(any(test, feature = "testing"))]
pub use round_trip::round_trip;
pub(crate) use row_security::policies;
pub use row_security::{RowSecurity, Secured};
pub use set::{INDEX, Set, SetFile, add_file};
pub use state::{IndexState, State, TableState};

use std::fmt;

/// What is wrong with migration files, or with applying them. Says which file and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum MigrationError {
    /// A file that cannot be read as a migration.
    File {
        /// `package/name`.
        migration: String,
        /// What is wrong.
        problem: String,
    },
    /// The folder, its index or the dependencies contradict each other.
    Set(String),
    /// A file was edited after a database had applied it.
    Changed {
        /// `package/name`, each.
        migrations: Vec<String>,
    },
    /// The database refused an operation; the whole migration is undone.
    Database {
        /// `package/name`.
        migration: String,
        /// The statement.
        statement: String,
        /// What it said.
        error: crate::DatabaseError,
    },
    /// A migration that cannot be undone.
    OneWay {
        /// `package/name`.
        migration: String,
        /// Why there is no way back.
        problem: String,
    },
    /// Rows refer to none: the whole migration is undone.
    BrokenKey {
        /// `package/name`.
        migration: String,
        /// The table whose rows they are.
        table: String,
        /// The table that they should refer to.
        target: String,
    },
    /// A migration that would be made after one that builds on it. Nothing was done.
    Late {
        /// `package/name`.
        migration: String,
        /// The one that the database has already: `package/name`.
        applied: String,
        /// What both touch.
        table: String,
    },
    /// A step would make a table anew or drop it, and this database's is not as the files say.
    Differs {
        /// `package/name`.
        migration: String,
        /// The table.
        table: String,
        /// What the database has more, and would lose.
        more: Vec<String>,
        /// What the files say and the database lacks.
        missing: Vec<String>,
    },
    /// SQL in a migration that no migration may run; the whole migration is undone.
    Forbidden {
        /// `package/name`.
        migration: String,
        /// The statement, or those together with which it was written.
        statement: String,
        /// What is forbidden, and what to write.
        problem: String,
    },
    /// SQL in a migration ended its transaction: what ran before stays, and is not recorded.
    Torn {
        /// `package/name`.
        migration: String,
        /// What failed behind it, if something did.
        error: Option<String>,
    },
    /// A view or a trigger names what is not there after the migration, which is undone.
    Unsound {
        /// `package/name`.
        migration: String,
        /// Which view, or whose trigger.
        what: String,
        /// What the database says.
        error: crate::DatabaseError,
    },
    /// Another process migrates, or holds the database.
    Locked,
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { migration, problem } => write!(f, "migration {migration}: {problem}"),
            Self::Set(problem) => f.write_str(problem),
            Self::Changed { migrations } => write!(
                f,
                "{}: edited after this database applied it. Put the file back as it was and write a new migration \
                 instead; a database that only you use can be thrown away and migrated afresh",
                migrations.join(", ")
            ),
            Self::Database { migration, statement, error } => write!(
                f,
                "migration {migration} is undone: {error}\n  in: {statement}"
            ),
            Self::OneWay { migration, problem } => write!(
                f,
                "migration {migration} cannot be undone: {problem}. Nothing was changed"
            ),
            Self::BrokenKey { migration, table, target } => write!(
                f,
                "migration {migration} is undone: rows of `{table}` would refer to rows of `{target}` that there are not. \
                 Correct or delete them first, by an operation `sql = …` before"
            ),
            Self::Late { migration, applied, table } => write!(
                f,
                "migration {migration} comes late: this database has {applied} already, which follows it, and both touch \
                 {table}. Nothing was changed. If no other database has {migration}, move its line in INDEX behind \
                 {applied}; else go back to what stands before both (`migrate PACKAGE/NAME`, which drops what {applied} made), \
                 and forward again"
            ),
            Self::Differs { migration, table, more, missing } => {
                write!(f, "migration {migration} was not made: `{table}` is not what the migrations before it say")?;
                if !more.is_empty() {
                    write!(f, ". What the database has more would be lost: {}", more.join(", "))?;
                }
                if !missing.is_empty() {
                    write!(f, ". It lacks {}", missing.join(", "))?;
                }
                f.write_str(
                    ". Nothing of it was done. If another version of the program changed the table (`showmigrations` says \
                     `[?]`), migrate with one that has both. If `sql = …` did, undo that by `sql = …` in a migration before \
                     this one, and say it there by operations (`add_column`, `rename_column`, `add_constraint`, …)",
                )
            }
            Self::Forbidden { migration, statement, problem } => {
                write!(f, "migration {migration} is undone: {problem}\n  in: {statement}")
            }
            // CWE-460: what is not undone is not said to be.
            Self::Torn { migration, error } => {
                write!(
                    f,
                    "migration {migration} is neither made nor undone: its SQL ended the transaction that makes it whole. What ran \
                     before that may be done, and is not recorded: look, undo it by hand, then take out of the file what ends a \
                     transaction"
                )?;
                match error {
                    Some(error) => write!(f, ". Behind it failed: {error}"),
                    None => Ok(()),
                }
            }
            Self::Unsound { migration, what, error } => write!(
                f,
                "migration {migration} is undone: {what} would not work any more: {error}. Drop it by an operation `sql = …` \
                 before, and make it again behind"
            ),
            Self::Locked => f.write_str(
                "another process holds the database (is a second `migrate` running?); nothing was changed, try again",
            ),
        }
    }
}

impl std::error::Error for MigrationError {}
