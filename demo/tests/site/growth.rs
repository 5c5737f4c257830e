//! What a request and a claim cost when there are many accounts, sessions, tasks that wait and tasks that were given up: as much as
//! with few. Nothing is timed: on SQLite the steps of its machine are counted, on PostgreSQL the rows that it looks at, and each
//! statement's plan is read.

use vauban::testing::TestApp;

use crate::world::{PASSWORD, World, database_asked_for};

/// The tables that are filled.
const LARGE: [&str; 4] = ["user", "vauban_session", "vauban_tasks_task", "vauban_tasks_dead"];

/// What is asked of both.
const ASKED: [&str; 5] = ["sign-in", "a page", "own sessions", "sign-up", "a task"];

/// A thousand times the last row of each, or as many as are asked for: tenth as many accounts, as many sessions (half of them of
/// people who are remembered), tasks for tomorrow and dead letters.
fn fill(rows: usize) -> [String; 4] {
    let (uuid, token, days, text, begins) = if database_asked_for().is_some() {
        (
            "gen_random_uuid()",
            "sha256((n.n || 'x')::bytea)",
            "interval '1 day'",
            "n.n::text",
            "WITH n(n) AS (SELECT * FROM generate_series(1, MANY))",
        )
    } else {
        (
            "randomblob(16)",
            "randomblob(32)",
            "86400000000",
            "n.n",
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n.n + 1 FROM n WHERE n.n < MANY)",
        )
    };
    [
        (
            rows / 10,
            format!(
                "INSERT INTO \"user\" (id, email, name, is_active, is_staff, is_superuser, date_joined, row_version)
                 SELECT {uuid}, 'p' || {text} || '@many.example', 'P', u.is_active, u.is_staff, u.is_superuser, u.date_joined, 1
                   FROM \"user\" AS u, n WHERE u.email = 'ann@example.com'"
            ),
        ),
        (
            rows,
            format!(
                "INSERT INTO vauban_session (id, token, \"user\", created, seen, data, device, network, remembered, row_version)
                 SELECT {uuid}, {token}, {uuid}, s.created, s.seen, s.data, s.device, s.network,
                        CASE WHEN n.n % 2 = 0 THEN s.created + 20 * {days} END, 1
                   FROM (SELECT * FROM vauban_session LIMIT 1) AS s, n"
            ),
        ),
        (
            rows,
            format!(
                "INSERT INTO vauban_tasks_dead (id, task, name, queue, priority, attempt, args, sealed, error, created, died, row_version)
                 SELECT {uuid}, {uuid}, t.name, t.queue, t.priority, 8, t.args, t.sealed, 'x', t.created, t.due, 1
                   FROM (SELECT * FROM vauban_tasks_task WHERE name = 'burst' LIMIT 1) AS t, n"
            ),
        ),
        (
            rows,
            format!(
                "INSERT INTO vauban_tasks_task (id, name, queue, priority, due, attempt, args, sealed, created, row_version)
                 SELECT {uuid}, t.name, t.queue, t.priority, t.due + {days}, 0, t.args, t.sealed, t.created, 1
                   FROM (SELECT * FROM vauban_tasks_task WHERE name = 'burst' LIMIT 1) AS t, n"
            ),
        ),
    ]
    .map(|(many, sql)| format!("{} {sql}", begins.replace("MANY", &many.to_string())))
}

/// Runs SQL past the program, which cannot.
pub(crate) fn run(app: &TestApp, sql: &str) -> Vec<Vec<Option<String>>> {
    let url = app.settings().database_url.expose();
    if let Some(file) = url.strip_prefix("sqlite://") {
        let file = rusqlite::Connection::open(file).unwrap();
        file.execute_batch(sql).unwrap();
        return Vec::new();
    }
    let (name, folder) = url.split_once("?host=").unwrap();
    let (_, name) = name.rsplit_once('/').unwrap();
    let socket = std::path::Path::new(folder).join(".s.PGSQL.5432");
    cluster::Session::open(&socket, name).unwrap().run(sql).unwrap()
}

