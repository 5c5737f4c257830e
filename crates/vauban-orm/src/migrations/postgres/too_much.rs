//! What a role may, so that the policies would not hold it.

use super::super::owned::{KEYS, RECORDS};
use super::asked::texts;
use super::roles::tables;
use crate::backend::postgres::{Connection, Failure};
use crate::policy::listed::Listed;
use crate::sql::function::FUNCTIONS;
use crate::sql::literal::quoted;
use crate::sql::marks;

/// The roles that this one is or may become, and who of them has such a right on `c`, `p` or `n`.
const ROLES: &str = "SELECT oid, rolname, rolbypassrls, rolreplication, rolcreaterole FROM pg_roles
     WHERE pg_has_role(current_user, oid, 'MEMBER')";

/// In a schema of somebody's, and of no extension.
const OURS: &str = "n.nspname NOT IN ('pg_catalog', 'information_schema')";

/// What the role of this connection may, so that the policies would not hold it, and what takes it away. CWE-250: also by another
/// role that it may become. A superuser is told that alone: nothing else counts before it is none.
///
/// # Errors
/// A database that cannot be asked.
pub(super) async fn too_much(connection: &Connection, listed: &Listed) -> Result<Vec<String>, Failure> {
    let sql = format!(
        "WITH roles AS ({ROLES})
         SELECT format('%I is a superuser, or may become one: ALTER ROLE %I NOSUPERUSER, or REVOKE %I FROM %I', current_user,
                       rolname, rolname, current_user)
           FROM pg_roles WHERE rolsuper AND pg_has_role(current_user, oid, 'MEMBER')
            AND (rolname = current_user OR NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
         UNION ALL
         SELECT told FROM ({}) AS other(told) WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
        [of_roles(), of_tables(listed), of_others(listed), of_functions(), of_settings()].join("\n UNION ALL ")
    );
    Ok(texts(connection, &sql).await?.into_iter().flatten().collect())
}

/// Who of the roles has this right, as `who.names`; nobody is nothing.
fn who(has: &str) -> String {
    format!(
        "LATERAL (SELECT string_agg(format('%I', r.rolname), ', ' ORDER BY r.rolname) AS names FROM roles r WHERE {has}) AS who"
    )
}

/// No extension brought it.
fn no_extension(class: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{class}'::regclass AND d.objid = {oid} AND d.deptype = 'e')"
    )
}

fn of_roles() -> String {
    // Before PostgreSQL 16 who may make roles may make itself a member of any that is no superuser, the tables' owner included.
    "SELECT format('%I passes by policies, or may become who does: ALTER ROLE %I NOBYPASSRLS NOREPLICATION, or REVOKE %I FROM %I',
                   current_user, rolname, rolname, current_user)
       FROM roles WHERE rolbypassrls OR rolreplication
     UNION ALL
     SELECT format('%I may make itself a member of the tables'' owner: ALTER ROLE %I NOCREATEROLE, or REVOKE %I FROM %I',
                   current_user, rolname, rolname, current_user)
       FROM roles WHERE rolcreaterole AND current_setting('server_version_num')::int < 160000
     UNION ALL
     SELECT format('%I reads or writes the server''s files, or runs programs there: REVOKE %I FROM %I', current_user, rolname,
                   current_user)
       FROM roles WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')"
        .to_owned()
}

/// Rights on the models' tables and the framework's that no policy judges.
fn of_tables(listed: &Listed) -> String {
    format!(
        "SELECT format('%I owns the table `%s`, or may become who does: ALTER TABLE %I OWNER TO the role that migrates', current_user,
                       c.relname, c.relname)
           FROM pg_class c
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({all})
            AND pg_has_role(current_user, c.relowner, 'MEMBER')
         UNION ALL
         SELECT format('%I may do what no policy judges to `%s`: REVOKE TRUNCATE, REFERENCES, TRIGGER ON %I FROM %s, PUBLIC', current_user,
                       c.relname, c.relname, who.names)
           FROM pg_class c, {no_policy}
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({models})
            AND who.names IS NOT NULL AND NOT pg_has_role(current_user, c.relowner, 'MEMBER')
         UNION ALL
         SELECT format('%I may write the framework''s table `%s`: REVOKE ALL ON %I FROM %s, PUBLIC, and GRANT SELECT ON %I TO %I', current_user,
                       c.relname, c.relname, who.names, c.relname, current_user)
           FROM pg_class c, {writes}
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({framework})
            AND who.names IS NOT NULL AND NOT pg_has_role(current_user, c.relowner, 'MEMBER')
         UNION ALL
         SELECT format('%I may make tables and functions in the schema %I, which stand in for others: REVOKE CREATE ON SCHEMA %I FROM %s, PUBLIC',
                       current_user, current_schema(), current_schema(), who.names)
           FROM {creates} WHERE who.names IS NOT NULL",
        all = tables(listed.models(), &[&RECORDS[..], &[KEYS]].concat()),
        models = tables(listed.models(), &[KEYS]),
        framework = tables(&[], &RECORDS),
        no_policy = who(
            "has_table_privilege(r.oid, c.oid, 'TRUNCATE, TRIGGER') OR has_any_column_privilege(r.oid, c.oid, 'REFERENCES')"
        ),
        // CWE-345: what was applied, and what the policies are, is written by what made them.
        writes = who(
            "has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER')
             OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE, REFERENCES')"
        ),
        creates = who("has_schema_privilege(r.oid, current_schema(), 'CREATE')"),
    )
}

