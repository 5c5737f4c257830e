//! An open database, whichever it is.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use super::postgres;
use super::{Watched, sqlite};

#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(Arc<sqlite::Store>),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Store),
}

impl Store {
    /// Who watches its statements.
    pub(crate) fn watched(&self) -> &Watched {
        match self {
            Self::Sqlite(store) => store.watched(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.watched(),
        }
    }
}
