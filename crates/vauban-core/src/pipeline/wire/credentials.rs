//! What rules go by: sessions, tokens, signatures, either of two, nothing. The rules here are those of the tests; the
//! real ones come as modules, through the same traits.

#![allow(unreachable_pub)] // a view is as public as its rule

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use vauban_orm::UserFacts;

use super::*;
use crate::http::{Caching, Cookie, Response};
use crate::routing::{
    AccessRule, BodyStream, ByNothing, BySession, BySignature, ByToken, Either, ParamMeta, Proven, Refusal,
    Run, SignatureScheme, SignedIn, Staff, TokenScheme, View, methods,
};

/// A cookie says who it is: `ann-of-staff-with-mfa`.
#[derive(Default)]
struct Counted {
    hops: AtomicUsize,
}

impl IdentityBackend for Counted {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        self.hops.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let facts = UserFacts {
                id: uuid::Uuid::from_u128(1),
                is_staff: cookie.contains("staff"),
                is_superuser: false,
            };
            #[allow(deprecated)]
            let binder = vauban_orm::Binder::__for_the_sites_identity();
            let binding = Sha256::digest(cookie).into();
            let mut identity = Identity::signed_in(&binder, facts, Default::default(), binding, ());
            identity.user_id = Some(cookie.to_owned());
            Ok(identity)
        })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("a session of a test".to_owned()) })
    }
}

/// A second factor: a rule that a module brings.
pub struct Mfa;
impl AccessRule for Mfa {
    type Credential = BySession;
    fn admit(_: &Request, who: &Identity) -> Result<Self, Refusal> {
        match who.user_id() {
            Some(id) if id.contains("mfa") => Ok(Self),
            _ => Err(Refusal::Forbidden),
        }
    }
}

