//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::postmaster::Cluster;
use crate::wire::Session;

/// The role that owns the tables, of [`Database::with_two_roles`].
pub const OWNER: &str = "vauban_owner";
/// The role that asks.
pub const APPLICATION: &str = "vauban_application";

/// A database for one test; it goes when this is dropped.
#[derive(Debug)]
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

/// A fresh, empty database in the cluster of this run.
///
/// # Panics
/// If there is no PostgreSQL, or it does not start: says what to install.
pub fn database() -> Database {
    static SHARED: OnceLock<Result<Arc<Cluster>, String>> = OnceLock::new();
    match SHARED.get_or_init(|| Cluster::shared().map(Arc::new)) {
        Ok(cluster) => cluster.database(),
        Err(problem) => panic!("{problem}"),
    }
}

impl Cluster {
    /// A fresh, empty database.
    ///
    /// # Panics
    /// If the cluster makes none.
    pub fn database(self: &Arc<Self>) -> Database {
        self.database_like("template1")
    }

    /// A fresh database with everything that `template` has in it, to which nobody may be connected meanwhile.
    ///
    /// # Panics
    /// If the cluster makes none.
    pub fn database_like(self: &Arc<Self>, template: &str) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "t_{}_{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        // What a process that had this id left behind.
        self.run(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
        self.run(&format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\""));
        Database {
            cluster: Arc::clone(self),
            name,
        }
    }

    fn run(&self, sql: &str) {
        let mut session = self
            .session("postgres")
            .unwrap_or_else(|problem| panic!("{problem}"));
        session.run(sql).unwrap_or_else(|problem| panic!("{problem}"));
    }
}

impl Database {
    /// What a program connects to it by: through the socket, as the cluster's superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The same, as another user.
    pub fn url_of(&self, user: &str) -> String {
        format!(
            "postgres://{user}@/{}?host={}",
            self.name,
            self.cluster.socket_folder().display()
        )
    }

    /// Gives it to a role that owns what is made in it; gives what another one connects to it by, which may connect and nothing else,
    /// and what its owner does.
    ///
    /// # Panics
    /// If the cluster refuses.
    pub fn with_two_roles(&self) -> (String, String) {
        // Several tests may do so at once.
        let role = |name: &str| {
            format!(
                "DO $$ BEGIN CREATE ROLE {name} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; "
            )
        };
        self.run(&format!(
            "{}{}ALTER DATABASE \"{}\" OWNER TO {OWNER}; ALTER SCHEMA public OWNER TO {OWNER}; \
             REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            role(OWNER),
            role(APPLICATION),
            self.name
        ));
        (self.url_of(APPLICATION), self.url_of(OWNER))
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cluster that it is in.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// A connection beside those of what is tested.
    ///
    /// # Panics
    /// If there is none.
    pub fn session(&self) -> Session {
        self.cluster
            .session(&self.name)
            .unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Runs statements on a connection of their own; gives the rows as text.
    ///
    /// # Panics
    /// If PostgreSQL refuses them.
    pub fn run(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.session()
            .run(sql)
            .unwrap_or_else(|problem| panic!("{problem}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A cluster that a test ended has none any more; the watcher takes what is left.
        if let Ok(mut session) = self.cluster.session("postgres") {
            let _ = session.run(&format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
        }
    }
}
