//! What a request writes is kept or undone as a whole, and before anything is sent; a form whose token is merely
//! stale comes back with what was typed, and nothing is written.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vauban_macros::{Form, Model, Template};
use vauban_orm::engine::{Database, Options, answering};
use vauban_orm::{Columns, Db, Filter, Id, Model, Policy, Rules, Who, Write};

use super::*;
use crate::forms::Form;
use crate::http::{Error, Respond, Response, Status};
use crate::messages::Messages;
use crate::pipeline::{Middleware, Next};

#[derive(Model, Clone)]
#[model(table = "wire_note")]
pub(super) struct Note {
    id: Id<Note>,
    #[field(max_length = 100)]
    text: String,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: Filter::always(),
            ..Rules::public()
        }
    }
}

#[derive(Form)]
pub(super) struct NoteForm {
    #[field(label = "Text", max_length = 100)]
    text: String,
}

#[derive(Template)]
#[template(
    source = "<!doctype html><html lang=\"en\"><head><title>Note</title></head><body><form method=\"post\">{{ form }}</form></body></html>"
)]
struct NotePage {
    form: Form<NoteForm>,
}

async fn write(db: &Db<Write>, text: &str) -> Result<()> {
    Note::create(NewNote {
        text: text.to_owned(),
    })
    .save(db)
    .await?;
    Ok(())
}

#[view(get, "/count/")]
pub(super) async fn count(_: Public, db: Db) -> Result<Text> {
    Ok(Text::new(Note::objects().count(&db).await?.to_string()))
}

#[view(post, "/good/")]
pub(super) async fn good(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "good").await?;
    Ok(Text::new("kept"))
}

#[view(post, "/bad/")]
pub(super) async fn bad(_: Public, db: Db<Write>, messages: Messages) -> Result<Text> {
    write(&db, "bad").await?;
    messages.success("saved");
    Err(Error::forbidden())
}

#[view(post, "/refused/")]
pub(super) async fn refused(_: Public, db: Db<Write>) -> Result<Status> {
    write(&db, "refused").await?;
    Ok(Status(::http::StatusCode::CONFLICT))
}

#[view(post, "/panics/")]
pub(super) async fn panics(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "panic").await?;
    panic!("after a write")
}

#[view(post, "/hangs/", timeout = 1)]
pub(super) async fn hangs(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "hangs").await?;
    std::future::pending().await
}

#[view(post, "/form/")]
pub(super) async fn form(_: Public, db: Db<Write>, form: Form<NoteForm>) -> Result<Response> {
    // Careless: written before the form is looked at.
    write(&db, "early").await?;
    let note = form.clean(&db).await?.or_show(|form| NotePage { form })?;
    write(&db, &note.text).await?;
    Ok(Response::of(Text::new("kept")))
}

/// A link that would have a service write.
#[view(get, "/by-a-service/")]
pub(super) async fn by_a_service(_: Public, cx: Arc<Request>) -> Result<Text> {
    let unit = cx.site.units().ok_or_else(Error::not_found)?.begin();
    write(&unit.db(), "by a service").await?;
    unit.finish(true).await?;
    Ok(Text::new("kept"))
}

#[view(post, "/by-a-service/")]
pub(super) async fn post_by_a_service(_: Public, cx: Arc<Request>) -> Result<Text> {
    let unit = cx.site.units().ok_or_else(Error::not_found)?.begin();
    write(&unit.db(), "by a service").await?;
    unit.finish(true).await?;
    Ok(Text::new("kept"))
}

/// Units that a service began before anybody asked.
static AHEAD: std::sync::Mutex<Vec<vauban_orm::engine::Unit>> = std::sync::Mutex::new(Vec::new());

/// A link that would have one of them write.
#[view(get, "/ahead/")]
pub(super) async fn ahead(_: Public) -> Result<Text> {
    let unit = AHEAD.lock().unwrap().pop().ok_or_else(Error::not_found)?;
    write(&unit.db(), "ahead").await?;
    unit.finish(true).await?;
    Ok(Text::new("kept"))
}

