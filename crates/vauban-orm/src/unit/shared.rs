//! What a unit's handles share: its turn, whether it goes on, what it did.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedMutexGuard, oneshot};

#[cfg(feature = "postgres")]
use super::backoff::Backoff;
use super::database::{Database, Inner};
use super::parts::{Following, Parts, Then, follow};
use super::reading::{is_reading, left, request};
#[cfg(debug_assertions)]
use super::refused::Refused;
use super::steps::{Steps, off_the_runtime};
#[cfg(feature = "postgres")]
use super::together::Together;
use super::watch::Holds;
#[cfg(feature = "postgres")]
use crate::backend::postgres::{self, Access, Isolation, Pooled};
use crate::backend::sqlite::{self, Outcome, Writer, send_committer};
use crate::backend::{Session, Store, at_once, lock};
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::policy::changes::{Change, Changes};
use crate::sabotage::{Control, removed};
#[cfg(feature = "postgres")]
use crate::sql::marks::Marks;

/// A query of the current request, for the development error page.
#[derive(Debug, Clone)]
pub struct LoggedQuery {
    /// The text, with parameters as `?n`.
    pub sql: String,
    /// How long it took.
    pub time: Duration,
    /// Whether it ran in the writer's turn.
    pub writer: bool,
}

/// What the unit's handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) database: Database,
    /// It never takes the writer.
    reading: bool,
    /// In whose answer it began.
    request: Option<u64>,
    state: Mutex<State>,
    /// So that a reader need not lock.
    has_turn: AtomicBool,
    /// Only one statement of a unit waits for the turn.
    taking: tokio::sync::Mutex<()>,
    /// On PostgreSQL, its transaction. What runs in it has taken it out: dropped midway, it is undone.
    #[cfg(feature = "postgres")]
    transaction: tokio::sync::Mutex<Option<Pooled>>,
    /// Nothing was read or written in it yet: its next statement begins it.
    #[cfg(feature = "postgres")]
    is_fresh: AtomicBool,
    /// Each of its statements sees what was saved before that one.
    #[cfg(feature = "postgres")]
    is_relaxed: AtomicBool,
    /// What is read beside it.
    #[cfg(feature = "postgres")]
    pub(super) together: Together,
    pub(super) parts: Parts,
    /// What its statements changed, if somebody is told.
    pub(super) changes: Option<Arc<Changes>>,
    log: Mutex<Vec<LoggedQuery>>,
    /// Whether a query that gives no row is looked at again.
    #[cfg(debug_assertions)]
    explains: AtomicBool,
    #[cfg(debug_assertions)]
    refused: Mutex<Vec<Refused>>,
}

#[derive(Debug)]
struct State {
    turn: Option<OwnedMutexGuard<Writer>>,
    status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Open,
    Expired,
    /// The database rolled its transaction back.
    Undone,
    Finished,
}

impl Status {
    fn check(self) -> Result<()> {
        match self {
            Self::Open => Ok(()),
            Self::Expired => Err(Error::Busy("this unit held the writer for too long")),
            Self::Undone => Err(Error::Undone),
            Self::Finished => Err(Error::Finished),
        }
    }
}

impl Shared {
    pub(super) fn new(database: Database, reading: bool) -> Self {
        let state = Mutex::new(State {
            turn: None,
            status: Status::Open,
        });
        let changes = database.0.hooks.get().is_some().then(Arc::default);
        Self {
            database,
            changes,
            reading,
            request: request(),
            state,
            has_turn: AtomicBool::new(false),
            taking: tokio::sync::Mutex::new(()),
            #[cfg(feature = "postgres")]
            transaction: tokio::sync::Mutex::new(None),
            #[cfg(feature = "postgres")]
            is_fresh: AtomicBool::new(false),
            #[cfg(feature = "postgres")]
            is_relaxed: AtomicBool::new(false),
            #[cfg(feature = "postgres")]
            together: Together::default(),
            parts: Parts::default(),
            log: Mutex::default(),
            #[cfg(debug_assertions)]
            explains: AtomicBool::new(false),
            #[cfg(debug_assertions)]
            refused: Mutex::default(),
        }
    }

