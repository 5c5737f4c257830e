//! A PostgreSQL of the tests' own: a cluster in a temporary folder, a fresh database for each test.
//!
//! ```no_run
//! let database = cluster::database();
//! println!("{}", database.url()); // postgres://postgres@/t_4711_0?host=/tmp/…/socket
//! // dropped: the database goes; the cluster goes when no test process is left that uses it
//! ```
//!
//! Nothing but a socket in that folder listens, unless a test starts a [`Cluster`] with TCP (on a free port of 127.0.0.1, for
//! TLS). One cluster serves all test processes of a run: the first one starts it, a watcher ends it when the last one
//! is gone, however it ended: a process holds its use as a lock on a file, and the kernel lets go of that. Nothing is
//! written through to the disk: what these tests ask is not whether PostgreSQL keeps its promises. [`Cluster::durable`] does, for
//! measurements.

mod certificates;
mod database;
mod folder;
mod postmaster;
mod programs;
mod way;
mod wire;

pub use certificates::Certificates;
pub use database::{APPLICATION, Database, OWNER, database};
pub use postmaster::{Cluster, Tcp};
pub use way::Way;
pub use wire::Session;
