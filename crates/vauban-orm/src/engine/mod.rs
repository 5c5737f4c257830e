//! The engine behind the handles: readers, the one writer, units of work. For the framework only; an
//! application has `Db`.
//!
//! A write's way: the first write of a unit takes the writer's turn (a fair queue) and opens a savepoint;
//! statements run in place; when the unit is finished its savepoint is released and the turn passes on;
//! units that waited meanwhile share one COMMIT, and no answer leaves before it is synced.

mod connection;
mod database;
mod lanes;
mod on_disk;
mod plans;
mod reading;
#[cfg(debug_assertions)]
mod refused;
mod search;
mod unit;
mod writer;

pub use database::{Database, Options, Synchronous};
pub use reading::{answering, rendering};
#[cfg(debug_assertions)]
pub use refused::{Found, Refused};
pub use unit::{LoggedQuery, Unit};

pub(crate) use connection::Connection;
pub(crate) use plans::Plan;
pub(crate) use unit::Shared;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic elsewhere does not spread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
