//! Which database a test is run on: PostgreSQL with `VAUBAN_TEST_DATABASE=postgres`, and SQLite without. What is SQLite's own
//! is left out there. With `VAUBAN_TEST_ROW_SECURITY=true` PostgreSQL has the models' rules as policies of its own besides, and the
//! tests ask as a role that owns nothing.

/// Whether this run is on SQLite: for what is SQLite's own (its file, its steps, its one writer, its texts).
pub(crate) fn sqlite() -> bool {
    !cfg!(feature = "postgres") || std::env::var("VAUBAN_TEST_DATABASE").as_deref() != Ok("postgres")
}

/// The URL of a database of its own.
pub(crate) fn url() -> String {
    #[cfg(feature = "postgres")]
    if !sqlite() {
        let database = cluster::database();
        let url = asked_as(&database);
        // It goes with its cluster, when no test process is left.
        std::mem::forget(database);
        return url;
    }
    "sqlite::memory:".to_owned()
}

/// The same for models of which no policies are made, since their rules serve nobody: the database has none.
pub(crate) fn url_without_policies() -> String {
    #[cfg(feature = "postgres")]
    if row_security() {
        let database = cluster::database();
        let url = database.url();
        std::mem::forget(database);
        return url;
    }
    url()
}

/// Whether this run has policies in the database.
pub(crate) fn row_security() -> bool {
    !sqlite() && std::env::var("VAUBAN_TEST_ROW_SECURITY").as_deref() == Ok("true")
}

/// How a test asks a database of its own.
#[cfg(feature = "postgres")]
pub(crate) fn asked_as(database: &cluster::Database) -> String {
    match row_security() {
        true => database.with_two_roles().0,
        false => database.url(),
    }
}

/// The options of a database that was opened by [`asked_as`].
#[cfg(feature = "postgres")]
pub(crate) fn secured(url: &str, options: crate::engine::Options) -> crate::engine::Options {
    // Who chose by themselves are left alone.
    if options.owner.is_some() || options.row_security || !url.contains(cluster::APPLICATION) {
        return options;
    }
    let owner = url.replace(cluster::APPLICATION, cluster::OWNER);
    crate::engine::Options {
        row_security: true,
        owner: Some(crate::engine::OwnersUrl::new(&owner)),
        ..options
    }
}
