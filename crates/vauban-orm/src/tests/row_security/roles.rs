//! Two roles, of which one owns and the other asks, and what is said where a wall would not hold.

use super::*;

/// CWE-250, CWE-862: what would not hold is said before anything is served.
#[tokio::test]
async fn cwe_250_a_wall_that_does_not_hold_is_told() {
    let (walled, _site) = site().await;
    let told = || walled.database.secured().unwrap();
    let fine = told();
    assert!(
        fine.policies.is_none() && fine.too_much.is_empty() && fine.lacks.is_empty(),
        "{fine:?}"
    );
    for (attack, back, what) in [
        (
            "GRANT TRUNCATE ON task TO vauban_application",
            "REVOKE TRUNCATE ON task FROM vauban_application",
            "TRUNCATE",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "REVOKE CREATE",
        ),
        // CWE-636: where nobody is said to ask, somebody would be.
        (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET vauban.actor = %L', current_database(), 'user'); END $$",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET vauban.actor', current_database()); END $$",
            "RESET vauban.actor",
        ),
        (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET vauban.\"user\" = %L', current_database(), 'x'); END $$",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET vauban.\"user\"', current_database()); END $$",
            "RESET vauban.\"user\"",
        ),
        (
            "ALTER TABLE task OWNER TO vauban_application",
            "ALTER TABLE task OWNER TO vauban_owner",
            "owns the table `task`",
        ),
    ] {
        walled.stored(attack);
        let found = told().too_much;
        assert!(found.iter().any(|one| one.contains(what)), "{attack}: {found:?}");
        walled.stored(back);
    }
    for (attributes, what) in [
        ("SUPERUSER", "NOSUPERUSER"),
        ("BYPASSRLS", "NOBYPASSRLS"),
        ("IN ROLE vauban_owner", "owns the table `task`"),
    ] {
        let role = format!("r_{}_{}", walled.server.name(), attributes.len());
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
            found.iter().any(|one| one.contains(what)),
            "{attributes}: {found:?}"
        );
        walled.stored(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
    walled.stored("REVOKE DELETE ON task FROM vauban_application");
    let lacks = told().lacks;
    assert!(
        lacks
            .iter()
            .any(|one| one.starts_with("GRANT SELECT, INSERT, UPDATE, DELETE ON task")),
        "{lacks:?}"
    );
    assert_eq!(
        walled.database.secure_rows().unwrap(),
        migrations::Secured::Unchanged
    );
    assert!(told().lacks.is_empty(), "`migrate` gives what is needed");
    for attack in [
        "DROP POLICY vauban_view ON task; CREATE POLICY vauban_view ON task FOR SELECT USING (TRUE)",
        "CREATE POLICY vauban_too ON task USING (TRUE)",
        "ALTER TABLE task DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER vauban_columns ON task",
        "ALTER TABLE task DISABLE TRIGGER vauban_columns",
        "DO $$ BEGIN EXECUTE (SELECT format('ALTER FUNCTION %s RESET ALL', oid::regprocedure) FROM pg_proc
          WHERE proname LIKE 'vauban_rule_%' LIMIT 1); END $$",
        "UPDATE vauban_row_security SET said = 'other rules'",
        "DELETE FROM vauban_row_security",
    ] {
        walled.stored(attack);
        assert!(told().policies.is_some(), "{attack}");
        let made = walled.database.secure_rows().unwrap();
        assert_eq!(made, migrations::Secured::Emitted { tables: 5 }, "{attack}");
        assert!(told().policies.is_none(), "{attack}");
        assert_eq!(
            walled.database.secure_rows().unwrap(),
            migrations::Secured::Unchanged
        );
    }
    // A policy of somebody else's would show what ours hide; which of the two is meant is not guessed.
    walled.stored("CREATE POLICY mine ON task FOR SELECT USING (TRUE)");
    let told = told().policies.unwrap();
    assert!(told.contains("by another"), "{told}");
    let refused = walled.database.secure_rows().unwrap_err().to_string();
    assert!(refused.contains("DROP POLICY \"mine\" ON \"task\""), "{refused}");
}

