//! How far a database is with what goes through its rows, and whether it can be gone on with.

use std::collections::BTreeMap;

use super::super::MigrationError;
use super::super::operation::Operation;
use super::super::plan::Step;
use super::each::Each;
use super::function::DataMigrationMeta;

/// How far a database is with a migration that is being made or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) back: bool,
    /// Which of its operations.
    pub(super) operation: usize,
    /// The last row that is done, hexadecimal; empty before the first.
    pub(super) last: String,
}

impl Progress {
    /// Nothing is done yet.
    pub(super) fn begun(back: bool) -> Self {
        Self {
            back,
            operation: 0,
            last: String::new(),
        }
    }
}

/// How far a database is, by `package/name`.
pub(super) type Half = BTreeMap<String, Progress>;

/// Whether these steps can be made: every function that they run is there, and may do what the file asks of it. Asked before
/// anything is done.
///
/// # Errors
/// [`MigrationError::Set`] for a function that nobody brings, or that has not the rights (CWE-862).
pub(in crate::migrations) fn check(
    steps: &[Step],
    functions: &[DataMigrationMeta],
) -> Result<(), MigrationError> {
    for step in steps {
        for operation in step.operations.iter().filter(|operation| operation.is_run()) {
            Each::new(step, operation, functions)?;
        }
    }
    Ok(())
}

/// Whether something is half done that these steps do not go on with: it would be left so.
///
/// # Errors
/// [`MigrationError::Set`], with what to do.
pub(super) fn refuse_half(half: &Half, steps: &[Step]) -> Result<(), MigrationError> {
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

/// Whether a migration goes through rows, so that it is not one transaction.
pub(in crate::migrations) fn goes_through_rows(step: &Step) -> bool {
    step.operations.iter().any(Operation::is_run)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| {
        text.get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    (0..text.len() / 2).filter_map(|at| digit(at * 2)).collect()
}
