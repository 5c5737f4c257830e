//! The second wall: PostgreSQL's own policies, made of the same rules. Whoever writes SQL by hand on the ORM's connection, as the
//! role that asks, sees and writes what the rules allow whoever asks, and nothing where nobody is said to ask.

use vauban_macros::Model;

use super::*;
use crate::backend::Store;
use crate::backend::postgres::{Access, Failure, Isolation, Pooled};
use crate::engine::{Database, Options, OwnersUrl};
use crate::policy::authority::Authority;
use crate::sql::marks::Marks;
use crate::tree::value::ValueRef;
use crate::*;

/// An asking role that owns nothing, and the database besides.
struct Walled {
    server: cluster::Database,
    database: Database,
}

impl Walled {
    fn with(models: Vec<&'static ModelMeta>) -> Self {
        let walled = Self::empty(models.clone());
        walled.database.create_all(&models).unwrap();
        walled
    }

    fn empty(models: Vec<&'static ModelMeta>) -> Self {
        let server = cluster::database();
        let (url, owner) = server.with_two_roles();
        let options = Options {
            models,
            services: super::rights::services(),
            row_security: true,
            owner: Some(OwnersUrl::new(&owner)),
            ..Options::default()
        };
        let database = Database::open(&url, options).unwrap();
        Self { server, database }
    }

    async fn connection(&self) -> Pooled {
        let Store::Postgres(store) = &self.database.0.store else {
            panic!("not on PostgreSQL")
        };
        let connection = store.get(Access::Write, None).await.unwrap();
        connection.ready_to_mark().await.unwrap();
        connection
    }

    /// Runs SQL by hand, in a transaction of whoever asks, and keeps what it did.
    async fn by_hand(&self, actor: Actor, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
        let connection = self.connection().await;
        let authority = Authority::new(actor, self.database.listed());
        let marks = Marks::of(&authority).values();
        let isolation = Isolation::ReadCommitted;
        connection.begin_marked(Access::Write, isolation, &marks).await?;
        let rows = rows(&connection, sql).await;
        match rows {
            Ok(rows) => connection.commit().await.map(|()| rows),
            Err(failure) => {
                connection.rollback().await?;
                Err(failure)
            }
        }
    }

    /// How many rows a statement by hand writes.
    async fn written(&self, actor: Actor, sql: &str) -> Result<usize, Failure> {
        Ok(self
            .by_hand(actor, &format!("{sql} RETURNING 'one'"))
            .await?
            .len())
    }

    fn stored(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.server.run(sql)
    }
}

async fn rows(connection: &Pooled, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
    let mut rows = Vec::new();
    connection
        .fetch(sql, &[], [].into_iter(), |row| {
            let text = |at| match row.value(at) {
                Ok(ValueRef::Text(text)) => text.to_owned(),
                _ => String::new(),
            };
            rows.push((0..row.len()).map(text).collect());
            Ok::<_, Failure>(())
        })
        .await?;
    Ok(rows)
}

async fn site() -> (Walled, Site) {
    let walled = Walled::with(MODELS());
    let site = Site::of(walled.database.clone()).await;
    (walled, site)
}

fn user(of: &User, is_staff: bool, is_superuser: bool) -> Actor {
    Actor::user(UserFacts {
        id: of.id.uuid(),
        is_staff,
        is_superuser,
    })
}

fn everybody(site: &Site) -> Vec<(&'static str, Actor)> {
    vec![
        ("nobody", Actor::nobody()),
        ("ann", user(&site.ann, false, false)),
        ("ben", user(&site.ben, false, false)),
        ("carl", user(&site.carl, false, false)),
        ("sue, who is staff", user(&site.sue, true, false)),
        ("a superuser", user(&site.carl, true, true)),
        ("the ghost", user(&site.ghost, false, false)),
        ("a service", Actor::service::<Fixtures>()),
    ]
}

const TABLES: [&str; 5] = ["user", "article", "organisation", "membership", "task"];

/// The ids that the ORM shows.
macro_rules! seen {
    ($model:ident, $db:expr) => {{
        let all = $model::objects().all($db).await.unwrap();
        let mut ids: Vec<_> = all.iter().map(|row| row.id.uuid().to_string()).collect();
        ids.sort();
        ids
    }};
}

