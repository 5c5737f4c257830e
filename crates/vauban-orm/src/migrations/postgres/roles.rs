//! Two roles: one owns the tables and migrates, the other asks. Which of them lacks what, in the words that give it.

use super::super::MigrationError;
use super::super::owned::{KEYS, RECORDS};
use super::asked::{run, setup, texts};
use crate::backend::postgres::{Connection, Failure};
use crate::policy::listed::Listed;
use crate::sql::function::FUNCTIONS;
use crate::sql::literal::quoted;
use crate::tree::meta::ModelMeta;

/// A role's name in a statement.
pub(super) fn name(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}

/// Gives the role that asks what it needs, and no more. Nothing that it has is taken away.
pub(super) async fn give(
    connection: &Connection,
    listed: &Listed,
    schema: &str,
    role: &str,
) -> Result<(), MigrationError> {
    let role = name(role);
    run(
        connection,
        &format!("GRANT USAGE ON SCHEMA \"{schema}\" TO {role}"),
    )
    .await?;
    let sql = format!(
        "SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
            AND c.relname IN ({})",
        tables(listed.models(), &[&RECORDS[..], &[KEYS]].concat())
    );
    for row in texts(connection, &sql).await.map_err(setup)? {
        let Some(table) = row.first() else { continue };
        let rights = if RECORDS.contains(&&**table) {
            // CWE-345: what was applied is written by what applied it.
            "SELECT"
        } else if &**table == KEYS {
            // CWE-324: a key that rows may name is never forgotten.
            "SELECT, INSERT, UPDATE"
        } else {
            "SELECT, INSERT, UPDATE, DELETE"
        };
        run(
            connection,
            &format!("GRANT {rights} ON \"{schema}\".\"{table}\" TO {role}"),
        )
        .await?;
    }
    Ok(())
}

/// What keeps the role of this connection from migrating.
///
/// # Errors
/// What it lacks, in the words that give it.
pub(super) async fn may_migrate(
    connection: &Connection,
    models: &[&'static ModelMeta],
) -> Result<(), MigrationError> {
    let sql = format!(
        "SELECT format('GRANT CREATE, USAGE ON SCHEMA %I TO %I', current_schema(), current_user)
          WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
         UNION ALL
         SELECT format('ALTER TABLE %I OWNER TO %I', c.relname, current_user) FROM pg_class c
          WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({})
            AND NOT pg_has_role(current_user, c.relowner, 'USAGE')",
        tables(models, &[&RECORDS[..], &[KEYS]].concat())
    );
    let lacks = texts(connection, &sql).await.map_err(setup)?;
    let lacks: Vec<_> = lacks.into_iter().flatten().collect();
    if lacks.is_empty() {
        return Ok(());
    }
    Err(MigrationError::Set(format!(
        "the role that migrates may not make or change tables here. Run as the database's owner:\n  {};",
        lacks.join(";\n  ")
    )))
}

/// What the role of this connection lacks to ask, in the words that give it.
pub(super) async fn lacks(connection: &Connection, listed: &Listed) -> Result<Vec<String>, Failure> {
    let sql = format!(
        "SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), current_user)
          WHERE NOT has_schema_privilege(current_schema(), 'USAGE')
         UNION ALL
         SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I', c.relname, current_user) FROM pg_class c
          WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({})
            AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                     AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
         UNION ALL
         SELECT format('GRANT SELECT, INSERT, UPDATE ON %I TO %I', c.relname, current_user) FROM pg_class c
          WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname = '{KEYS}'
            AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                     AND has_table_privilege(c.oid, 'UPDATE'))
         UNION ALL
         SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, current_user) FROM pg_proc p
          WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE '{FUNCTIONS}'
            AND NOT has_function_privilege(p.oid, 'EXECUTE')",
        tables(listed.models(), &[])
    );
    Ok(texts(connection, &sql).await?.into_iter().flatten().collect())
}

/// The models' tables and these, for `IN`.
pub(super) fn tables(models: &[&'static ModelMeta], more: &[&str]) -> String {
    let models = models.iter().map(|model| model.table);
    let all: Vec<_> = models.chain(more.iter().copied()).map(quoted).collect();
    if all.is_empty() {
        "NULL".to_owned()
    } else {
        all.join(", ")
    }
}