/// A page that writes while it is made.
struct Sly(Arc<Site>);
impl Respond for Sly {
    fn respond(self, _: &Request) -> Response {
        let mut work = Box::pin(async move {
            let unit = self.0.units().ok_or_else(Error::not_found)?.begin();
            write(&unit.db(), "sly").await?;
            Ok::<_, Error>(unit.finish(true).await?)
        });
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let done = work.as_mut().poll(&mut cx);
        Response::of(Text::new(format!("{done:?}")))
    }
    fn commits(&self) -> bool {
        true
    }
}

#[view(get, "/sly/")]
pub(super) async fn sly(_: Public, cx: Arc<Request>) -> Result<Sly> {
    Ok(Sly(Arc::clone(&cx.site)))
}

/// A page that fails when it is rendered, which is after the commit.
struct Broken;
impl Respond for Broken {
    fn respond(self, _: &Request) -> Response {
        panic!("while rendering")
    }
    fn commits(&self) -> bool {
        true
    }
}

#[view(post, "/broken/")]
pub(super) async fn broken(_: Public, db: Db<Write>, messages: Messages) -> Result<Broken> {
    write(&db, "broken").await?;
    messages.success("saved");
    Ok(Broken)
}

/// JSON has no such keys.
#[view(post, "/no-json/")]
pub(super) async fn no_json(
    _: Public,
    db: Db<Write>,
) -> Result<Json<std::collections::BTreeMap<[u8; 1], u8>>> {
    write(&db, "no json").await?;
    Ok(Json([([1], 1)].into()))
}

/// Says that it is saved, by the way that undoes it.
#[view(post, "/says-saved/")]
pub(super) async fn says_saved(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "lost").await?;
    Err(Error::with_answer(Response::of(Text::new("Saved."))))
}

#[view(post, "/fails-well/")]
pub(super) async fn fails_well(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "lost").await?;
    Err(Error::new(::http::StatusCode::CREATED, "Saved."))
}

#[view(post, "/created/")]
pub(super) async fn created(_: Public, db: Db<Write>) -> Result<Response> {
    write(&db, "lost").await?;
    Ok(Response::of(Status(::http::StatusCode::CONFLICT)).status_code(::http::StatusCode::CREATED))
}

/// Takes a form, and does not show it again.
#[view(post, "/heedless/")]
pub(super) async fn heedless(_: Public, db: Db<Write>, _: Form<NoteForm>) -> Result<Text> {
    write(&db, "lost").await?;
    Ok(Text::new("Saved."))
}

/// Says that it failed, after the commit.
struct Lies;
impl Respond for Lies {
    fn respond(self, cx: &Request) -> Response {
        Status(::http::StatusCode::CONFLICT).respond(cx)
    }
    fn commits(&self) -> bool {
        true
    }
}

#[view(post, "/lies/")]
pub(super) async fn lies(_: Public, db: Db<Write>) -> Result<Lies> {
    write(&db, "kept").await?;
    Ok(Lies)
}

#[view(post, "/late/", timeout = 1)]
pub(super) async fn late(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "late").await?;
    Ok(Text::new("kept"))
}

/// What was done after the commit of `/promises/`.
static KEPT: AtomicU32 = AtomicU32::new(0);
/// Until then the first of it takes.
static GO_ON: tokio::sync::Notify = tokio::sync::Notify::const_new();

#[view(post, "/promises/", timeout = 1)]
pub(super) async fn promises(_: Public, db: Db<Write>) -> Result<Text> {
    write(&db, "promised").await?;
    db.on_commit(GO_ON.notified());
    db.on_commit(async {
        KEPT.fetch_add(1, Ordering::Relaxed);
    });
    Ok(Text::new("kept"))
}

/// Does not end after the view of `/late/`.
struct Hangs;
impl Middleware for Hangs {
    async fn handle(&self, cx: Arc<Request>, next: Next) -> Response {
        let answer = next.run().await;
        if cx.path() == "/late/" {
            std::future::pending::<()>().await;
        }
        answer
    }
}

async fn site() -> Server {
    #[allow(deprecated)]
    let database = Database::open("sqlite::memory:", Options::default()).unwrap();
    site_on(database).await
}