pub struct Tokens;
pub struct Scopes(Vec<&'static str>);
static LOOKED_UP: AtomicUsize = AtomicUsize::new(0);

impl TokenScheme for Tokens {
    type Loaded = Scopes;
    async fn find(cx: &Request, token: &str) -> Result<Option<Proven<Scopes>>> {
        LOOKED_UP.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        assert_eq!(cx.own_cookie("session"), None, "a scheme sees a cookie");
        Ok((token == "of-tickets").then(|| Proven::nobody(Scopes(vec!["tickets"])).logged_as("robot")))
    }
}

/// Keeps the banned out by who they are, before that is known.
pub struct Early;
impl TokenScheme for Early {
    type Loaded = ();
    async fn find(cx: &Request, _: &str) -> Result<Option<Proven<()>>> {
        Ok(match cx.user_id() {
            Some("banned") => None,
            _ => Some(Proven::nobody(())),
        })
    }
}
pub struct ByEarly;
impl AccessRule for ByEarly {
    type Credential = ByToken<Early>;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

pub trait Scope: Send + Sync + 'static {
    const NAME: &'static str;
}
pub struct Tickets;
impl Scope for Tickets {
    const NAME: &'static str = "tickets";
}
pub struct Invoices;
impl Scope for Invoices {
    const NAME: &'static str = "invoices";
}

pub struct ApiToken<S>(std::marker::PhantomData<fn() -> S>);
impl<S: Scope> AccessRule for ApiToken<S> {
    type Credential = ByToken<Tokens>;
    fn admit(_: &Request, who: &Scopes) -> Result<Self, Refusal> {
        if who.0.contains(&S::NAME) {
            Ok(Self(std::marker::PhantomData))
        } else {
            Err(Refusal::Forbidden)
        }
    }
}

pub struct Signed;
impl SignatureScheme for Signed {
    type Loaded = usize;
    async fn verify(cx: &Request, body: &Bytes) -> Result<Option<usize>> {
        let sent = cx
            .headers()
            .get("x-signature")
            .and_then(|value| value.to_str().ok());
        Ok((sent == Some(signature(body).as_str())).then_some(body.len()))
    }
}

fn signature(body: &[u8]) -> String {
    let digest = Sha256::digest([b"a secret of the tests", body].concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub struct Webhook(usize);
impl AccessRule for Webhook {
    type Credential = BySignature<Signed>;
    fn admit(_: &Request, who: &usize) -> Result<Self, Refusal> {
        Ok(Self(*who))
    }
}

pub struct FromHere;
impl AccessRule for FromHere {
    type Credential = ByNothing;
    fn admit(cx: &Request, (): &()) -> Result<Self, Refusal> {
        if cx.client_ip().is_loopback() {
            Ok(Self)
        } else {
            Err(Refusal::NotFound)
        }
    }
}

mod views {
    use super::*;

    #[view(get, "/vault/")]
    pub(super) async fn vault(_: (Staff, Mfa)) -> Result<Text> {
        Ok(Text::new("the vault"))
    }

    #[view(post, "/api/")]
    pub(super) async fn api(_: ApiToken<Tickets>, cx: Arc<Request>) -> Result<Text> {
        cx.set_cookie(Cookie::new("planted", "1"));
        let cookie = cx.own_cookie("session").unwrap_or("none");
        Ok(Text::new(format!(
            "{} with cookie {cookie}",
            cx.user_id().unwrap_or("nobody")
        )))
    }

    #[view(get, "/invoices/")]
    pub(super) async fn invoices(_: ApiToken<Invoices>) -> Result<Text> {
        Ok(Text::new("invoices"))
    }

    #[view(post, "/either/")]
    pub(super) async fn either(who: Either<SignedIn, ApiToken<Tickets>>) -> Result<Text> {
        Ok(Text::new(match who {
            Either::Session(_) => "a person",
            Either::Token(_) => "a program",
        }))
    }

    #[view(post, "/hook/", body = 2000)]
    pub(super) async fn hook(event: Webhook, body: crate::Json<Vec<u8>>) -> Result<Text> {
        Ok(Text::new(format!("{} bytes, {} numbers", event.0, body.0.len())))
    }

    #[view(post, "/stream/", body = 3_000_000)]
    pub(super) async fn stream(_: SignedIn, mut body: BodyStream) -> Result<Text> {
        let (mut pieces, mut bytes) = (0, 0);
        while let Some(piece) = body.next().await? {
            pieces += 1;
            bytes += piece.len();
        }
        Ok(Text::new(format!(
            "{bytes} bytes, {}",
            if pieces > 1 { "in pieces" } else { "whole" }
        )))
    }

    #[view(post, "/small/", body = 1 << 20)]
    pub(super) async fn small(_: SignedIn) -> Result<Text> {
        Ok(Text::new("small"))
    }

    #[view(post, "/unsaid/")]
    pub(super) async fn unsaid(_: SignedIn) -> Result<Text> {
        Ok(Text::new("unsaid"))
    }

    #[view(get, "/up/")]
    pub(super) async fn up(_: FromHere) -> Result<Text> {
        Ok(Text::new("up"))
    }

    #[view(get, "/kept/")]
    pub(super) async fn kept(_: Public) -> Result<Response> {
        Ok(public())
    }

    #[view(get, "/theme/")]
    pub(super) async fn theme(_: Public, cx: Arc<Request>) -> Result<Response> {
        let _ = cx.cookie("theme");
        Ok(public())
    }

    #[view(get, "/key/")]
    pub(super) async fn key(_: Public, cx: Arc<Request>) -> Result<Response> {
        assert!(!cx.headers().contains_key("cookie") && !cx.headers().contains_key("authorization"));
        let _ = cx.authorization();
        Ok(public())
    }

    #[view(get, "/address/")]
    pub(super) async fn address(_: Public, client: crate::routing::ClientIp) -> Result<Response> {
        assert!(client.0.is_loopback());
        Ok(public())
    }

    #[view(get, "/early/")]
    pub(super) async fn early(_: ByEarly) -> Result<Text> {
        Ok(Text::new("in"))
    }

    #[view(get, "/ruled/")]
    pub(super) async fn ruled(_: FromHere) -> Result<Response> {
        Ok(public())
    }
}

fn public() -> Response {
    Response::of(Text::new("text")).caching(Caching::Public {
        seconds: 60,
        immutable: false,
    })
}

async fn site() -> (Server, Arc<Counted>) {
    let mut parts = parts(&["example.com"]);
    let sessions = Arc::new(Counted::default());
    parts.sessions = Some(Arc::clone(&sessions) as Arc<dyn IdentityBackend>);
    parts.settings.limits.body = 2_000_000;
    parts.routes = Routes::new()
        .view::<views::vault>("vault")
        .view::<views::api>("api")
        .view::<views::invoices>("invoices")
        .view::<views::either>("either")
        .view::<views::hook>("hook")
        .view::<views::stream>("stream")
        .view::<views::small>("small")
        .view::<views::unsaid>("unsaid")
        .view::<views::up>("up")
        .view::<views::kept>("kept")
        .view::<views::theme>("theme")
        .view::<views::key>("key")
        .view::<views::address>("address")
        .view::<views::early>("early")
        .view::<views::ruled>("ruled");
    (start(parts).await, sessions)
}

fn host(extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut headers = vec![pair("Host", "example.com")];
    headers.extend(extra.iter().map(|(name, value)| pair(name, *value)));
    headers
}

const ANN: &str = "test-session=ann-of-staff";

/// CWE-862: each rule of a tuple is asked.
#[tokio::test]
async fn a_tuple_of_rules_means_all_of_them() {
    let (server, _) = site().await;
    for (cookie, status) in [
        ("test-session=ann-of-staff-with-mfa", 200),
        (ANN, 403),
        ("test-session=bob-with-mfa", 403),
        ("other=1", 403),
    ] {
        let reply = server.send("GET /vault/", &host(&[("Cookie", cookie)]), "").await;
        assert_eq!(reply.status, status, "{cookie}");
    }
}

/// CWE-352, CWE-287: a token that was sent needs no token against forgery, and stands alone.
#[tokio::test]
async fn a_view_by_token_knows_no_session() {
    let (server, sessions) = site().await;
    let good = ("Authorization", "Bearer of-tickets");
    let reply = server
        .send("POST /api/", &host(&[good, ("Cookie", ANN)]), "a=1")
        .await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "robot with cookie none")
    );
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    for (headers, status) in [
        (host(&[]), 401),
        (host(&[("Cookie", ANN)]), 401),
        (host(&[("Authorization", "Bearer wrong")]), 401),
        // A browser sends these by itself.
        (host(&[("Authorization", "Basic of-tickets")]), 401),
        (host(&[good, good]), 401),
    ] {
        let reply = server.send("POST /api/", &headers, "a=1").await;
        assert_eq!(reply.status, status, "{headers:?}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(
        server.send("GET /invoices/", &host(&[good]), "").await.status,
        403
    );
    // The other wall stands: another site's page is refused whatever it sends.
    let foreign = host(&[good, ("Origin", "https://attacker.example")]);
    assert_eq!(server.send("POST /api/", &foreign, "a=1").await.status, 403);
    assert_eq!(sessions.hops.load(Ordering::Relaxed), 0);
}

/// CWE-696. Attack: what finds out whose a token is asks who it is, and hears "nobody".
#[tokio::test]
async fn cwe_696_a_scheme_that_asks_who_it_is_lets_nobody_in() {
    let (server, _) = site().await;
    let sent = host(&[("Authorization", "Bearer x")]);
    assert_eq!(server.send("GET /early/", &sent, "").await.status, 500);
}

/// CWE-352: the presence of `Authorization` decides, before anything is looked up.
#[tokio::test]
async fn either_of_two_is_one_of_them() {
    let (server, sessions) = site().await;
    let token = server.token(&Binding::Session("ann-of-staff".to_owned()), "/either/");
    let by_session = host(&[("Cookie", ANN), ("X-CSRFToken", &token)]);
    let reply = server.send("POST /either/", &by_session, "a=1").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "a person"));
    assert_eq!(
        server
            .send("POST /either/", &host(&[("Cookie", ANN)]), "a=1")
            .await
            .status,
        403
    );
    assert_eq!(sessions.hops.swap(0, Ordering::Relaxed), 2);
    let good = ("Authorization", "Bearer of-tickets");
    let reply = server
        .send("POST /either/", &host(&[good, ("Cookie", ANN)]), "a=1")
        .await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "a program"));
    // A header that proves nothing does not make the cookie count, with or without its token.
    for scheme in ["Bearer wrong", "Basic eDp5", ""] {
        let both = host(&[
            ("Cookie", ANN),
            ("X-CSRFToken", &token),
            ("Authorization", scheme),
        ]);
        assert_eq!(
            server.send("POST /either/", &both, "a=1").await.status,
            401,
            "{scheme}"
        );
    }
    assert_eq!(sessions.hops.load(Ordering::Relaxed), 0);
}