    /// Ends the unit, see [`Unit::end`](super::Unit::end).
    pub(super) async fn end(&self, commit: bool) -> Result<Following> {
        let saving = match &self.database.0.store {
            Store::Sqlite(store) => self.release_turn(store, commit).map(Saving::Released),
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => self.take_transaction(commit).await.map(Saving::Transaction),
        };
        let then = self.parts.close();
        let saving = saving?;
        if !commit || then.is_empty() {
            saving.done().await?;
            return Ok(Following(None));
        }
        // CWE-460: a client that hangs up drops this future, and not what it sent: that is on its way to the disk, and what was
        // promised for it goes with it.
        let (tell, told) = oneshot::channel();
        let task = tokio::spawn(async move {
            let saved = saving.done().await;
            let is_saved = saved.is_ok();
            let _ = tell.send(saved);
            if is_saved {
                follow(then).await;
            }
        });
        // CWE-755: without an answer nobody knows.
        told.await.unwrap_or(Err(Error::PerhapsSaved))?;
        Ok(Following(Some(task)))
    }

    /// Begins a part that can be undone alone: its depth, and what there is to go back to.
    pub(super) async fn begin_part(&self) -> Result<(u32, Mark)> {
        let begin = async |session: Session<'_>| {
            let depth = self.parts.depth() + 1;
            session.begin_part(depth).await?;
            let mark = Mark {
                then: self.parts.opened(depth),
                changes: self.mark(),
            };
            Ok((depth, mark))
        };
        match &self.database.0.store {
            Store::Sqlite(_) => self.in_turn(None, |session| at_once(begin(session))),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => self.between_statements(store, None, begin).await,
        }
    }

    /// Keeps it, or undoes it and what was to follow from there on, which is given.
    pub(super) async fn end_part(&self, depth: u32, undone_from: Option<Mark>) -> Result<Vec<Then>> {
        let end = async |session: Session<'_>| {
            session.end_part(depth, undone_from.is_none()).await?;
            if let Some(mark) = undone_from {
                self.take_back(mark.changes);
            }
            Ok(self.parts.ended(depth, undone_from.map(|mark| mark.then)))
        };
        match &self.database.0.store {
            Store::Sqlite(_) => self.in_turn(Some(depth), |session| at_once(end(session))),
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => self.between_statements(store, Some(depth), end).await,
        }
    }

    /// Undoes the unit: nothing more is done in it, and nothing of it is saved.
    pub(super) fn undo(&self) {
        drop(self.parts.close());
        #[cfg(feature = "postgres")]
        self.abandon_transaction();
        self.undo_turn(&mut lock(&self.state));
    }

    fn undo_turn(&self, state: &mut State) {
        if let Some(mut writer) = state.turn.take() {
            writer.undo();
            self.let_go();
        }
        if state.status == Status::Open {
            state.status = Status::Undone;
        }
    }

    /// Lets the turn go; what comes is what became of it, if there is something to save.
    fn release_turn(
        &self,
        store: &sqlite::Store,
        commit: bool,
    ) -> Result<Option<oneshot::Receiver<Outcome>>> {
        let mut state = lock(&self.state);
        let status = std::mem::replace(&mut state.status, Status::Finished);
        let turn = state.turn.take();
        if commit {
            status.check()?;
        }
        let Some(mut writer) = turn else {
            return Ok(None);
        };
        self.let_go();
        if !commit {
            writer.undo();
            return Ok(None);
        }
        // CWE-460: half of a part that a task of its own has still open is not saved.
        if self.parts.depth() > 0 {
            writer.undo();
            return Err(Error::Undone);
        }
        let (answer, synced) = oneshot::channel();
        let first = writer.release(answer).inspect_err(|_| writer.undo())?;
        drop(writer);
        if first {
            send_committer(&store.writer, &store.on_disk);
        }
        Ok(Some(synced))
    }

    /// CWE-639: a handle that was kept while its request still runs acts in no other's answer. What runs in a task of its
    /// own is nobody's answer.
    pub(crate) fn check_request(&self) -> Result<()> {
        match (self.request, request()) {
            (Some(own), Some(now)) if own != now && !removed(Control::Request) => Err(Error::Finished),
            _ => Ok(()),
        }
    }

    pub(crate) fn has_turn(&self) -> bool {
        self.has_turn.load(Ordering::Acquire)
    }

    fn let_go(&self) {
        self.has_turn.store(false, Ordering::Release);
        self.database.0.holder.lets_go();
    }

    /// Undoes what was not finished.
    pub(super) fn abandon(&self) {
        drop(self.parts.close());
        #[cfg(feature = "postgres")]
        self.abandon_transaction();
        let mut state = lock(&self.state);
        if let Some(mut writer) = state.turn.take() {
            writer.undo();
            self.let_go();
        }
        if state.status == Status::Open {
            state.status = Status::Finished;
        }
    }

    /// Takes the writer's turn, once for the unit; `waits`: where it is somebody else's, until that has ended.
    pub(crate) async fn take_turn(&self, this: &Arc<Self>, waits: bool) -> Result<()> {
        self.check_request()?;
        // CWE-352: whoever asks, in a GET there is no writer, and so nothing to commit.
        if (self.reading || is_reading()) && !removed(Control::Reading) {
            return Err(Error::ReadOnly);
        }
        match &self.database.0.store {
            Store::Sqlite(store) => self.take_writer(store, this, waits).await,
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => self.begin_transaction(store).await,
        }
    }

    async fn take_writer(&self, store: &sqlite::Store, this: &Arc<Self>, waits: bool) -> Result<()> {
        let _one = self.taking.lock().await;
        {
            let state = lock(&self.state);
            state.status.check()?;
            if state.turn.is_some() {
                return Ok(());
            }
        }
        let Inner { options, holder, .. } = &*self.database.0;
        let wait = match waits {
            true => left().map_or(options.wait, |left| left.min(options.wait)),
            false => Duration::ZERO,
        };
        let until = tokio::time::Instant::now() + wait;
        let writer = Arc::clone(&store.writer).lock_owned();
        let Ok(mut writer) = tokio::time::timeout_at(until, writer).await else {
            return Err(Error::Busy("the writer's turn did not come in time"));
        };
        holder.watch(options.hold, &store.on_disk);
        let mut pause = Duration::from_millis(1);
        loop {
            match writer.begin(&store.on_disk) {
                Ok(()) => break,
                Err(Error::Busy(_)) if tokio::time::Instant::now() + pause < until => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                Err(error) => {
                    writer.undo();
                    return Err(error);
                }
            }
        }
        let mut state = lock(&self.state);
        if let Err(error) = state.status.check() {
            writer.undo();
            return Err(error);
        }
        state.turn = Some(writer);
        let unit: Weak<Self> = Arc::downgrade(this);
        holder.takes(unit);
        self.has_turn.store(true, Ordering::Release);
        Ok(())
    }

    /// Reads in the unit's turn: on this thread what takes no longer than it may anywhere (CWE-400), and what takes longer anew.
    pub(crate) async fn read<S: Steps>(
        &self,
        steps: &S,
        authority: &Authority,
        text: &mut String,
    ) -> Result<S::Found> {
        if let Store::Sqlite(store) = &self.database.0.store
            && !removed(Control::OffTheRuntime)
        {
            let few = store.settings.inline_steps.min(store.settings.steps);
            let read = |session: Session<'_>| at_once(steps.run(authority, session, text));
            match self.in_turn_for(few, None, read) {
                Err(Error::TooMuchWork) => text.clear(),
                done => return done,
            }
            let read = |session: Session<'_>| at_once(steps.run(authority, session, text));
            return off_the_runtime(|| self.in_turn(None, read));
        }
        self.run(steps, authority, text).await
    }

    /// Runs steps in the unit's turn.
    pub(crate) async fn run<S: Steps>(
        &self,
        steps: &S,
        authority: &Authority,
        text: &mut String,
    ) -> Result<S::Found> {
        match &self.database.0.store {
            Store::Sqlite(_) => {
                let mut run = || {
                    self.in_turn(None, |session| {
                        at_once(self.noting(steps, authority, session, text))
                    })
                };
                if steps.is_large() {
                    off_the_runtime(run)
                } else {
                    run()
                }
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => self.in_transaction(store, steps, authority, text).await,
        }
    }

    /// Runs steps; where they are undone, nothing is told of them.
    async fn noting<S: Steps>(
        &self,
        steps: &S,
        authority: &Authority,
        session: Session<'_>,
        text: &mut String,
    ) -> Result<S::Found> {
        let mark = self.mark();
        let found = steps.run(authority, session, text).await;
        if found.is_err() {
            self.take_back(mark);
        }
        found
    }

    fn mark(&self) -> usize {
        self.changes.as_ref().map_or(0, |changes| changes.mark())
    }

    fn take_back(&self, mark: usize) {
        if let Some(changes) = &self.changes
            && !removed(Control::UndoneUntold)
        {
            changes.take_back(mark);
        }
    }

    /// What is to be told before the unit is saved. No statement runs meanwhile, and none that would have to be told runs later.
    pub(super) async fn close_changes(&self) -> Vec<Change> {
        let Some(changes) = &self.changes else {
            return Vec::new();
        };
        match &self.database.0.store {
            Store::Sqlite(_) => {
                let _turn = lock(&self.state);
                changes.close()
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => {
                let _transaction = self.transaction.lock().await;
                changes.close()
            }
        }
    }

    /// Runs statements in the unit's turn, in its innermost part or at the end of it. Not across an await.
    fn in_turn<T>(&self, ends: Option<u32>, f: impl FnOnce(Session<'_>) -> Result<T>) -> Result<T> {
        self.in_turn_for(self.database.0.options.steps, ends, f)
    }

    /// The same, by so many steps of the database's machine.
    fn in_turn_for<T>(
        &self,
        steps: i64,
        ends: Option<u32>,
        f: impl FnOnce(Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut state = lock(&self.state);
        state.status.check()?;
        if let Err(error) = self.parts.check(ends) {
            self.undo_turn(&mut state);
            return Err(error);
        }
        let Some(writer) = &state.turn else {
            return Err(Error::Finished);
        };
        writer.connection.allow(steps);
        let result = f(Session::Sqlite(&writer.connection));
        if !writer.is_lost() || removed(Control::Undone) {
            return result;
        }
        // CWE-460: nothing of the unit is left, and what it did next would be saved without the rest. It ends here; so do those
        // that waited for the same COMMIT, who are told to come again.
        self.undo_turn(&mut state);
        tracing::warn!(target: "vauban::orm", "the database rolled a unit back, and all that shared its commit");
        result.and(Err(Error::Undone))
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        lock(&self.state).status.check()
    }

    pub(crate) fn log(&self, sql: &str, since: Option<Instant>, writer: bool) {
        if let Some(since) = since {
            let mut log = lock(&self.log);
            // CWE-770: a page that asks in a loop does not fill the memory.
            if log.len() < 500 {
                log.push(LoggedQuery {
                    sql: sql.to_owned(),
                    time: since.elapsed(),
                    writer,
                });
            }
        }
    }

    #[cfg(debug_assertions)]
    pub(crate) fn explains(&self) -> bool {
        self.explains.load(Ordering::Relaxed)
    }

    /// The text of the statement that ran last.
    #[cfg(debug_assertions)]
    pub(crate) fn last_query(&self) -> String {
        lock(&self.log)
            .last()
            .map_or_else(String::new, |query| query.sql.clone())
    }

    /// CWE-770: a page that asks in a loop does not fill the memory.
    #[cfg(debug_assertions)]
    pub(crate) fn note(&self, refused: Refused) {
        let mut all = lock(&self.refused);
        if all.len() < 20 {
            all.push(refused);
        }
    }

    pub(crate) fn log_start(&self) -> Option<Instant> {
        self.database.0.options.log_queries.then(Instant::now)
    }

    pub(super) fn queries(&self) -> Vec<LoggedQuery> {
        lock(&self.log).clone()
    }

    #[cfg(debug_assertions)]
    pub(super) fn explain(&self) {
        self.explains.store(true, Ordering::Relaxed);
    }

    #[cfg(debug_assertions)]
    pub(super) fn refused(&self) -> Vec<Refused> {
        lock(&self.refused).clone()
    }
}

/// What a part goes back to that is undone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// How much was to follow.
    then: usize,
    /// How much was to be told.
    changes: usize,
}

/// What a unit wrote, on its way to the disk.
enum Saving {
    Released(Option<oneshot::Receiver<Outcome>>),
    #[cfg(feature = "postgres")]
    Transaction(Option<Pooled>),
}

impl Saving {
    /// What became of it.
    async fn done(self) -> Result<()> {
        match self {
            Self::Released(None) => Ok(()),
            Self::Released(Some(synced)) => match synced.await {
                Ok(Outcome::Saved) => Ok(()),
                Ok(Outcome::Undone) => Err(Error::Busy(
                    "another write failed before this one was saved, and the database undid both: send it again",
                )),
                Ok(Outcome::NotSaved) => Err(Error::Unavailable("the commit failed: nothing was saved")),
                // CWE-755: the committer is gone, before its COMMIT or behind it.
                Err(_) => Err(Error::PerhapsSaved),
            },
            #[cfg(feature = "postgres")]
            Self::Transaction(None) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Transaction(Some(connection)) => Ok(connection.commit().await?),
        }
    }
}

/// On PostgreSQL a unit has a connection of the pool, and a transaction of its own.
#[cfg(feature = "postgres")]
impl Shared {
    async fn begin_transaction(&self, store: &postgres::Store) -> Result<()> {
        let mut open = self.transaction.lock().await;
        self.check_open()?;
        if open.is_some() {
            return Ok(());
        }
        if self.has_turn() {
            return Err(self.is_undone());
        }
        // CWE-460: one by which nothing is written but in a transaction that says so. The BEGIN goes out with the first statement; where it
        // fails, that statement cannot be saved by itself.
        let connection = store.get(Access::Read, left()).await?;
        if self.database.0.options.row_security {
            Box::pin(connection.ready_to_mark()).await?;
        }
        self.check_open()?;
        *open = Some(connection);
        self.is_fresh.store(true, Ordering::Release);
        self.has_turn.store(true, Ordering::Release);
        Ok(())
    }

    async fn in_transaction<S: Steps>(
        &self,
        store: &postgres::Store,
        steps: &S,
        authority: &Authority,
        text: &mut String,
    ) -> Result<S::Found> {
        let mut open = self.transaction.lock().await;
        self.check_open()?;
        let Some(connection) = open.take() else {
            return Err(self.is_undone());
        };
        self.parts.check(None).inspect_err(|_| drop(self.is_undone()))?;
        let marks = authority.listed.is_emitted().then(|| Marks::of(authority));
        let is_fresh = self.is_fresh.swap(false, Ordering::AcqRel);
        // A statement that is refused spoils its transaction, and not what was done before it.
        let mut run = async || {
            let work = self.noting(steps, authority, store.session(&connection), text);
            let (begun, found) = match &marks {
                // Both are sent before either is answered.
                None => {
                    let begun = async {
                        let begin = match is_fresh {
                            true => connection.to_begin(Access::Write, self.isolation()),
                            false => connection.to_begin_statement(),
                        };
                        connection.batch(begin).await
                    };
                    postgres::in_order(begun, work).await
                }
                // CWE-862: nothing is sent before it is known who asks.
                Some(marks) => {
                    let values = marks.values();
                    match is_fresh {
                        true => {
                            let begun = connection.begin_marked(Access::Write, self.isolation(), &values);
                            Box::pin(begun).await?;
                        }
                        false => Box::pin(connection.begin_statement_marked(values)).await?,
                    }
                    (Ok(()), work.await)
                }
            };
            // CWE-460: without a place to go back to, all is undone.
            begun.map_err(|failure| match Error::from(failure) {
                error @ Error::Unavailable(_) => error,
                _ => Error::Undone,
            })?;
            match &found {
                Ok(_) if is_fresh => {}
                Ok(_) => connection.keep_statement(),
                Err(Error::Undone) => {}
                // Nothing was done before it: another transaction is as good as a place to go back to.
                Err(_) if is_fresh => connection.rollback().await?,
                Err(_) => connection.undo_statement().await?,
            }
            found
        };
        // What did not fit beside others, and is all that the unit did, is done again.
        let mut backoff = Backoff::times(3);
        let found = loop {
            let found = run().await;
            let Err(error) = &found else { break found };
            let may = is_fresh && steps.may_run_again(error) && !connection.is_broken();
            let Some(pause) = may.then(|| backoff.pause()).flatten() else {
                break found;
            };
            // Not in the transaction that failed: as long as it is open, others do not fit beside what it read.
            if connection.is_in_transaction() {
                connection.rollback().await?;
            }
            tokio::time::sleep(pause).await;
        };
        let lost = matches!(found, Err(Error::Undone | Error::Unavailable(_))) || connection.is_broken();
        if lost {
            // CWE-460: nothing of the unit is left, and what it did next would be saved without the rest.
            let undone = self.is_undone();
            tracing::warn!(target: "vauban::orm", "a unit's transaction is undone");
            return Err(found.err().unwrap_or(undone));
        }
        if self.check_open().is_ok() {
            self.is_fresh
                .store(!connection.is_in_transaction(), Ordering::Release);
            *open = Some(connection);
        }
        found
    }

    /// Does something in the transaction that is no statement of its own.
    async fn between_statements<T>(
        &self,
        store: &postgres::Store,
        ends: Option<u32>,
        work: impl AsyncFnOnce(Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut open = self.transaction.lock().await;
        self.check_open()?;
        let Some(connection) = open.take() else {
            return Err(self.is_undone());
        };
        let is_fresh = self.is_fresh.swap(false, Ordering::AcqRel);
        let done = async {
            self.parts.check(ends)?;
            match is_fresh {
                true => Box::pin(connection.begin(Access::Write, self.isolation())).await?,
                false => connection.between_statements().await?,
            }
            work(store.session(&connection)).await
        };
        let done = done.await.inspect_err(|_| drop(self.is_undone()))?;
        if self.check_open().is_ok() {
            *open = Some(connection);
        }
        Ok(done)
    }

    /// Its transaction, if it is to be committed.
    async fn take_transaction(&self, commit: bool) -> Result<Option<Pooled>> {
        let connection = self.transaction.lock().await.take();
        let status = std::mem::replace(&mut lock(&self.state).status, Status::Finished);
        let began = self.has_turn.swap(false, Ordering::AcqRel);
        if commit {
            status.check()?;
        }
        match connection {
            None if began && commit => Err(Error::Undone),
            // CWE-460: half of a part that a task of its own has still open is not saved.
            Some(_) if commit && self.parts.depth() > 0 => Err(Error::Undone),
            // Dropped, it is undone. Where all that was asked was refused, there is nothing to be saved.
            connection => Ok(connection.filter(|connection| commit && connection.is_in_transaction())),
        }
    }

    fn abandon_transaction(&self) {
        // Who has taken it out finds the unit ended.
        if let Ok(mut open) = self.transaction.try_lock() {
            drop(open.take());
        }
    }

    /// CWE-362: policies read other rows than those that are written. As if one unit ran after the other, or not at all.
    fn isolation(&self) -> Isolation {
        if self.is_relaxed.load(Ordering::Acquire) || removed(Control::Serial) {
            Isolation::ReadCommitted
        } else {
            Isolation::Serializable
        }
    }

    pub(super) fn relax(&self) {
        self.is_relaxed.store(true, Ordering::Release);
    }

    /// The unit ends, for nothing of it is left.
    fn is_undone(&self) -> Error {
        let mut state = lock(&self.state);
        if state.status == Status::Open {
            state.status = Status::Undone;
        }
        Error::Undone
    }
}

/// Called by the watch when the turn is overdue.
impl Holds for Shared {
    fn expire(&self) {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // A statement is running; its own limit ends it.
            Err(TryLockError::WouldBlock) => return,
        };
        if let Some(mut writer) = state.turn.take() {
            writer.undo();
            self.let_go();
            state.status = Status::Expired;
            tracing::warn!(target: "vauban::orm", "a unit held the writer for too long and was undone");
        }
    }
}
