//! Which database a test is run on: PostgreSQL with `VAUBAN_TEST_DATABASE=postgres`, and SQLite without. What is SQLite's own
//! is left out there.

/// Whether this run is on SQLite: for what is SQLite's own (its file, its steps, its one writer, its texts).
pub(crate) fn sqlite() -> bool {
    !cfg!(feature = "postgres") || std::env::var("VAUBAN_TEST_DATABASE").as_deref() != Ok("postgres")
}

/// The URL of a database of its own.
pub(crate) fn url() -> String {
    #[cfg(feature = "postgres")]
    if !sqlite() {
        let database = cluster::database();
        let url = database.url();
        // It goes with its cluster, when no test process is left.
        std::mem::forget(database);
        return url;
    }
    "sqlite::memory:".to_owned()
}