/// ASVS 8.2.2, CWE-639, CWE-862. Attack: a statement by hand that forgot the policy. It sees what the ORM shows the same person.
#[tokio::test]
async fn cwe_862_a_statement_by_hand_sees_no_foreign_row() {
    let (walled, site) = site().await;
    for (name, actor) in everybody(&site) {
        let unit = walled.database.bind(actor);
        let db = unit.read_db();
        let shown = [
            seen!(User, &db),
            seen!(Article, &db),
            seen!(Organisation, &db),
            seen!(Membership, &db),
            seen!(Task, &db),
        ];
        for (table, shown) in TABLES.iter().zip(shown) {
            let sql = format!("SELECT id::text FROM \"{table}\" ORDER BY id");
            let found = walled.by_hand(actor, &sql).await.unwrap();
            let found: Vec<_> = found.into_iter().flatten().collect();
            assert_eq!(found, shown, "{name}: {table}");
        }
    }
    let sees = async |actor| {
        let tasks = walled.by_hand(actor, "SELECT title FROM task ORDER BY title");
        tasks.await.unwrap().concat()
    };
    assert_eq!(sees(user(&site.ann, false, false)).await, ["alpha task"]);
    assert_eq!(
        sees(user(&site.ben, false, false)).await,
        ["alpha task", "beta task"]
    );
    assert!(sees(user(&site.carl, true, true)).await.is_empty());
    assert!(sees(Actor::nobody()).await.is_empty());
    assert_eq!(sees(Actor::service::<Fixtures>()).await.len(), 2);
    // The wall is what hides them: without it the same statement sees everything.
    walled.stored("ALTER TABLE task DISABLE ROW LEVEL SECURITY");
    assert_eq!(sees(user(&site.carl, false, false)).await.len(), 2);
}

/// CWE-636. Attack: a statement of which nobody says who asks, before and behind others of which it is said.
#[tokio::test]
async fn cwe_636_where_nobody_is_said_to_ask_nothing_is_seen_or_written() {
    let (walled, site) = site().await;
    let connection = walled.connection().await;
    let count = async |when: &str| {
        for table in TABLES {
            let found = rows(&connection, &format!("SELECT id::text FROM \"{table}\"")).await;
            assert!(found.unwrap().is_empty(), "{when}: {table}");
            let gone = rows(&connection, &format!("DELETE FROM \"{table}\" RETURNING 'gone'")).await;
            assert!(gone.unwrap().is_empty(), "{when}: {table}");
        }
        let added = "INSERT INTO organisation (id, name, row_version) VALUES (gen_random_uuid(), 'Mine', 1)";
        assert_eq!(
            rows(&connection, added).await.unwrap_err(),
            Failure::Policy,
            "{when}"
        );
    };
    count("before").await;
    let authority = Authority::new(user(&site.ann, false, false), walled.database.listed());
    let marks = Marks::of(&authority).values();
    let begin = connection.begin_marked(Access::Read, Isolation::ReadCommitted, &marks);
    begin.await.unwrap();
    assert!(
        !rows(&connection, "SELECT id::text FROM task")
            .await
            .unwrap()
            .is_empty()
    );
    connection.leave().await;
    count("behind a transaction that was left").await;
    let begin = connection.begin_marked(Access::Write, Isolation::ReadCommitted, &marks);
    begin.await.unwrap();
    connection.commit().await.unwrap();
    count("behind one that was committed").await;
    // A rule that holds for everybody holds for nobody who is not said to be one.
    let public = rows(&connection, "SELECT id::text FROM article WHERE published").await;
    assert!(public.unwrap().is_empty());
}

