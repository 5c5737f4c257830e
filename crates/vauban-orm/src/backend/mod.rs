//! A database, whichever it is. Nothing here knows of units, policies or models.

pub(crate) mod key_table;
mod lock;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod session;
pub(crate) mod sqlite;
mod store;
mod texts;
mod watched;

pub(crate) use lock::lock;
pub(crate) use session::{Session, at_once};
pub(crate) use store::Store;
pub(crate) use texts::KeptTexts;
pub use watched::StatementWatch;
pub(crate) use watched::Watched;
