//! The wall is taken away, or was not made by us.

use super::super::MigrationError;
use super::super::row_security::{POLICY, TRIGGER};
use super::asked::{one, run, setup, texts};
use super::roles::tables;
use crate::backend::postgres::{Connection, Failure};
use crate::policy::listed::Listed;
use crate::sql::function::FUNCTIONS;

/// Whether `migrate` made a wall here and has not taken it away: also where a column took the last of its policies with it.
pub(super) async fn was_made(connection: &Connection) -> Result<bool, Failure> {
    let sql = format!(
        "SELECT 'there' WHERE to_regclass('vauban_row_security') IS NOT NULL OR EXISTS (
            SELECT FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
             WHERE c.relnamespace = current_schema()::regnamespace AND p.polname LIKE '{POLICY}')"
    );
    Ok(one(connection, &sql).await?.is_some())
}

/// Takes away what was emitted before. Until there is something else, nothing is seen.
pub(super) async fn remove(connection: &Connection) -> Result<(), MigrationError> {
    run_each(
        connection,
        &format!(
            "SELECT format('DROP TRIGGER %I ON %I', t.tgname, c.relname), 1 AS place
               FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND t.tgname = '{TRIGGER}'
             UNION ALL
             SELECT format('DROP POLICY %I ON %I', p.polname, c.relname), 2
               FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND p.polname LIKE '{POLICY}'
             UNION ALL
             SELECT format('DROP FUNCTION %s', p.oid::regprocedure), 3 FROM pg_proc p
              WHERE p.pronamespace = current_schema()::regnamespace
                AND (p.proname LIKE '{FUNCTIONS}' OR p.proname = 'vauban_refused')
             ORDER BY place"
        ),
    )
    .await
}

/// The wall is off: the models' tables are seen again, also one whose policies went with a column. One that has somebody else's stays
/// as they left it.
pub(super) async fn open(connection: &Connection, listed: &Listed) -> Result<(), MigrationError> {
    run_each(
        connection,
        &format!(
            "SELECT format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', c.relname) FROM pg_class c WHERE {}",
            ours(listed)
        ),
    )
    .await
}

/// Runs the statements that a statement gives.
async fn run_each(connection: &Connection, sql: &str) -> Result<(), MigrationError> {
    let statements = texts(connection, sql).await.map_err(setup)?;
    for statement in statements.into_iter().filter_map(|row| row.into_iter().next()) {
        run(connection, &statement).await?;
    }
    Ok(())
}

/// Tables, `c`, that are shut by policies of ours alone, or by none.
fn ours(listed: &Listed) -> String {
    format!(
        "c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
         AND (c.relname IN ({}) OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname LIKE '{POLICY}'))
         AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname NOT LIKE '{POLICY}')",
        tables(listed.models(), &[])
    )
}

/// A table of which whoever asks sees nothing, and which no wall of ours has shut: who did, may know why, and `migrate` does not open it.
pub(super) async fn shut(connection: &Connection, listed: &Listed) -> Result<Option<String>, Failure> {
    let sql = format!(
        "SELECT format('the table `%s` has row-level security and no policy, and `database_row_security` is off: whoever asks sees \
         nothing of it. As its owner: ALTER TABLE %I DISABLE ROW LEVEL SECURITY', c.relname, c.relname)
           FROM pg_class c WHERE {} AND row_security_active(c.oid) ORDER BY c.relname LIMIT 1",
        ours(listed)
    );
    one(connection, &sql).await
}