async fn site_on(database: Database) -> Server {
    let mut parts = parts(&["example.com"]);
    parts.around = vec![Arc::new(Hangs)];
    parts.routes = Routes::new()
        .view::<count>("count")
        .view::<good>("good")
        .view::<by_a_service>("by_a_service")
        .view::<post_by_a_service>("post_by_a_service")
        .view::<ahead>("ahead")
        .view::<sly>("sly")
        .view::<bad>("bad")
        .view::<refused>("refused")
        .view::<panics>("panics")
        .view::<hangs>("hangs")
        .view::<form>("form")
        .view::<broken>("broken")
        .view::<no_json>("no_json")
        .view::<late>("late")
        .view::<promises>("promises")
        .view::<says_saved>("says_saved")
        .view::<fails_well>("fails_well")
        .view::<created>("created")
        .view::<heedless>("heedless")
        .view::<lies>("lies");
    database.create_all(&[Note::meta()]).unwrap();
    parts.database = Some(database);
    start(parts).await
}

fn ann(server: &Server, path: &str) -> Vec<(String, String)> {
    let token = server.token(&Binding::Session("a-session-of-ann".to_owned()), path);
    vec![
        pair("Host", "example.com"),
        pair("Origin", "http://example.com"),
        pair("Cookie", "test-session=a-session-of-ann"),
        pair("X-CSRFToken", token),
    ]
}

async fn notes(server: &Server) -> String {
    server
        .send("GET /count/", &[pair("Host", "example.com")], "")
        .await
        .body
}

/// ASVS 2.3.3, CWE-460: a failure half-way leaves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_fails_writes_nothing() {
    let server = site().await;
    for (path, status) in [
        ("/bad/", 403),
        ("/refused/", 409),
        ("/panics/", 500),
        ("/hangs/", 503),
    ] {
        let reply = server
            .send(&format!("POST {path}"), &ann(&server, path), "a=1")
            .await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(notes(&server).await, "0", "{path}");
        assert!(
            reply.header("set-cookie").is_none(),
            "{path} said something of what was undone: {reply:?}"
        );
    }
    assert_eq!(
        server
            .send("POST /good/", &ann(&server, "/good/"), "a=1")
            .await
            .status,
        200
    );
    assert_eq!(notes(&server).await, "1");
}

/// CWE-393: an answer that says "saved" for what is undone, or "failed" for what is saved, is sent to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn cwe_393_what_is_answered_is_what_was_done() {
    let server = site().await;
    let expired = |path: &str| {
        let binding = [b"s", &Sha256::digest("a-session-of-ann")[..]].concat();
        let token = server.site.csrf.sign(b"nonce", &[&binding, path.as_bytes()], 1);
        let mut sent = ann(&server, path);
        sent.retain(|(name, _)| name != "X-CSRFToken");
        sent.push(pair("X-CSRFToken", token));
        sent
    };
    for (path, headers) in [
        ("/says-saved/", ann(&server, "/says-saved/")),
        ("/fails-well/", ann(&server, "/fails-well/")),
        ("/created/", ann(&server, "/created/")),
        ("/heedless/", expired("/heedless/")),
    ] {
        let reply = server.send(&format!("POST {path}"), &headers, "text=a").await;
        assert_eq!(reply.status, 500, "{path}: {reply:?}");
        assert!(!reply.body.contains("aved"), "{path}: {reply:?}");
        assert_eq!(notes(&server).await, "0", "{path}");
    }
    let reply = server.send("POST /lies/", &ann(&server, "/lies/"), "a=1").await;
    assert_eq!(reply.status, 500, "{reply:?}");
    assert!(reply.body.contains("What you sent was saved"), "{reply:?}");
    assert_eq!(notes(&server).await, "1");
    // With a good token the heedless view is right.
    let reply = server
        .send("POST /heedless/", &ann(&server, "/heedless/"), "text=a")
        .await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "Saved."));
}

/// CWE-755: what fails after the commit says that it was saved, or it would be sent again.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_the_commit_says_that_it_was_saved() {
    let server = site().await;
    for (saved, (path, status)) in [("/broken/", 500), ("/no-json/", 500), ("/late/", 503)]
        .iter()
        .enumerate()
    {
        let reply = server
            .send(&format!("POST {path}"), &ann(&server, path), "a=1")
            .await;
        assert_eq!(reply.status, *status, "{path}");
        assert!(
            reply.body.contains("What you sent was saved"),
            "{path}: {reply:?}"
        );
        assert_eq!(notes(&server).await, (saved + 1).to_string(), "{path}");
        // CWE-837: nor is a client told to send it again that does what it is told.
        assert_eq!(reply.header("retry-after"), None, "{path}");
        // What was said belongs to what was saved.
        assert_eq!(
            reply.header("set-cookie").is_some(),
            *path == "/broken/",
            "{reply:?}"
        );
    }
}

