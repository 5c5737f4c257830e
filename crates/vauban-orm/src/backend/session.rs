//! A connection, whichever database it is to: how a statement is run and its rows are read.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[cfg(feature = "postgres")]
use super::postgres;
use super::sqlite;
#[cfg(feature = "postgres")]
use super::texts::KeptTexts;
use crate::error::{Error, Result};
use crate::sql::dialect::Dialect;
use crate::sql::statement::{Statement, Text};
use crate::tree::ring::Ring;
use crate::tree::value::RowReader;

/// The number of a step's place in a transaction; 0 is the statement's.
#[cfg(feature = "postgres")]
const STEP: u32 = 1;

/// A connection, lent for some statements.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Session<'a> {
    Sqlite(&'a sqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres {
        connection: &'a postgres::Connection,
        texts: &'a KeptTexts,
    },
}

/// On SQLite each of these is done when it is first polled.
#[cfg_attr(not(feature = "postgres"), allow(clippy::unused_async))]
impl Session<'_> {
    /// For which database a text is written.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// The keys of what is sealed in the database.
    pub(crate) fn ring(&self) -> &Ring {
        match self {
            Self::Sqlite(c) => c.ring(),
            #[cfg(feature = "postgres")]
            Self::Postgres { texts, .. } => texts.ring(),
        }
    }

    /// The text for a shape, made at its first use.
    pub(crate) fn text(self, shape: &[u8], make: impl FnOnce() -> Result<Text>) -> Result<Arc<Text>> {
        match self {
            Self::Sqlite(c) => c.text(shape, make),
            #[cfg(feature = "postgres")]
            Self::Postgres { texts, .. } => texts.text(shape, make),
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
        let done = match self {
            Self::Sqlite(c) => c.read(statement, shape, skipped, row),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, texts } => connection.rows(statement, texts.ring(), row).await,
        };
        self.seen(statement, done)
    }

    /// Runs a statement and hands on each row.
    pub(crate) async fn fetch(
        self,
        statement: &Statement<'_>,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        let done = match self {
            Self::Sqlite(c) => c.fetch(statement, row),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, texts } => connection.rows(statement, texts.ring(), row).await,
        };
        self.seen(statement, done)
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
        let done = match self {
            Self::Sqlite(c) => c.execute(statement),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, texts } => connection.changed(statement, texts.ring()).await,
        };
        self.seen(statement, done)
    }

    /// What a statement came to, for who watches. One that is tried again elsewhere is not two.
    fn seen<T>(self, statement: &Statement<'_>, done: Result<T>) -> Result<T> {
        if !matches!(done, Err(Error::TooMuchWork)) {
            let watched = match self {
                Self::Sqlite(c) => c.watched(),
                #[cfg(feature = "postgres")]
                Self::Postgres { texts, .. } => texts.watched(),
            };
            watched.note(statement.text);
        }
        done
    }

    /// Charges rows that are gone through outside the database.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`] if that is more than is left.
    pub(crate) fn charge(self, rows: usize) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.charge(rows),
            #[cfg(feature = "postgres")]
            // The time that a statement may take is bounded, and what one gives is bounded with it.
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// From here on, what is read is as it is now, whoever writes meanwhile.
    pub(crate) async fn begin_state(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.often("BEGIN"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => {
                let isolation = postgres::Isolation::RepeatableRead;
                Ok(connection.begin(postgres::Access::Read, isolation).await?)
            }
        }
    }

    /// Ends what [`begin_state`](Self::begin_state) began, where that is done at once. On PostgreSQL a connection that is dropped
    /// in a transaction is given to nobody else.
    pub(crate) fn leave_state(self) {
        if let Self::Sqlite(c) = self
            && !c.is_autocommit()
            && let Err(error) = c.often("ROLLBACK")
        {
            tracing::error!(target: "vauban::orm", %error, "a reader's transaction does not end");
        }
    }

    /// Ends it, where that takes a word with the server. Nothing was written.
    pub(crate) async fn end_state(self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.rollback().await?),
        }
    }

    /// Whether what a handle does goes as a whole where it fails, without a step of its own: a unit on PostgreSQL has a place to go back
    /// to before each, or nothing before it.
    pub(crate) fn undoes_statements(self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres { .. } => true,
        }
    }

    /// From here on, what is done can be undone by [`end_step`](Self::end_step).
    pub(crate) async fn begin_step(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.often("SAVEPOINT step"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.savepoint(STEP).await?),
        }
    }

    /// Keeps what was done since [`begin_step`](Self::begin_step), or undoes it.
    pub(crate) async fn end_step(self, keep: bool) -> Result<()> {
        match self {
            // Where the transaction is gone, so is the step.
            Self::Sqlite(c) if c.is_autocommit() => Ok(()),
            Self::Sqlite(c) if keep => c.often("RELEASE step"),
            Self::Sqlite(c) => c.batch("ROLLBACK TO step; RELEASE step"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } if keep => Ok(connection.release(STEP).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.rollback_to(STEP).await?),
        }
    }

    /// From here on, what is done can be undone by [`end_part`](Self::end_part) with the same number; parts stand in each other.
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables))]
    pub(crate) async fn begin_part(self, number: u32) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.often("SAVEPOINT part"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.savepoint(STEP + number).await?),
        }
    }

    /// Keeps what was done since [`begin_part`](Self::begin_part), or undoes it.
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables))]
    pub(crate) async fn end_part(self, number: u32, keep: bool) -> Result<()> {
        match self {
            Self::Sqlite(c) if keep => c.often("RELEASE part"),
            Self::Sqlite(c) => c.batch("ROLLBACK TO part; RELEASE part"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } if keep => Ok(connection.release(STEP + number).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.rollback_to(STEP + number).await?),
        }
    }

    /// Lets each statement of this transaction take so long, whatever holds for everybody's: for what is done once, on nobody's request, and
    /// as large as a person's rows.
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables))]
    pub(crate) async fn allow(self, time: Duration) -> Result<()> {
        match self {
            // Where steps are counted, what is large has its own bound.
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => {
                let set = format!("SET LOCAL statement_timeout = {}", time.as_millis());
                Ok(connection.batch(&set).await?)
            }
        }
    }

    /// Whether references are looked at when a statement ends, or not before [`look_again`](Self::look_again).
    pub(crate) async fn look_away(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.batch("PRAGMA defer_foreign_keys = ON"),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => Ok(connection.batch("SET CONSTRAINTS ALL DEFERRED").await?),
        }
    }

    /// See [`look_away`](Self::look_away).
    pub(crate) async fn look_again(self) -> Result<()> {
        match self {
            Self::Sqlite(c) => c.batch("PRAGMA defer_foreign_keys = OFF"),
            #[cfg(feature = "postgres")]
            // It looks there and then.
            Self::Postgres { connection, .. } => {
                Ok(connection.batch("SET CONSTRAINTS ALL IMMEDIATE").await?)
            }
        }
    }

    /// `table.column` of every reference to one of these tables that the database would not look at again before the COMMIT.
    pub(crate) async fn referring_to(self, tables: &[&str]) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(c) => c.referring_to(tables),
            #[cfg(feature = "postgres")]
            Self::Postgres { .. } => Ok(Vec::new()),
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
