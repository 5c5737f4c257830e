//! What somebody reads whose answer was lost on its way from PostgreSQL.

#![allow(
    clippy::disallowed_methods,
    reason = "a test's database and its URL last as long as the test's process"
)]

use demo::articles::Article;
use demo::urls;
use vauban::testing::TestApp;

use crate::world::World;

/// CWE-755. Attack, or a cable: the connection breaks behind a COMMIT. What is saved is not said to be lost, and there is no button
/// that saves it a second time.
#[tokio::test]
async fn cwe_755_a_commit_whose_answer_is_lost_is_not_told_as_not_saved() {
    let database: &'static cluster::Database = Box::leak(Box::new(cluster::database()));
    let way: &'static cluster::Way = Box::leak(Box::new(database.way()));
    let url: &'static str = Box::leak(way.url().into_boxed_str());
    let app = TestApp::with(demo::app, Box::leak(Box::new([("database_url", url)])));
    let w = World::inside(app, false).await;
    let mut ann = w.as_(&w.ann).await;
    way.break_behind_the_commit_of("Saved once");
    let answer = ann
        .post_form(
            urls::article_create(),
            &[("title", "Saved once"), ("body", "Typed & kept")],
        )
        .await;
    assert!(way.is_broken());
    answer
        .assert_status(503)
        .assert_contains("may have been saved")
        // What was typed is there, to compare.
        .assert_contains("Typed &amp; kept");
    assert!(
        !answer.text().contains("Open the form with this text"),
        "{}",
        answer.text()
    );
    let saved = w
        .app
        .rows(async |db| {
            Article::objects()
                .filter(|a| a.title.eq("Saved once"))
                .count(&db)
                .await
        })
        .await;
    assert_eq!(saved, 1);
}

/// CWE-410. Attack, or a busy morning: strangers sign in at the same time, and PostgreSQL undoes what one counts because of what
/// another does. Each is told whether their password is right.
#[tokio::test]
async fn cwe_410_strangers_who_sign_in_together_undo_nobody() {
    let database = cluster::database();
    let url: &'static str = Box::leak(database.url().into_boxed_str());
    let app = TestApp::with(demo::app, Box::leak(Box::new([("database_url", url)])));
    let sign_in = async |number: u32| {
        let mut client = app.client();
        client.get("/accounts/login/").await.assert_status(200);
        let email = format!("stranger{number}@example.com");
        let fields = [("email", email.as_str()), ("password", "wrong wrong wrong")];
        client.post_fields("/accounts/login/", &fields).await.status()
    };
    for round in 0..4 {
        let n = round * 10;
        let all = tokio::join!(
            sign_in(n),
            sign_in(n + 1),
            sign_in(n + 2),
            sign_in(n + 3),
            sign_in(n + 4),
            sign_in(n + 5),
        );
        let all = [all.0, all.1, all.2, all.3, all.4, all.5];
        assert!(
            all.iter().all(|status| *status != 503 && *status != 500),
            "{all:?}"
        );
    }
}

/// A database that refuses rows of this table as PostgreSQL does what does not fit beside others, so many times.
fn refuses(database: &cluster::Database, table: &str, times: u32) {
    database.run(&format!(
        "CREATE SEQUENCE refused;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('refused') <= {times} THEN RAISE EXCEPTION 'not beside others' USING ERRCODE = '40001'; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
    ));
}

fn count(database: &cluster::Database, table: &str) -> String {
    let rows = database.run(&format!("SELECT count(*)::text FROM {table}"));
    rows[0][0].clone().unwrap()
}

/// CWE-362. Attack, or two who write the same: PostgreSQL undoes what somebody wrote. They are told so in words, nothing of it is
/// saved, and what they typed is there to be sent again.
#[tokio::test]
async fn what_does_not_fit_beside_others_is_503_with_its_text() {
    let database: &'static cluster::Database = Box::leak(Box::new(cluster::database()));
    let url: &'static str = Box::leak(database.url().into_boxed_str());
    let app = TestApp::with(demo::app, Box::leak(Box::new([("database_url", url)])));
    let w = World::inside(app, false).await;
    let before = count(database, "article");
    refuses(database, "article", 1_000);
    let mut ann = w.as_(&w.ann).await;
    let answer = ann
        .post_form(
            urls::article_create(),
            &[("title", "Too close"), ("body", "Typed & kept")],
        )
        .await;
    answer
        .assert_status(503)
        .assert_contains("Typed &amp; kept")
        .assert_contains("Open the form with this text");
    assert!(
        !answer.text().contains("may have been saved"),
        "{}",
        answer.text()
    );
    assert_eq!(count(database, "article"), before);
}

/// The same of a command: it is done again from its beginning, and nothing of it is there twice.
#[tokio::test]
async fn a_command_that_does_not_fit_beside_others_is_done_again() {
    let database: &'static cluster::Database = Box::leak(Box::new(cluster::database()));
    let url: &'static str = Box::leak(database.url().into_boxed_str());
    let app = TestApp::with(demo::app, Box::leak(Box::new([("database_url", url)])));
    // Not the first that it writes: people come before.
    refuses(database, "organisation", 2);
    app.command("sampledata", &[]).await.unwrap();
    let asked = database.run("SELECT last_value::text FROM refused");
    let there = count(database, "organisation");
    let asked: u32 = asked[0][0].clone().unwrap().parse().unwrap();
    assert_eq!(asked, there.parse::<u32>().unwrap() + 2);
    let people = database.run("SELECT count(DISTINCT email)::text, count(*)::text FROM \"user\"");
    assert_eq!(people[0][0], people[0][1]);
}
