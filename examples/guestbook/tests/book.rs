//! The book over HTTP, in a site that adds nothing but people.

// In a test a panic is an answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use guestbook::entries::{Entry, NewEntry};
use guestbook::urls;
use guestbook::views::BookPage;
use vauban::prelude::*;
use vauban::routing::Routes;
use vauban_site::App;
use vauban_site::accounts::{self, UserAccount};
use vauban_site::testing::Expect::{Allowed, Forbidden, NotFound, SignIn};
use vauban_site::testing::{Expected, Prober, TestApp};

#[derive(Clone, Model, UserAccount)]
#[model(user)]
#[account(crate = vauban_site::accounts)]
pub struct User {
    pub id: Id<Self>,
    #[field(unique, fixed)]
    pub email: Email,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
    #[field(privileged)]
    pub last_login: Option<DateTime>,
}

impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// A site with the book at an address of its own choice.
fn app() -> App {
    let routes = Routes::new().include("guestbook", "/visitors/", guestbook::urls::routes());
    App::new(vauban::package!())
        .module(accounts::module::<User>())
        .module(Module::new("people").model::<User>().routes(routes))
        .module(guestbook::module())
}

/// A page of the site's in place of the module's.
#[derive(Template)]
#[template(source = "<p>{{ count }} in our book</p>{% fragment entries %}<b>ours</b>{% endfragment %}")]
struct OurBook {
    count: usize,
}

impl From<BookPage> for OurBook {
    fn from(page: BookPage) -> Self {
        Self {
            count: page.entries.rows.len(),
        }
    }
}

fn replaced() -> App {
    app().page::<BookPage, OurBook>()
}

async fn person(app: &TestApp, email: &str, is_staff: bool) -> User {
    let new = NewUser {
        email: Email::parse(email).unwrap(),
    };
    app.rows(async |db| {
        User::create(new)
            .set(|u| [u.is_staff.set(is_staff)])
            .save(&db)
            .await
    })
    .await
}

async fn entry(app: &TestApp, author: &User, text: &str) -> Entry {
    let new = NewEntry {
        name: "Ann".to_owned(),
        text: text.to_owned(),
        author: author.id.into(),
    };
    app.rows(async |db| Entry::create(new).save(&db).await).await
}

/// CWE-862, CWE-639: every route as nobody, the writer, somebody else and staff.
#[tokio::test]
async fn everybody_gets_what_the_table_says_and_no_more() {
    let app = TestApp::new(app);
    let (ann, ben) = (
        person(&app, "ann@example.com", false).await,
        person(&app, "ben@example.com", false).await,
    );
    let sue = person(&app, "sue@example.com", true).await;
    let id = entry(&app, &ann, "Hello").await.id;
    let gone = Id::new();
    let words: &[(&str, &str)] = &[("name", "Guest"), ("text", "Lovely walls.")];
    #[rustfmt::skip]
    let table = [
        Expected::new("guestbook.book",                [Allowed,  Allowed,  Allowed,   Allowed]),
        Expected::new("guestbook.sign",                [SignIn,   Allowed,  Allowed,   Allowed]),
        Expected::new("guestbook.entry_delete",        [SignIn,   Allowed,  Forbidden, Allowed]),
        Expected::new("guestbook.entry_delete#gone",   [SignIn,   NotFound, NotFound,  NotFound]),
        Expected::new("guestbook.entry_remove",        [SignIn,   Allowed,  Forbidden, Allowed]),
    ];
    Prober::new(&app)
        .member(&ann)
        .outsider(&ben)
        .staff(&sue)
        .get("guestbook.book", urls::book())
        .form("guestbook.sign", urls::sign(), words)
        .get("guestbook.entry_delete", urls::entry_delete(&id))
        .get("guestbook.entry_delete#gone", urls::entry_delete(&gone))
        .form("guestbook.entry_remove", urls::entry_remove(&id), &[])
        .expect(&table)
        .run()
        .await;
}

#[tokio::test]
async fn what_guests_write_stays_text_and_is_theirs() {
    let app = TestApp::new(app);
    let ann = person(&app, "ann@example.com", false).await;
    let ben = person(&app, "ben@example.com", false).await;
    let mut browser = app.client();
    browser.sign_in_as(&ann).await;
    // CWE-79, and CWE-915: `author` is no field of the form.
    let forged = ben.id.to_string();
    let fields = [
        ("name", "<b>Ann</b>"),
        ("text", "<script>alert(1)</script>"),
        ("author", &forged),
    ];
    let signed = browser.post_form(urls::sign(), &fields[..2]).await;
    signed.assert_redirects_to("/visitors/");
    let page = browser.follow(&signed).await;
    page.assert_status(200)
        .assert_contains("Thank you for signing")
        .assert_contains("&lt;script&gt;alert(1)&lt;/script&gt;")
        .assert_contains("/static/guestbook/book.")
        .assert_lacks("<script>alert");
    browser.post_fields(urls::sign(), &fields).await;
    let entries = app.rows(async |db| Entry::objects().all(&db).await).await;
    assert!(!entries.is_empty());
    assert!(entries.iter().all(|entry| entry.author.id::<User>() == ann.id));
}