/// CWE-460. Attack, or a slow mail server: what follows a commit takes longer than the view may. What is saved is said to be saved, and
/// the rest of what was promised is done, although nobody waits for it any more.
#[tokio::test(flavor = "multi_thread")]
async fn cwe_460_what_follows_a_commit_is_not_the_commit() {
    let server = site().await;
    let reply = server
        .send("POST /promises/", &ann(&server, "/promises/"), "a=1")
        .await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, None));
    assert!(reply.body.contains("What you sent was saved"), "{reply:?}");
    assert_eq!(notes(&server).await, "1");
    assert_eq!(KEPT.load(Ordering::Relaxed), 0);
    GO_ON.notify_one();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if KEPT.load(Ordering::Relaxed) == 1 {
            return;
        }
    }
    panic!("forgotten");
}

/// CWE-352: a unit that reads writes nothing, whatever handle somebody comes by.
#[tokio::test(flavor = "multi_thread")]
async fn the_unit_of_a_get_does_not_write() {
    #[allow(deprecated)]
    let database = Database::open("sqlite::memory:", Options::default()).unwrap();
    database.create_all(&[Note::meta()]).unwrap();
    #[allow(deprecated)]
    let unit = answering(true, async { database.bind(vauban_orm::Actor::nobody()) }).await;
    assert!(write(&unit.db(), "smuggled").await.is_err());
    unit.finish(true).await.unwrap();
    #[allow(deprecated)]
    let unit = database.bind(vauban_orm::Actor::nobody());
    assert_eq!(Note::objects().count(&unit.read_db()).await.unwrap(), 0);
    write(&unit.db(), "allowed").await.unwrap();
}

/// CWE-352, CWE-650: nor do the units of a service that a view of a GET came by.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_does_not_write_in_a_get() {
    let server = site().await;
    assert_eq!(
        server
            .send("GET /by-a-service/", &[pair("Host", "example.com")], "")
            .await
            .status,
        500
    );
    assert_eq!(
        server
            .send("HEAD /by-a-service/", &[pair("Host", "example.com")], "")
            .await
            .status,
        500
    );
    // Nor one that began before the request, nor while the page is made.
    AHEAD.lock().unwrap().push(server.site.units().unwrap().begin());
    assert_eq!(
        server
            .send("GET /ahead/", &[pair("Host", "example.com")], "")
            .await
            .status,
        500
    );
    let made = server.send("GET /sly/", &[pair("Host", "example.com")], "").await;
    assert!(made.body.contains("Err("), "{}", made.body);
    assert_eq!(notes(&server).await, "0");
    let asked = ann(&server, "/by-a-service/");
    assert_eq!(
        server.send("POST /by-a-service/", &asked, "a=1").await.status,
        200
    );
    assert_eq!(notes(&server).await, "1");
}

/// ASVS 2.3.3: whoever goes away half-way leaves nothing, and the writer is free for the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_holds_nothing() {
    let server = site().await;
    let token = server.token(&Binding::Session("a-session-of-ann".to_owned()), "/hangs/");
    let request = format!(
        "POST /hangs/ HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nCookie: test-session=a-session-of-ann\r\n\
         X-CSRFToken: {token}\r\nContent-Length: 0\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    assert_eq!(
        server
            .send("POST /good/", &ann(&server, "/good/"), "a=1")
            .await
            .status,
        200
    );
    assert_eq!(notes(&server).await, "1");
}