/// CWE-352, over HTTPS: who says nothing of where the request comes from is a program. It is let in by a token or a
/// signature, and not by what a browser sends by itself; nothing is looked up before.
#[tokio::test]
async fn cwe_352_who_says_no_origin_needs_a_key() {
    let (server, sessions) = site().await;
    let over_https = |extra: &[(&str, &str)]| {
        let mut headers = host(extra);
        headers.push(pair("X-Forwarded-Proto", "https"));
        headers
    };
    let ann = ("Cookie", "__Host-session=ann-of-staff");
    let key = ("Authorization", "Bearer of-tickets");
    let token = server.token(&Binding::Session("ann-of-staff".to_owned()), "/either/");
    let token = ("X-CSRFToken", token.as_str());
    let own = ("Origin", "https://example.com");
    let signed = signature(b"a=1");
    let signed = ("X-Signature", signed.as_str());
    for (path, sent, status) in [
        ("/api/", &[key][..], 200),
        ("/api/", &[key, ann], 200),
        ("/either/", &[key], 200),
        // The signature holds, and the body is no JSON.
        ("/hook/", &[signed], 415),
        ("/hook/", &[], 403),
        // By the session.
        ("/either/", &[ann, token], 403),
        ("/either/", &[ann, token, own], 200),
        (
            "/either/",
            &[ann, token, ("Referer", "https://example.com/")],
            200,
        ),
        ("/unsaid/", &[ann, token], 403),
        ("/unsaid/", &[ann, token, key], 403),
        // Where there is no view, as where there is one by the session.
        ("/absent/", &[key], 403),
        ("/invoices/", &[key], 403),
        // What is said counts, whatever the key.
        ("/api/", &[key, ("Origin", "https://attacker.example")], 403),
        ("/api/", &[key, ("Origin", "null")], 403),
        ("/api/", &[key, ("Sec-Fetch-Site", "cross-site")], 403),
        ("/hook/", &[signed, ("Sec-Fetch-Site", "same-site")], 403),
    ] {
        sessions.hops.store(0, Ordering::Relaxed);
        let reply = server
            .send(&format!("POST {path}"), &over_https(sent), "a=1")
            .await;
        assert_eq!(reply.status, status, "{path} {sent:?}");
        let by_session = status == 200 && !sent.contains(&key);
        assert_eq!(
            sessions.hops.load(Ordering::Relaxed),
            usize::from(by_session),
            "{path} {sent:?}"
        );
    }
}

