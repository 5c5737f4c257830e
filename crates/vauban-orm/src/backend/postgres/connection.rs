//! A connection: statements, sent as soon as they are polled, so that futures that run together are pipelined; transactions.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::{Client, RowStream, Statement};

use super::decode::Row;
use super::dial::{Session, timeouts};
use super::encode::Encoded;
use super::failure::Failure;
use super::marking::Marking;
use super::statements::Statements;
use crate::sql::statement::Parameter;
use crate::tree::expr::Bind;

/// What statements outside a transaction, and those that begin one, may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// PostgreSQL refuses what writes (CWE-352: the second wall behind a GET).
    Read,
    /// Reads and writes.
    Write,
}

/// What a transaction sees of others that run beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Each statement sees what was committed when it began.
    ReadCommitted,
    /// All statements see what was committed when the first of them began.
    RepeatableRead,
    /// As if transactions ran one after the other; one that does not fit fails.
    Serializable,
}

/// Whether a transaction is open.
const NONE: u8 = 0;
const OPEN: u8 = 1;

/// A connection. Everything takes `&self`: statements are answered in the order in which they were first polled.
pub(crate) struct Connection {
    pub(super) client: Client,
    statements: Mutex<Statements>,
    transaction: AtomicU8,
    /// A place of [`begin_statement`](Self::begin_statement) that is kept, which PostgreSQL was not told yet.
    kept: AtomicBool,
    /// A statement whose future was dropped before its end: it may still run.
    abandoned: AtomicBool,
    broken: AtomicBool,
    /// Whether statements outside a transaction may write.
    writes: AtomicBool,
    /// By which its transactions are marked, once one was.
    pub(super) marking: OnceCell<Marking>,
    /// A statement was prepared before a migration, and forgotten in a transaction.
    stale: AtomicBool,
    /// Where its transactions are marked: what ran since it was taken may have set something for the session, for it did not end by
    /// being undone.
    lingers: AtomicBool,
    /// The milliseconds that a statement may take; 0 where it is what the session was set up with.
    limit: AtomicU64,
    pub(super) born: Instant,
    /// When it last answered, in nanoseconds since then.
    answered: AtomicU64,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}

/// A statement that runs; dropped before it is done, it is one that was abandoned.
pub(super) struct Running<'c> {
    connection: &'c Connection,
    done: bool,
}

