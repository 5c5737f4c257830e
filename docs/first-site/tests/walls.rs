//! Who gets what: every address, as everybody.

#![allow(clippy::expect_used)]

use notes::notes::{NewNote, Note};
use notes::people::{NewUser, User};
use notes::{app, urls};
use vauban::prelude::*;
use vauban::testing::Expect::{Allowed, Forbidden, NotFound, SignIn};
use vauban::testing::{Expected, Prober, TestApp};

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
#[rustfmt::skip]
async fn every_address_as_everybody() {
    let app = TestApp::new(app);
    let (ann, ben, eve) = (person(&app, "ann").await, person(&app, "ben").await, person(&app, "eve").await);
    let (draft, public) = (note(&app, &ann, false).await, note(&app, &ann, true).await);
    let words = [("title", "Gates"), ("text", "Open.")];

    Prober::new(&app)
        .member(&ann) // the notes are hers
        .outsider(&ben)
        .staff(&eve)
        .get("notes", urls::notes())
        .get("note", urls::note(&public.id))
        .get("note#draft", urls::note(&draft.id))
        .get("note_new", urls::note_new())
        .form("note_create", urls::note_create(), &words)
        .get("note_edit", urls::note_edit(&public.id))
        .get("note_edit#draft", urls::note_edit(&draft.id))
        .form("note_save", urls::note_save(&public.id), &words)
        .form("note_save#draft", urls::note_save(&draft.id), &words)
        .expect(&[
            //                                nobody    the author  another    staff
            Expected::new("notes",           [Allowed,  Allowed, Allowed,   Allowed]),
            Expected::new("note",            [Allowed,  Allowed, Allowed,   Allowed]),
            Expected::new("note#draft",      [NotFound, Allowed, NotFound,  NotFound]),
            Expected::new("note_new",        [SignIn,   Allowed, Allowed,   Allowed]),
            Expected::new("note_create",     [SignIn,   Allowed, Allowed,   Allowed]),
            Expected::new("note_edit",       [SignIn,   Allowed, Forbidden, Forbidden]),
            Expected::new("note_edit#draft", [SignIn,   Allowed, NotFound,  NotFound]),
            Expected::new("note_save",       [SignIn,   Allowed, Forbidden, Forbidden]),
            Expected::new("note_save#draft", [SignIn,   Allowed, NotFound,  NotFound]),
        ])
        .run()
        .await;
}
