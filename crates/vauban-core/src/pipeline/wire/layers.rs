//! An app's own layers stand inside the walls.

use ::http::StatusCode;

use super::*;
use crate::http::{Error, Respond, Response};
use crate::pipeline::{Gate, Middleware, Next};
use crate::routing::SignedIn;

struct Closed;
impl Gate for Closed {
    async fn enter(&self, cx: &Request) -> Result<Option<Response>> {
        tokio::task::yield_now().await;
        match cx.path() {
            "/x" => Ok(Some(Response::of(Text::new("closed for maintenance")))),
            "/json/" => Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, "")),
            _ => Ok(None),
        }
    }
}

struct Stamp(&'static str);
impl Middleware for Stamp {
    async fn handle(&self, _: Arc<Request>, next: Next) -> Response {
        stamp(next.run().await, self.0)
    }
}

fn stamp(answer: Response, name: &str) -> Response {
    let before = answer
        .headers()
        .get("x-stamps")
        .and_then(|v| v.to_str().ok())
        .unwrap_or("")
        .to_owned();
    answer.header("x-stamps", &format!("{before}{name}")).unwrap()
}

#[view(get, "/closed/")]
async fn closed(_: SignedIn) -> Result<Text> {
    Ok(Text::new("in"))
}

#[tokio::test]
async fn layers_stand_inside_the_walls() {
    let mut parts = parts(&["example.com"]);
    parts.routes = parts.routes.view::<closed>("closed");
    parts.before = vec![
        Arc::new(|cx: &Request| match cx.path() {
            "/login/" => Err(Error::not_found()),
            _ => Ok(None),
        }),
        Arc::new(Closed),
    ];
    parts.around = vec![
        Arc::new(Stamp("outer")),
        Arc::new(|_: Arc<Request>, next: Next| async move { stamp(next.run().await, "inner ") }),
    ];
    let server = start(parts).await;
    let host = [pair("Host", "example.com")];
    let reply = server.send("GET /x", &host, "").await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "closed for maintenance")
    );
    assert!(reply.header("content-security-policy").is_some());
    assert_eq!(server.send("GET /json/", &host, "").await.status, 503);
    assert_eq!(server.send("GET /login/", &host, "").await.status, 404);
    assert_eq!(
        server.send("GET /host/", &host, "").await.header("x-stamps"),
        Some("inner outer")
    );
    // The rule is within: a layer runs the view with it or not at all.
    assert_eq!(server.send("GET /closed/", &host, "").await.status, 403);
    // The walls are before: a foreign post never comes to a layer.
    let foreign = [
        pair("Host", "example.com"),
        pair("Origin", "https://attacker.example"),
    ];
    let reply = server.send("POST /x", &foreign, "a=1").await;
    assert_eq!((reply.status, reply.header("x-stamps")), (403, None));
}

/// CWE-696, CWE-862. Attack: a gate keeps banned people out by who they are, hears "nobody" of everybody and lets them in.
#[tokio::test]
async fn cwe_696_a_gate_that_asks_who_it_is_lets_nobody_in() {
    type Asks = fn(&Request) -> bool;
    let ways: [Asks; 3] = [
        |cx| cx.actor().user_facts().is_some(),
        |cx| cx.identity().session().is_some(),
        |cx| cx.user_id().is_some(),
    ];
    for is_banned in ways {
        let mut parts = parts(&["example.com"]);
        parts.before = vec![Arc::new(move |cx: &Request| match is_banned(cx) {
            true => Err(Error::forbidden()),
            false => Ok(None),
        })];
        let server = start(parts).await;
        for path in ["/host/", "/nothing-here/"] {
            let line = format!("GET {path}");
            let reply = server.send(&line, &[pair("Host", "example.com")], "").await;
            assert_eq!(reply.status, 500, "{path}");
        }
    }
}

#[derive(vauban_macros::Template)]
#[template(source = "<p>Closed. {% if user.is_signed_in %}{{ user.name }}{% endif %}</p>")]
struct ClosedPage {}

