//! What was typed is on the page that says why it was not taken: where the body was read and the form's token is ours, and
//! nowhere else; secrets never.

use super::*;
use crate::forms::Form;
use crate::http::{Error, ErrorFacts, ErrorPage, StatusCode};
use crate::{SafeHtml, Secret};

#[derive(vauban_macros::Form)]
struct NoteForm {
    #[field(max_length = 200)]
    title: String,
    #[field(max_length = 100, label = "Word to enter")]
    word: Secret<String>,
    #[field(widget = hidden)]
    version: i64,
}

/// Fails as its query says.
#[view(post, "/fails/{how}/", timeout = 1)]
async fn fails(_: Public, how: crate::Path<String>, form: Form<NoteForm>) -> Result<Text> {
    let _ = form;
    Err(match how.as_str() {
        "conflict" => vauban_orm::Error::Conflict.into(),
        "busy" => vauban_orm::Error::Busy("another program holds the database").into(),
        "policy" => vauban_orm::Error::Forbidden.into(),
        "gone" => Error::not_found(),
        "restricted" => vauban_orm::Error::Restricted {
            table: "secret_detail",
        }
        .into(),
        "often" => Error::too_many_requests(std::time::Duration::from_millis(2_100)),
        "panic" => panic!("secret detail"),
        "slow" => std::future::pending().await,
        _ => Error::internal("secret detail"),
    })
}

/// Takes no form, and looks at nothing.
#[view(post, "/plain/{id}/")]
async fn plain(_: Public, _id: crate::Path<i64>) -> Result<Text> {
    Err(Error::conflict())
}

/// Takes little.
#[view(post, "/small/", body = 600)]
async fn small(_: Public, _form: Form<NoteForm>) -> Result<Text> {
    Ok(Text::new("small"))
}

fn site() -> SiteParts {
    SiteParts {
        routes: routes()
            .view::<fails>("fails_how")
            .view::<plain>("plain")
            .view::<small>("small"),
        ..parts(&["example.com"])
    }
}

const COOKIE: &str = "a session of a test";
const FORM: &str = "title=%3Cb%3EMy+walk&word=hunter2&version=7&is_staff=smuggled";

impl Server {
    async fn types(&self, path: &str, token: Option<&str>, body: &str) -> Reply {
        let mut headers = vec![
            pair("Host", "example.com"),
            pair("X-Forwarded-Proto", "https"),
            pair("Origin", "https://example.com"),
            pair("Cookie", format!("__Host-session={}", COOKIE.replace(' ', "-"))),
        ];
        headers.push(pair("Accept", "text/html"));
        let token = match token {
            Some(token) => token.to_owned(),
            None => self.token(&Binding::Session(COOKIE.replace(' ', "-")), path),
        };
        let body = format!("csrfmiddlewaretoken={token}&{body}");
        self.send(&format!("POST {path}"), &headers, &body).await
    }
}

fn shows_it(reply: &Reply) -> bool {
    // CWE-549, CWE-915, CWE-79
    for never in ["hunter2", "smuggled", "<b>My", "secret detail"] {
        assert!(!reply.body.contains(never), "{never} in {}", reply.body);
    }
    reply
        .body
        .contains("<dt>Title</dt><dd><pre>\n&lt;b&gt;My walk</pre></dd>")
}

