//! What PostgreSQL says is wrong, as whoever asks is told it.

use super::failure::Failure;
use crate::error::{DatabaseError, Error, Refusal};

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let said = |refusal| Self::Database(DatabaseError::new(failure.to_string(), refusal));
        match &failure {
            // A migration may have left another name than follows from the model.
            Failure::Unique { table, columns, .. } if !columns.is_empty() => {
                let columns = columns.iter().map(|column| format!("{table}.{column}"));
                said(Some(Refusal::Unique(columns.collect())))
            }
            Failure::Unique { constraint, .. } => said(Some(Refusal::UniqueKey(constraint.clone()))),
            Failure::NotNull { table, column } => said(Some(Refusal::NotNull(format!("{table}.{column}")))),
            Failure::Check { constraint, .. } => said(Some(Refusal::Check(constraint.clone()))),
            Failure::ForeignKey { .. } => said(Some(Refusal::ForeignKey)),
            // What others did meanwhile: all of it may be sent again.
            Failure::Serialization | Failure::Deadlock | Failure::Aborted | Failure::Undone => Self::Undone,
            Failure::LockTimeout => Self::Busy("another transaction holds what this one needs"),
            Failure::IdleTimeout => Self::Busy("this unit held its transaction for too long"),
            Failure::TooManyConnections | Failure::PoolTimeout => Self::Busy("all connections are in use"),
            Failure::StalePlan => Self::Busy("its tables were changed this very moment"),
            Failure::StatementTimeout | Failure::TooLarge => Self::TooMuchWork,
            Failure::Lost(_) | Failure::ShuttingDown | Failure::Configuration(_) => {
                tracing::error!(target: "vauban::orm", %failure, "PostgreSQL cannot be reached");
                Self::Unavailable("PostgreSQL cannot be reached")
            }
            // CWE-755: not "not saved", for then it would be sent again.
            Failure::CommitUnknown => {
                tracing::error!(target: "vauban::orm", %failure, "a commit's answer is lost");
                Self::PerhapsSaved
            }
            Failure::DiskFull => Self::Unavailable("the disk is full"),
            Failure::OutOfRange => Self::TooLarge("a value is beyond what its column holds"),
            Failure::NulInText => Self::TooLarge("a text has a null character in it"),
            Failure::ReadOnly => Self::ReadOnly,
            Failure::Policy => Self::Forbidden,
            Failure::Data { .. } | Failure::Privilege(_) | Failure::Mismatch | Failure::Other { .. } => {
                said(None)
            }
        }
    }
}
