//! People come, ask for their data, and go.

use std::time::Duration;

use demo::articles::Article;
use demo::articles::comments::Comment;
use demo::events::Event;
use demo::history::HistoryEntry;
use demo::organisations::Membership;
use demo::users::User;
use guestbook::entries::{Entry, NewEntry};
use vauban::testing::Client;

use crate::world::{World, start, start_with};

/// The link of somebody who wants an account, used.
async fn signed_up(email: &str) -> Client {
    let app = start(demo::app);
    let mut browser = app.client();
    let asked = app
        .client()
        .post_form("/accounts/signup/", &[("email", email)])
        .await;
    asked.assert_status(200);
    let link = app.mailed_link(email).await.unwrap();
    let fields = [("password", "nine quiet ferries"), ("name", "Eve")];
    browser.post_form(link.as_str(), &fields).await.assert_status(303);
    browser
}

/// A hook of the module of articles, on what happens in that of accounts.
#[tokio::test]
async fn whoever_signs_up_finds_a_first_draft() {
    let mut eve = signed_up("eve@example.com").await;
    eve.get("/articles/").await.assert_contains("My first article");
}

/// GDPR Art. 17, CWE-212. Whatever refers to Ann goes as its model states, under whichever policies; what is others' stays.
#[tokio::test]
async fn an_account_goes_and_what_is_others_stays() {
    let w = World::inside(start_with(demo::app, &[("accounts.delete_grace", "1s")]), false).await;
    // CWE-269: whoever owns something alone stays with it.
    let mut ann = w.as_(&w.ann).await;
    ann.post_form("/accounts/delete/", &[])
        .await
        .assert_status(422)
        .assert_contains("belongs to you alone");
    w.with_another_owner().await;
    let comment = crate::comments::comment(&w, &w.article, None, &w.ben, "A word").await;
    crate::comments::comment(&w, &w.article, Some(&comment), &w.ann, "An answer").await;
    let tag = crate::comments::tag(&w, "walls", None).await;
    crate::comments::link(&w, &w.article, &tag).await;
    let entries = [(&w.ann, "Ann's"), (&w.ben, "Ben's")].map(|(author, text)| NewEntry {
        name: "A guest".to_owned(),
        text: text.to_owned(),
        author: author.id.into(),
    });
    w.app
        .rows(async |db| {
            for entry in entries {
                Entry::create(entry).save(&db).await?;
            }
            let hosted = Event::objects().filter(|e| e.id.eq(w.event.id));
            hosted.change_all(&db, |e| [e.host.set(w.ann.id)]).await
        })
        .await;

    let mut ann = w.app.client();
    ann.sign_in_as(&w.ann).await;
    ann.post_form("/accounts/data/", &[]).await.assert_status(303);
    w.app.run_tasks().await;
    let data = ann.get("/accounts/data/file/").await;
    data.assert_status(200)
        .assert_contains("Read by few")
        .assert_contains("Ann's");
    data.assert_lacks("Ben's").assert_lacks("Grease the bearings");
    let page = ann.get("/accounts/delete/").await;
    page.assert_contains("2 × Article").assert_contains("1 × Event");
    ann.post_form("/accounts/delete/", &[]).await.assert_status(200);
    ann.get("/profile/").await.assert_status(303);
    w.app.advance(Duration::from_secs(2));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    w.app.run_tasks().await;

    let left = w
        .app
        .rows(async |db| {
            let people = User::objects().filter(|u| u.id.eq(w.ann.id)).count(&db).await?;
            let articles = Article::objects().count(&db).await?;
            let comments = Comment::objects().count(&db).await?;
            let members = Membership::objects()
                .filter(|m| m.user.eq(w.ann.id))
                .count(&db)
                .await?;
            let history = HistoryEntry::objects()
                .filter(|h| h.by.eq(w.ann.id))
                .count(&db)
                .await?;
            let entries = Entry::objects().count(&db).await?;
            let hosted = Event::objects().filter(|e| e.host.is_null()).count(&db).await?;
            Ok::<_, vauban::orm::Error>([people, articles, comments, members, history, entries, hosted])
        })
        .await;
    assert_eq!(left, [0, 0, 0, 0, 0, 1, 1]);
    let told = w.app.mails();
    assert!(told.last().unwrap().text().contains("was deleted"));
}