/// Bug case 2 and 20: a conflict, a busy database, an overrun, a failure of ours, a refusal by policy.
#[tokio::test]
async fn whatever_fails_after_the_body_was_read_shows_it() {
    let server = start(site()).await;
    for (how, status, again) in [
        ("conflict", 409, true),
        ("busy", 503, true),
        ("slow", 503, true),
        ("panic", 500, true),
        ("internal", 500, true),
        ("policy", 403, false),
        ("gone", 404, false),
    ] {
        let path = format!("/fails/{how}/");
        let reply = server.types(&path, None, FORM).await;
        assert_eq!(reply.status, status, "{how} {}", reply.body);
        assert!(shows_it(&reply), "{how} {}", reply.body);
        // CWE-524
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{how}");
        let button = format!("<form method=\"post\" action=\"{path}\">");
        assert_eq!(reply.body.contains(&button), again, "{how} {}", reply.body);
        if !again {
            continue;
        }
        assert!(reply.body.contains("name=\"version\" value=\"7\""), "{how}");
        // CWE-352: the button's token has expired, so that nothing is saved by pressing it.
        let (_, token) = reply
            .body
            .split_once("name=\"csrfmiddlewaretoken\" value=\"")
            .unwrap();
        let token = token.split('"').next().unwrap();
        let binding = [b"s", &Sha256::digest(COOKIE.replace(' ', "-"))[..]].concat();
        let verdict = server.site.csrf.verify(
            token,
            &[&binding, path.as_bytes()],
            crate::signing::now(),
            u64::MAX,
        );
        assert_eq!(verdict, Err(crate::signing::TokenError::Expired), "{how}");
    }
}

/// CWE-352, CWE-1021. Attack: a stranger's text before somebody's eyes, on a page of ours. A form without a token of ours is
/// not shown, and what no form declares neither; the page says where it is.
#[tokio::test]
async fn what_is_not_known_to_be_ours_is_not_shown() {
    let server = start(site()).await;
    for token in ["", "x", "v1.a.b.c.d"] {
        let reply = server.types("/fails/gone/", Some(token), FORM).await;
        assert_eq!(reply.status, 403, "{token}");
        assert!(!shows_it(&reply), "{token}");
        assert!(reply.body.contains("Back button"), "{token} {}", reply.body);
    }
    let reply = server.types("/plain/7/", None, FORM).await;
    assert_eq!(reply.status, 409);
    assert!(
        !shows_it(&reply) && reply.body.contains("Back button"),
        "{}",
        reply.body
    );
}

/// A button that was pressed: nothing was typed, so nothing is said of it. What others refer to is said to be so, and no
/// more (CWE-203); what was too often says when to come again.
#[tokio::test]
async fn a_page_says_why_and_not_what_was_never_typed() {
    let server = start(site()).await;
    let pressed = ["", "version=7", "title=&version=7"];
    for (how, status, says) in [
        ("restricted", 409, "Something else still refers to this"),
        ("conflict", 409, "This was changed since"),
        ("often", 429, "Wait a little"),
    ] {
        for body in pressed {
            let reply = server.types(&format!("/fails/{how}/"), None, body).await;
            assert_eq!(reply.status, status, "{how} {body}");
            assert!(reply.body.contains(says), "{how} {body} {}", reply.body);
            for never in ["Back button", "What you typed", "secret_detail"] {
                assert!(!reply.body.contains(never), "{how} {body} {never} {}", reply.body);
            }
            let after = (how == "often").then_some("3");
            assert_eq!(reply.header("retry-after"), after, "{how}");
        }
    }
    let reply = server.types("/plain/7/", None, "").await;
    assert_eq!(reply.status, 409);
    assert!(!reply.body.contains("Back button"), "{}", reply.body);
}

/// Not read: the page says that the browser has it.
#[tokio::test]
async fn what_was_not_read_is_said_to_be_in_the_browser() {
    let server = start(site()).await;
    let large = format!("title={}", "a".repeat(700));
    let reply = server.types("/small/", None, &large).await;
    assert_eq!(reply.status, 413);
    assert!(
        reply.body.contains("Back button") && !reply.body.contains("aaaa"),
        "{}",
        reply.body
    );
    // A page that was only asked for says nothing of that.
    let headers = [pair("Host", "example.com"), pair("X-Forwarded-Proto", "https")];
    let reply = server.send("GET /nothing/", &headers, "").await;
    assert_eq!(reply.status, 404);
    assert!(!reply.body.contains("Back button"));
}