/// CWE-352: a stale token of our own page shows the form again; from elsewhere it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_form_comes_back_and_writes_nothing() {
    let server = site().await;
    let bytes = [b"s", &Sha256::digest("a-session-of-ann")[..]].concat();
    let stale = server.site.csrf.sign(b"n", &[&bytes, b"/form/"], 1);
    let body = format!("csrfmiddlewaretoken={stale}&text=What+I+typed");
    let own = [
        pair("Host", "example.com"),
        pair("Cookie", "test-session=a-session-of-ann"),
        pair("Origin", "http://example.com"),
        pair("Sec-Fetch-Site", "same-origin"),
    ];
    let reply = server.send("POST /form/", &own, &body).await;
    assert_eq!(reply.status, 422);
    assert!(
        reply.body.contains("What I typed") && reply.body.contains("csrfmiddlewaretoken"),
        "{reply:?}"
    );
    assert_eq!(notes(&server).await, "0");
    // Without the browser's word that the page is ours it is refused, and so is a token that never was one.
    assert_eq!(server.send("POST /form/", &own[..2], &body).await.status, 403);
    assert_eq!(
        server
            .send("POST /form/", &own, "csrfmiddlewaretoken=x&text=a")
            .await
            .status,
        403
    );
    assert_eq!(server.send("POST /form/", &own, "text=a").await.status, 403);
    assert_eq!(notes(&server).await, "0");
    let fresh = server.token(&Binding::Session("a-session-of-ann".to_owned()), "/form/");
    let body = format!("csrfmiddlewaretoken={fresh}&text=a");
    assert_eq!(server.send("POST /form/", &own, &body).await.status, 200);
    assert_eq!(notes(&server).await, "2");
}

/// Another process holds the database, or its file is gone: "come again", not "our fault", and nothing is said to be saved.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_written_is_503() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3");
    let options = Options {
        wait: Duration::from_millis(300),
        ..Options::default()
    };
    #[allow(deprecated)]
    let database = Database::open(&format!("sqlite://{}", path.display()), options).unwrap();
    let server = site_on(database).await;
    let good = async || {
        let reply = server.send("POST /good/", &ann(&server, "/good/"), "").await;
        (reply.status, reply.header("retry-after").map(str::to_owned))
    };
    assert_eq!(good().await, (200, None));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(good().await, (503, Some("2".to_owned())));
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(good().await.0, 200);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(good().await.0, 503);
    let host = [pair("Host", "example.com")];
    assert_eq!(server.send("GET /count/", &host, "").await.status, 503);
}

/// CWE-460. Attack: a write that does not end, while a stranger's waits for the same COMMIT. The stranger has what was typed, and
/// is told to send it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_whose_commit_was_undone_keeps_the_text() {
    let options = Options {
        steps: 100_000,
        wait: Duration::from_secs(20),
        hold: Duration::from_secs(20),
        ..Options::default()
    };
    #[allow(deprecated)]
    let database = Database::open("sqlite::memory:", options).unwrap();
    let server = site_on(database.clone()).await;
    let sqlite = rusqlite::Connection::open(database.path()).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) \
                INSERT INTO wire_note (id, text, row_version) SELECT randomblob(16), 'old', 1 FROM n";
    sqlite.execute_batch(many).unwrap();
    #[allow(deprecated)]
    let unit = || database.bind(vauban_orm::Actor::nobody());
    let mut told = None;
    // Once more, if the stranger was too slow to be in the queue first.
    for _ in 0..10 {
        let before = notes(&server).await;
        let holder = unit();
        holder.db().begin().await.unwrap();
        let mut headers = ann(&server, "/form/");
        headers.push(pair("Accept", "text/html"));
        let stranger = server.send("POST /form/", &headers, "text=What+I+typed");
        let endless = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let unit = unit();
            let db = unit.db();
            let all = Note::objects().change_all(&db, |n| [n.text.set("new")]);
            let (changed, ended) = tokio::join!(all, async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                holder.finish(false).await
            });
            ended.unwrap();
            assert_eq!(changed.unwrap_err().status(), 503);
        };
        let (reply, ()) = tokio::join!(stranger, endless);
        if reply.status != 200 {
            assert_eq!(notes(&server).await, before);
            told = Some(reply);
            break;
        }
    }
    let reply = told.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")));
    assert!(reply.body.contains("What I typed"), "{}", reply.body);
    // Sent again, it is saved.
    let again = server
        .send("POST /form/", &ann(&server, "/form/"), "text=What+I+typed")
        .await;
    assert_eq!(again.status, 200);
}
