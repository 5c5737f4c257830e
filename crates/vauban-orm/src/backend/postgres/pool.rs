//! So many connections to a database, and no more: each waited for and kept for a bounded time, thrown away when it broke.

use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::address::Address;
use super::connection::{Access, Connection};
use super::dial::{Dial, Session};
use super::failure::Failure;

/// How long a connection that comes back may take to end what its unit left open, before what it runs is cancelled.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long one that is cancelled may take to say so.
const CANCELLED: Duration = Duration::from_millis(100);
/// How often that is asked: once for each statement that was sent together.
const CANCELS: u32 = 16;

/// How a database is connected to.
#[derive(Debug, Clone)]
pub(crate) struct PoolOptions {
    /// Connections, at most.
    pub(crate) connections: usize,
    /// How long a unit may wait for one.
    pub(crate) wait: Duration,
    /// How long opening one may take.
    pub(crate) connect: Duration,
    /// How old one may become: what an operator changed for the role reaches every connection by then.
    pub(crate) age: Duration,
    /// After how long without use one has to answer before it is used.
    pub(crate) idle: Duration,
    /// How its session is set up.
    pub(crate) session: Session,
    /// Whether a server elsewhere may be reached without TLS, if the URL asks for that.
    pub(crate) plain_text: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            age: Duration::from_secs(1800),
            idle: Duration::from_secs(30),
            session: Session {
                statement: Duration::from_secs(10),
                lock: Duration::from_secs(5),
                idle: Duration::from_secs(15),
                message: 64 << 20,
            },
            plain_text: false,
        }
    }
}

/// The connections to a database.
#[derive(Debug)]
pub(crate) struct Pool {
    dial: Arc<Dial>,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

#[derive(Debug)]
struct Idle {
    /// What was used last stands last.
    connections: Vec<Arc<Connection>>,
    /// When a connection broke: those that have not answered since have to do so before they are used.
    suspected: Option<Instant>,
}

impl Pool {
    /// Reads the URL and the certificates; contacts nobody.
    ///
    /// # Errors
    /// [`Failure::Configuration`] says what to write.
    pub(crate) fn new(url: &str, options: PoolOptions) -> Result<Arc<Self>, Failure> {
        let address = Address::parse(url, options.plain_text)?;
        Ok(Self::of(
            Arc::new(Dial::new(&address, &options.session)?),
            options,
        ))
    }

    fn of(dial: Arc<Dial>, options: PoolOptions) -> Arc<Self> {
        Arc::new(Self {
            dial,
            permits: Arc::new(Semaphore::new(
                options.connections.clamp(1, Semaphore::MAX_PERMITS),
            )),
            idle: Mutex::new(Idle {
                connections: Vec::new(),
                suspected: None,
            }),
            options,
        })
    }

    /// The server and the database, for messages.
    pub(crate) fn name(&self) -> String {
        self.dial.name()
    }

    /// The user of the URL.
    pub(crate) fn role(&self) -> &str {
        self.dial.role()
    }

    /// How connections are opened.
    pub(super) fn dial(&self) -> &Dial {
        &self.dial
    }

    /// One connection apart from the others, for a thread with a runtime of its own.
    pub(crate) fn apart(&self) -> Arc<Self> {
        let options = PoolOptions {
            connections: 1,
            ..self.options.clone()
        };
        Self::of(Arc::clone(&self.dial), options)
    }

    /// A connection; it goes back when it is dropped. What was left open is undone, what still runs is cancelled.
    ///
    /// # Errors
    /// [`Failure::PoolTimeout`] if none came free in time; why none can be opened.
    pub(crate) async fn get(self: &Arc<Self>, access: Access) -> Result<Pooled, Failure> {
        self.get_within(access, None).await
    }

