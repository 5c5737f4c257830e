//! What a page's policy lets in: at its address, and nowhere else.

use super::*;
use crate::Template;
use crate::http::{Csp, Error, ErrorFacts, Response, StatusCode};
use crate::pipeline::ErrorPage;

const PAY: Csp = Csp::strict().forms_to("https://pay.example");
const SHOWN: Csp = Csp::strict().framed_by("https://partner.example");

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>{% partialdef part inline %}<i>part</i>{% endpartialdef %}")]
struct Plain {
    text: &'static str,
}

#[derive(Template)]
#[template(
    source = "{% waiver CrossOriginForm \"the payment is theirs alone\" %}<form method=\"post\" action=\"https://pay.example/now\"><button>Pay</button></form>"
)]
struct Pay {}

impl ErrorPage for Pay {
    fn for_error(_: ErrorFacts) -> Self {
        Self {}
    }
}

mod pages {
    use super::*;

    const MAP: Csp = Csp::strict().images_from("https://tile.example.org").own_media();

    #[view(get, "/plain/")]
    pub(super) async fn plain(_: Public) -> Result<Plain> {
        Ok(Plain { text: "plain" })
    }
    #[view(get, "/map/", csp = MAP)]
    pub(super) async fn map(_: Public) -> Result<Plain> {
        Ok(Plain { text: "map" })
    }
    #[view(get, "/map/fails/", csp = MAP)]
    pub(super) async fn fails(_: Public) -> Result<Plain> {
        Err(Error::not_found())
    }
    #[view(get, "/map/data/", csp = MAP)]
    pub(super) async fn data(_: Public) -> Result<Json<[u8; 1]>> {
        Ok(Json([1]))
    }
    #[view(get, "/shown/", csp = SHOWN)]
    pub(super) async fn shown(_: Public) -> Result<Plain> {
        Ok(Plain { text: "shown" })
    }
    #[view(post, "/shown/", csp = SHOWN)]
    pub(super) async fn sent(_: Public) -> Result<Plain> {
        Ok(Plain { text: "sent" })
    }
    /// Its type does not tell of the form.
    #[view(get, "/dead/")]
    pub(super) async fn dead(_: Public) -> Result<Response> {
        Ok(Response::of(Pay {}))
    }
    #[view(get, "/pay/", csp = PAY)]
    pub(super) async fn pay(_: Public) -> Result<Response> {
        Ok(Response::of(Pay {}))
    }
}

async fn server(csp: Csp, error_pages: ErrorPages) -> Server {
    let mut parts = parts(&["example.com"]);
    parts.csp = csp;
    parts.error_pages = error_pages;
    parts.routes = Routes::new()
        .view::<pages::plain>("plain")
        .view::<pages::map>("map")
        .view::<pages::fails>("fails")
        .view::<pages::data>("data")
        .view::<pages::shown>("shown")
        .view::<pages::sent>("sent")
        .view::<pages::dead>("dead")
        .view::<pages::pay>("pay");
    start(parts).await
}

fn headers(extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut headers = vec![pair("Host", "example.com"), pair("X-Forwarded-Proto", "https")];
    headers.extend(extra.iter().map(|(name, value)| pair(name, *value)));
    headers
}

async fn policy(server: &Server, line: &str, extra: &[(&str, &str)]) -> String {
    let reply = server.send(line, &headers(extra), "").await;
    let policy = reply.header("content-security-policy").unwrap().to_owned();
    let images = policy.split("; ").find(|part| part.starts_with("img-src"));
    let foreign = images.is_some_and(|images| images.contains("https:"));
    let embeds = reply.header("cross-origin-embedder-policy");
    assert_eq!(embeds == Some("credentialless"), foreign, "{line}: {reply:?}");
    policy
}

/// ASVS 3.4.3, CWE-693. Attack: a page that is not meant to is asked to load from elsewhere, because another one may.
#[tokio::test]
async fn a_page_is_widened_at_its_address_only() {
    let server = server(Csp::strict(), ErrorPages::default()).await;
    let tiles = "img-src 'self' https://tile.example.org; font-src 'self'; media-src 'self';";
    for (line, wide) in [
        ("GET /map/", true),
        ("HEAD /map/", true),
        ("GET /map/?csp=https://evil.example", true),
        // A page that answers in the view's place.
        ("GET /map/fails/", true),
        ("GET /plain/", false),
        ("GET /nothing/", false),
        ("POST /map/", false),
    ] {
        let policy = policy(&server, line, &[]).await;
        assert_eq!(policy.contains(tiles), wide, "{line}: {policy}");
        assert_eq!(policy.contains("media-src"), wide, "{line}: {policy}");
        assert!(
            !policy.contains("evil") && policy.contains("script-src 'nonce-"),
            "{line}: {policy}"
        );
    }
    // A part says the policy of its own view; the page that shows it keeps the policy that it came with.
    let part = policy(&server, "GET /map/", &[("X-Fragment", "part")]).await;
    assert!(part.contains(tiles), "{part}");
    // ASVS 3.2.1: what is no document loads nothing, whatever its view says.
    let data = policy(&server, "GET /map/data/", &[]).await;
    assert_eq!(data, "default-src 'none'; frame-ancestors 'none'; sandbox");
}

