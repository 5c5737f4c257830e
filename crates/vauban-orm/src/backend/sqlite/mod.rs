//! SQLite: a file with readers and one writer. Cheap reads run in place, on the thread of the request; others on reader threads;
//! writes in the writer's turn.

mod connection;
mod errors;
mod functions;
mod lanes;
mod on_disk;
mod search;
mod settings;
mod statistics;
mod store;
mod values;
mod writer;

pub use store::Synchronous;

pub(crate) use connection::Connection;
pub(crate) use on_disk::OnDisk;
pub(crate) use settings::settle;
pub(crate) use statistics::Patience;
pub(crate) use store::{Settings, Store};
pub(crate) use values::value_of;
pub(crate) use writer::{Outcome, Writer, send_committer};
