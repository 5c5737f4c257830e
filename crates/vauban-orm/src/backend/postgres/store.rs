//! A database on a server: its pool, and the texts of its statements.

use std::sync::Arc;

use super::connection::Access;
use super::failure::Failure;
use super::pool::{Pool, PoolOptions, Pooled};
use crate::backend::KeptTexts;
use crate::backend::session::Session;
use crate::error::Result;

#[derive(Debug)]
pub(crate) struct Store {
    url: String,
    options: PoolOptions,
    pool: Arc<Pool>,
    texts: KeptTexts,
}

impl Store {
    /// Reads the URL; contacts nobody.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new(url: &str, options: PoolOptions) -> Result<Self, Failure> {
        Ok(Self {
            url: url.to_owned(),
            pool: Pool::new(url, options.clone())?,
            options,
            texts: KeptTexts::default(),
        })
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// None came free in time; none can be opened.
    pub(crate) async fn get(&self, access: Access) -> Result<Pooled, Failure> {
        self.pool.get(access).await
    }

    /// A connection of its own, for a thread with a runtime of its own.
    ///
    /// # Errors
    /// None can be opened.
    pub(crate) async fn apart(&self) -> Result<Pooled, Failure> {
        let options = PoolOptions {
            connections: 1,
            ..self.options.clone()
        };
        Pool::new(&self.url, options)?.get(Access::Write).await
    }

    pub(crate) fn session<'a>(&'a self, connection: &'a Pooled) -> Session<'a> {
        Session::Postgres {
            connection,
            texts: &self.texts,
        }
    }
}
