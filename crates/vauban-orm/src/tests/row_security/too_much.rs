//! What a role may, so that policies would not hold it: each is told, and told no more when it is gone.

use super::*;

/// Each of these reads or writes rows past the policies, or comes to. `APP` is who asks, `ROLE_OF_THIS` another role of this database's name.
const ATTACKS: &[(&str, &str, &str)] = &[
    // CWE-862: views are asked with the rights of their owner, whom no policy holds.
    (
        "CREATE VIEW tasks AS SELECT * FROM task; GRANT SELECT (title) ON tasks TO APP",
        "DROP VIEW tasks",
        "ALTER VIEW tasks SET (security_invoker = true)",
    ),
    (
        "CREATE VIEW tasks WITH (security_invoker = off) AS SELECT * FROM task; GRANT DELETE ON tasks TO PUBLIC",
        "DROP VIEW tasks",
        "may ask the view `tasks`",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE vauban_owner GRANT SELECT ON TABLES TO APP; SET ROLE vauban_owner;
         CREATE MATERIALIZED VIEW tasks AS SELECT * FROM task; RESET ROLE;
         ALTER DEFAULT PRIVILEGES FOR ROLE vauban_owner REVOKE SELECT ON TABLES FROM APP",
        "DROP MATERIALIZED VIEW tasks",
        "may read `tasks`, which has no policies",
    ),
    (
        "CREATE TABLE old_task AS SELECT * FROM task; GRANT SELECT ON old_task TO APP",
        "DROP TABLE old_task",
        "may read `old_task`",
    ),
    (
        "CREATE SCHEMA reports; GRANT USAGE ON SCHEMA reports TO APP;
         CREATE TABLE reports.task (title text) PARTITION BY LIST (title); GRANT SELECT ON reports.task TO PUBLIC",
        "DROP SCHEMA reports CASCADE",
        "may read `reports.task`",
    ),
    // CWE-269: what runs with somebody else's rights.
    (
        "CREATE FUNCTION titles() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM task'",
        "DROP FUNCTION titles()",
        "may run `titles()` with the rights of postgres",
    ),
    // What rules are made of answers whoever may call it.
    (
        "CREATE ROLE ROLE_OF_THIS; DO $$ BEGIN EXECUTE (SELECT format('GRANT EXECUTE ON FUNCTION %s TO ROLE_OF_THIS', oid::regprocedure)
           FROM pg_proc WHERE proname LIKE 'vauban_rule_%' LIMIT 1); END $$",
        "DROP OWNED BY ROLE_OF_THIS; DROP ROLE ROLE_OF_THIS",
        "ROLE_OF_THIS may ask what rules say by `vauban_rule_",
    ),
    (
        "DO $$ BEGIN EXECUTE (SELECT format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', oid::regprocedure)
           FROM pg_proc WHERE proname LIKE 'vauban_rule_%' ORDER BY proname LIMIT 1); END $$",
        "DO $$ BEGIN EXECUTE (SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
           FROM pg_proc WHERE proname LIKE 'vauban_rule_%' ORDER BY proname LIMIT 1); END $$",
        "PUBLIC may ask what rules say",
    ),
    // CWE-345: what the policies are, and what was applied, is written by what made them.
    (
        "GRANT UPDATE (made) ON vauban_row_security TO APP",
        "REVOKE UPDATE (made) ON vauban_row_security FROM APP",
        "may write the framework's table `vauban_row_security`",
    ),
    (
        "ALTER TABLE vauban_row_security OWNER TO APP",
        "ALTER TABLE vauban_row_security OWNER TO vauban_owner; GRANT SELECT ON vauban_row_security TO APP",
        "owns the table `vauban_row_security`",
    ),
];

/// What a view of the owner's shows to whom the policies show nothing, and that all such ways are told until they are gone.
#[tokio::test]
async fn cwe_862_ways_round_the_policies_are_told() {
    let (walled, site) = site().await;
    let told = || walled.database.secured().unwrap().too_much;
    let named = |sql: &str| {
        sql.replace("APP", cluster::APPLICATION)
            .replace("ROLE_OF_THIS", &format!("r_{}_asks", walled.server.name()))
    };
    for (attack, back, what) in ATTACKS {
        assert_eq!(told(), [""; 0], "before {attack}");
        walled.stored(&named(attack));
        let (found, what) = (told(), named(what));
        assert!(
            found.len() == 1 && found[0].contains(&what),
            "{attack}: {found:?}"
        );
        walled.stored(&named(back));
    }
    assert_eq!(told(), [""; 0]);
    let carl = user(&site.carl, false, false);
    let sees = async || {
        walled
            .by_hand(carl, "SELECT title FROM tasks")
            .await
            .unwrap()
            .len()
    };
    walled.stored(&named(
        "CREATE VIEW tasks AS SELECT * FROM task; GRANT SELECT ON tasks TO APP",
    ));
    assert_eq!(sees().await, 2);
    if walled.stored("SHOW server_version_num")[0][0].as_deref() >= Some("150000") {
        // What is told takes the way away.
        walled.stored("ALTER VIEW tasks SET (security_invoker = yes)");
        assert_eq!(sees().await, 0);
        assert_eq!(told(), [""; 0]);
    }
    // What an extension brought is the extension's.
    walled.stored("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    assert!(!told().iter().any(|one| one.contains("pg_stat_statements")));
}

/// CWE-250. Roles that are held by no policy, may become one that is not, or come to the rows without asking.
#[tokio::test]
async fn cwe_250_roles_that_come_to_be_held_by_no_policy_are_told() {
    let (walled, _site) = site().await;
    let before_16 = walled.stored("SHOW server_version_num")[0][0].as_deref() < Some("160000");
    let group = format!("g_{}", walled.server.name());
    walled.stored(&format!(
        "CREATE ROLE {group} CREATEROLE; GRANT TRUNCATE ON task TO {group}"
    ));
    let of_group = format!("NOINHERIT IN ROLE {group}");
    let mut roles = vec![
        ("REPLICATION", "NOREPLICATION".to_owned()),
        (
            "IN ROLE pg_execute_server_program",
            "REVOKE pg_execute_server_program FROM".to_owned(),
        ),
        (
            "IN ROLE pg_write_server_files",
            "REVOKE pg_write_server_files FROM".to_owned(),
        ),
        (
            "NOINHERIT IN ROLE pg_read_server_files",
            "REVOKE pg_read_server_files FROM".to_owned(),
        ),
        // What is not inherited is one `SET ROLE` away.
        (&of_group, format!("ON task FROM {group}, PUBLIC")),
    ];
    if before_16 {
        roles.push(("CREATEROLE", "NOCREATEROLE".to_owned()));
        roles.push((&of_group, format!("ALTER ROLE {group} NOCREATEROLE")));
    }
    for (attributes, what) in roles {
        let role = format!("r_{}_held", walled.server.name());
        walled.stored(&format!(
            "CREATE ROLE {role} LOGIN {attributes}; GRANT SELECT ON vauban_row_security TO {role}"
        ));
        let options = Options {
            models: MODELS(),
            row_security: true,
            ..Options::default()
        };
        let as_it = Database::open(&walled.server.url_of(&role), options).unwrap();
        let found = as_it.secured().unwrap().too_much;
        assert!(
            found.iter().any(|one| one.contains(&what)),
            "{attributes}: {found:?}"
        );
        walled.stored(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
    walled.stored(&format!("DROP OWNED BY {group}; DROP ROLE {group}"));
}
