//! Tasks: what is done later, queued in the unit of work of whoever asks for it, and done exactly once as far as the database is
//! concerned.
//!
//! A site lists them, `.module(vauban::tasks::module())`, and its modules their tasks, `.task::<digest>()`. `serve` runs them beside
//! serving; with PostgreSQL the command `worker` does so in processes of its own, as many as wanted.
//!
//! The row of a task is written in the unit of whoever [enqueues](vauban::tasks::Enqueue) it: neither is saved without the other.
//! A worker claims it for a minute, which is renewed while it runs, and what the task writes and the end of its row are one unit
//! again, whose last statement removes the row where it is still this try's. So it does not matter how often a task runs, nor by how
//! many: what it writes to the database is there once. What it does elsewhere (a mail, a call of another service) is done at least once.

/// Whether this build has what tests need, and no release may have (CWE-489).
#[doc(hidden)]
pub const TEST_KIT: bool = cfg!(feature = "testing");

mod claim;
mod clock;
mod clockwork;
mod commands;
mod model;
mod module;
mod outcome;
mod queue;
mod schedules;
mod secret;
mod services;
mod settings;
mod shown;
mod tasks;
#[cfg(any(test, feature = "testing"))]
mod testing;
mod text;
mod timetable;
mod wake;
mod worker;

pub use module::module;
pub use settings::TaskSettings;
pub use tasks::Tasks;