impl Running<'_> {
    pub(super) fn done<T>(mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        self.done = true;
        self.connection.noted(result)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.connection.abandoned.store(true, Ordering::Release);
        }
    }
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: Mutex::default(),
            transaction: AtomicU8::new(NONE),
            kept: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            writes: AtomicBool::new(true),
            marking: OnceCell::new(),
            stale: AtomicBool::new(false),
            lingers: AtomicBool::new(false),
            limit: AtomicU64::new(0),
            born: Instant::now(),
            answered: AtomicU64::new(0),
        }
    }

    pub(super) fn running(&self) -> Running<'_> {
        Running {
            connection: self,
            done: false,
        }
    }

    fn noted<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        match &result {
            Err(failure) if failure.breaks_connection() => self.broken.store(true, Ordering::Release),
            _ => {
                let since = u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.answered.store(since, Ordering::Release);
            }
        }
        result
    }

    /// When it last answered.
    pub(super) fn answered(&self) -> Instant {
        self.born + Duration::from_nanos(self.answered.load(Ordering::Acquire))
    }

    /// Whether it is of no use any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.client.is_closed() || self.broken.load(Ordering::Acquire)
    }

    /// Whether a transaction is open.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.transaction.load(Ordering::Acquire) == OPEN
    }

    /// The transaction ends by what was sent.
    pub(super) fn ended(&self) {
        self.transaction.store(NONE, Ordering::Release);
    }

    /// Whether a statement failed because a migration ran since it was prepared: in another transaction it does not.
    pub(crate) fn was_stale(&self) -> bool {
        self.stale.swap(false, Ordering::AcqRel)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Nothing runs, and no transaction is open.
    pub(crate) fn is_clean(&self) -> bool {
        !self.is_abandoned() && !self.is_in_transaction()
    }

    /// Runs a statement; `row` is given each row as it comes, and its error ends the reading.
    ///
    /// # Errors
    /// What PostgreSQL says, or `row`.
    pub(crate) async fn fetch<'v, E: From<Failure>>(
        &self,
        text: &str,
        parameters: &[Parameter],
        values: impl ExactSizeIterator<Item = Bind<'v>> + Clone,
        mut row: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        self.may_linger();
        let running = self.running();
        let stream = match self.sent(text, parameters, values).await {
            Ok(stream) => stream,
            Err(failure) => return running.done(Err(failure)).map_err(E::from),
        };
        let mut stream = pin!(stream);
        loop {
            match next(stream.as_mut()).await {
                None => return running.done(Ok(())).map_err(E::from),
                Some(Ok(read)) => row(&Row::new(read))?,
                Some(Err(error)) => return running.done(Err(error.into())).map_err(E::from),
            }
        }
    }

    /// Runs a statement that gives no rows; says how many it wrote.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn execute<'v>(
        &self,
        text: &str,
        parameters: &[Parameter],
        values: impl ExactSizeIterator<Item = Bind<'v>> + Clone,
    ) -> Result<u64, Failure> {
        self.may_linger();
        let running = self.running();
        let result = async {
            let stream = self.sent(text, parameters, values).await?;
            let mut stream = pin!(stream);
            while let Some(row) = next(stream.as_mut()).await {
                row?;
            }
            Ok(stream.rows_affected().unwrap_or(0))
        };
        let result = result.await;
        running.done(result)
    }

    /// Sends a statement; its rows come.
    async fn sent<'v>(
        &self,
        text: &str,
        parameters: &[Parameter],
        values: impl ExactSizeIterator<Item = Bind<'v>> + Clone,
    ) -> Result<RowStream, Failure> {
        if values.len() != parameters.len() {
            return Err(Failure::Mismatch);
        }
        match self.sent_once(text, parameters, values.clone()).await {
            Err(Failure::StalePlan) => {}
            other => return other,
        }
        lock(&self.statements).forget(text);
        // A migration ran meanwhile. In a transaction nothing can be sent any more, and its author decides.
        if self.is_in_transaction() {
            self.stale.store(true, Ordering::Release);
            return Err(Failure::StalePlan);
        }
        self.sent_once(text, parameters, values).await
    }

    async fn sent_once<'v>(
        &self,
        text: &str,
        parameters: &[Parameter],
        values: impl ExactSizeIterator<Item = Bind<'v>>,
    ) -> Result<RowStream, Failure> {
        let encoded = parameters
            .iter()
            .zip(values)
            .map(|(&parameter, bind)| Encoded { bind, parameter });
        let cell = lock(&self.statements).get(text, parameters);
        let Some(cell) = cell else {
            let typed = encoded.map(|value| {
                let of = value.parameter.of();
                (value, of)
            });
            return Ok(self.client.query_typed_raw(text, typed).await?);
        };
        let statement = match cell.get() {
            Some(statement) => statement,
            None => match cell.get_or_try_init(|| self.prepared(text, parameters)).await {
                Ok(statement) => statement,
                Err(failure) => {
                    lock(&self.statements).forget(text);
                    return Err(failure);
                }
            },
        };
        Ok(self.client.query_raw(statement, encoded).await?)
    }

    async fn prepared(&self, text: &str, parameters: &[Parameter]) -> Result<Statement, Failure> {
        let types: Vec<_> = parameters.iter().map(|parameter| parameter.of()).collect();
        Ok(self.client.prepare_typed(text, &types).await?)
    }

    /// Has a statement read, and keeps nothing of it.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(super) async fn read_only(&self, text: &str, parameters: &[Parameter]) -> Result<(), Failure> {
        let running = self.running();
        let prepared = self.prepared(text, parameters).await.map(drop);
        running.done(prepared)
    }

    /// Runs statements without parameters and without rows.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn batch(&self, sql: &str) -> Result<(), Failure> {
        self.may_linger();
        self.own(sql).await
    }

    /// The same for what this side says by itself.
    async fn own(&self, sql: &str) -> Result<(), Failure> {
        let running = self.running();
        let result = self.client.batch_execute(sql).await.map_err(Failure::from);
        running.done(result)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn begin(&self, access: Access, isolation: Isolation) -> Result<(), Failure> {
        self.batch(self.to_begin(access, isolation)).await
    }

    /// What [`begin`](Self::begin) says; it is said next.
    pub(crate) fn to_begin(&self, access: Access, isolation: Isolation) -> &'static str {
        // Before it is sent: a future that is dropped meanwhile leaves an open one.
        self.transaction.store(OPEN, Ordering::Release);
        self.kept.store(false, Ordering::Release);
        match (access, isolation) {
            (Access::Read, Isolation::ReadCommitted) => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
            (Access::Read, Isolation::RepeatableRead) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            (Access::Write, Isolation::RepeatableRead) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
            (Access::Read, Isolation::Serializable) => "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
            (Access::Write, Isolation::ReadCommitted) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            // CWE-410: a small table that is read as a whole is locked as a whole, against everybody who writes a row of it; by an
            // index it is the rows that are read. What no index serves is read as a whole all the same.
            (Access::Write, Isolation::Serializable) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; SET LOCAL enable_seqscan = off"
            }
        }
    }

    /// Marks the place before one statement of a unit; what is sent behind it need not wait for the answer.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn begin_statement(&self) -> Result<(), Failure> {
        self.batch(self.to_begin_statement()).await
    }

    /// What [`begin_statement`](Self::begin_statement) says; it is said next.
    pub(crate) fn to_begin_statement(&self) -> &'static str {
        match self.kept.swap(false, Ordering::AcqRel) {
            true => "RELEASE SAVEPOINT s0; SAVEPOINT s0",
            false => "SAVEPOINT s0",
        }
    }

    /// Keeps what was done since then. PostgreSQL is told with what comes next; a COMMIT keeps it anyway.
    pub(crate) fn keep_statement(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// Undoes what was done since then.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn undo_statement(&self) -> Result<(), Failure> {
        self.rollback_to(0).await
    }

    /// Tells PostgreSQL what it was not told yet, before places that stand around statements are marked or left.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn between_statements(&self) -> Result<(), Failure> {
        match self.kept.swap(false, Ordering::AcqRel) {
            true => self.release(0).await,
            false => Ok(()),
        }
    }

    /// Marks a place to which [`rollback_to`](Self::rollback_to) comes back.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn savepoint(&self, number: u32) -> Result<(), Failure> {
        self.batch(&format!("SAVEPOINT s{number}")).await
    }

    /// Keeps what was done since that place, as a part of what is around it.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn release(&self, number: u32) -> Result<(), Failure> {
        self.batch(&format!("RELEASE SAVEPOINT s{number}")).await
    }

    /// Undoes what was done since that place, also after a statement that failed.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn rollback_to(&self, number: u32) -> Result<(), Failure> {
        self.batch(&format!(
            "ROLLBACK TO SAVEPOINT s{number}; RELEASE SAVEPOINT s{number}"
        ))
        .await
    }

    /// Saves what the transaction did. Returns when it is saved, and not otherwise.
    ///
    /// # Errors
    /// [`Failure::Undone`] if nothing is saved because something had failed before; [`Failure::CommitUnknown`] if the
    /// connection broke meanwhile; what PostgreSQL says: nothing is saved.
    pub(crate) async fn commit(&self) -> Result<(), Failure> {
        let running = self.running();
        // CWE-460: after a failed statement COMMIT undoes everything and says so by no error. A statement before it is one
        // then, whoever saw the first.
        let result = self
            .client
            .batch_execute("SELECT; COMMIT")
            .await
            .map_err(Failure::from);
        match running.done(result) {
            Ok(()) => {
                self.transaction.store(NONE, Ordering::Release);
                self.may_linger();
                Ok(())
            }
            Err(Failure::Aborted) => {
                self.rollback().await?;
                Err(Failure::Undone)
            }
            Err(Failure::Lost(_) | Failure::ShuttingDown) => Err(Failure::CommitUnknown),
            // CWE-755: a server that does not answer now either has not said what became of it.
            Err(failure) => match self.rollback().await {
                Ok(()) => Err(failure),
                Err(_) => Err(Failure::CommitUnknown),
            },
        }
    }

    /// Undoes what the transaction did.
    ///
    /// # Errors
    /// If the connection is broken: it is undone all the same.
    pub(crate) async fn rollback(&self) -> Result<(), Failure> {
        self.kept.store(false, Ordering::Release);
        self.batch("ROLLBACK").await?;
        self.transaction.store(NONE, Ordering::Release);
        Ok(())
    }

    /// What is said outside a transaction is not undone with one. Noted where transactions are marked, and nowhere else: that is said
    /// before anything is asked of such a database.
    fn may_linger(&self) {
        if self.marking.get().is_some() && !self.is_in_transaction() {
            self.lingers.store(true, Ordering::Release);
        }
    }

    /// Whether something may be set for the session since this was asked last. Where transactions are not marked, nothing is.
    pub(super) fn take_lingering(&self) -> bool {
        self.marking.get().is_some() && self.lingers.swap(false, Ordering::AcqRel)
    }

    /// What statements outside a transaction may do.
    pub(super) fn access(&self) -> Access {
        if self.writes.load(Ordering::Acquire) {
            Access::Write
        } else {
            Access::Read
        }
    }

    /// Changes what statements outside a transaction may do.
    pub(super) async fn set_access(&self, access: Access) -> Result<(), Failure> {
        if self.access() != access {
            self.own(match access {
                Access::Read => "SET default_transaction_read_only = on",
                Access::Write => "SET default_transaction_read_only = off",
            })
            .await?;
            self.writes.store(access == Access::Write, Ordering::Release);
        }
        Ok(())
    }

    /// Changes how long a statement may take and wait for who has so much time left. Nothing is sent where that is no less than
    /// what holds for everybody, or what the connection's last one had.
    pub(super) async fn set_limits(&self, session: &Session, left: Option<Duration>) -> Result<(), Failure> {
        if self.is_limited_to(session, left) {
            return Ok(());
        }
        let limit = left.and_then(|left| limit(session.statement, left));
        let statement = limit.map_or(session.statement, Duration::from_millis);
        self.own(&timeouts(statement, session.lock.min(statement)))
            .await?;
        self.limit.store(limit.unwrap_or(0), Ordering::Release);
        Ok(())
    }

    /// Whether a statement may take as long as it may for who has so much time left, and no longer.
    pub(super) fn is_limited_to(&self, session: &Session, left: Option<Duration>) -> bool {
        let limit = left.and_then(|left| limit(session.statement, left));
        self.limit.load(Ordering::Acquire) == limit.unwrap_or(0)
    }

    /// Ends what was left open; what was abandoned is waited for.
    pub(super) async fn clean(&self) -> Result<(), Failure> {
        self.rollback().await?;
        self.abandoned.store(false, Ordering::Release);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn prepared_statements(&self) -> usize {
        lock(&self.statements).len()
    }
}

/// The milliseconds for a statement of who has so much time `left`; `None` if that is no less than for everybody. In few steps,
/// so that a connection's next user has the same; a little less than there is, so that what it says still reaches somebody.
fn limit(everybody: Duration, left: Duration) -> Option<u64> {
    const STEP: u64 = 250;
    if left >= everybody {
        return None;
    }
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    Some((left / STEP * STEP).max(STEP / 2))
}

async fn next(mut stream: Pin<&mut RowStream>) -> Option<Result<tokio_postgres::Row, tokio_postgres::Error>> {
    use futures_core::Stream;
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_never_more_than_is_left() {
        let ten = Duration::from_secs(10);
        let of = |millis| limit(ten, Duration::from_millis(millis));
        assert_eq!(of(60_000), None);
        assert_eq!(of(10_000), None);
        assert_eq!(of(9_999), Some(9_750));
        assert_eq!(of(2_000), Some(2_000));
        assert_eq!(of(1_999), Some(1_750));
        assert_eq!((of(249), of(0)), (Some(125), Some(125)));
    }
}
