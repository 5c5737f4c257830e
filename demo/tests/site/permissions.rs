//! Permissions through the site: who holds one, who does not any more, and what the commands say.

use demo::articles::comments::Comment;
use demo::urls;

use crate::comments::comment;
use crate::world::World;

/// ASVS 8.2.1, 8.2.2, CWE-862. Attack: hide another's comment as somebody who is signed in, as staff and as a superuser without the
/// permission, and as a member of a group of another spelling.
#[tokio::test]
async fn asvs_8_2_1_only_moderators_hide_comments() {
    let w = World::new().await;
    let first = comment(&w, &w.article, None, &w.ben, "What I said first").await;
    let (hide, page) = (urls::comment_hide(&first.id), urls::article(&w.article.slug));
    w.app
        .command("groups", &["remove", "moderators", "cleo@example.com"])
        .await
        .unwrap();
    let is_hidden = async || {
        w.app
            .rows(async |db| Comment::objects().get(&db, |c| c.id.eq(first.id)).await)
            .await
            .hidden
    };
    for person in [&w.dan, &w.cleo] {
        let mut client = w.as_(person).await;
        client.post_form(hide.clone(), &[]).await.assert_status(403);
        assert!(!client.get(page.clone()).await.text().contains("Hide</button>"));
    }
    assert!(!is_hidden().await);
    let mut nobody = w.app.client();
    assert!(!nobody.get(page.clone()).await.text().contains("Hide</button>"));
    w.app
        .command("permissions", &["grant", "dan@example.com", "comments.hide"])
        .await
        .unwrap();
    let mut dan = w.as_(&w.dan).await;
    dan.get(page).await.assert_contains("Hide</button>");
    dan.post_form(hide, &[]).await.assert_status(303);
    assert!(is_hidden().await);
}

/// ASVS 8.3.2, CWE-613. Attack: go on with a right that was taken away in another process: two programs on one database, and an open
/// session.
#[tokio::test]
async fn asvs_8_3_2_what_one_process_revokes_is_revoked_in_the_other() {
    let w = World::new().await;
    let first = comment(&w, &w.article, None, &w.ben, "What I said first").await;
    let hide = urls::comment_hide(&first.id);
    let other = w.app.beside();
    let mut cleo = w.as_(&w.cleo).await;
    cleo.get(urls::article(&w.article.slug))
        .await
        .assert_contains("Hide</button>");
    other
        .command("groups", &["revoke", "moderators", "comments.hide"])
        .await
        .unwrap();
    cleo.post_form(hide.clone(), &[]).await.assert_status(403);
    other
        .command("groups", &["grant", "moderators", "comments.hide"])
        .await
        .unwrap();
    cleo.post_form(hide, &[]).await.assert_status(303);
}

#[tokio::test]
async fn commands_say_what_there_is() {
    let w = World::new().await;
    let run = async |name: &str, arguments: &[&str]| w.app.command(name, arguments).await;
    let failed = async |name: &str, arguments: &[&str]| run(name, arguments).await.unwrap_err().to_string();
    for name in ["comments.hid", "Comments.Hide", "comments.hide2", "comments"] {
        let told = failed("permissions", &["grant", "dan@example.com", name]).await;
        assert!(
            told.contains(&format!("no permission `{name}`")) && told.contains("There are: comments.hide"),
            "{told}"
        );
    }
    let told = failed("permissions", &["grant", "eve@example.com", "comments.hide"]).await;
    assert!(told.contains("Nobody has the address eve@example.com"), "{told}");
    let told = failed("groups", &["add", "Moderators", "dan@example.com"]).await;
    assert!(told.contains("There are: moderators"), "{told}");
    assert!(failed("groups", &["create", "Moderators"]).await.contains("a-z"));
    assert!(
        failed("groups", &["create", "moderators"])
            .await
            .contains("already")
    );
    run("permissions", &["grant", "dan@example.com", "comments.hide"])
        .await
        .unwrap();
    let listed = run("permissions", &["list", "--json"]).await.unwrap();
    let said = r#"{"about":"may hide the comments of others","groups":["moderators"],"known":true,"name":"comments.hide","people":["dan@example.com"]}"#;
    assert!(listed.contains(said), "{listed}");
    let groups = run("groups", &["list", "--json"]).await.unwrap();
    let said = r#"[{"members":["cleo@example.com"],"name":"moderators","permissions":["comments.hide"]}]"#;
    assert_eq!(groups.trim(), said);
    let told = run("permissions", &["list"]).await.unwrap();
    assert!(
        told.contains(
            "comments.hide: may hide the comments of others. Granted to: group moderators, dan@example.com."
        ),
        "{told}"
    );
    run("permissions", &["revoke", "dan@example.com", "comments.hide"])
        .await
        .unwrap();
    assert!(
        failed("permissions", &["revoke", "dan@example.com", "comments.hide"])
            .await
            .contains("was not granted")
    );
    run("groups", &["delete", "moderators"]).await.unwrap();
    assert!(
        run("groups", &["list"])
            .await
            .unwrap()
            .contains("There is no group")
    );
}

/// ASVS 8.1.1: what one person may call and touch, by the rows as they are.
#[tokio::test]
async fn access_says_what_one_person_may() {
    let w = World::new().await;
    let as_ = async |who: &str| w.app.command("access", &["--as", who]).await.unwrap();
    let line = |told: &str, begins: &str| {
        let found = told.lines().find(|line| line.starts_with(begins));
        let line = found.unwrap_or_else(|| panic!("{begins}: {told}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = as_("cleo@example.com").await;
    assert!(told.starts_with("cleo@example.com has comments.hide."), "{told}");
    assert_eq!(
        line(&told, "/comments/{id}/hide/"),
        "/comments/{id}/hide/ POST yes"
    );
    assert_eq!(
        line(&told, "Comment "),
        "Comment view by rule, add by rule, change every row, delete none"
    );
    assert_eq!(
        line(&told, "/accounts/email/ "),
        "/accounts/email/ GET yes, once they have proved it again"
    );
    let told = as_("ben@example.com").await;
    assert_eq!(
        line(&told, "/comments/{id}/hide/"),
        "/comments/{id}/hide/ POST no"
    );
    assert_eq!(
        line(&told, "Comment "),
        "Comment view by rule, add by rule, change none, delete none"
    );
    let told = as_("nobody").await;
    assert_eq!(
        line(&told, "/comments/{id}/hide/"),
        "/comments/{id}/hide/ POST no: sign in"
    );
    assert_eq!(line(&told, "/articles/ "), "/articles/ GET yes");
    let told = w
        .app
        .command("access", &["--as", "eve@example.com"])
        .await
        .unwrap_err();
    assert!(
        told.to_string()
            .contains("Nobody has the address eve@example.com")
    );
    let json = w
        .app
        .command("access", &["--as", "cleo@example.com", "--json"])
        .await;
    assert!(
        json.unwrap()
            .contains("\"permissions\": [\n    \"comments.hide\"\n  ]")
    );
}