/// CWE-345, CWE-347: a signature is over the body as it was sent, and is looked at before the rule decides.
#[tokio::test]
async fn a_signature_takes_the_raw_body() {
    let (server, sessions) = site().await;
    let body = "[1, 2,3]";
    let send = async |body: &str, signature: &str| {
        let request = format!(
            "POST /hook/ HTTP/1.1\r\nHost: example.com\r\nCookie: {ANN}\r\nX-Signature: {signature}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        server.raw(request.as_bytes()).await
    };
    let good = signature(body.as_bytes());
    let reply = send(body, &good).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "8 bytes, 3 numbers"));
    assert_eq!(send("[1,2,3]", &good).await.status, 403);
    assert_eq!(send(body, "").await.status, 403);
    // CWE-770: bounded, whoever signs.
    let long = format!("[{}1]", "1,".repeat(1000));
    assert_eq!(send(&long, &signature(long.as_bytes())).await.status, 413);
    assert_eq!(sessions.hops.load(Ordering::Relaxed), 0);
}

/// CWE-770, CWE-352: a body in pieces is bounded, and needs its token in the header.
#[tokio::test]
async fn a_parameter_reads_the_body_in_pieces() {
    let (server, _) = site().await;
    let token = server.token(&Binding::Session("ann-of-staff".to_owned()), "/stream/");
    let own = host(&[("Cookie", ANN), ("X-CSRFToken", &token)]);
    let reply = server.send("POST /stream/", &own, &"x".repeat(2_500_000)).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "2500000 bytes, in pieces")
    );
    assert_eq!(
        server
            .send("POST /stream/", &own, &"x".repeat(3_000_001))
            .await
            .status,
        413
    );
    let chunked = |size: usize| {
        let head = format!(
            "POST /stream/ HTTP/1.1\r\nHost: example.com\r\nCookie: {ANN}\r\nX-CSRFToken: {token}\r\n\
             Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{size:x}\r\n"
        );
        [head.as_bytes(), &vec![b'x'; size], b"\r\n0\r\n\r\n"].concat()
    };
    assert_eq!(server.raw(&chunked(2_999_999)).await.status, 200);
    assert_eq!(server.raw(&chunked(3_000_001)).await.status, 413);
    let in_body = format!("csrfmiddlewaretoken={token}");
    let without = host(&[("Cookie", ANN)]);
    assert_eq!(server.send("POST /stream/", &without, &in_body).await.status, 403);
}