#[tokio::test]
async fn a_site_has_a_page_of_its_own_in_place_of_the_modules() {
    let app = TestApp::new(replaced);
    let ann = person(&app, "ann@example.com", false).await;
    entry(&app, &ann, "Hello").await;
    let mut browser = app.client();
    let page = browser.get(urls::book()).await;
    page.assert_contains("1 in our book")
        .assert_lacks("Nobody has written");
    // What the view decided stays: a form with mistakes is 422, and nothing is kept.
    browser.sign_in_as(&ann).await;
    let refused = browser
        .post_form(urls::sign(), &[("name", ""), ("text", "")])
        .await;
    refused.assert_status(422).assert_contains("1 in our book");
    let mut headers = browser.browser(false, "GET");
    headers.insert("x-fragment", "entries".parse().unwrap());
    let part = browser
        .request(vauban::http::Method::GET, urls::book(), headers, "")
        .await;
    assert_eq!(part.text(), "<!doctype html><body><b>ours</b>");
}

#[test]
fn a_page_is_replaced_once() {
    let twice = || replaced().page::<BookPage, OurBook>();
    let told = std::panic::catch_unwind(|| TestApp::new(twice)).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("is replaced twice"), "{told}");
}

/// What the operator decides: a closed book takes nothing and says so in the module's own page; the rest of the site, and
/// reading, go on.
#[tokio::test]
async fn a_closed_book_takes_no_entries() {
    let app = TestApp::with(app, &[("guestbook.open", "false")]);
    let ann = person(&app, "ann@example.com", false).await;
    let mut browser = app.client();
    browser.sign_in_as(&ann).await;
    browser.get(urls::book()).await.assert_status(200);
    let fields = [("name", "Ann"), ("text", "Lovely walls.")];
    let refused = browser.post_form(urls::sign(), &fields).await;
    refused
        .assert_status(503)
        .assert_contains("<h1>Not now</h1>")
        .assert_contains("The guest book is closed.");
    assert!(
        app.rows(async |db| Entry::objects().all(&db).await)
            .await
            .is_empty()
    );
}

/// The operator's command, called as on the command line; what is wrong with its arguments is told as there.
#[tokio::test]
async fn the_book_is_tidied_by_a_command() {
    let app = TestApp::new(app);
    let ann = person(&app, "ann@example.com", false).await;
    let mut browser = app.client();
    browser.sign_in_as(&ann).await;
    for text in ["Lovely walls.", "Lovely walls.", "Thick, too."] {
        browser
            .post_form(urls::sign(), &[("name", "Ann"), ("text", text)])
            .await;
    }
    let said = app.command("guestbook-tidy", &[]).await.unwrap();
    assert!(said.contains('1'), "{said}");
    assert_eq!(
        app.rows(async |db| Entry::objects().all(&db).await).await.len(),
        2
    );
    let refused = app.command("guestbook-tidy", &["--hard"]).await.unwrap_err();
    assert!(
        refused.to_string().contains("unexpected argument '--hard'"),
        "{refused}"
    );
    let unknown = app.command("guestbook-tidi", &[]).await.unwrap_err();
    assert!(unknown.to_string().contains("guestbook-tidy"), "{unknown}");
}

/// A refused word keeps the entry out, leaves it in the form, and stands in the log by its name.
#[tokio::test]
async fn a_refused_word_is_told_and_logged() {
    let app = TestApp::with(
        app,
        &[
            ("guestbook.refused_words", "casino, Pills"),
            ("guestbook.per_page", "1"),
        ],
    );
    let ann = person(&app, "ann@example.com", false).await;
    let mut browser = app.client();
    browser.sign_in_as(&ann).await;
    let fields = [("name", "Ann"), ("text", "Cheap PILLS here")];
    let refused = browser.post_form(urls::sign(), &fields).await;
    refused
        .assert_status(422)
        .assert_contains("does not take one of these words")
        .assert_contains("Cheap PILLS here");
    assert!(
        refused
            .events()
            .iter()
            .any(|event| event == "guestbook_entry_refused")
    );
    for text in ["one", "two"] {
        browser
            .post_form(urls::sign(), &[("name", "Ann"), ("text", text)])
            .await
            .assert_redirects_to("/visitors/");
    }
    browser
        .get(urls::book())
        .await
        .assert_contains("two")
        .assert_lacks(">one<")
        .assert_contains("?page=2");
}

#[test]
fn what_the_operator_writes_is_checked() {
    use vauban::settings::ModuleSettings as _;
    let book = guestbook::manners::Book {
        per_page: 0,
        ..Default::default()
    };
    assert_eq!(book.check()[0].id, "guestbook.per_page");
    assert!(guestbook::manners::Book::default().check().is_empty());
}
