//! The six routes, each as an application would write it.

use serde::Serialize;
use vauban::prelude::*;

use crate::models::{Fortune, NewNote, Note, Post, User};
use crate::urls;

/// A constant text.
#[view(get, "/plaintext")]
pub(crate) async fn plaintext(_: Public) -> Text {
    Text::new("Hello, World!")
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

/// A small object.
#[view(get, "/json")]
pub(crate) async fn json(_: Public) -> Json<Message> {
    Json(Message {
        message: "Hello, World!",
    })
}

struct Line {
    number: i64,
    message: String,
}

#[derive(Template)]
#[template("fortunes.html")]
struct FortunesPage {
    rows: Vec<Line>,
}

/// Twelve rows and one made here, sorted and escaped.
#[view(get, "/fortunes")]
pub(crate) async fn fortunes(_: Public, db: Db) -> Result<FortunesPage> {
    let rows = Fortune::objects().all(&db).await?;
    let mut rows: Vec<Line> = rows
        .into_iter()
        .map(|f| Line {
            number: f.number,
            message: f.message,
        })
        .collect();
    rows.push(Line {
        number: 0,
        message: "Additional fortune added at request time.".to_owned(),
    });
    rows.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(FortunesPage { rows })
}

struct Entry {
    number: i64,
    title: String,
    author: String,
    score: i64,
    created: DateTime,
}

#[derive(Template)]
#[template("list.html")]
struct ListPage {
    rows: Vec<Entry>,
}

/// The newest fifty posts with their authors.
#[view(get, "/list")]
pub(crate) async fn list(_: Public, db: Db) -> Result<ListPage> {
    let posts = Post::objects()
        .related(|p| &p.author)
        .order_by(|p| p.created.desc())
        .limit(50)
        .all(&db)
        .await?;
    let rows = posts.into_iter().map(|p| Entry {
        author: p
            .author
            .get()
            .map(|author| author.name.clone())
            .unwrap_or_default(),
        number: p.number,
        title: p.title,
        score: p.score,
        created: p.created,
    });
    Ok(ListPage { rows: rows.collect() })
}

#[derive(Template)]
#[template("auth.html")]
struct AuthPage {
    name: String,
}

/// Who is signed in, and a form.
#[view(get, "/auth")]
pub(crate) async fn auth(_: SignedIn, user: CurrentUser<User>) -> AuthPage {
    AuthPage {
        name: user.name.clone(),
    }
}

/// What is taken down.
#[derive(Form)]
pub(crate) struct NoteForm {
    #[field(max_length = 200)]
    title: String,
    #[field(max_length = 5_000, widget = textarea)]
    body: String,
}

/// Takes a note.
#[view(post, "/auth")]
pub(crate) async fn take_note(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    form: Form<NoteForm>,
) -> Result<Redirect> {
    let name = user.email.to_string();
    let clean = form.clean(&db).await?.or_show(|_| AuthPage { name })?;
    let NoteForm { title, body } = clean.into_data();
    Note::create(NewNote {
        title,
        body,
        author: user.id,
    })
    .save(&db)
    .await?;
    Ok(Redirect::to(urls::auth()))
}