/// CWE-770: a view's own limit counts, whatever the setting is, and whatever number it is.
#[tokio::test]
async fn a_limit_that_a_view_states_is_its_limit() {
    let (server, _) = site().await;
    let body = format!("a={}", "x".repeat(1_500_000));
    for (path, status) in [("/small/", 413), ("/unsaid/", 200)] {
        let token = server.token(&Binding::Session("ann-of-staff".to_owned()), path);
        let own = host(&[("Cookie", ANN), ("X-CSRFToken", &token)]);
        assert_eq!(
            server.send(&format!("POST {path}"), &own, &body).await.status,
            status,
            "{path}"
        );
    }
}

/// A rule that goes by nothing costs no look-up.
#[tokio::test]
async fn who_is_not_asked_for_is_not_looked_up() {
    let (server, sessions) = site().await;
    assert_eq!(
        server
            .send("GET /up/", &host(&[("Cookie", ANN)]), "")
            .await
            .status,
        200
    );
    assert_eq!(sessions.hops.load(Ordering::Relaxed), 0);
    assert_eq!(
        server
            .send("GET /kept/", &host(&[("Cookie", ANN)]), "")
            .await
            .status,
        200
    );
    assert_eq!(sessions.hops.load(Ordering::Relaxed), 1);
}

/// CWE-524, CWE-525: what is somebody's own is kept by no cache that others use, whatever the view says.
#[tokio::test]
async fn a_personal_answer_is_not_public() {
    let (server, _) = site().await;
    for (path, cookie, expected) in [
        ("/kept/", "other=1", "public, max-age=60"),
        ("/kept/", ANN, "no-store"),
        ("/theme/", "theme=dark", "no-store"),
        // Kept for others, it would be wrong for them.
        ("/theme/", "other=1", "no-store"),
        ("/key/", "other=1", "no-store"),
        // What is shown of an address is that client's.
        ("/address/", "other=1", "no-store"),
        ("/ruled/", "other=1", "no-store"),
        ("/up/", "other=1", "no-store"),
    ] {
        let reply = server
            .send(&format!("GET {path}"), &host(&[("Cookie", cookie)]), "")
            .await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("cache-control"), Some(expected), "{path} {cookie}");
    }
}

/// An identity whose author said everything twice, and filled in what compiled.
struct Careless;
impl IdentityBackend for Careless {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        let facts = UserFacts {
            id: uuid::Uuid::from_u128(7),
            is_staff: false,
            is_superuser: false,
        };
        let user = vauban_template::page::User {
            id: Some("another".into()),
            name: "Ann".into(),
            is_staff: true,
            is_superuser: true,
            ..Default::default()
        };
        let binding = match cookie {
            "filled-in" => [0; 32],
            cookie => Sha256::digest(cookie).into(),
        };
        #[allow(deprecated)]
        let binder = vauban_orm::Binder::__for_the_sites_identity();
        Box::pin(async move {
            Ok(match cookie {
                "visitor" => Identity::visitor([7; 32], ()),
                _ => Identity::signed_in(&binder, facts, user, binding, ()),
            })
        })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("a session of a test".to_owned()) })
    }
}

