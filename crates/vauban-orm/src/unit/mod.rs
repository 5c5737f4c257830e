//! Units of work behind the handles: who has which rows in hand, and when that is saved.
//!
//! A write's way on SQLite: the first write of a unit takes the writer's turn (a fair queue) and opens a savepoint;
//! statements run in place; when the unit is finished its savepoint is released and the turn passes on;
//! units that waited meanwhile share one COMMIT, and no answer leaves before it is synced.

mod backoff;
mod carried;
mod database;
pub(crate) mod handles;
pub(crate) mod hooks;
#[cfg(feature = "postgres")]
mod marked;
mod nested;
mod parts;
#[cfg(any(test, feature = "testing"))]
mod plans;
mod reading;
#[cfg(debug_assertions)]
mod refused;
mod shared;
mod steps;
#[cfg(feature = "postgres")]
mod together;
mod topics;
mod upkeep;
mod watch;
mod work;

pub use backoff::Backoff;
pub use database::{Database, Options, OwnersUrl};
pub use parts::Following;
pub use reading::{answering, answering_within, rendering};
#[cfg(debug_assertions)]
pub use refused::{Found, Refused};
pub use shared::LoggedQuery;
pub use topics::Heard;
pub use upkeep::Upkeep;
pub use work::Unit;

pub(crate) use steps::Steps;
