//! Bringing a database's own policies to what a program's rules say, in one transaction, and telling whether they are it.
//!
//! Two digests are kept: of what was said, and of what the catalogue made of it. The first tells that the program's rules are
//! others, the second that somebody changed a policy, a function or a trigger since.

use sha2::{Digest, Sha256};

use super::super::MigrationError;
use super::super::operation::Operation;
use super::super::row_security::{POLICY, Policies, RowSecurity, Secured, TRIGGER};
use super::asked::{one, refused, run, setup, texts};
use super::recorded::begin;
use super::removed::{open, remove, shut, was_made};
use super::roles;
use super::too_much::too_much;
use crate::backend::postgres::{Access, Connection, Failure, Isolation};
use crate::policy::listed::Listed;
use crate::sql::function::FUNCTIONS;
use crate::sql::literal::quoted;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"vauban_row_security\" (
    \"said\" text COLLATE \"C\" NOT NULL,
    \"made\" text COLLATE \"C\" NOT NULL
)";

/// Makes them, or takes them away, and gives `role` what it needs.
///
/// # Errors
/// A rule that cannot be emitted; a role that owns what it asks; what the database says.
pub(crate) async fn secure(
    connection: &Connection,
    listed: &Listed,
    role: &str,
    wanted: bool,
) -> Result<Secured, MigrationError> {
    let policies = if wanted { Some(Policies::of(listed)?) } else { None };
    begin(connection).await.map_err(setup)?;
    let done = secured_in(connection, listed, role, policies.as_ref()).await;
    match done {
        Ok(done) => {
            let committed = connection.commit().await;
            committed.map_err(|failure| refused("row security", "COMMIT", failure))?;
            Ok(done)
        }
        Err(error) => {
            let _ = connection.rollback().await;
            Err(error)
        }
    }
}

async fn secured_in(
    connection: &Connection,
    listed: &Listed,
    role: &str,
    policies: Option<&Policies>,
) -> Result<Secured, MigrationError> {
    let schema = schema(connection).await.map_err(setup)?;
    let owns = one(
        connection,
        &format!("SELECT (current_user = {})::text", quoted(role)),
    )
    .await;
    let one_role = owns.map_err(setup)?.as_deref() == Some("true");
    let Some(policies) = policies else {
        let had = was_made(connection).await.map_err(setup)?;
        if had {
            open(connection, listed).await?;
            remove(connection).await?;
            run(connection, "DROP TABLE IF EXISTS \"vauban_row_security\"").await?;
        }
        if !one_role {
            roles::give(connection, listed, &schema, role).await?;
        }
        return Ok(if had { Secured::Removed } else { Secured::Unchanged });
    };
    let is_current = state(connection, policies).await.map_err(setup)?.is_none();
    // CWE-250: whom the tables belong to, the policies do not hold.
    if one_role {
        // Made before, as another: whether they hold this one `check` says.
        if is_current {
            return Ok(Secured::Unchanged);
        }
        return Err(MigrationError::Set(format!(
            "row-level security is made by the role that owns the tables, and holds another one; here \"{role}\" asks, and no other is \
             named: make two roles, and name the owner's in `database_migration_url` (docs/src/postgresql.md, \"The database, and two roles\")"
        )));
    }
    if !is_current {
        foreign(connection, listed).await?;
        remove(connection).await?;
        // CWE-426: what the policies name is found where nobody else can put something.
        run(
            connection,
            &format!("SET LOCAL search_path = pg_catalog, \"{schema}\", pg_temp"),
        )
        .await?;
        for statement in policies.statements(&schema) {
            run(connection, &statement).await?;
        }
        run(
            connection,
            &format!("SET LOCAL search_path = \"{schema}\", pg_temp"),
        )
        .await?;
        run(connection, TABLE).await?;
        run(connection, "DELETE FROM \"vauban_row_security\"").await?;
        let made = made(connection).await.map_err(setup)?;
        let said = policies.digest();
        run(
            connection,
            &format!("INSERT INTO \"vauban_row_security\" VALUES ('{said}', '{made}')"),
        )
        .await?;
    }
    roles::give(connection, listed, &schema, role).await?;
    for statement in policies.grants(&schema, &roles::name(role)) {
        run(connection, &statement).await?;
    }
    Ok(match is_current {
        true => Secured::Unchanged,
        false => Secured::Emitted {
            tables: listed.models().len(),
        },
    })
}

/// Whether the database holds the rules as this program says them, as seen by the role that asks.
///
/// # Errors
/// A database that cannot be asked.
pub(crate) async fn secured(
    connection: &Connection,
    listed: &Listed,
    wanted: bool,
) -> Result<RowSecurity, MigrationError> {
    let policies = match wanted {
        true => match Policies::of(listed) {
            Ok(policies) => Some(policies),
            Err(error) => {
                return Ok(RowSecurity {
                    policies: Some(error.to_string()),
                    ..RowSecurity::default()
                });
            }
        },
        false => None,
    };
    let asked = async {
        connection.begin(Access::Read, Isolation::RepeatableRead).await?;
        let said = match &policies {
            Some(policies) => state(connection, policies).await?,
            None if was_made(connection).await? => Some(
                "the database has policies of its own, and `database_row_security` is off: whoever asks would see nothing. Switch it \
                 on, or take them away with `migrate`"
                    .to_owned(),
            ),
            None => shut(connection, listed).await?,
        };
        let found = RowSecurity {
            policies: said,
            too_much: match wanted {
                true => too_much(connection, listed).await?,
                false => Vec::new(),
            },
            lacks: roles::lacks(connection, listed).await?,
        };
        connection.rollback().await?;
        Ok(found)
    };
    asked.await.map_err(setup)
}