/// CWE-639, CWE-862. Attack: a write by hand of a row that is seen and not one's own, or not seen.
#[tokio::test]
async fn cwe_639_a_statement_by_hand_changes_and_deletes_no_foreign_row() {
    let (walled, site) = site().await;
    let ann = user(&site.ann, false, false);
    let ben = user(&site.ben, false, false);
    let carl = user(&site.carl, false, false);
    for (actor, sql, rows) in [
        (carl, "UPDATE article SET title = 'mine'", 0),
        (ann, "UPDATE article SET hits = hits", 2),
        (user(&site.sue, true, false), "UPDATE article SET hits = hits", 1),
        (ben, "UPDATE task SET done = TRUE", 1),
        (ben, "UPDATE organisation SET name = name", 1),
        (ben, "UPDATE membership SET role = 'admin'", 1),
        (carl, "UPDATE membership SET role = 'admin'", 0),
        (Actor::nobody(), "DELETE FROM article", 0),
        (ben, "DELETE FROM article", 0),
        (ben, "DELETE FROM task", 1),
        (Actor::service::<Fixtures>(), "UPDATE task SET done = TRUE", 0),
        (Actor::service::<Fixtures>(), "DELETE FROM task", 1),
        (ann, "DELETE FROM article", 2),
    ] {
        assert_eq!(
            walled.written(actor, sql).await.unwrap(),
            rows,
            "{actor:?}: {sql}"
        );
    }
    assert_eq!(
        walled
            .stored("SELECT 1 FROM membership WHERE role = 'admin'")
            .len(),
        2
    );
}