    /// The same for who has so much time left: nothing is worked on or waited for at the server when nobody waits for the
    /// answer any more.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub(crate) async fn get_within(
        self: &Arc<Self>,
        access: Access,
        left: Option<Duration>,
    ) -> Result<Pooled, Failure> {
        // CWE-400: who waits, waits for a bounded time.
        let wait = left.map_or(self.options.wait, |left| left.min(self.options.wait));
        let permit = timeout(wait, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Failure::PoolTimeout);
        };
        while let Some((connection, doubtful)) = self.take(access) {
            let ready = async {
                if doubtful {
                    connection.batch("").await?;
                }
                connection.set_access(access).await?;
                connection.set_limits(&self.options.session, left).await
            };
            if timeout(self.options.connect, ready)
                .await
                .is_ok_and(|ready| ready.is_ok())
            {
                return Ok(self.lent(connection, permit));
            }
        }
        let opened = timeout(self.options.connect, async {
            let connection = Connection::new(self.dial.open().await?);
            connection.set_access(access).await?;
            connection.set_limits(&self.options.session, left).await?;
            Ok(Arc::new(connection))
        });
        match opened.await {
            Ok(Ok(connection)) => Ok(self.lent(connection, permit)),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Lost("it did not answer in time".to_owned())),
        }
    }

    fn lent(self: &Arc<Self>, connection: Arc<Connection>, permit: OwnedSemaphorePermit) -> Pooled {
        Pooled {
            connection,
            permit: Some(permit),
            pool: Arc::clone(self),
        }
    }

    /// An idle connection, and whether it has to answer before it is used.
    fn take(&self, access: Access) -> Option<(Arc<Connection>, bool)> {
        let mut idle = self.idle();
        let age = self.options.age;
        idle.connections
            .retain(|connection| !connection.is_broken() && connection.born.elapsed() < age);
        // One that need not be switched over, if there is one.
        let at = idle
            .connections
            .iter()
            .rposition(|connection| connection.access() == access);
        let connection = match at {
            Some(at) => idle.connections.remove(at),
            None => idle.connections.pop()?,
        };
        let answered = connection.answered();
        let doubtful =
            idle.suspected.is_some_and(|when| answered < when) || answered.elapsed() > self.options.idle;
        Some((connection, doubtful))
    }

    /// Takes a connection back, or throws it away.
    fn put(&self, connection: Arc<Connection>) {
        let mut idle = self.idle();
        if connection.is_broken() {
            idle.suspected = Some(Instant::now());
        } else if connection.born.elapsed() < self.options.age {
            connection.forget(self.dial.forget());
            idle.connections.push(connection);
        }
    }

    /// Undoes what a unit left open; ends what it left running.
    async fn clean(&self, connection: Arc<Connection>) {
        let mut cleaned = pin!(connection.clean());
        match timeout(PATIENCE, &mut cleaned).await {
            Ok(Ok(())) => return self.put(Arc::clone(&connection)),
            // It goes, and PostgreSQL undoes what was open; nothing runs behind an answer.
            Ok(Err(_)) => return,
            Err(_) => {}
        }
        // CWE-400: nobody waits for it any more. The connection goes with it: a late cancel would end what another one runs.
        // Statements that were sent together run one after the other, and each is ended by a cancel of its own.
        for _ in 0..CANCELS {
            if connection.is_broken() {
                return;
            }
            let token = connection.client.cancel_token();
            let _ = timeout(self.options.connect, self.dial.cancel(token)).await;
            if timeout(CANCELLED, &mut cleaned).await.is_ok() {
                return;
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that a unit has.
#[derive(Debug)]
pub(crate) struct Pooled {
    /// Shared with nobody until this is dropped.
    connection: Arc<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    pool: Arc<Pool>,
}

impl Pooled {
    /// Whether its statements may take as long as those of who has so much time left, and no longer.
    pub(crate) fn limits_to(&self, left: Option<Duration>) -> bool {
        self.connection.is_limited_to(&self.pool.options.session, left)
    }
}

impl Deref for Pooled {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let (pool, connection, permit) = (
            Arc::clone(&self.pool),
            Arc::clone(&self.connection),
            self.permit.take(),
        );
        if connection.is_broken() || connection.is_clean() {
            pool.put(connection);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                pool.clean(connection).await;
                // Until then it counts: there are never more than there may be.
                drop(permit);
            });
        }
        // Without a runtime it is closed, and PostgreSQL undoes what was open.
    }
}