/// Attack: none. A function whose name an underscore of ours fits, as any character, is the site's own: it is no change of the
/// wall, needs no right, and goes with no wall.
#[tokio::test]
async fn a_function_that_only_looks_like_ours_is_not_ours() {
    let (walled, _site) = site().await;
    walled.stored(
        "CREATE FUNCTION \"vaubanXrule_x\"() RETURNS int LANGUAGE sql AS 'SELECT 1';
         REVOKE ALL ON FUNCTION \"vaubanXrule_x\"() FROM PUBLIC;
         ALTER FUNCTION \"vaubanXrule_x\"() OWNER TO vauban_owner",
    );
    let there = || {
        !walled
            .stored("SELECT 1 FROM pg_proc WHERE proname = 'vaubanXrule_x'")
            .is_empty()
    };
    assert_eq!(
        walled.database.secured().unwrap(),
        migrations::RowSecurity::default()
    );
    walled.stored("DROP POLICY vauban_view ON task");
    assert_eq!(
        walled.database.secure_rows().unwrap(),
        migrations::Secured::Emitted { tables: 5 }
    );
    assert!(there());
}

/// One role that owns and asks is held by no policy.
#[tokio::test]
async fn cwe_250_one_role_for_both_is_refused() {
    let server = cluster::database();
    let (_, owner) = server.with_two_roles();
    let options = Options {
        models: MODELS(),
        row_security: true,
        ..Options::default()
    };
    let database = Database::open(&owner, options).unwrap();
    let refused = database.create_all(&MODELS()).unwrap_err().to_string();
    assert!(refused.contains("`database_migration_url`"), "{refused}");
    let sqlite = Options {
        row_security: true,
        ..Options::default()
    };
    let refused = Database::open("sqlite::memory:", sqlite).unwrap_err().to_string();
    assert!(refused.contains("PostgreSQL's"), "{refused}");
}

/// Who asks need not know the owner's URL where everything is made: a development build migrates whenever it serves.
#[tokio::test]
async fn who_asks_finds_made_what_the_owner_has_made() {
    let (walled, _site) = site().await;
    let options = Options {
        models: MODELS(),
        row_security: true,
        ..Options::default()
    };
    let asks = Database::open(&walled.server.url_of(cluster::APPLICATION), options).unwrap();
    assert_eq!(asks.secure_rows().unwrap(), migrations::Secured::Unchanged);
    walled.stored("DROP POLICY vauban_view ON task");
    let refused = asks.secure_rows().unwrap_err().to_string();
    assert!(refused.contains("`database_migration_url`"), "{refused}");
}

/// Switched off, they are gone, and until then nothing is seen.
#[tokio::test]
async fn the_wall_is_taken_away_by_migrating_without_it() {
    let (walled, site) = site().await;
    let (url, owner) = walled.server.with_two_roles();
    let options = Options {
        models: MODELS(),
        services: crate::tests::rights::services(),
        owner: Some(OwnersUrl::new(&owner)),
        ..Options::default()
    };
    let off = Database::open(&url, options).unwrap();
    let titles = async || {
        let unit = off.bind(user(&site.ann, false, false));
        Task::objects().all(&unit.read_db()).await.unwrap().len()
    };
    assert_eq!(titles().await, 0);
    assert!(off.secured().unwrap().policies.unwrap().contains("is off"));
    assert_eq!(off.secure_rows().unwrap(), migrations::Secured::Removed);
    assert_eq!(titles().await, 1);
    assert!(off.secured().unwrap().policies.is_none());
    assert_eq!(off.secure_rows().unwrap(), migrations::Secured::Unchanged);
    assert_eq!(
        walled.database.secure_rows().unwrap(),
        migrations::Secured::Emitted { tables: 5 }
    );
}

/// The owner migrates whatever the policies say.
#[tokio::test]
async fn the_owner_is_not_held() {
    let (walled, _site) = site().await;
    let mut session = walled.server.session();
    session.run("SET ROLE vauban_owner").unwrap();
    assert_eq!(session.run("SELECT 1 FROM task").unwrap().len(), 2);
    session.run("UPDATE \"user\" SET is_staff = TRUE").unwrap();
}