/// What every page lets in, a page's own adds to.
#[tokio::test]
async fn a_site_is_widened_on_every_page() {
    let site = Csp::strict().data_images().images_from("https://a.example");
    let server = server(site, ErrorPages::default()).await;
    for (line, images) in [
        ("GET /plain/", "img-src 'self' data: https://a.example; font"),
        ("GET /nothing/", "img-src 'self' data: https://a.example; font"),
        (
            "GET /map/",
            "img-src 'self' data: https://a.example https://tile.example.org; font",
        ),
    ] {
        let policy = policy(&server, line, &[]).await;
        assert!(policy.contains(images), "{line}: {policy}");
    }
}

/// ASVS 3.4.6, 3.5.8, CWE-1021. Attack: a site that is named by one page frames another, or sends that page a form.
#[tokio::test]
async fn a_page_that_says_who_may_frame_it_is_framed() {
    let server = server(Csp::strict(), ErrorPages::default()).await;
    let frame = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "iframe"),
    ];
    for (line, status, ancestors, options) in [
        (
            "GET /shown/",
            200,
            "frame-ancestors https://partner.example;",
            None,
        ),
        ("GET /plain/", 403, "frame-ancestors 'none';", Some("DENY")),
        ("GET /nothing/", 403, "frame-ancestors 'none';", Some("DENY")),
        ("POST /shown/", 403, "frame-ancestors 'none';", Some("DENY")),
    ] {
        let reply = server.send(line, &headers(&frame), "").await;
        assert_eq!(reply.status, status, "{line}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains(ancestors), "{line}: {policy}");
        assert_eq!(reply.header("x-frame-options"), options, "{line}");
    }
    let embedded = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Dest", "image"),
    ];
    assert_eq!(
        server.send("GET /shown/", &headers(&embedded), "").await.status,
        403
    );
}

/// CWE-352, ASVS 3.5.1: the form to another site has no token of ours, and is sent where the page's policy says so. Elsewhere
/// the page fails, instead of having a button that does nothing.
#[tokio::test]
async fn a_form_to_another_site_needs_a_policy_that_sends_it() {
    let server = server(Csp::strict(), ErrorPages::default()).await;
    let pay = server.send("GET /pay/", &headers(&[]), "").await;
    assert_eq!(pay.status, 200);
    assert!(
        pay.body
            .contains("<form method=\"post\" action=\"https://pay.example/now\"><button>"),
        "{pay:?}"
    );
    let policy = pay.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://pay.example;"),
        "{policy}"
    );
    let dead = server.send("GET /dead/", &headers(&[]), "").await;
    assert_eq!(
        (dead.status, dead.body.contains("<form")),
        (500, false),
        "{dead:?}"
    );
}

/// The page that tells of it may have the form as well, as in the layout of a site: it is told once.
#[tokio::test]
async fn an_error_page_with_the_same_form_is_shown() {
    let mut error_pages = ErrorPages::default();
    error_pages.set::<Pay>(StatusCode::INTERNAL_SERVER_ERROR);
    let server = server(Csp::strict(), error_pages).await;
    let dead = server.send("GET /dead/", &headers(&[]), "").await;
    assert_eq!(
        (dead.status, dead.body.contains("<form")),
        (500, true),
        "{dead:?}"
    );
    let policy = dead.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
}

#[derive(Template)]
#[template(source = "<h1>News</h1>")]
struct News {}

#[derive(Template)]
#[template(source = "<script src=\"/static/app.js\"></script>")]
struct Scripted {}

const FOR_AN_HOUR: crate::http::Caching = crate::http::Caching::Public {
    seconds: 3600,
    immutable: false,
};

#[view(get, "/news/")]
async fn news(_: Public) -> Result<Response> {
    Ok(Response::of(News {}).caching(FOR_AN_HOUR))
}

#[view(get, "/scripted/")]
async fn scripted(_: Public) -> Result<Response> {
    Ok(Response::of(Scripted {}).caching(FOR_AN_HOUR))
}

/// CWE-323, CWE-79. Attack: a page that caches keep for an hour tells everybody the nonce by which its scripts run.
#[tokio::test]
async fn cwe_323_no_cache_keeps_a_nonce() {
    let mut parts = parts(&["example.com"]);
    parts.routes = parts.routes.view::<news>("news").view::<scripted>("scripted");
    let server = start(parts).await;
    let host = [pair("Host", "example.com")];
    for method in ["GET", "HEAD"] {
        let reply = server.send(&format!("{method} /scripted/"), &host, "").await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'nonce-"), "{policy}");
        assert_eq!(
            reply.header("cache-control"),
            Some("private, no-cache"),
            "{method}"
        );
        // One without scripts is kept, and runs none.
        let reply = server.send(&format!("{method} /news/"), &host, "").await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            !policy.contains("nonce") && policy.contains("script-src 'none'; style-src 'self'; img-src"),
            "{policy}"
        );
        assert_eq!(
            reply.header("cache-control"),
            Some("public, max-age=3600"),
            "{method}"
        );
    }
}
