//! The tables by metadata: every row under its policy, names that are looked up and nothing else.

use demo::urls;

use crate::world::{World, article};

#[tokio::test]
async fn staff_look_through_the_tables_and_see_what_the_policies_say() {
    let w = World::new().await;
    let mut cleo = w.as_(&w.cleo).await;
    let tables = cleo.get(urls::data()).await;
    for name in ["Article", "Event", "Organisation", "Profile", "Task", "User"] {
        tables.assert_contains(&format!(">{name}</a>"));
    }
    // The framework's own tables are not among them.
    tables.assert_lacks("vauban_");
    // Drafts and accounts are for staff …
    cleo.get("/data/article/")
        .await
        .assert_status(200)
        .assert_contains("Read by few")
        .assert_contains("ann@example.com");
    // … other people's organisations are not (CWE-639).
    cleo.get("/data/task/")
        .await
        .assert_status(200)
        .assert_contains("None that you may see.");
    cleo.get("/data/organisation/")
        .await
        .assert_lacks("The Lighthouse");
    // An event is for everybody; what it belongs to is not.
    cleo.get("/data/event/")
        .await
        .assert_contains("Up the lighthouse")
        .assert_contains("(hidden)");
    // CWE-862: everybody else is told no more than that.
    w.as_(&w.ann)
        .await
        .get("/data/article/")
        .await
        .assert_status(403)
        .assert_lacks("Read by all");
}

#[tokio::test]
async fn rows_are_found_sorted_and_paged() {
    let w = World::new().await;
    for number in 0..25 {
        article(&w.app, &w.ann, &format!("Stone {number:02}"), true).await;
    }
    let mut cleo = w.as_(&w.cleo).await;
    cleo.get("/data/article/?sort=-title")
        .await
        .assert_contains("Stone 24")
        .assert_lacks("Stone 04")
        .assert_contains("aria-sort=\"descending\"");
    let second = cleo.get("/data/article/?sort=-title&page=2").await;
    second.assert_contains("Stone 04").assert_lacks("Stone 24");
    let found = cleo
        .get("/data/article/?field=title&text=sTONE+1&sort=title")
        .await;
    found
        .assert_contains("Stone 10")
        .assert_contains("Stone 19")
        .assert_lacks("Stone 20")
        .assert_lacks("Read by all");
    cleo.get("/data/article/?field=published&text=false")
        .await
        .assert_contains("Read by few")
        .assert_lacks("Read by all");
    let wrong = cleo.get("/data/article/?field=published&text=perhaps").await;
    wrong.assert_status(200).assert_contains("Enter true or false.");
    cleo.get("/data/article/?page=3").await.assert_status(404);
}

/// CWE-89: names come from metadata, and what a filter looks for is a value.
#[tokio::test]
async fn what_is_no_name_is_not_there() {
    let w = World::new().await;
    let mut cleo = w.as_(&w.cleo).await;
    for path in [
        "/data/sqlite_schema/",
        "/data/vauban_session/",
        "/data/Article/",
        "/data/article%22/",
        "/data/article/?sort=title%22--",
        "/data/article/?sort=--title",
        "/data/article/?sort=author_id",
        "/data/article/?sort=row_version",
        "/data/article/?field=title%22+OR+1%3D1&text=x",
        "/data/article/?text=x",
    ] {
        cleo.get(path).await.assert_status(404);
    }
    for text in ["%25", "_ead+by", "'+OR+1%3D1+--", "%22+OR+1%3D1+--"] {
        cleo.get(format!("/data/article/?field=title&text={text}").as_str())
            .await
            .assert_status(200)
            .assert_contains("None that you may see.");
    }
}
