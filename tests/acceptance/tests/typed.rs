//! What was typed is never lost, in the demo as it runs: whatever refuses, the way back has it. Where only the browser has
//! it, a real Chromium is the judge.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use acceptance::{Browser, Client, PASSWORD, Site, demo, sign_up};
use rusqlite::Connection;

/// Ann's form for an article of hers.
fn open_form(browser: &Browser, site: &Site) {
    browser.goto(&site.url("/"));
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/write/"));
}

const FORM: &str = "form.fields";

fn value(browser: &Browser, css: &str) -> String {
    let value = browser.run(&format!("return document.querySelector('{css}')?.value ?? ''"));
    value.as_str().unwrap_or_default().to_owned()
}

/// Bug case 2: the session ends while the form is open. Whoever signs in again finds the text, and sends it.
#[test]
fn the_text_survives_the_session() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "Written in vain?");
    browser.fill("#id_body", "Not in vain.");
    let file = Connection::open(site.database()).unwrap();
    let idle = file.execute("UPDATE vauban_session SET seen = 0", []).unwrap();
    assert_eq!(idle, 1);
    browser.submit(FORM);
    assert!(browser.url().contains("/accounts/login/"), "{}", browser.url());
    // Signed in again, as the same one; the switch for developers stands in for the password.
    browser.look_as(&site.url("/accounts/look-as/"), "ann@example.com");
    browser.goto(&site.url("/accounts/kept/"));
    assert!(
        browser.visible_text().contains("Not in vain."),
        "{}",
        browser.visible_text()
    );
    browser.submit(".typed form");
    assert_eq!(value(&browser, "#id_title"), "Written in vain?");
    assert_eq!(value(&browser, "#id_body"), "Not in vain.");
    browser.submit(FORM);
    assert!(
        browser.visible_text().contains("Not in vain."),
        "{}",
        browser.visible_text()
    );
    // The form that was shown again is a 422, which the console notes.
    let complaints = browser
        .complaints()
        .into_iter()
        .filter(|one| !one.contains("status of 422"));
    assert_eq!(complaints.collect::<Vec<_>>(), Vec::<String>::new());
}

/// Too large: nothing was read, the page says so, and Back leads to the form as it was left.
#[test]
fn back_leads_to_what_was_too_large() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "A long story");
    browser.run(
        "const body = document.querySelector('#id_body'); body.removeAttribute('maxlength');
         body.value = 'a'.repeat(3_000_000);",
    );
    browser.submit(FORM);
    assert!(
        browser.visible_text().contains("Back button"),
        "{}",
        browser.visible_text()
    );
    browser.back();
    browser.until("the form", || value(&browser, "#id_title") == "A long story");
    assert_eq!(value(&browser, "#id_body").len(), 3_000_000);
}

/// ASVS 14.3.3, CWE-922. What the tab keeps has no secret and no token in it, and goes with the next page that is no error.
#[test]
fn asvs_14_3_3_the_tab_keeps_no_secret() {
    let site = Site::start(demo());
    let browser = Browser::start();
    browser.goto(&site.url("/accounts/login/"));
    browser.fill("#id_email", "ann@example.com");
    browser.fill("#id_password", "not-her-password");
    browser.submit(".account-page form");
    let kept = || {
        let kept = browser.run("return JSON.stringify(sessionStorage)");
        kept.as_str().unwrap().to_owned()
    };
    assert!(kept().contains("ann@example.com"), "{}", kept());
    for never in ["not-her-password", "csrfmiddlewaretoken"] {
        assert!(!kept().contains(never), "{}", kept());
    }
    browser.goto(&site.url("/articles/"));
    assert_eq!(kept(), "{}");
}

/// Too large to be kept over a sign-in: the page says so and stays, so that Back has it once somebody has signed in.
#[test]
fn back_leads_to_what_was_too_large_to_be_kept() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "A longer story");
    browser.run("document.querySelector('#id_body').value = 'b'.repeat(90_000);");
    end_sessions(&site);
    browser.submit(FORM);
    let said = browser.visible_text();
    assert!(
        said.contains("could not be kept") && said.contains("Sign in in another tab"),
        "{said}"
    );
    sign_in_in_another_tab(&browser);
    browser.back();
    browser.until("the form", || value(&browser, "#id_title") == "A longer story");
    assert_eq!(value(&browser, "#id_body").len(), 90_000);
}

/// CWE-362. Attack by nobody: what was typed is brought back into a page of a newer version, and sent as if it had been
/// typed there. The version goes back with the text, and the site shows both.
#[test]
fn back_does_not_undo_what_somebody_else_wrote() {
    let site = Site::start(demo());
    let browser = Browser::start();
    open_form(&browser, &site);
    browser.fill("#id_title", "Two pens");
    browser.fill("#id_body", "Ours.");
    browser.submit(FORM);
    browser.goto(&site.url("/articles/two-pens/edit/"));
    // Short enough for the field, and too large to be kept: six bytes a letter on the wire.
    browser.run("document.querySelector('#id_body').value = 'é'.repeat(12_000);");
    end_sessions(&site);
    browser.submit(FORM);
    assert!(
        browser.visible_text().contains("could not be kept"),
        "{}",
        browser.visible_text()
    );
    let file = Connection::open(site.database()).unwrap();
    let newer = "UPDATE article SET body = 'Somebody else wrote this.', row_version = row_version + 1 WHERE title = 'Two pens'";
    assert_eq!(file.execute(newer, []).unwrap(), 1);
    sign_in_in_another_tab(&browser);
    browser.back();
    browser.until("the form", || {
        value(&browser, "#id_body").chars().count() == 12_000
    });
    browser.submit(FORM);
    let body = || {
        file.query_row("SELECT body FROM article WHERE title = 'Two pens'", [], |row| {
            row.get::<_, String>(0)
        })
    };
    assert_eq!(body().unwrap(), "Somebody else wrote this.");
    assert!(
        browser.visible_text().contains("Somebody else wrote this."),
        "{}",
        browser.visible_text()
    );
}

