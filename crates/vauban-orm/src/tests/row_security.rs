//! The second wall: PostgreSQL's own policies, made of the same rules. Whoever writes SQL by hand on the ORM's connection, as the
//! role that asks, sees and writes what the rules allow whoever asks, and nothing where nobody is said to ask.

mod emitted;
mod membership;
mod migrated;
mod permissions;
mod roles;
mod too_much;

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
use seen;

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
    connection.leave();
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
    walled.stored("ANALYZE task");
    assert!(
        !walled
            .stored("SELECT 1 FROM pg_stats WHERE tablename = 'task'")
            .is_empty()
    );
    for sql in [
        "SELECT title FROM ONLY task",
        "SELECT title FROM task TABLESAMPLE SYSTEM (100)",
        "WITH gone AS (DELETE FROM task RETURNING title) SELECT title FROM gone",
        "SELECT t.title FROM organisation o JOIN task t ON t.organisation_id = o.id",
        "SELECT title FROM task FOR UPDATE",
        "SELECT attname::text FROM pg_stats WHERE tablename = 'task'",
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

/// CWE-488. Attack: a statement by hand sets for its session who asks and where names are looked up, and the connection goes to
/// whoever asks next.
#[tokio::test]
async fn cwe_488_what_a_statement_sets_for_its_session_ends_with_its_unit() {
    let (walled, site) = site().await;
    let carl = user(&site.carl, false, false);
    let lie = format!(
        "SELECT set_config('vauban.actor', 'user', false), set_config('vauban.user', '{}', false),
                set_config('vauban.aside', ',view:task,', false), set_config('vauban.granted', ',view:task,', false),
                set_config('search_path', 'pg_catalog', false)",
        site.ann.id.uuid()
    );
    let said = "SELECT pg_backend_pid()::text, current_setting('search_path'), concat(current_setting('vauban.actor', true),
                       current_setting('vauban.user', true), current_setting('vauban.aside', true), current_setting('vauban.granted', true))";
    let clean = |said: &[Vec<String>], of: &str, when: &str| {
        assert_eq!(said[0][0], of, "{when}: it is the same connection");
        assert_eq!(said[0][1..], ["public, pg_temp", ""], "{when}");
    };
    let connection = walled.connection().await;
    let of = rows(&connection, said).await.unwrap()[0][0].clone();
    rows(&connection, &lie).await.unwrap();
    let believed = rows(&connection, "SELECT title FROM public.task").await.unwrap();
    assert_eq!(believed.len(), 2, "until it is given back");
    drop(connection);
    let outside = |connection: Pooled| async move { rows(&connection, said).await.unwrap() };
    clean(
        &outside(walled.connection().await).await,
        &of,
        "outside a transaction",
    );
    walled.by_hand(carl, &lie).await.unwrap();
    clean(
        &outside(walled.connection().await).await,
        &of,
        "behind one that was committed",
    );
    // One that is left open is undone, and with it what it set.
    let connection = walled.connection().await;
    let authority = Authority::new(carl, walled.database.listed());
    let marks = Marks::of(&authority).values();
    let begin = connection.begin_marked(Access::Write, Isolation::ReadCommitted, &marks);
    begin.await.unwrap();
    rows(&connection, &lie).await.unwrap();
    drop(connection);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    clean(
        &outside(walled.connection().await).await,
        &of,
        "behind one that was left open",
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
