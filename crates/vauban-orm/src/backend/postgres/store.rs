//! A database on a server: its pool, and the texts of its statements.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Access;
use super::failure::Failure;
use super::listen::Listening;
use super::pool::{Pool, PoolOptions, Pooled};
use crate::backend::session::Session;
use crate::backend::{KeptTexts, Watched};
use crate::error::Result;

#[derive(Debug)]
pub(crate) struct Store {
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
            pool: Pool::new(url, options)?,
            texts: KeptTexts::default(),
        })
    }

    /// The server and the database.
    pub(crate) fn name(&self) -> String {
        self.pool.name()
    }

    /// The role that it is asked as.
    pub(crate) fn role(&self) -> &str {
        self.pool.role()
    }

    /// A connection of the pool, for who has so much time left.
    ///
    /// # Errors
    /// None came free in time; none can be opened.
    pub(crate) async fn get(&self, access: Access, left: Option<Duration>) -> Result<Pooled, Failure> {
        self.pool.get_within(access, left).await
    }

    /// A connection of its own, for a thread with a runtime of its own.
    ///
    /// # Errors
    /// None can be opened.
    pub(crate) async fn apart(&self) -> Result<Pooled, Failure> {
        self.pool.apart().get(Access::Write).await
    }

    /// A connection that hears what is told on a topic.
    ///
    /// # Errors
    /// None can be opened.
    pub(crate) async fn listen(&self, topic: &str) -> Result<Listening, Failure> {
        Listening::open(self.pool.dial(), topic).await
    }

    /// Who watches its statements.
    pub(crate) fn watched(&self) -> &Watched {
        self.texts.watched()
    }

    pub(crate) fn session<'a>(&'a self, connection: &'a Pooled) -> Session<'a> {
        Session::Postgres {
            connection,
            texts: &self.texts,
        }
    }
}