/// A gate's page has the site's layout, which shows who is signed in, and shows nobody.
#[tokio::test]
async fn a_page_of_a_gate_may_have_the_layout() {
    let mut parts = parts(&["example.com"]);
    parts.before = vec![Arc::new(|_: &Request| Ok(Some(Response::of(ClosedPage {}))))];
    let server = start(parts).await;
    let reply = server.send("GET /x", &[pair("Host", "example.com")], "").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "<p>Closed. </p>"));
}

struct Ruin;
impl Gate for Ruin {
    async fn enter(&self, cx: &Request) -> Result<Option<Response>> {
        match cx.path() {
            "/x" => panic!("secret detail"),
            "/json/" => std::future::pending().await,
            _ => Ok(None),
        }
    }
}

/// CWE-248, CWE-400. Attack: a request that a gate panics at, and one that it never decides about.
#[tokio::test]
async fn a_gate_that_panics_or_hangs_ends_one_request_with_its_page() {
    let mut parts = parts(&["example.com"]);
    parts.settings.timeouts.request = std::time::Duration::from_millis(200);
    parts.before = vec![Arc::new(Ruin)];
    let server = start(parts).await;
    let host = [pair("Host", "example.com")];
    for (path, status) in [("/x", 500), ("/json/", 503)] {
        let line = format!("GET {path}");
        let reply = server.send(&line, &host, "");
        let reply = tokio::time::timeout(std::time::Duration::from_secs(10), reply).await;
        let reply = reply.expect("it is answered in time");
        assert_eq!(reply.status, status);
        // The page by which whoever runs the site finds it in the log.
        let id = reply
            .header("x-request-id")
            .expect("a request has an id")
            .to_owned();
        assert!(reply.body.contains(&id), "{path}: {}", reply.body);
        assert!(!reply.body.contains("secret detail"));
    }
    assert_eq!(server.send("GET /host/", &host, "").await.status, 200);
}

struct RuinedPage;
impl Respond for RuinedPage {
    fn respond(self, _: &Request) -> Response {
        panic!("secret detail")
    }
    fn commits(&self) -> bool {
        true
    }
}

/// CWE-248: a page of a gate's or a middleware's is rendered outside of the view, and its panic is answered like a view's.
#[tokio::test]
async fn a_page_that_panics_has_an_error_page() {
    let mut parts = parts(&["example.com"]);
    parts.before = vec![Arc::new(|cx: &Request| match cx.path() {
        "/json/" => Err(Error::with_answer(Response::of(RuinedPage))),
        _ => Ok(None),
    })];
    parts.around = vec![Arc::new(|_: Arc<Request>, _: Next| async {
        Response::of(RuinedPage)
    })];
    let server = start(parts).await;
    for path in ["/x", "/json/"] {
        let line = format!("GET {path}");
        let reply = server.send(&line, &[pair("Host", "example.com")], "").await;
        assert_eq!(reply.status, 500);
        let id = reply
            .header("x-request-id")
            .expect("a request has an id")
            .to_owned();
        assert!(reply.body.contains(&id), "{path}: {}", reply.body);
    }
}

/// CWE-177, CWE-288. Attack: `/%78` is `/x` to the router, and was another text to a gate that compares; a gate that asks
/// for the view asks whichever way.
#[tokio::test]
async fn another_spelling_does_not_walk_round_a_gate() {
    let mut parts = parts(&["example.com"]);
    parts.before = vec![
        Arc::new(Closed),
        Arc::new(|cx: &Request| match cx.is_for::<views::host>() {
            true => Err(Error::forbidden()),
            false => Ok(None),
        }),
    ];
    let server = start(parts).await;
    let host = [pair("Host", "example.com")];
    for path in ["/x", "/%78", "/%78?a=%41", "http://example.com/%78"] {
        let reply = server.send(&format!("GET {path}"), &host, "").await;
        assert_eq!(reply.body, "closed for maintenance", "{path}");
    }
    for path in ["/host/", "/h%6fst/", "/%68%6F%73%74/"] {
        assert_eq!(
            server.send(&format!("GET {path}"), &host, "").await.status,
            403,
            "{path}"
        );
    }
    // What cannot be decoded, or would climb, is no address, and stays as it is.
    for path in ["/%7", "/%ff/", "/%2e%2e/x", "/host%2F"] {
        assert_eq!(
            server.send(&format!("GET {path}"), &host, "").await.status,
            404,
            "{path}"
        );
    }
}
