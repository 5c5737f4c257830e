//! Units of work behind the handles: who has which rows in hand, and when that is saved.
//!
//! A write's way on SQLite: the first write of a unit takes the writer's turn (a fair queue) and opens a savepoint;
//! statements run in place; when the unit is finished its savepoint is released and the turn passes on;
//! units that waited meanwhile share one COMMIT, and no answer leaves before it is synced.

mod database;
pub(crate) mod handles;
#[cfg(feature = "postgres")]
mod marked;
mod nested;
mod parts;
mod reading;
#[cfg(debug_assertions)]
mod refused;
mod shared;
mod steps;
mod watch;
mod work;

pub use database::{Database, Options, OwnersUrl};
pub use parts::Following;
pub use reading::{answering, rendering};
#[cfg(debug_assertions)]
pub use refused::{Found, Refused};
pub use shared::LoggedQuery;
pub use work::Unit;

pub(crate) use steps::Steps;