/// CWE-863. Attack: a row that its writer may write becomes one that they may not; a new row is one from the beginning.
#[tokio::test]
async fn cwe_863_a_statement_by_hand_writes_no_forbidden_value() {
    let (walled, site) = site().await;
    let ann = user(&site.ann, false, false);
    let ben = user(&site.ben, false, false);
    let carl = user(&site.carl, false, false);
    let (alpha, beta) = (site.alpha.id.uuid(), site.beta.id.uuid());
    let (ann_id, ben_id, carl_id, ghost) = (
        site.ann.id.uuid(),
        site.ben.id.uuid(),
        site.carl.id.uuid(),
        site.ghost.id.uuid(),
    );
    let member = |organisation, of| {
        format!(
            "INSERT INTO membership (id, organisation_id, user_id, role, row_version) \
             VALUES (gen_random_uuid(), '{organisation}', '{of}', 'admin', 1)"
        )
    };
    let article = |author, slug: &str| {
        format!(
            "INSERT INTO article (id, title, slug, author_id, published, hits, created, updated, row_version) \
             VALUES (gen_random_uuid(), 'x', '{slug}', '{author}', FALSE, 0, now(), now(), 1)"
        )
    };
    let task = |organisation, assignee: &str| {
        format!(
            "INSERT INTO task (id, organisation_id, title, assignee_id, done, row_version) \
             VALUES (gen_random_uuid(), '{organisation}', 'x', {assignee}, FALSE, 1)"
        )
    };
    for (actor, sql) in [
        // No row justifies itself.
        (carl, member(alpha, carl_id)),
        (ann, member(beta, ann_id)),
        (ben, article(ann_id, "as-ann")),
        (Actor::nobody(), article(ann_id, "as-nobody")),
        (carl, task(alpha, "NULL")),
        // A row that refers to one that may not be seen.
        (ann, task(alpha, &format!("'{ghost}'"))),
        (ann, format!("UPDATE task SET assignee_id = '{ghost}'")),
        (ann, format!("UPDATE article SET editor_id = '{ghost}'")),
        // To another owner, to another tenant.
        (ann, format!("UPDATE article SET author_id = '{ben_id}'")),
        (ann, format!("UPDATE task SET organisation_id = '{beta}'")),
        // Out of one's own sight.
        (
            user(&site.sue, true, false),
            "UPDATE article SET published = FALSE".to_owned(),
        ),
        // A key that is taken by a hidden row: neither is it changed, nor is one added beside it.
        (
            ben,
            format!(
                "{} ON CONFLICT (slug) DO UPDATE SET title = 'mine'",
                article(ben_id, "draft")
            ),
        ),
        (
            ben,
            format!(
                "{} ON CONFLICT (slug) DO UPDATE SET author_id = '{ben_id}'",
                article(ben_id, "public")
            ),
        ),
        (
            carl,
            format!(
                "{} ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = 'admin'",
                member(beta, ben_id)
            ),
        ),
        // What carries privilege.
        (
            ann,
            format!("UPDATE \"user\" SET is_staff = TRUE WHERE id = '{ann_id}'"),
        ),
        (
            Actor::nobody(),
            "INSERT INTO \"user\" (id, email, is_staff, is_secret, row_version) \
             VALUES (gen_random_uuid(), 'x@example.com', TRUE, FALSE, 1)"
                .to_owned(),
        ),
    ] {
        let done = walled.by_hand(actor, &sql).await;
        assert_eq!(done.unwrap_err(), Failure::Policy, "{actor:?}: {sql}");
    }
    for (actor, sql) in [
        (ann, member(alpha, carl_id)),
        (ann, article(ann_id, "by-ann")),
        (ann, task(alpha, &format!("'{ben_id}'"))),
        (
            ben,
            format!("UPDATE task SET assignee_id = '{ben_id}' WHERE organisation_id = '{beta}'"),
        ),
        (
            ann,
            format!("UPDATE \"user\" SET email = 'a@example.com' WHERE id = '{ann_id}'"),
        ),
        (
            Actor::service::<Fixtures>(),
            format!("UPDATE \"user\" SET is_staff = TRUE WHERE id = '{ann_id}'"),
        ),
    ] {
        walled
            .by_hand(actor, &sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// CWE-862. Attack: the ways to a table besides the four statements.
#[tokio::test]
async fn cwe_862_no_other_way_by_hand_leads_to_a_foreign_row() {
    let (walled, site) = site().await;
    let carl = user(&site.carl, false, false);
    for sql in [
        "SELECT title FROM ONLY task",
        "SELECT title FROM task TABLESAMPLE SYSTEM (100)",
        "WITH gone AS (DELETE FROM task RETURNING title) SELECT title FROM gone",
        "SELECT t.title FROM organisation o JOIN task t ON t.organisation_id = o.id",
        "SELECT title FROM task FOR UPDATE",
        "SELECT query_to_xml('SELECT title FROM task', true, true, '')::text WHERE FALSE",
        "SELECT v FROM (SELECT most_common_vals::text AS v FROM pg_stats WHERE tablename = 'task') s WHERE v IS NOT NULL",
    ] {
        let found = walled.by_hand(carl, sql).await.unwrap();
        assert!(found.is_empty(), "{sql}: {found:?}");
    }
    let xml = "SELECT query_to_xml('SELECT title FROM task', true, true, '')::text";
    let found = walled.by_hand(carl, xml).await.unwrap().concat().concat();
    assert!(!found.contains("task</title>"), "{found}");
    for sql in [
        "TRUNCATE task",
        "ALTER TABLE task DISABLE ROW LEVEL SECURITY",
        "DROP POLICY vauban_view ON task",
        "ALTER TABLE task DISABLE TRIGGER ALL",
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL ROLE vauban_owner",
        "CREATE TABLE public.mine (LIKE task)",
        "UPDATE vauban_row_security SET said = ''",
    ] {
        let refused = walled.by_hand(carl, sql).await;
        assert!(
            matches!(refused, Err(Failure::Privilege(_))),
            "{sql}: {refused:?}"
        );
    }
    // A dump asks for everything or nothing.
    let connection = walled.connection().await;
    connection.batch("SET row_security = off").await.unwrap();
    let refused = rows(&connection, "SELECT title FROM task").await;
    assert!(matches!(refused, Err(Failure::Privilege(_))), "{refused:?}");
    connection.batch("RESET row_security").await.unwrap();
    assert_eq!(walled.stored("SELECT 1 FROM task").len(), 2);
}

/// What the guide says of functions that are called by hand: where nobody is said to ask, they give no keys; they answer for whom is
/// said to ask.
#[tokio::test]
async fn functions_of_rules_by_hand_answer_for_whoever_asks() {
    let (walled, site) = site().await;
    let functions = walled.stored(
        "SELECT proname::text FROM pg_proc WHERE proname LIKE 'vauban_rule_%' AND proretset AND pronargs = 0",
    );
    let all = functions.concat().into_iter().flatten();
    let all: Vec<_> = all.map(|name| format!("SELECT \"{name}\"()::text")).collect();
    assert!(!all.is_empty());
    let connection = walled.connection().await;
    let mut of_ann = 0;
    for sql in all {
        assert!(rows(&connection, &sql).await.unwrap().is_empty(), "{sql}");
        assert!(
            walled.by_hand(Actor::nobody(), &sql).await.unwrap().is_empty(),
            "{sql}"
        );
        of_ann += walled
            .by_hand(user(&site.ann, false, false), &sql)
            .await
            .unwrap()
            .len();
    }
    assert!(of_ann > 0);
}

/// What the guide says that the wall does not stop: whoever asks is who the settings say, and a statement can say it itself.
#[tokio::test]
async fn a_statement_that_lies_about_who_asks_is_believed() {
    let (walled, site) = site().await;
    let carl = user(&site.carl, false, false);
    let lie = format!(
        "WITH lie AS MATERIALIZED (SELECT set_config('vauban.user', '{}', true) AS said)
         SELECT t.title FROM lie, LATERAL (SELECT title FROM task WHERE lie.said <> '') AS t",
        site.ann.id.uuid()
    );
    assert_eq!(walled.by_hand(carl, &lie).await.unwrap().concat(), ["alpha task"]);
    // It ends with its transaction.
    assert!(
        walled
            .by_hand(carl, "SELECT title FROM task")
            .await
            .unwrap()
            .is_empty()
    );
}

/// CWE-426. Attack: a table of the asker's own, in front of the one that a rule reads with its owner's rights.
#[tokio::test]
async fn cwe_426_a_rule_reads_no_table_that_whoever_asks_puts_in_its_way() {
    let (walled, site) = site().await;
    let carl = site.carl.id.uuid();
    let fake = format!(
        "CREATE TEMP TABLE membership AS SELECT gen_random_uuid() AS id, o.id AS organisation_id, '{carl}'::uuid AS user_id,
                'admin'::text AS role FROM (VALUES ('{}'::uuid)) AS o(id);
         GRANT ALL ON pg_temp.membership TO PUBLIC;
         SET search_path = pg_temp, public",
        site.alpha.id.uuid()
    );
    let sees = async || {
        let connection = walled.connection().await;
        connection.batch(&fake).await.unwrap();
        let authority = Authority::new(user(&site.carl, false, false), walled.database.listed());
        let marks = Marks::of(&authority).values();
        let begin = connection.begin_marked(Access::Read, Isolation::ReadCommitted, &marks);
        begin.await.unwrap();
        let found = rows(&connection, "SELECT title FROM public.task").await;
        connection.rollback().await.unwrap();
        connection
            .batch("DROP TABLE pg_temp.membership; RESET search_path")
            .await
            .unwrap();
        found.unwrap().concat()
    };
    assert!(sees().await.is_empty());
    // Without the pinned path the attack works.
    let functions = walled.stored(
        "SELECT format('ALTER FUNCTION %s RESET ALL', oid::regprocedure) FROM pg_proc WHERE proname LIKE 'vauban_rule_%'",
    );
    for statement in functions.concat().into_iter().flatten() {
        walled.stored(&statement);
    }
    assert_eq!(sees().await, ["alpha task"]);
}

/// A function of a rule is called by whoever asks and by nobody else, writes nothing, and is its owner's.
#[tokio::test]
async fn functions_of_rules_are_pinned() {
    let (walled, _site) = site().await;
    let all = walled.stored(
        "SELECT prosecdef AND provolatile = 's' AND proparallel = 's' AND proowner::regrole::text = 'vauban_owner'
                AND NOT has_function_privilege('public', oid, 'EXECUTE')
                AND has_function_privilege('vauban_application', oid, 'EXECUTE'), proconfig::text
           FROM pg_proc WHERE proname LIKE 'vauban_rule_%'",
    );
    assert!(all.len() >= 3, "{all:?}");
    for function in all {
        assert_eq!(function[0].as_deref(), Some("t"));
        let path = function[1].as_deref().unwrap_or_default();
        assert!(path.contains("search_path=pg_catalog, public, pg_temp"), "{path}");
    }
}

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

/// Switched off, they are gone, and until then nothing is seen.
#[tokio::test]
async fn the_wall_is_taken_away_by_migrating_without_it() {
    let (walled, site) = site().await;
    let (url, owner) = walled.server.with_two_roles();
    let options = Options {
        models: MODELS(),
        services: super::rights::services(),
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

/// Rules of every shape that a policy has to say: texts with what SQL reads otherwise, time, fragments, what is computed, counted
/// and reached.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(pages: Page.book))]
struct Book {
    id: Id<Book>,
    #[field(max_length = 100)]
    title: String,
    opens: DateTime,
    day: Date,
    price: i64,
    #[field(on_delete = set_null)]
    sequel: Option<ForeignKey<Book>>,
    #[field(owner)]
    author: ForeignKey<User>,
}

const ODD: &str = "it's a \\' OR TRUE -- $$ \u{fc}";

impl Policy for Book {
    fn rules(who: Who<Self>, b: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: (b.title.eq(ODD) & b.opens.lt(who.now()) & !b.day.gt(who.now().date_in_utc()))
                | (sql!("length({}) = 7", b.title) & !b.price.ge(10))
                | (b.sequel.title.eq("sequel") & b.sequel.author.is(who))
                | (b.pages.any(|p| p.number.gt(&b.price)) & b.title.starts_with("count")),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Page {
    id: Id<Page>,
    book: ForeignKey<Book>,
    number: i64,
}
impl Policy for Page {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: !p.book.visible(who),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes books.
    Printing: Add<Book>, View<Book>, Add<Page>, View<User>, Add<User>;
    waiver!(ServiceRights, "the tests print books for everybody")
}

#[tokio::test]
async fn a_rule_of_every_shape_is_said_by_policies() {
    let server = cluster::database();
    let (url, owner) = server.with_two_roles();
    let options = Options {
        models: vec![User::meta(), Book::meta(), Page::meta()],
        services: vec![actor::ServiceMeta::of::<Printing>()],
        row_security: true,
        owner: Some(OwnersUrl::new(&owner)),
        ..Options::default()
    };
    let database = Database::open(&url, options.clone()).unwrap();
    database.create_all(&options.models).unwrap();
    let walled = Walled { server, database };
    let unit = walled.database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Printing>();
    let ann = User::create(NewUser {
        email: "ann@example.com".into(),
    });
    let ann = ann.save(&db).await.unwrap();
    let now = DateTime::now().micros();
    let today = Date::today_in_utc();
    let mut sequel = None;
    let mut made = Vec::new();
    for (title, hours, price, follows) in [
        ("sequel", 0, 0, false),
        (ODD, -1, 0, false),
        (ODD, 1, 0, false),
        ("seven 7", 1, 9, false),
        ("seven 8", 1, 10, false),
        ("followed", 1, 99, true),
        ("counted", 1, 3, false),
        ("count not", 1, 5, false),
    ] {
        let new = NewBook {
            title: title.into(),
            opens: DateTime::from_micros(now + hours * 3_600_000_000).unwrap(),
            day: today,
            price,
            sequel: if follows { sequel } else { None },
            author: ann.id,
        };
        let book = Book::create(new).save(&db).await.unwrap();
        let page = NewPage {
            book: book.id,
            number: 4,
        };
        Page::create(page).save(&db).await.unwrap();
        sequel = sequel.or(Some(book.id));
        made.push(book.id);
    }
    unit.finish(true).await.unwrap();
    for (actor, expected) in [
        (Actor::nobody(), vec![1, 3, 6]),
        (user(&ann, false, false), vec![1, 3, 5, 6]),
    ] {
        let unit = walled.database.bind(actor);
        let mut expected: Vec<_> = expected
            .into_iter()
            .map(|at: usize| made[at].uuid().to_string())
            .collect();
        expected.sort();
        assert_eq!(seen!(Book, &unit.read_db()), expected);
        let found = walled
            .by_hand(actor, "SELECT id::text FROM book ORDER BY id")
            .await;
        assert_eq!(found.unwrap().concat(), expected);
        let pages = walled
            .by_hand(actor, "SELECT id::text FROM page ORDER BY id")
            .await
            .unwrap();
        assert_eq!(pages.concat(), seen!(Page, &unit.read_db()));
        assert_eq!(pages.len(), made.len() - expected.len());
    }
    // What a backslash means does not depend on a setting of whoever asks.
    let sql = "SET LOCAL standard_conforming_strings = off; SET LOCAL backslash_quote = on";
    let connection = walled.connection().await;
    let authority = Authority::new(Actor::nobody(), walled.database.listed());
    let marks = Marks::of(&authority).values();
    connection
        .begin_marked(Access::Read, Isolation::ReadCommitted, &marks)
        .await
        .unwrap();
    connection.batch(sql).await.unwrap();
    assert_eq!(
        rows(&connection, "SELECT id::text FROM book")
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        rows(&connection, "SELECT id::text FROM page")
            .await
            .unwrap()
            .len(),
        made.len() - 3
    );
}

/// Two models whose rules ask each other.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Hen {
    id: Id<Hen>,
    egg: ForeignKey<Egg>,
}
impl Policy for Hen {
    fn rules(who: Who<Self>, h: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: h.egg.visible(who),
            ..Rules::none()
        }
    }
}
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Egg {
    id: Id<Egg>,
    hen: Option<ForeignKey<Hen>>,
}
impl Policy for Egg {
    fn rules(who: Who<Self>, e: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: e.hen.visible(who),
            ..Rules::none()
        }
    }
}

/// Later than PostgreSQL's calendar goes.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Far {
    id: Id<Far>,
    ends: DateTime,
}
impl Policy for Far {
    fn rules(who: Who<Self>, f: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: f.ends.lt(who.now() + Duration::MAX),
            ..Rules::none()
        }
    }
}

/// What a new one has is another each time.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Ticket {
    id: Id<Ticket>,
    #[field(privileged, default = DateTime::now().micros())]
    number: i64,
}
impl Policy for Ticket {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// CWE-862: there is no policy that says less than the rule; what cannot be said is refused, by its name, and nothing is made.
#[tokio::test]
async fn cwe_862_what_cannot_be_emitted_is_refused_by_name() {
    for (models, named, why) in [
        (vec![Hen::meta(), Egg::meta()], "Hen", "includes itself"),
        (vec![Far::meta()], "Far", "calendar"),
        (vec![Ticket::meta()], "Ticket", "`number` carries privilege"),
    ] {
        let walled = Walled::empty(models.clone());
        let refused = walled.database.create_all(&models).unwrap_err().to_string();
        assert!(refused.contains(named) && refused.contains(why), "{refused}");
        assert!(walled.database.policies().is_err());
        assert!(walled.stored("SELECT 1 FROM pg_policy").is_empty());
        assert!(walled.database.secured().unwrap().policies.unwrap().contains(why));
    }
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

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Shelf {
    id: Id<Shelf>,
    #[field(default = false)]
    open: bool,
    #[field(privileged, default = 0)]
    rank: i64,
}
impl Policy for Shelf {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: s.open.eq(true),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

/// The same, in the next version of the program.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "shelf")]
struct NextShelf {
    id: Id<NextShelf>,
    #[field(default = 0)]
    rank: i64,
}
impl Policy for NextShelf {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: s.rank.eq(0),
            ..Rules::none()
        }
    }
}

/// CWE-636: a column that a policy names may go; until the policies are said anew, nothing of its table is seen. On threads of its own: a
/// migration waits for the end of what was read, which is sent while nobody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_goes_with_the_policies_that_name_it() {
    use crate::migrations::{Answers, Made, Set, SetFile, Target, make};
    let server = cluster::database();
    let (url, owner) = server.with_two_roles();
    let program = |model: &'static ModelMeta| {
        let options = Options {
            models: vec![model],
            row_security: true,
            owner: Some(OwnersUrl::new(&owner)),
            ..Options::default()
        };
        Database::open(&url, options).unwrap()
    };
    #[expect(clippy::disallowed_methods, reason = "a set's files are in the program")]
    let sets = |texts: &[String]| {
        let files = texts.iter().enumerate().map(|(at, text)| SetFile {
            name: format!("{:04}", at + 1).leak(),
            text: text.clone().leak(),
        });
        [Set {
            package: "vauban-orm",
            folder: "",
            files: files.collect::<Vec<_>>().leak(),
        }]
    };
    let next = |model, texts: &mut Vec<String>| {
        let answers = Answers {
            no_other: true,
            ..Answers::default()
        };
        match make("vauban-orm", &[model], &sets(texts), &answers).unwrap() {
            Made::New(new) => texts.push(new.text.clone()),
            made => panic!("{made:?}"),
        }
    };
    let mut texts = Vec::new();
    next(Shelf::meta(), &mut texts);
    let first = program(Shelf::meta());
    first.migrate(&sets(&texts), &Target::Newest, |_| {}).unwrap();
    first.secure_rows().unwrap();
    let unit = first.bind(Actor::nobody());
    let new = Shelf::create(NewShelf {}).set(|s| [s.open.set(true)]);
    new.save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    let seen = async |database: &Database| {
        let unit = database.bind(Actor::nobody());
        NextShelf::objects().count(&unit.read_db()).await.unwrap()
    };
    next(NextShelf::meta(), &mut texts);
    let second = program(NextShelf::meta());
    second.migrate(&sets(&texts), &Target::Newest, |_| {}).unwrap();
    assert_eq!(seen(&second).await, 0);
    assert!(second.secured().unwrap().policies.is_some());
    second.secure_rows().unwrap();
    assert!(second.secured().unwrap().policies.is_none());
    assert_eq!(seen(&second).await, 1);
}

