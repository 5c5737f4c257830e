//! What a site does that has asked for nothing: no setting is touched, no line of the site is about it.
//!
//! The names carry the requirement of ASVS 5.0.0; docs/src/asvs.md refers to them.

#![allow(clippy::expect_used)]

use http::{HeaderMap, HeaderValue, Method};
use notes::people::{NewUser, User};
use notes::{app, urls};
use vauban::prelude::*;
use vauban::testing::{Client, TestApp};

async fn ann(app: &TestApp) -> User {
    let email = Email::parse("ann@example.com").expect("an address");
    app.rows(async |db| User::create(NewUser { email, name: "Ann".into() }).save(&db).await).await
}

fn is_event(events: &[String], name: &str) -> bool {
    events.iter().any(|event| event == name)
}

const PASSWORD: &str = "nine dry bricks in a row";

async fn sign_up(app: &TestApp, client: &mut Client) -> Vec<String> {
    client.post_form(urls::accounts::signup(), &[("email", "eve@example.com")]).await;
    let link = app.mailed_link("eve@example.com").await.expect("a mail");
    client.post_form(link, &[("password", PASSWORD)]).await.events().to_vec()
}

#[test]
fn asvs_8_1_1_the_lock_says_who_may_call_what() {
    let app = app();
    let lock = app.package.access_lock().expect("access.lock");
    let differences = vauban::access::Matrix::of(&app).differences(&lock);
    assert!(differences.is_empty(), "run `access --accept` in docs/first-site and read this: {differences:#?}");
}

#[tokio::test]
async fn asvs_3_4_2_no_other_origin_may_read() {
    let app = TestApp::behind_proxy(app);
    let mut client = app.client();
    for origin in ["https://evil.example", "null", "https://example.com.evil.example"] {
        let mut headers = client.browser(false, "GET");
        headers.insert("origin", HeaderValue::from_static(origin));
        let answer = client.request(Method::GET, urls::notes(), headers, "").await;
        let shared = answer.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!shared, "{origin}: {:?}", answer.headers());
    }
}

#[tokio::test]
async fn asvs_13_4_4_there_is_no_trace() {
    let app = TestApp::behind_proxy(app);
    let mut client = app.client();
    for path in ["/", "/accounts/login/", "/static/site.css"] {
        let answer = client.request(Method::TRACE, path, HeaderMap::new(), "").await;
        assert!(matches!(answer.status(), 403 | 405), "{path}: {}", answer.status());
        assert!(!answer.text().contains("TRACE /"), "the request comes back");
    }
}

#[tokio::test]
async fn asvs_13_4_6_no_versions_are_told() {
    let app = TestApp::behind_proxy(app);
    let mut client = app.client();
    for path in ["/", "/nowhere/", "/static/site.css"] {
        let answer = client.get(path).await;
        for header in ["server", "x-powered-by", "via"] {
            assert!(answer.header(header).is_none(), "{path}: {header}");
        }
        let text = answer.text().to_lowercase();
        assert!(!text.contains("vauban") && !text.contains("rust"), "{path}: {text}");
    }
}

#[tokio::test]
async fn asvs_4_1_1_types_say_their_charset() {
    let app = TestApp::behind_proxy(app);
    let mut client = app.client();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/nowhere/", "text/html; charset=utf-8"),
        ("/static/site.css", "text/css; charset=utf-8"),
    ] {
        assert_eq!(client.get(path).await.header("content-type"), Some(kind), "{path}");
    }
}

#[tokio::test]
async fn asvs_7_4_4_sign_out_is_on_the_page() {
    let app = TestApp::new(app);
    let ann = ann(&app).await;
    let mut client = app.client();
    client.get(urls::notes()).await.assert_lacks("/accounts/logout/");
    client.sign_in_as(&ann).await;
    client.get(urls::notes()).await.assert_contains("action=\"/accounts/logout/\"");
}

#[tokio::test]
async fn asvs_16_3_1_sign_ins_are_logged() {
    let app = TestApp::new(app);
    let mut client = app.client();
    assert!(is_event(&sign_up(&app, &mut client).await, "signed_up"));
    let answer = client.post_fields(urls::accounts::logout(), &[]).await;
    assert!(is_event(answer.events(), "signed_out"), "{:?}", answer.events());
    let wrong = [("email", "eve@example.com"), ("password", "not that one at all")];
    let answer = client.post_form(urls::accounts::login(), &wrong).await;
    assert!(is_event(answer.events(), "sign_in_failed"), "{:?}", answer.events());
    let right = [("email", "eve@example.com"), ("password", PASSWORD)];
    let answer = client.post_form(urls::accounts::login(), &right).await;
    assert!(is_event(answer.events(), "signed_in"), "{:?}", answer.events());
}

#[tokio::test]
async fn asvs_16_3_2_refusals_are_logged() {
    let app = TestApp::new(app);
    let answer = app.client().get(urls::note_new()).await;
    assert!(is_event(answer.events(), "access_refused"), "{:?}", answer.events());
}

#[tokio::test]
async fn asvs_16_3_3_attacks_on_controls_are_logged() {
    let app = TestApp::new(app);
    let ann = ann(&app).await;
    let mut client = app.client();
    client.sign_in_as(&ann).await;

    let mut foreign = client.browser(true, "POST");
    foreign.insert("origin", HeaderValue::from_static("https://evil.example"));
    foreign.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
    let answer = client.request(Method::POST, urls::note_create(), foreign, "title=a&text=b").await;
    answer.assert_status(403);
    assert!(is_event(answer.events(), "origin_refused"), "{:?}", answer.events());

    let mut own = client.browser(true, "POST");
    own.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let answer = client.request(Method::POST, urls::note_create(), own, "title=a&text=b").await;
    answer.assert_status(403);
    assert!(is_event(answer.events(), "csrf_token_refused"), "{:?}", answer.events());
}
