//! A transaction that says who asks, for the database's own policies: by parameters, for itself alone, and sent together with what
//! it is for.

use std::pin::pin;
use std::task::{Context, Waker};

use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::connection::{Access, Connection, Isolation};
use super::failure::Failure;
use super::marking::Marking;
use crate::sql::marks;

impl Connection {
    /// Prepares what [`begin_marked`](Self::begin_marked) sends, so that nothing is sent between its parts.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn ready_to_mark(&self) -> Result<(), Failure> {
        if self.marking.get().is_some() {
            return Ok(());
        }
        let running = self.running();
        let prepared = async {
            Ok(Marking {
                mark: self.client.prepare(marks::MARK).await?,
                step_aside: self.client.prepare(marks::STEP_ASIDE).await?,
            })
        };
        let prepared: Result<Marking, Failure> = prepared.await;
        // Who was quicker has the same.
        running.done(prepared.map(|marking| drop(self.marking.set(marking))))
    }

    /// Begins a transaction of whoever these marks say.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn begin_marked(
        &self,
        access: Access,
        isolation: Isolation,
        marks: &[String; 6],
    ) -> Result<(), Failure> {
        let (begun, marked) = in_order(self.begin(access, isolation), self.mark(marks)).await;
        begun.and(marked)
    }

    /// As [`begin_statement`](Self::begin_statement); from here on it is these who ask.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(crate) async fn begin_statement_marked(&self, marks: [String; 6]) -> Result<(), Failure> {
        let (made, marked) = in_order(self.begin_statement(), self.mark(&marks)).await;
        made.and(marked)
    }

    async fn mark(&self, marks: &[String; 6]) -> Result<(), Failure> {
        let values = marks.each_ref().map(|mark| mark as &(dyn ToSql + Sync));
        self.set(|marking| &marking.mark, &values).await
    }

    /// For the next statement policies step aside for this; for nothing, if it is empty.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub(super) async fn step_aside(&self, aside: &str) -> Result<(), Failure> {
        self.set(|marking| &marking.step_aside, &[&aside]).await
    }

    async fn set(
        &self,
        which: impl FnOnce(&Marking) -> &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<(), Failure> {
        // CWE-862: unmarked, nothing is seen.
        let Some(marking) = self.marking.get() else {
            return Err(Failure::Mismatch);
        };
        let running = self.running();
        let set = self.client.query(which(marking), values).await;
        running.done(set.map(drop).map_err(Failure::from))
    }

    /// Ends a transaction in which nothing was written: that is said, and what comes of it is not waited for, for whatever is asked
    /// next is asked behind it.
    pub(crate) fn leave(&self) {
        self.say("ROLLBACK");
        self.ended();
    }

    /// CWE-488: where transactions are marked, what a statement set for the session goes before the next one asks. Not waited for, either.
    pub(super) fn forget(&self, statements: &str) {
        if self.take_lingering() {
            self.say(statements);
        }
    }

    /// Sends statements, and does not wait for what comes of them.
    fn say(&self, statements: &str) {
        let said = pin!(self.client.batch_execute(statements));
        let _ = said.poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// Runs both; what the first sends at once is sent before what the second sends.
pub(crate) async fn in_order<A, B>(
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (A, B) {
    tokio::join!(biased; first, second)
}