/// CWE-862, CWE-863. Attack: the ORM forgets a control, one after the other. PostgreSQL does not, and what is stored is the same.
#[tokio::test]
async fn cwe_862_the_second_wall_stands_where_the_first_one_falls() {
    crate::sabotage::the_second_wall_stands();
    let (walled, site) = site().await;
    let before = walled.stored("SELECT * FROM article, task, membership, organisation ORDER BY 1, 2, 3");
    let unit = |user: &User| site.as_user(user);
    {
        let _attack = without(Control::View);
        let unit = unit(&site.carl);
        let db = unit.read_db();
        assert_eq!(Article::objects().all(&db).await.unwrap().len(), 1);
        assert_eq!(Task::objects().count(&db).await.unwrap(), 0);
    }
    {
        let _attack = without(Control::Related);
        let unit = unit(&site.carl);
        let about = Article::objects().filter(|a| a.author.memberships.any(|m| m.role.eq(Role::Admin)));
        assert_eq!(about.count(&unit.read_db()).await.unwrap(), 0);
    }
    {
        let _attack = without(Control::Add);
        let unit = unit(&site.carl);
        let new = NewMembership {
            organisation: site.alpha.id,
            user: site.carl.id,
            role: Role::Admin,
        };
        let refused = Membership::create(new).save(&unit.db()).await.unwrap_err();
        assert!(
            matches!(refused, Error::Invalid(_) | Error::Forbidden),
            "{refused}"
        );
    }
    for control in [Control::Target, Control::MaySet] {
        let unit = unit(&site.ann);
        let db = unit.db();
        let article = Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap();
        let _attack = without(control);
        let refused = match control {
            Control::Target => article.change(&db, |a| [a.editor.set(site.ghost.id)]).await,
            _ => article.change(&db, |a| [a.author.set(site.ben.id)]).await,
        };
        assert!(matches!(refused.unwrap_err(), Error::Forbidden), "{control:?}");
    }
    {
        let unit = unit(&site.ben);
        let db = unit.db();
        let _attack = without(Control::ChangeBefore);
        let changed = Task::objects().change_all(&db, |t| [t.done.set(true)]).await;
        // Of Beta's, and of no other's.
        assert!(matches!(changed, Ok(1) | Err(Error::Forbidden)), "{changed:?}");
    }
    let after = walled.stored("SELECT * FROM article, task, membership, organisation ORDER BY 1, 2, 3");
    assert_eq!(before, after);
}
