//! Data migrations: what becomes of the rows that are there, said by a function of the program, row by row.

mod each;
mod function;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
mod row;
pub(super) mod sqlite;

pub(super) use each::statements;
pub use function::{DataMigration, DataMigrationMeta, DataRight, Named};
pub use row::OldRow;

use std::collections::BTreeMap;

use super::MigrationError;
use super::operation::Operation;
use super::plan::Step;
use each::Each;

/// Rows of one transaction.
const AT_ONCE: i64 = 1_000;

/// What is written in a file for a way back on which nothing is to be done.
pub(super) const NOTHING: &str = "nothing";

/// The table in which a database keeps how far a data migration is.
pub(super) const PROGRESS: &str = "vauban_migration_progress";

/// How far a database is with a migration that is being made or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Progress {
    back: bool,
    /// Which of its operations.
    operation: usize,
    /// The last row that is done, hexadecimal; empty before the first.
    last: String,
}

/// How far a database is, by `package/name`.
type Half = BTreeMap<String, Progress>;

/// Whether these steps can be made: every function that they run is there, and may do what the file asks of it. Asked before
/// anything is done.
///
/// # Errors
/// [`MigrationError::Set`] for a function that nobody brings, or that has not the rights (CWE-862).
pub(super) fn check(steps: &[Step], functions: &[DataMigrationMeta]) -> Result<(), MigrationError> {
    for step in steps {
        for operation in step.operations.iter().filter(|operation| is_run(operation)) {
            Each::new(step, operation, functions)?;
        }
    }
    Ok(())
}

/// Whether something is half done that these steps do not go on with: it would be left so.
///
/// # Errors
/// [`MigrationError::Set`], with what to do.
fn refuse_half(half: &Half, steps: &[Step]) -> Result<(), MigrationError> {
    let left = half.iter().find(|(id, progress)| {
        !steps
            .iter()
            .any(|step| step.id() == **id && step.back == progress.back)
    });
    match left {
        None => Ok(()),
        Some((id, progress)) if progress.back => Err(MigrationError::Set(format!(
            "{id} is half undone, and what is left of it stands where it is: finish that first, by `migrate` to what stands before \
             it. Nothing was changed"
        ))),
        Some((id, _)) => Err(MigrationError::Set(format!(
            "{id} is half made: finish it first, by `migrate {id}`. Nothing was changed"
        ))),
    }
}

pub(super) fn is_run(operation: &Operation) -> bool {
    matches!(operation, Operation::Run { .. })
}

/// Whether a migration goes through rows, so that it is not one transaction.
pub(super) fn goes_through_rows(step: &Step) -> bool {
    step.operations.iter().any(is_run)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| {
        text.get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    (0..text.len() / 2).filter_map(|at| digit(at * 2)).collect()
}
