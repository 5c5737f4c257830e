//! An open database, whichever it is.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use super::postgres;
use super::{Watched, sqlite};
use crate::tree::ring::Ring;

#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(Arc<sqlite::Store>),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Store),
}

impl Store {
    /// The keys of what is sealed in it.
    pub(crate) fn ring(&self) -> &Ring {
        match self {
            Self::Sqlite(store) => store.ring(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.ring(),
        }
    }

    /// Who watches its statements.
    pub(crate) fn watched(&self) -> &Watched {
        match self {
            Self::Sqlite(store) => store.watched(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.watched(),
        }
    }
}