/// The other tab shares the cookies.
fn sign_in_in_another_tab(browser: &Browser) {
    let signed_in = browser.run_async(
        "const page = await (await fetch('/accounts/look-as/')).text();
         const token = page.match(/name=\"csrfmiddlewaretoken\" value=\"([^\"]+)/)[1];
         const body = new URLSearchParams({ csrfmiddlewaretoken: token, email: 'ann@example.com' });
         return (await fetch('/accounts/look-as/', { method: 'POST', body })).status;",
    );
    assert_eq!(signed_in, 200);
}

/// As if their time were over: the rows go.
fn end_sessions(site: &Site) {
    let file = Connection::open(site.database()).unwrap();
    let ended = file.execute("DELETE FROM vauban_session", []).unwrap();
    assert!(ended > 0, "nobody had a session");
}

const ARTICLE: [(&str, &str); 2] = [("title", "The lock <keeper>"), ("body", "Along the canal.")];

fn has_the_text(page: &str) -> bool {
    page.contains("The lock &lt;keeper&gt;") && page.contains("Along the canal.")
}

/// Bug case 20: another process holds the database. Whoever waits in vain sees the text, and the button opens the form.
#[test]
fn a_busy_database_shows_the_text() {
    let site = Site::start(demo());
    let mut ann = sign_up(site.port(), "busy@example.com");
    let token = ann.token("/write/", None).unwrap();
    let other = Connection::open(site.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = ann.post("/write/", &token, &ARTICLE).unwrap();
    assert_eq!(busy.status, 503, "{}", busy.body);
    assert!(has_the_text(&busy.body), "{}", busy.body);
    assert_eq!(busy.header("cache-control"), Some("no-store"));
    other.execute_batch("ROLLBACK").unwrap();
    // The button's form: shown again with the text, and nothing is saved by it (CWE-352).
    let button = ann_button(&busy.body, "/write/");
    let again = ann.post("/write/", &button, &ARTICLE).unwrap();
    assert!(
        again.body.contains("value=\"The lock &lt;keeper&gt;\""),
        "{}",
        again.body
    );
    let rows = "SELECT count(*) FROM article WHERE title LIKE 'The lock%'";
    let count = || other.query_row(rows, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(), 0);
    let fresh = ann.token("/write/", None).unwrap();
    assert_eq!(ann.post("/write/", &fresh, &ARTICLE).unwrap().status, 303);
    assert_eq!(count(), 1);
}

/// The token in the form that the button sends.
fn ann_button(page: &str, path: &str) -> String {
    let (_, form) = page
        .split_once(&format!("<form method=\"post\" action=\"{path}\">"))
        .expect("the button");
    let (_, token) = form.split_once("name=\"csrfmiddlewaretoken\" value=\"").unwrap();
    token.split('"').next().unwrap().to_owned()
}

fn sign_in(client: &mut Client, email: &str) {
    let fields = [("email", email), ("password", PASSWORD)];
    let answer = client.submit("/accounts/login/", None, &fields).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// CWE-639, CWE-311. What is kept over a sign-in is its owner's, in that browser; nobody else's, and nothing in the file.
#[test]
fn what_is_kept_is_for_one_browser_and_one_account() {
    let site = Site::start(demo());
    let mut ben = sign_up(site.port(), "ben.kept@example.com");
    let mut ann = sign_up(site.port(), "ann.kept@example.com");
    let token = ann.token("/write/", None).unwrap();
    end_sessions(&site);
    let sent = ann.post("/write/", &token, &ARTICLE).unwrap();
    assert_eq!(sent.status, 303);
    assert_eq!(
        sent.header("location"),
        Some("/accounts/login/?next=%2Faccounts%2Fkept%2F")
    );
    let file = Connection::open(site.database()).unwrap();
    let kept: Vec<u8> = file
        .query_row("SELECT sealed FROM vauban_kept_form", [], |row| row.get(0))
        .unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("canal"));

    let mut other_account = ann.clone();
    sign_in(&mut other_account, "ben.kept@example.com");
    assert_eq!(other_account.get("/accounts/kept/").unwrap().status, 404);
    sign_in(&mut ben, "ann.kept@example.com");
    assert_eq!(ben.get("/accounts/kept/").unwrap().status, 404, "another browser");

    sign_in(&mut ann, "ann.kept@example.com");
    let page = ann.get("/accounts/kept/").unwrap();
    assert!(page.status == 200 && has_the_text(&page.body), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));
}
