//! Who gets what.

#![allow(clippy::expect_used)]

use notes::notes::{NewNote, Note};
use notes::people::{NewUser, User};
use notes::{app, urls};
use vauban::prelude::*;
use vauban::testing::TestApp;

async fn person(app: &TestApp, name: &str) -> User {
    let email = Email::parse(&format!("{name}@example.com")).expect("an address");
    let name = name.to_owned();
    app.rows(async |db| User::create(NewUser { email, name }).save(&db).await).await
}

async fn note(app: &TestApp, author: &User, published: bool) -> Note {
    let (title, text, author) = ("Walls".to_owned(), "They stand.".to_owned(), author.id);
    let new = NewNote { title, text, author, published };
    app.rows(async |db| Note::create(new).save(&db).await).await
}

#[tokio::test]
async fn a_draft_is_its_authors() {
    let app = TestApp::new(app);
    let ann = person(&app, "ann").await;
    let draft = note(&app, &ann, false).await;

    let mut client = app.client();
    client.get(urls::note(&draft.id)).await.assert_status(404);
    client.get(urls::notes()).await.assert_lacks("Walls");

    client.sign_in_as(&ann).await;
    client.get(urls::note(&draft.id)).await.assert_contains("They stand.");
    let answer = client.post_form(urls::note_edit(&draft.id), &[("title", "Gates"), ("text", "Open.")]).await;
    client.follow(&answer).await.assert_contains("Gates");
}

#[tokio::test]
async fn a_stranger_reads_what_is_published_and_changes_nothing() {
    let app = TestApp::new(app);
    let (ann, ben) = (person(&app, "ann").await, person(&app, "ben").await);
    let (public, draft) = (note(&app, &ann, true).await, note(&app, &ann, false).await);

    let mut client = app.client();
    client.sign_in_as(&ben).await;
    client.get(urls::note(&public.id)).await.assert_contains("They stand.").assert_lacks("Edit");
    client.get(urls::note_edit(&public.id)).await.assert_status(403);
    client.get(urls::note_edit(&draft.id)).await.assert_status(404);

    let words = [("title", "Gates"), ("text", "Open.")];
    client.post_fields(urls::note_save(&public.id), &words).await.assert_status(403);
    client.post_fields(urls::note_save(&draft.id), &words).await.assert_status(404);
}