/// A gate's throttle (429) and a body that does not come in time (408): not read, and the page says so.
#[tokio::test]
async fn throttles_and_slow_bodies_say_that_the_browser_has_it() {
    let mut throttled = site();
    throttled.before = vec![Arc::new(|_: &Request| {
        Err(Error::new(StatusCode::TOO_MANY_REQUESTS, "Too many at once."))
    })];
    let reply = start(throttled).await.types("/fails/gone/", None, FORM).await;
    assert_eq!(reply.status, 429);
    assert!(
        reply.body.contains("Too many at once.") && reply.body.contains("Back button"),
        "{}",
        reply.body
    );
    assert!(!shows_it(&reply));
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    let mut slow = site();
    slow.settings.timeouts.body = std::time::Duration::from_millis(200);
    let server = start(slow).await;
    let head = "POST /fails/gone/ HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-Proto: https\r\nOrigin: https://example.com\r\n\
                Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntitle=half";
    let reply = server.raw(head.as_bytes()).await;
    assert_eq!(reply.status, 408, "{}", reply.body);
    assert!(reply.body.contains("Back button"), "{}", reply.body);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// A file is neither taken nor shown.
#[tokio::test]
async fn a_file_is_not_shown() {
    let server = start(site()).await;
    let binding = Binding::Session(COOKIE.replace(' ', "-"));
    let token = server.token(&binding, "/fails/gone/");
    let part = |name: &str, text: &str| {
        format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body = [
        part("csrfmiddlewaretoken", &token),
        part("title", "A scan"),
        part("title\"; filename=\"passport.txt", "number 1234"),
        "--xx--\r\n".to_owned(),
    ]
    .concat();
    let head = format!(
        "POST /fails/gone/ HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-Proto: https\r\nOrigin: https://example.com\r\n\
         Cookie: __Host-session={}\r\nAccept: text/html\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=xx\r\nContent-Length: {}\r\n\r\n{body}",
        COOKIE.replace(' ', "-"),
        body.len()
    );
    let reply = server.raw(head.as_bytes()).await;
    assert_eq!(reply.status, 415, "{}", reply.body);
    assert!(
        !reply.body.contains("1234") && reply.body.contains("Back button"),
        "{}",
        reply.body
    );
}

/// A site's own error page that has it is shown; one that leaves it out gives way.
#[tokio::test]
async fn no_error_page_loses_it() {
    struct Forgets;
    impl ErrorPage for Forgets {
        fn for_error(_: ErrorFacts) -> Self {
            Self
        }
    }
    impl crate::Respond for Forgets {
        fn respond(self, _: &Request) -> crate::Response {
            crate::Response::new(StatusCode::OK, "own page")
        }
        fn commits(&self) -> bool {
            true
        }
    }
    struct Shows(Option<SafeHtml>);
    impl ErrorPage for Shows {
        fn for_error(facts: ErrorFacts) -> Self {
            Self(facts.typed)
        }
    }
    impl crate::Respond for Shows {
        fn respond(self, _: &Request) -> crate::Response {
            let typed = self.0.as_ref().map_or("", SafeHtml::as_str);
            crate::Response::new(StatusCode::OK, format!("own page {typed}"))
        }
        fn commits(&self) -> bool {
            true
        }
    }
    let mut forgets = site();
    forgets.error_pages.set_other::<Forgets>();
    let mut shows = site();
    shows.error_pages.set_other::<Shows>();
    for (parts, own) in [(forgets, false), (shows, true)] {
        let server = start(parts).await;
        let reply = server.types("/fails/conflict/", None, FORM).await;
        assert_eq!(reply.status, 409);
        assert!(shows_it(&reply), "{}", reply.body);
        assert_eq!(reply.body.starts_with("own page"), own, "{}", reply.body);
        // Where nothing was typed, it is the site's.
        let headers = [pair("Host", "example.com"), pair("X-Forwarded-Proto", "https")];
        assert!(
            server
                .send("GET /nothing/", &headers, "")
                .await
                .body
                .starts_with("own page")
        );
    }
}
