//! How a database would run statements, for tests that pin it. In no release.

use std::sync::Arc;

use super::database::Database;
#[cfg(feature = "postgres")]
use crate::backend::postgres::Access;
use crate::backend::{StatementWatch, Store};
use crate::error::Result;

impl Database {
    /// Looks at all tables, as is done after migrations.
    ///
    /// # Errors
    /// A database that cannot be asked.
    #[doc(hidden)]
    pub async fn analyze(&self) -> Result<()> {
        match &self.0.store {
            Store::Sqlite(store) => {
                store.after_migrations();
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Store::Postgres(store) => {
                let owner = self.owner(store).get(Access::Write, None);
                Ok(owner.await?.batch("ANALYZE").await?)
            }
        }
    }

    /// The plan of each statement that was watched, in the order in which they ran, with its text: a line for each step.
    /// `by_indexes`: as it is with many rows, where PostgreSQL reads a whole table only if no index serves.
    ///
    /// # Errors
    /// A database that cannot be asked.
    #[doc(hidden)]
    pub async fn plans(
        &self,
        watch: &StatementWatch,
        by_indexes: bool,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let mut out = Vec::new();
        for text in watch.texts() {
            let plan = match &self.0.store {
                Store::Sqlite(store) => {
                    let _ = by_indexes;
                    Arc::clone(store).read_inline(|connection| connection.plan(&text.sql))?
                }
                #[cfg(feature = "postgres")]
                Store::Postgres(store) => {
                    store
                        .get(Access::Read, None)
                        .await?
                        .plan(&text, by_indexes)
                        .await?
                }
            };
            out.push((text.sql.clone(), plan));
        }
        Ok(out)
    }
}
