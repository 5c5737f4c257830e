//! Pitfalls of other queues that are no test of their own elsewhere, by the numbers of the list that this part was built from.

use super::*;

/// Pitfall 4 (fazer-ai/agents#243, awa#84). Attack: an error's text holds a NUL, escape sequences or a megabyte, so that the failure
/// itself cannot be stored, and the task is tried for ever.
#[tokio::test]
async fn pitfall_4_a_failure_is_stored_whatever_it_says() {
    let app = TestApp::new(app);
    enqueue(&app, "hostile").await;
    assert_eq!(app.run_tasks().await, 1);
    let listed = app.command("tasks", &["list", "--json"]).await.unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["state"], "failed");
    let error = listed[0]["error"].as_str().unwrap();
    assert!(error.starts_with("boom"), "{error:?}");
    assert!(!error.contains(['\0', '\u{1b}', '\r', '\n']), "{error:?}");
    assert!(error.len() <= 2_000, "{}", error.len());
}

/// Pitfall 7 (oban#1416). A key is unique while its task is queued, while it runs, and while it waits to be tried again.
#[tokio::test]
async fn pitfall_7_a_key_is_held_until_its_task_is_done() {
    let app = std::sync::Arc::new(TestApp::new(app));
    let queue = |text: &'static str| {
        let app = std::sync::Arc::clone(&app);
        async move {
            let said = app.command("queue", &["--text", text, "--key", "held"]).await;
            said.unwrap()
        }
    };
    assert_eq!(queue("held").await, "true\n");
    assert_eq!(queue("queued").await, "false\n");
    let first = tokio::spawn({
        let app = std::sync::Arc::clone(&app);
        async move { app.run_tasks().await }
    });
    HELD.begun.notified().await;
    assert_eq!(queue("running").await, "false\n");
    HELD.go_on.notify_one();
    assert_eq!(first.await.unwrap(), 1);
    // It failed.
    assert_eq!(queue("waiting").await, "false\n");
    app.advance(Duration::from_secs(20));
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["held"]);
    assert_eq!(queue("fine").await, "true\n");
}

/// Pitfall 7 (oban#1416): a row that cannot be read, of a task that is known, stops none of those behind it.
#[tokio::test]
async fn pitfall_7_a_bad_row_stops_nobody() {
    let app = TestApp::new(app);
    app.command("queue", &["--text", "spoilt", "--sealed"])
        .await
        .unwrap();
    enqueue(&app, "fine").await;
    let file = app.settings().database_url.expose().replace("sqlite://", "");
    let file = rusqlite::Connection::open(file).unwrap();
    let spoilt = "UPDATE vauban_tasks_secret SET told = x'ff00'; UPDATE vauban_tasks_task SET attempt = 7 WHERE name = 'sealed'";
    file.execute_batch(spoilt).unwrap();
    assert_eq!(app.run_tasks().await, 2);
    assert_eq!(notes(&app).await, ["fine"]);
}

/// Pitfall 11 (django-multitenant#213), CWE-269. Attack: a task runs behind another's, in the same worker, and has that one's rights.
#[tokio::test]
async fn pitfall_11_a_task_has_nothing_of_the_one_before_it() {
    let app = TestApp::new(app);
    let staff = person(&app, "sue@example.com", true).await;
    let other = person(&app, "tom@example.com", false).await;
    for who in [&staff, &other, &staff, &other] {
        let mut browser = app.client();
        browser.sign_in_as(who).await;
        browser.post_form("/write/", &[]).await.assert_status(200);
    }
    assert_eq!(app.run_tasks().await, 4);
    // Two of hers, none of his.
    assert_eq!(notes(&app).await, ["asked", "asked"]);
    let listed = app.command("tasks", &["list", "--json"]).await.unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
}

/// Pitfall 6 (oban#1087, #1093). Somebody else is about to queue the same key, and thinks better of it: whoever waited for them has
/// queued it.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn pitfall_6_a_waiting_insert_wins() {
    let database = cluster::database();
    database.run("CREATE TABLE note (id uuid PRIMARY KEY, text text NOT NULL, row_version bigint NOT NULL)");
    let url: &'static str = Box::leak(database.url().into_boxed_str());
    let app = std::sync::Arc::new(TestApp::with(app, Box::leak(Box::new([("database_url", url)]))));
    let queue = |text: &'static str| {
        let app = std::sync::Arc::clone(&app);
        async move { app.command("queue", &["--text", text, "--key", "k"]).await }
    };
    let first = tokio::spawn(queue("undone"));
    UNDONE.begun.notified().await;
    let second = tokio::spawn(queue("wins"));
    // It waits for the first one's unit.
    let waits = "SELECT count(*)::text FROM pg_locks WHERE NOT granted";
    while database.run(waits)[0][0].as_deref() == Some("0") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    UNDONE.go_on.notify_one();
    assert!(first.await.unwrap().is_err());
    assert_eq!(second.await.unwrap().unwrap(), "true\n");
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["wins"]);
}
