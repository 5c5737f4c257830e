//! What processes on one database tell one another, beside all rows: that there is something to look at.

use std::future::Future;

use super::database::Database;
use crate::backend::Store;
#[cfg(feature = "postgres")]
use crate::backend::postgres::{Access, Listening, telling};
use crate::error::Result;

/// A connection that hears a topic.
#[derive(Debug)]
pub struct Heard(#[cfg(feature = "postgres")] Listening);

impl Database {
    /// Whether other processes may be told: on PostgreSQL.
    pub fn has_topics(&self) -> bool {
        match &self.0.store {
            Store::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Store::Postgres(_) => true,
        }
    }

    /// Tells whoever [hears](Self::hear) this topic, in whatever process. On SQLite nobody.
    ///
    /// A NOTIFY waits for every other one at its commit: it is told apart from the unit that it is about, and not often.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub fn tell(&self, topic: &'static str) -> impl Future<Output = Result<()>> + Send + use<> {
        let database = self.clone();
        async move {
            match &database.0.store {
                Store::Sqlite(_) => {
                    let _ = topic;
                    Ok(())
                }
                #[cfg(feature = "postgres")]
                Store::Postgres(store) => {
                    let connection = store.get(Access::Write, None).await?;
                    Ok(connection.batch(&telling(topic)).await?)
                }
            }
        }
    }

    /// Hears what is told on a topic, by a connection of its own; `None` on SQLite.
    ///
    /// # Errors
    /// If none can be opened.
    pub async fn hear(&self, topic: &'static str) -> Result<Option<Heard>> {
        match &self.0.store {
            Store::Sqlite(_) => {
                let _ = topic;
                Ok(None)
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => Ok(Some(Heard(store.listen(topic).await?))),
        }
    }
}

#[cfg(feature = "postgres")]
impl Heard {
    /// Ready when something is told; `false`: the connection is gone.
    pub async fn told(&mut self) -> bool {
        self.0.told().await
    }

    /// Whether what is told arrives: looked at now and then, for LISTEN fails in silence.
    pub async fn is_heard(&mut self) -> bool {
        self.0.is_heard().await
    }
}

#[cfg(not(feature = "postgres"))]
impl Heard {
    /// Never: there is none.
    pub async fn told(&mut self) -> bool {
        false
    }

    /// Never: there is none.
    pub async fn is_heard(&mut self) -> bool {
        false
    }
}