#[view(get, "/me/")]
async fn me(_: Public, cx: Arc<Request>) -> Result<Text> {
    let user = cx.identity().user();
    let id = user.id.as_deref().unwrap_or_default();
    Ok(Text::new(format!(
        "{} {id} {} {}",
        user.name, user.is_staff, user.is_superuser
    )))
}

async fn careless() -> Server {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(Careless));
    parts.routes = Routes::new().view::<me>("me");
    start(parts).await
}

/// CWE-863. Who it is and which rights they have is said once: pages show what rules and policies go by.
#[tokio::test]
async fn cwe_863_pages_show_the_rights_that_rules_go_by() {
    let sent = host(&[("Cookie", "test-session=ann")]);
    let reply = careless().await.send("GET /me/", &sent, "").await;
    let id = uuid::Uuid::from_u128(7);
    assert_eq!((reply.status, reply.body), (200, format!("Ann {id} false false")));
}

/// CWE-352. Attack: a token of one's own session, sent by somebody else's browser, where the identity's author filled in the
/// binding so that it compiles.
#[tokio::test]
async fn cwe_352_a_binding_that_was_filled_in_is_refused() {
    let server = careless().await;
    for cookie in ["test-session=filled-in", "test-session=visitor"] {
        let reply = server.send("GET /me/", &host(&[("Cookie", cookie)]), "").await;
        assert_eq!(reply.status, 500, "{cookie}");
    }
}

/// Written by hand, without the macro.
struct ByHand;
impl View for ByHand {
    type Method = methods::Post;
    type Rule = SignedIn;
    const PATTERN: &'static str = "/by-hand/";
    const SEGMENTS: &'static [ParamMeta] = &[];
    fn run() -> impl Run<Self> {
        Does
    }
}
struct Does;
impl Run<ByHand> for Does {
    type Params = ();
    type Answer = Result<Text>;
    async fn run(self, _: SignedIn, (): ()) -> Result<Text> {
        Ok(Text::new("done"))
    }
}

/// CWE-862, CWE-352: who writes a view by hand gains nothing: rule and token are asked, and the matrix prints types.
#[tokio::test]
async fn a_view_by_hand_passes_by_nothing() {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(Counted::default()));
    parts.routes = Routes::new().view::<ByHand>("by_hand");
    let route = parts.routes.iter().next().unwrap();
    assert_eq!(
        (route.meta.id, route.meta.rule.as_str()),
        ("vauban_core::pipeline::wire::credentials::ByHand", "SignedIn")
    );
    let server = start(parts).await;
    let token = server.token(&Binding::Session("ann-of-staff".to_owned()), "/by-hand/");
    for (headers, status) in [
        (host(&[]), 403),
        (host(&[("Cookie", ANN)]), 403),
        (host(&[("X-CSRFToken", &token)]), 403),
        (host(&[("Cookie", ANN), ("X-CSRFToken", &token)]), 200),
    ] {
        assert_eq!(
            server.send("POST /by-hand/", &headers, "a=1").await.status,
            status,
            "{headers:?}"
        );
    }
}

/// CWE-345: two rules that a review could not tell apart do not start.
#[test]
fn two_types_that_are_printed_alike_are_refused() {
    macro_rules! lax {
        ($path:literal) => {{
            pub struct Superuser;
            impl AccessRule for Superuser {
                type Credential = BySession;
                fn admit(_: &Request, _: &Identity) -> Result<Self, Refusal> {
                    Ok(Self)
                }
            }
            #[view(get, $path)]
            async fn shown(_: Superuser) -> Result<Text> {
                Ok(Text::new(""))
            }
            Routes::new().view::<shown>("shown")
        }};
    }
    let routes = lax!("/a/").include("b", "/b/", lax!("/b/"));
    let text: Vec<_> = routes.conflicts().iter().map(ToString::to_string).collect();
    let text = text.join("\n");
    assert!(
        text.contains("the rule of") && text.contains("two views are printed"),
        "{text}"
    );
}
