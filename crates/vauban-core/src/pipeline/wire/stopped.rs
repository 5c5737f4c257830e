//! Requests that are stopped outside their view, and the time that all of it may take.

use std::time::Duration;

use super::*;
use crate::pipeline::whole_request;
use crate::routing::{InvalidSegment, Path, PathValue};

struct Panics;
impl PathValue for Panics {
    fn read(_: &str) -> Result<Self, InvalidSegment> {
        panic!("read of a segment")
    }
    fn write(&self, _: &mut String) {}
}

#[view(get, "/read/{what}/")]
async fn read(_: Public, _what: Path<Panics>) -> Result<Text> {
    Ok(Text::new("read"))
}

#[view(get, "/import/", timeout = 4000)]
async fn import(_: Public) -> Result<Text> {
    Ok(Text::new("imported"))
}

/// Its code fails where no view is called.
struct Broken;
impl IdentityBackend for Broken {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(async { Ok(Identity::nobody()) })
    }

    fn lets_people_sign_up(&self) -> bool {
        panic!("who may sign up")
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("none".to_owned()) })
    }
}

fn routed() -> SiteParts {
    let mut parts = parts(&["example.com"]);
    parts.routes = parts.routes.view::<read>("read").view::<import>("import");
    parts
}

/// CWE-778, CWE-248. Attack: an address that the site's own type of a path fails on, or a session store that fails: the answer
/// says nothing, and the log says what it was.
#[tokio::test]
async fn cwe_778_what_fails_outside_a_view_is_logged() {
    let (log, _guard) = Log::of_this_thread();
    let host = [pair("Host", "example.com")];
    let server = start(routed()).await;
    let reply = server.send("GET /read/x/", &host, "").await;
    assert_eq!(reply.status, 500);
    let incident = reply.header("x-request-id").unwrap();
    assert!(
        reply.body.contains(incident) && !reply.body.contains("segment"),
        "{}",
        reply.body
    );
    let text = log.text();
    assert!(
        text.contains("read of a segment") && text.contains(incident),
        "{text}"
    );

    let mut parts = routed();
    parts.sessions = Some(Arc::new(Broken));
    let server = start(parts).await;
    let reply = server.send("GET /x", &host, "").await;
    assert_eq!((reply.status, reply.body.as_str()), (500, ""));
    let text = log.text();
    assert!(
        text.contains("who may sign up") && text.contains("127.0.0.1"),
        "{text}"
    );
}

/// CWE-837. Attack: a view that takes its time is cut off from outside after it saved, and nobody says that it may be saved. The
/// limit of everything is longer than what its parts may take, whatever the settings and its view say.
#[tokio::test]
async fn cwe_837_the_limit_of_all_is_longer_than_of_its_parts() {
    let longest = |request: u64| {
        let mut parts = routed();
        parts.settings.timeouts.request = Duration::from_secs(request);
        whole_request(&parts.site())
    };
    let commit = Duration::from_secs(10);
    assert!(longest(60) > Duration::from_secs(4000) + commit);
    assert!(longest(7200) > Duration::from_secs(7200) + commit);
    assert!(longest(u64::MAX) >= Duration::from_secs(u64::MAX));
}