/// CWE-862: what it may read or write of others' in which rows stand that no policy hides. Of a model's own table without policies is
/// told where the policies are.
fn of_others(listed: &Listed) -> String {
    format!(
        "SELECT format('%I may ask the view `%s`, which is held by no policy: ALTER VIEW %s SET (security_invoker = true), or REVOKE ALL ON \
                        %s FROM %s, PUBLIC', current_user, c.oid::regclass, c.oid::regclass, c.oid::regclass, who.names)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, {asks}
          WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND {OURS} AND {no_extension} AND who.names IS NOT NULL
            AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions)
                             WHERE option_name = 'security_invoker' AND option_value::boolean)
         UNION ALL
         SELECT format('%I may read `%s`, which has no policies: REVOKE ALL ON %s FROM %s, PUBLIC', current_user, c.oid::regclass,
                       c.oid::regclass, who.names)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, {reads}
          WHERE c.relkind IN ('r', 'p', 'f', 'm') AND c.relpersistence <> 't' AND NOT c.relrowsecurity AND {OURS} AND {no_extension}
            AND who.names IS NOT NULL
            AND NOT (c.relnamespace = current_schema()::regnamespace AND c.relname IN ({}))",
        tables(listed.models(), &[&RECORDS[..], &[KEYS]].concat()),
        no_extension = no_extension("pg_class", "c.oid"),
        asks = who(
            "has_schema_privilege(r.oid, n.oid, 'USAGE') AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
             OR has_table_privilege(r.oid, c.oid, 'DELETE'))"
        ),
        reads = who(
            "has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_any_column_privilege(r.oid, c.oid, 'SELECT')"
        ),
    )
}

/// CWE-862, CWE-269: what runs with another's rights, and who besides this role may run what the rules are made of.
fn of_functions() -> String {
    let rules = format!("p.pronamespace = current_schema()::regnamespace AND p.proname LIKE '{FUNCTIONS}'");
    format!(
        "SELECT format('%I may run `%s` with the rights of %I: REVOKE ALL ON ROUTINE %s FROM %s, PUBLIC, or ALTER ROUTINE %s SECURITY INVOKER',
                       current_user, p.oid::regprocedure, pg_get_userbyid(p.proowner), p.oid::regprocedure, who.names,
                       p.oid::regprocedure)
           FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, {runs}
          WHERE p.prosecdef AND NOT ({rules}) AND {OURS} AND {no_extension} AND who.names IS NOT NULL
         UNION ALL
         SELECT format('%s may ask what rules say by `%s`: REVOKE ALL ON FUNCTION %s FROM %s', others.names, p.oid::regprocedure,
                       p.oid::regprocedure, others.names)
           FROM pg_proc p, LATERAL (
                SELECT string_agg(CASE grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(grantee)) END, ', ') AS names
                  FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
                 WHERE privilege_type = 'EXECUTE' AND grantee <> p.proowner AND grantee <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                ) AS others
          WHERE {rules} AND others.names IS NOT NULL",
        no_extension = no_extension("pg_proc", "p.oid"),
        runs = who("has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')"),
    )
}

/// CWE-636: where nobody is said to ask, somebody would be.
fn of_settings() -> String {
    format!(
        "SELECT format('whoever connects is said to be somebody: ALTER ROLE %I RESET %s, ALTER DATABASE %I RESET %s', current_user,
                       name, current_database(), name)
           FROM unnest(ARRAY[{}]) AS mark, format('%I.%I', split_part(mark, '.', 1), split_part(mark, '.', 2)) AS name
          WHERE current_setting(mark, true) <> ''",
        marks::NAMES.map(quoted).join(", ")
    )
}
