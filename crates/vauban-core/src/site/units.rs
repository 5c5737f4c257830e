//! Units of work in which nobody acts: for services, when no request asks or what they write must survive its
//! refusal.

use std::fmt;

use vauban_orm::engine::{Backoff, Database, Heard, Unit};
use vauban_orm::{Actor, Error};

/// The way of a module's services to their rows.
///
/// A unit of it acts for nobody, so it does what a service lists (`unit.db().acting::<Throttling>()`) and no more.
/// What it writes is independent of the request's own unit: finish it before that one writes, or in a task of its
/// own, for awaited inside it would wait for itself.
#[derive(Clone)]
pub struct Units(Database);

impl Units {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    /// Those of a database, for tests of a module below HTTP.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn for_test(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Has every handle of the database know a value, by its type: whom a module's functions that take a `Db` turn to.
    #[doc(hidden)]
    pub fn __carry<T: std::any::Any + Send + Sync>(&self, what: T) {
        self.0.carry(what);
    }

    /// Begins a unit. Costs nothing until its first statement; what it wrote stays with
    /// [`finish(true)`](Unit::finish) only. In a view of a safe method it only reads.
    pub fn begin(&self) -> Unit {
        #[allow(deprecated)]
        let unit = self.0.bind(Actor::nobody());
        unit
    }

    /// The same for rows of a queue, which are locked before they are looked at.
    #[doc(hidden)]
    #[deprecated(
        note = "only the framework's queue locks all that it decides by (CWE-362): write `units.begin()`"
    )]
    pub fn __begin_relaxed(&self) -> Unit {
        #[allow(deprecated)]
        let unit = self.begin().__read_committed();
        unit
    }

    /// Tells whoever [hears](Self::hear) this topic, in every process on this database: that there is something to look at. On SQLite
    /// nobody is told. Not in a unit, and not often: on PostgreSQL each NOTIFY waits for all others at its commit.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub fn tell(&self, topic: &'static str) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        self.0.tell(topic)
    }

    /// Hears what is told on a topic, by a connection of its own; `None` on SQLite, where there is one process.
    ///
    /// # Errors
    /// If none can be opened.
    pub async fn hear(&self, topic: &'static str) -> Result<Option<Heard>, Error> {
        self.0.hear(topic).await
    }

    /// One in which this actor acts.
    pub(crate) fn begin_as(&self, actor: Actor) -> Unit {
        #[allow(deprecated)]
        let unit = self.0.bind(actor);
        unit
    }
}

/// How often a small unit runs again from its beginning, where what others did meanwhile does not go together with it: on
/// PostgreSQL such a unit is undone ([`Error::Undone`]), and nothing of it is left.
///
/// ```
/// # use vauban_core::units::Retries;
/// # use vauban_core::orm::Result;
/// # use vauban_core::orm::{Db, Write};
/// # use vauban_core::units::Units;
/// # async fn add_one(db: &Db<Write>) -> Result<()> { Ok(()) }
/// async fn count_once(units: &Units) -> Result<()> {
///     let unit = units.begin();
///     add_one(&unit.db()).await?;
///     unit.finish(true).await
/// }
///
/// async fn count(units: &Units) -> Result<()> {
///     Retries::of(|| count_once(units)).await
/// }
/// ```
///
/// For units that do nothing outside the database, or it is done twice. They are done again up to eight times, and wait for less than
/// half a second in all; where a request asks, its own time ends them as well.
#[derive(Debug)]
pub struct Retries(Backoff);

impl Default for Retries {
    fn default() -> Self {
        Self(Backoff::of_a_unit())
    }
}

impl Retries {
    /// Does such a unit, again and again where it may be.
    ///
    /// # Errors
    /// Those of the last time.
    pub async fn of<T, F>(once: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut retries = Self::default();
        loop {
            let done = once().await;
            if !retries.again(&done).await {
                return done;
            }
        }
    }

    /// Whether what failed so may be done again; waits before it says yes, by chance for how long, so that two that met do not
    /// meet again.
    pub fn again<T>(&mut self, done: &Result<T, Error>) -> impl Future<Output = bool> + Send + use<T> {
        let is_undone = matches!(done, Err(Error::Undone));
        // CWE-410: strangers who write at the same time take nobody's sign-in. CWE-755: of what may be saved nothing is done
        // again.
        let again = is_undone.then(|| self.0.again());
        async move {
            match again {
                Some(again) => again.await,
                None => false,
            }
        }
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Units")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// CWE-755: what may be saved is not done a second time, and nobody tries for ever (CWE-400).
    #[tokio::test(start_paused = true)]
    async fn only_what_is_undone_is_done_again_and_not_for_ever() {
        let mut retries = Retries::default();
        for kept in [
            Ok(()),
            Err(Error::PerhapsSaved),
            Err(Error::Busy("x")),
            Err(Error::Conflict),
            Err(Error::Unavailable("x")),
        ] {
            assert!(!retries.again(&kept).await, "{kept:?}");
        }
        let begun = tokio::time::Instant::now();
        let mut times = 0;
        while retries.again::<()>(&Err(Error::Undone)).await {
            times += 1;
        }
        assert_eq!(times, 8);
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