/// In which way the policies are not these.
async fn state(connection: &Connection, policies: &Policies) -> Result<Option<String>, Failure> {
    let there = one(
        connection,
        "SELECT (to_regclass('vauban_row_security') IS NOT NULL)::text",
    )
    .await?;
    if there.as_deref() != Some("true") {
        return Ok(Some(
            "the database has no policies of its own yet: make them with `migrate`".to_owned(),
        ));
    }
    let kept = texts(
        connection,
        "SELECT \"said\", \"made\" FROM \"vauban_row_security\"",
    )
    .await?;
    let Some([said, was]) = kept.first().map(Vec::as_slice) else {
        return Ok(Some(
            "the database has no policies of its own yet: make them with `migrate`".to_owned(),
        ));
    };
    if *said != policies.digest() {
        return Ok(Some(
            "the program's rules are no longer what the database's policies say: say them anew with `migrate`".to_owned(),
        ));
    }
    if *was != made(connection).await? {
        return Ok(Some(
            "the database's policies, their functions or their triggers were changed by another than `migrate`: it makes them anew"
                .to_owned(),
        ));
    }
    Ok(None)
}

/// A digest of what the catalogue says: of every table with policies or row-level security, whoever made them, and of our functions.
async fn made(connection: &Connection) -> Result<String, Failure> {
    let path = one(connection, "SELECT current_setting('search_path')").await?;
    // Names are told in full, whatever the connection looks them up by.
    let schema = schema(connection).await?;
    connection.batch("SET LOCAL search_path = pg_catalog").await?;
    let here = format!("\"{}\"", schema.replace('"', "\"\""));
    let here = format!("{}::regnamespace", quoted(&here));
    let all = [
        format!(
            "SELECT c.relname::text, c.relrowsecurity::text, c.relforcerowsecurity::text, p.polname::text, p.polcmd::text,
                    p.polpermissive::text, p.polroles::text, pg_get_expr(p.polqual, p.polrelid),
                    pg_get_expr(p.polwithcheck, p.polrelid)
               FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
              WHERE c.relnamespace = {here} AND (c.relrowsecurity OR p.oid IS NOT NULL)
              ORDER BY c.relname COLLATE \"C\", p.polname COLLATE \"C\""
        ),
        format!(
            "SELECT p.proname::text, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.prosrc,
                    p.prosecdef::text, p.provolatile::text, p.proparallel::text, p.proconfig::text, l.lanname::text,
                    p.proowner::text
               FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
              WHERE p.pronamespace = {here} AND (p.proname LIKE '{FUNCTIONS}' OR p.proname = 'vauban_refused')
              ORDER BY p.proname COLLATE \"C\", 2"
        ),
        format!(
            "SELECT pg_get_triggerdef(t.oid), t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
              WHERE c.relnamespace = {here} AND t.tgname = '{TRIGGER}' ORDER BY 1"
        ),
    ];
    let mut digest = Sha256::new();
    for sql in all {
        for row in texts(connection, &sql).await? {
            for text in row {
                digest.update((text.len() as u64).to_le_bytes());
                digest.update(text);
            }
        }
    }
    if let Some(path) = path {
        connection
            .batch(&format!("SET LOCAL search_path = {path}"))
            .await?;
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// CWE-862: policies are joined with OR, and one of somebody else's would show what ours hide.
async fn foreign(connection: &Connection, listed: &Listed) -> Result<(), MigrationError> {
    let rows = texts(
        connection,
        &format!(
            "SELECT c.relname::text, p.polname::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND p.polname NOT LIKE '{POLICY}' ORDER BY 1, 2"
        ),
    )
    .await
    .map_err(setup)?;
    let is_ours = |table: &String| listed.models().iter().any(|model| model.table == *table);
    match rows
        .iter()
        .find(|row| row.first().is_some_and(is_ours))
        .map(Vec::as_slice)
    {
        Some([table, policy]) => Err(MigrationError::Set(format!(
            "the table `{table}` has a policy \"{policy}\" that is not the program's: PostgreSQL lets in what any of them does. Say it in \
             the model's rules, and drop it: DROP POLICY \"{policy}\" ON \"{table}\""
        ))),
        _ => Ok(()),
    }
}

/// A column that goes or holds another type takes the policies of its table with it, which are said anew when all is made; until
/// then nothing of the table is seen.
pub(super) async fn let_go(connection: &Connection, operation: &Operation) -> Result<(), Failure> {
    let (Operation::DropColumn { table, .. } | Operation::AlterColumn { table, .. }) = operation else {
        return Ok(());
    };
    let there = format!("to_regclass({})", quoted(&format!("\"{table}\"")));
    let sql = format!(
        "SELECT format('DROP TRIGGER %I ON %I', tgname, '{table}'), 1 AS place FROM pg_trigger
          WHERE tgrelid = {there} AND tgname = '{TRIGGER}'
         UNION ALL
         SELECT format('DROP POLICY %I ON %I', polname, '{table}'), 2 FROM pg_policy
          WHERE polrelid = {there} AND polname LIKE '{POLICY}' ORDER BY place"
    );
    for row in texts(connection, &sql).await? {
        if let Some(statement) = row.first() {
            connection.batch(statement).await?;
        }
    }
    Ok(())
}

async fn schema(connection: &Connection) -> Result<String, Failure> {
    Ok(one(connection, "SELECT current_schema()::text")
        .await?
        .unwrap_or_default())
}