/// Rows of the large tables that PostgreSQL has looked at so far, in the tables and in their indexes; backends that have nothing to do
/// tell within ten seconds.
async fn looked_at(app: &TestApp) -> u64 {
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    let tables = LARGE.map(|table| format!("'{table}'")).join(", ");
    let rows = run(
        app,
        &format!(
            "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ({tables}))
                  + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname IN ({tables}))"
        ),
    );
    rows[0][0].as_deref().unwrap().parse().unwrap()
}

/// What each of what is asked costs with so many rows.
async fn costs(rows: usize) -> Vec<u64> {
    let w = World::with_passwords().await;
    let mut client = w.app.client();
    let known = [("email", "ann@example.com"), ("password", PASSWORD)];
    client
        .post_form("/accounts/login/", &known)
        .await
        .assert_status(303);
    w.app.run_tasks().await;
    w.app.command("burst", &["1"]).await.unwrap();
    for sql in fill(rows) {
        run(&w.app, &sql);
    }
    w.app.run_tasks().await;
    w.app.analyze().await;
    // Another process, which has swept nothing yet.
    let app = w.app.beside();
    let mut client = app.client();
    let before = match database_asked_for() {
        Some(_) => looked_at(&app).await,
        None => 0,
    };
    let mut all = Vec::new();
    for asked in ASKED {
        if asked == "a task" {
            app.run_tasks().await;
            app.command("burst", &["1"]).await.unwrap();
        }
        let mut counted = None;
        let plans = app
            .plans(async || {
                let statements = app.statements(async || ask(&app, &mut client, asked).await).await;
                counted = Some(statements);
            })
            .await;
        let statements = counted.unwrap();
        plans.assert_no_scan_of(&LARGE);
        assert!(statements.count() > 0, "{asked}: nothing is counted");
        if asked == "a task" {
            // What was given up is not among what is claimed from.
            let dead = statements
                .texts()
                .iter()
                .find(|text| text.contains("vauban_tasks_dead"));
            assert_eq!(dead, None);
        }
        all.push(statements.steps());
    }
    if database_asked_for().is_some() {
        all = vec![looked_at(&app).await - before];
    }
    all
}

async fn ask(app: &TestApp, client: &mut vauban::testing::Client, asked: &str) {
    match asked {
        "sign-in" => {
            let known = [("email", "ann@example.com"), ("password", PASSWORD)];
            let answer = client.post_form("/accounts/login/", &known).await;
            answer.assert_status(303);
        }
        "a page" => drop(client.get("/").await.assert_status(200)),
        "own sessions" => drop(client.get("/accounts/sessions/").await.assert_status(200)),
        "sign-up" => {
            let new = [("email", "new@example.com")];
            let answer = app.client().post_form("/accounts/signup/", &new).await;
            answer.assert_status(200);
        }
        _ => assert_eq!(app.run_tasks().await, 1),
    }
}

/// CWE-400, CWE-407. Attack by growth: with each account, session and failed task a site's sign-in, pages and tasks take a little
/// longer.
#[tokio::test]
async fn costs_do_not_grow_with_accounts_sessions_and_tasks() {
    let most = long::amount(20_000, 1_000_000);
    let (few, many) = (costs(1_000).await, costs(most).await);
    long::figure(most, "sessions, tasks and dead letters, and a tenth of accounts");
    for (number, (few, many)) in few.iter().zip(&many).enumerate() {
        let asked = ASKED.get(number).filter(|_| database_asked_for().is_none());
        let asked = asked.unwrap_or(&"all");
        eprintln!("{asked}: {few} with 1,000 rows, {many} with {most}");
        long::figure(*many, &format!("steps or rows: {asked}"));
        // A page of another level of an index, a sample of other statistics.
        assert!(
            *few > 0 && *many <= few + few / 4 + 100,
            "{asked}: {few} with 1,000 rows, {many} with {most}"
        );
    }
}
