//! The tables by metadata: every row under its policy, names that are looked up and nothing else.

use demo::events::Kind;
use demo::urls;

use vauban::prelude::*;

use crate::comments::{link, tag};
use crate::world::{World, article, event};

fn page(table: &str, id: impl std::fmt::Display) -> String {
    format!("/data/{table}/{id}/")
}

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
    // By the texts of what a foreign key refers to, as far as one may see it.
    cleo.get("/data/article/?field=author&text=ANN%40")
        .await
        .assert_contains("Read by all");
    cleo.get("/data/article/?field=author&text=nobody%40")
        .await
        .assert_contains("None that you may see.");
    cleo.get("/data/event/?field=organisation&text=lighthouse")
        .await
        .assert_contains("None that you may see.");
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

#[tokio::test]
async fn a_row_has_a_page_with_what_belongs_to_it() {
    let w = World::new().await;
    let (walls, theirs) = (
        tag(&w, "walls", None).await,
        tag(&w, "lamps", Some(&w.lighthouse)).await,
    );
    link(&w, &w.article, &walls).await;
    link(&w, &w.article, &theirs).await;
    let mut cleo = w.as_(&w.cleo).await;
    let article = page("article", w.article.id);
    cleo.get("/data/article/").await.assert_contains(&article);
    let row = cleo.get(article.as_str()).await;
    row.assert_status(200)
        .assert_contains("Read by all")
        .assert_contains(&page("user", w.ann.id))
        .assert_contains("Tag (tag): 1")
        .assert_contains(&page("tag", walls.id));
    // CWE-639: a tag of an organisation that she does not belong to is none.
    row.assert_lacks("lamps");
    cleo.get(page("user", w.ann.id).as_str())
        .await
        .assert_contains("Article (author): 2");
    // Nor is there a page of what she does not see.
    let hidden = cleo.get(page("organisation", w.lighthouse.id).as_str()).await;
    let absent = cleo
        .get(page("organisation", Id::<demo::organisations::Organisation>::random()).as_str())
        .await;
    hidden.assert_status(404);
    absent.assert_status(404);
    for path in [
        page("article", w.ann.id),
        page("article", "1%27%20OR%201=1--"),
        page("vauban_session", w.ann.id),
    ] {
        cleo.get(path.as_str()).await.assert_status(404);
    }
    w.as_(&w.ann).await.get(article.as_str()).await.assert_status(403);
}

#[tokio::test]
async fn rows_are_counted_by_what_may_be_seen() {
    let w = World::new().await;
    article(&w.app, &w.ben, "Bridges", true).await;
    let mut cleo = w.as_(&w.cleo).await;
    let counts = cleo.get("/data/article/?by=published").await;
    counts
        .assert_contains("text=true")
        .assert_contains("<span class=\"meta\">2</span>")
        .assert_contains("aria-label=\"Rows by published\"");
    cleo.get("/data/article/?by=author")
        .await
        .assert_contains(">ann@example.com</a>");
    // CWE-203: an event is for everybody, and whose it is for the members.
    event(&w.app, &w.bridge, "Under the bridge", Kind::Talk, "2").await;
    cleo.get("/data/event/?by=organisation")
        .await
        .assert_contains("(hidden)")
        .assert_contains(
            "<span class=\"grow\">(nothing that you may see)</span>\n    <span class=\"meta\">2</span>",
        )
        .assert_lacks("The Lighthouse")
        .assert_lacks(&w.lighthouse.id.to_string())
        .assert_lacks(&w.bridge.id.to_string());
    // What there is to choose from is what she sees.
    cleo.get("/data/event/?field=kind")
        .await
        .assert_contains("<option value=\"talk\">Talk</option>")
        .assert_contains("<option value=\"outing\">Outing</option>");
    cleo.get("/data/event/?field=organisation")
        .await
        .assert_lacks("The Lighthouse");
    cleo.get("/data/article/?field=author")
        .await
        .assert_contains(">ben@example.com</option>");
    // By documents nobody counts, nor is it offered.
    let profiles = cleo.get("/data/profile/").await;
    assert_eq!(profiles.text().matches("<option value=\"hours\"").count(), 1);
    assert_eq!(
        profiles.text().matches("<option value=\"organisation\"").count(),
        2
    );
    for by in ["author_id", "title%22--", "row_version", "organisation.name"] {
        cleo.get(format!("/data/article/?by={by}").as_str())
            .await
            .assert_status(404);
    }
}

/// CWE-778: what was done to an article is written down with it: who, when, which columns, and none of their values.
#[tokio::test]
async fn what_was_done_to_an_article_staff_can_read() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let words = [
        ("title", "Read by none"),
        ("body", "Nothing of it."),
        ("byline", "Ann"),
        ("version", "1"),
    ];
    let saved = ann.post_fields(urls::article_save(&w.draft.slug), &words).await;
    saved.assert_status(303);
    let draft = page("article", w.draft.id);
    let mut cleo = w.as_(&w.cleo).await;
    cleo.get(draft.as_str())
        .await
        .assert_contains("What was done to it")
        .assert_contains("Changed: title")
        .assert_contains("<span>Ann</span>");
    // What is refused is not written down: it was not done.
    let refused = w
        .as_(&w.ben)
        .await
        .post_fields(urls::article_save(&w.article.slug), &words)
        .await;
    refused.assert_status(403);
    cleo.get(page("article", w.article.id).as_str())
        .await
        .assert_lacks("Changed")
        .assert_contains("Added");
    let removed = ann.post_fields(urls::article_remove(&w.draft.slug), &[]).await;
    removed.assert_status(303);
    cleo.get(draft.as_str()).await.assert_status(404);
    cleo.get("/data/history_entry/?field=done&text=deleted")
        .await
        .assert_contains(&w.draft.id.to_string())
        .assert_lacks("Read by");
    // Nobody writes it by hand, nor do others read it.
    ann.get("/data/history_entry/").await.assert_status(403);
}

/// CWE-203. Attack: the history tells staff of an article's tags, which are of an organisation that is not theirs.
#[tokio::test]
async fn cwe_203_the_history_tells_of_no_link_that_staff_do_not_see() {
    let w = World::new().await;
    let theirs = tag(&w, "lamps", Some(&w.lighthouse)).await;
    let hidden = link(&w, &w.article, &theirs).await;
    let mut cleo = w.as_(&w.cleo).await;
    cleo.get(page("article_tag", hidden.id).as_str())
        .await
        .assert_status(404);
    cleo.get("/data/history_entry/")
        .await
        .assert_contains(&w.article.id.to_string())
        .assert_lacks(&hidden.id.to_string())
        .assert_lacks("article_tag");
}

#[tokio::test]
async fn the_history_is_tidied_of_what_is_old() {
    let w = World::new().await;
    let mut cleo = w.as_(&w.cleo).await;
    let tidy = async |arguments: &[&str]| w.app.command("history-tidy", arguments).await;
    let said = tidy(&[]).await.unwrap();
    assert!(said.contains("0 entries older than 365 days"), "{said}");
    cleo.get("/data/history_entry/")
        .await
        .assert_contains(&w.article.id.to_string());
    let said = tidy(&["--days", "0"]).await.unwrap();
    assert!(said.contains("2 entries older than 0 days"), "{said}");
    cleo.get("/data/history_entry/")
        .await
        .assert_contains("None that you may see.");
    for days in ["70000", "1.5", "some"] {
        let refused = tidy(&["--days", days]).await.unwrap_err();
        assert!(refused.to_string().contains("whole number"), "{refused}");
    }
}
