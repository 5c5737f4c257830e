//! An open database, whichever it is.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use super::postgres;
use super::sqlite;

#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(Arc<sqlite::Store>),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Store),
}
