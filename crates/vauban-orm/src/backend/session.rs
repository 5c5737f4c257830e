//! A connection, whichever database it is to: how a statement is run and its rows are read.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::sqlite;
use crate::error::{Error, Result};
use crate::sql::statement::{Statement, Text};
use crate::tree::value::RowReader;

/// A connection, lent for some statements.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Session<'a> {
    Sqlite(&'a sqlite::Connection),
}

/// On SQLite each of these is done when it is first polled.
#[allow(clippy::unused_async)]
impl Session<'_> {
    /// The text for a shape, made at its first use.
    pub(crate) fn text(self, shape: &[u8], make: impl FnOnce() -> Result<Text>) -> Result<Arc<Text>> {
        match self {
            Self::Sqlite(c) => c.text(shape, make),
        }
    }

    /// Reads, and hands on each row. What it costs is known by its shape and by how many rows it skips.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`] where that is too much for this session.
    pub(crate) async fn read(
        self,
        statement: &Statement<'_>,
        shape: &[u8],
        skipped: i64,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.read(statement, shape, skipped, row),
        }
    }

    /// Runs a statement and hands on each row.
    pub(crate) async fn fetch(
        self,
        statement: &Statement<'_>,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.fetch(statement, row),
        }
    }

    /// Runs a statement to its end; what its last row says, if there is one.
    pub(crate) async fn one<T: Send>(
        self,
        statement: &Statement<'_>,
        mut read: impl FnMut(&mut RowReader<'_>) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.fetch(statement, |row| {
            found = Some(read(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Runs a statement without rows; how many it changed.
    pub(crate) async fn execute(self, statement: &Statement<'_>) -> Result<u64> {
        match self {
            Self::Sqlite(c) => c.execute(statement),
        }
    }

    /// Charges rows that are gone through outside the database.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`] if that is more than is left.
    pub(crate) fn charge(self, rows: usize) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.charge(rows),
        }
    }

    /// From here on, what is done can be undone by [`end_step`](Self::end_step).
    pub(crate) async fn begin_step(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.often("SAVEPOINT step"),
        }
    }

    /// Keeps what was done since [`begin_step`](Self::begin_step), or undoes it.
    pub(crate) async fn end_step(self, keep: bool) -> Result<()> {
        match self {
            // Where the transaction is gone, so is the step.
            Self::Sqlite(c) if c.is_autocommit() => Ok(()),
            Self::Sqlite(c) if keep => c.often("RELEASE step"),
            Self::Sqlite(c) => c.batch("ROLLBACK TO step; RELEASE step"),
        }
    }

    /// Whether references are looked at when a statement ends, or not before [`look_again`](Self::look_again).
    pub(crate) async fn look_away(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.batch("PRAGMA defer_foreign_keys = ON"),
        }
    }

    /// See [`look_away`](Self::look_away).
    pub(crate) async fn look_again(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.batch("PRAGMA defer_foreign_keys = OFF"),
        }
    }

    /// `table.column` of every reference to one of these tables that the database would not look at again before the COMMIT.
    pub(crate) async fn referring_to(self, tables: &[&str]) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(c) => c.referring_to(tables),
        }
    }
}

/// Runs what is done when it is first polled, as everything is on SQLite.
pub(crate) fn at_once<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Internal("a statement on SQLite waited".into())),
    }
}
