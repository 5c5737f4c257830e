//! Units of work in which nobody acts: for services, when no request asks or what they write must survive its
//! refusal.

use std::fmt;

use vauban_orm::Actor;
use vauban_orm::engine::{Database, Unit};

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

    /// Begins a unit. Costs nothing until its first statement; what it wrote stays with
    /// [`finish(true)`](Unit::finish) only. In a view of a safe method it only reads.
    pub fn begin(&self) -> Unit {
        #[allow(deprecated)]
        let unit = self.0.bind(Actor::nobody());
        unit
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Units")
    }
}
