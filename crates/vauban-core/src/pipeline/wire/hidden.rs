//! CWE-204: what is not there for who asks answers as an address does at which there is nothing, whatever is asked of it.

#![allow(unreachable_pub)] // a view is as public as its rule

mod elsewhere;
mod from_a_form;
mod unsaid;

use super::*;
use crate::http::{Caching, ErrorFacts, Respond};
use crate::http::{Cookie, Error, Refusal, Response};
use crate::messages::Level;
use crate::pipeline::ErrorPage;
use crate::pipeline::Next;
use crate::routing::{AccessRule, ByEither, ByNothing, BySession, Path, Proven, SignedIn, TokenScheme};

/// For whoever has a session; it looks about, leaves things and says things, as an app's rule may.
pub struct Initiated;
impl AccessRule for Initiated {
    type Credential = BySession;
    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let _ = (cx.client_ip(), cx.cookie("theme"), cx.take_messages());
        cx.set_cookie(Cookie::new("asked", "1"));
        cx.say(Level::Info, "A rule was asked.");
        match who.session() {
            Some(_) => Ok(Self),
            None => Err(Refusal::NotFound),
        }
    }
}

/// For nobody.
pub struct Network;
impl AccessRule for Network {
    type Credential = ByNothing;
    fn admit(cx: &Request, (): &()) -> Result<Self, Refusal> {
        match cx.client_ip().is_loopback() && cx.headers().contains_key("x-inside") {
            true => Ok(Self),
            false => Err(Refusal::NotFound),
        }
    }
}

/// Nobody's, whoever asks; it does what a rule may do.
pub struct Nobodys;
impl AccessRule for Nobodys {
    type Credential = BySession;
    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let _ = (Initiated::admit(cx, who), cx.nonce());
        Err(Refusal::NotFound)
    }
}

pub struct Tokens;
impl TokenScheme for Tokens {
    type Loaded = ();
    async fn find(cx: &Request, token: &str) -> Result<Option<Proven<()>>> {
        let _ = cx.client_ip();
        if token == "broken" {
            return Err(Error::bad_request("This is no token."));
        }
        Ok((token == "good").then(|| Proven::nobody(())))
    }
}

/// By a token or a session, of whoever is signed in.
pub struct EitherWay;
impl AccessRule for EitherWay {
    type Credential = ByEither<Tokens>;
    fn admit(_: &Request, who: &Identity) -> Result<Self, Refusal> {
        who.user().is_signed_in.then_some(Self).ok_or(Refusal::NotFound)
    }
}

mod views {
    use super::*;

    macro_rules! views {
        ($($name:ident $method:ident $path:literal $rule:ty $(, $param:ident)?;)+) => {$(
            #[view($method, $path)]
            pub(super) async fn $name(_: $rule $(, $param: Path<String>)?) -> Result<Text> {
                $(let _ = $param;)?
                Ok(Text::new(stringify!($name)))
            }
        )+};
    }
    views! {
        read get "/secret/" Initiated;
        save post "/secret/" Initiated;
        sent post "/posted/" Initiated;
        bare get "/bare" Initiated;
        local get "/local/" Network;
        either get "/either/" EitherWay;
        both post "/mixed/" SignedIn;
        page get "/mixed/" Initiated;
        gated get "/gated/" SignedIn;
        new get "/notes/new/" Initiated;
        note get "/notes/{name}/" SignedIn, name;
        first get "/open/new/" Initiated;
        open get "/open/{name}/" Public, name;
        deep get "/deep/" Nobodys;
        deeper post "/deep/" Nobodys;
        kept post "/kept/" Nobodys;
        sent_either post "/sent-either/" EitherWay;
        plain get "/plain" Nobodys;
        other post "/pair/{name}/" Public, name;
    }

    #[view(get, "/pair/{name}/", csp = Csp::strict().framed_by("https://b.example"))]
    pub(super) async fn pair(_: Public, name: Path<String>) -> Result<Text> {
        let _ = name;
        Ok(Text::new("pair"))
    }

    #[view(get, "/pane/", csp = Csp::strict().framed_by("https://a.example"))]
    pub(super) async fn pane(_: Nobodys) -> Result<Text> {
        Ok(Text::new("pane"))
    }

    #[view(get, "/pair/new/", csp = Csp::strict().framed_by("https://a.example"))]
    pub(super) async fn new_pair(_: Nobodys) -> Result<Text> {
        Ok(Text::new("pane"))
    }

    #[view(get, "/framed/", csp = Csp::strict().framed_by("https://a.example"))]
    pub(super) async fn framed(_: Initiated) -> Result<Text> {
        Ok(Text::new("framed"))
    }
}

async fn site() -> Server {
    let mut parts = parts(&["example.com"]);
    parts.routes = Routes::new()
        .view::<views::read>("read")
        .view::<views::save>("save")
        .view::<views::sent>("sent")
        .view::<views::bare>("bare")
        .view::<views::local>("local")
        .view::<views::either>("either")
        .view::<views::both>("both")
        .view::<views::page>("page")
        .view::<views::gated>("gated")
        .view::<views::new>("new")
        .view::<views::note>("note")
        .view::<views::framed>("framed");
    parts.before = vec![Arc::new(|cx: &Request| match cx.is_for::<views::gated>() {
        true => Err(Error::not_found()),
        false => Ok(None),
    })];
    parts.around = vec![Arc::new(|_: Arc<Request>, next: Next| async move {
        let answer: Response = next.run().await;
        answer.header("x-stamp", "1").unwrap()
    })];
    start(parts).await
}

/// All that an answer tells, but for what is random.
async fn told(server: &Server, line: &str, headers: &[(&str, &str)]) -> String {
    let mut sent = vec![pair("Host", "example.com")];
    sent.extend(headers.iter().map(|(name, value)| pair(name, *value)));
    let reply = server.send(line, &sent, "").await;
    let mut text = format!("{}\n", reply.status);
    for (name, value) in &reply.headers {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "date" | "x-request-id" => "*".to_owned(),
            "content-security-policy" => without_nonce(value),
            _ => value.clone(),
        };
        text.push_str(&format!("{name}: {value}\n"));
    }
    text + &reply.body
}

fn without_nonce(policy: &str) -> String {
    let mut parts = policy.split("'nonce-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "'nonce-*" + &part[32..])
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Attack: nobody asks for a hidden page with every method, with and without the slash, as a browser, as a frame of
/// another site, with a token that is none, and compares each answer with that of an address at which there is nothing.
#[tokio::test]
async fn cwe_204_a_hidden_view_is_as_if_there_were_none() {
    let server = site().await;
    let frame = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "iframe"),
    ];
    let requests: [&[(&str, &str)]; 5] = [
        &[],
        &[("Accept", "text/html")],
        &[("Authorization", "Bearer good")],
        &[("Cookie", "test-messages=x; test-theme=dark")],
        &frame,
    ];
    for method in METHODS {
        for headers in requests {
            let nothing = told(&server, &format!("{method} /absent/"), headers).await;
            assert!(nothing.starts_with("40"), "{nothing}");
            for path in [
                "/secret/", "/secret", "/posted/", "/posted", "/bare", "/bare/", "/local/", "/local",
                "/either/", "/either", "/framed/", "/framed",
            ] {
                let hidden = told(&server, &format!("{method} {path}"), headers).await;
                assert_eq!(hidden, nothing, "{method} {path} {headers:?}");
            }
        }
    }
}

/// For whom it is there, it is there, and what its rule does is done once.
#[tokio::test]
async fn a_hidden_view_is_there_for_whom_it_is() {
    let server = site().await;
    let ann = [("Cookie", "test-session=of-ann-and-nobody-else")];
    let read = told(&server, "GET /secret/", &ann).await;
    assert!(read.starts_with("200\n") && read.ends_with("read"), "{read}");
    assert_eq!(read.matches("set-cookie: test-asked=1").count(), 1, "{read}");
    assert!(
        read.contains("x-stamp: 1\n") && read.contains("cache-control: no-store\n"),
        "{read}"
    );
    let slash = told(&server, "GET /secret", &ann).await;
    assert!(
        slash.starts_with("301\n") && slash.contains("location: /secret/\n"),
        "{slash}"
    );
    let put = told(&server, "PUT /secret/", &ann).await;
    assert!(
        put.starts_with("405\n") && put.contains("allow: GET, POST, HEAD, OPTIONS\n"),
        "{put}"
    );
    let inside = told(&server, "OPTIONS /local/", &[("X-Inside", "1")]).await;
    assert!(
        inside.starts_with("204\n") && inside.contains("allow: GET, HEAD, OPTIONS\n"),
        "{inside}"
    );
}

/// Attack: of two views at one address one is hidden, and what is told of the other tells of it.
#[tokio::test]
async fn cwe_204_what_is_told_of_a_view_tells_of_no_hidden_one() {
    let server = site().await;
    let put = told(&server, "PUT /mixed/", &[]).await;
    assert!(
        put.starts_with("405\n") && put.contains("allow: POST, OPTIONS\n"),
        "{put}"
    );
    // A literal segment that is hidden leaves the parameter beside it what it has without.
    for method in METHODS {
        for slash in ["/", ""] {
            let of = async |name| {
                let told = told(&server, &format!("{method} /notes/{name}{slash}"), &[]).await;
                told.replace(name, "*")
            };
            assert_eq!(of("new").await, of("old").await, "{method} {slash}");
        }
    }
}

/// Attack: a gate says "not found" of a view, and the headers say that there is one.
#[tokio::test]
async fn cwe_204_what_a_gate_hides_is_hidden() {
    let server = site().await;
    for method in ["GET", "HEAD"] {
        let nothing = told(&server, &format!("{method} /absent/"), &[]).await;
        assert_eq!(told(&server, &format!("{method} /gated/"), &[]).await, nothing);
    }
}

/// CWE-204. Attack: a gate hides views by their method and path, and is not asked for that: what answers other methods and
/// the address without its slash tells that there is one.
#[tokio::test]
async fn cwe_204_what_a_gate_hides_by_its_address_is_hidden() {
    fn by_address(cx: &Request) -> Result<Option<Response>> {
        match (cx.method().as_str(), cx.path()) {
            ("GET" | "HEAD", "/gated/") | ("POST", "/pair/x/") => Err(Error::not_found()),
            _ => Ok(None),
        }
    }
    fn by_method(cx: &Request) -> Result<Option<Response>> {
        match matches!(cx.method().as_str(), "GET" | "HEAD") && cx.is_for::<views::gated>() {
            true => Err(Error::not_found()),
            false => Ok(None),
        }
    }
    fn by_what_is_logged(cx: &Request) -> Result<Option<Response>> {
        match format!("{cx:?}").as_str() {
            "Request(GET /gated/)" | "Request(HEAD /gated/)" => Err(Error::not_found()),
            _ => Ok(None),
        }
    }
    for gate in [by_address as Door, by_method, by_what_is_logged] {
        let site = with_gates(&[greeting, gate], false);
        for method in METHODS {
            for path in ["gated/", "gated"] {
                let hidden = answered(&site, method, &format!("/{path}"), &[]).await;
                let absent = answered(
                    &site,
                    method,
                    &format!("/{}", path.replace("gated", "absent")),
                    &[],
                )
                .await;
                assert_eq!(hidden, absent, "{method} /{path}");
            }
        }
    }
    // Of two views at one address the one that is hidden is not told of, and the other is.
    let site = with_gates(&[by_address], false);
    let told = answered(&site, "OPTIONS", "/pair/x/", &[]).await;
    assert!(told.contains("allow: GET, HEAD, OPTIONS\n"), "{told}");
    let open = answered(&with_gates(&[greeting], false), "OPTIONS", "/pair/x/", &[]).await;
    assert!(open.contains("POST"), "{open}");
}

/// CWE-288. Attack: a gate closes a view, and is walked round by the address of a hidden one that fits it, too.
#[tokio::test]
async fn cwe_288_a_gate_of_the_view_behind_a_hidden_one_is_asked() {
    let site = || {
        let mut parts = parts(&["example.com"]);
        parts.routes = Routes::new()
            .view::<views::first>("first")
            .view::<views::open>("open");
        parts
    };
    let server = start(site()).await;
    assert!(told(&server, "GET /open/new/", &[]).await.ends_with("open"));
    let mut closed = site();
    closed.before = vec![Arc::new(|cx: &Request| match cx.is_for::<views::open>() {
        true => Err(Error::forbidden()),
        false => Ok(None),
    })];
    let server = start(closed).await;
    for path in ["/open/old/", "/open/new/"] {
        let reply = told(&server, &format!("GET {path}"), &[]).await;
        assert!(reply.starts_with("403\n"), "{path}: {reply}");
    }
}

/// Sessions whose end leaves something in the answer, and one that cannot be looked up.
struct Endings;
impl IdentityBackend for Endings {
    fn identify<'a>(
        &'a self,
        cx: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(async move {
            if cookie.len() < 8 {
                cx.set_cookie(Cookie::new("ended", cookie));
                cx.say(Level::Info, "Your session is over.");
            }
            match cookie {
                "broken" => Err(Error::new(::http::StatusCode::SERVICE_UNAVAILABLE, "")),
                cookie => TestSessions.identify(cx, cookie).await,
            }
        })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("a session of a test".to_owned()) })
    }
}

/// An error's page that says who it thinks asks, and is kept where that may be.
struct Lost(String);
impl ErrorPage for Lost {
    fn for_error(facts: ErrorFacts) -> Self {
        Self(facts.status.to_string())
    }
}
impl Respond for Lost {
    fn respond(self, cx: &Request) -> Response {
        let who = cx.identity().session().is_some();
        Response::of(Text::new(format!("{} {who}", self.0))).caching(Caching::Public {
            seconds: 60,
            immutable: false,
        })
    }
    fn commits(&self) -> bool {
        true
    }
}

/// A gate, as an app may have it.
type Door = fn(&Request) -> Result<Option<Response>>;

/// Where there is no view it answers; where there is one it leaves things.
fn by_absence(cx: &Request) -> Result<Option<Response>> {
    if cx.route().is_none() {
        let gone = Response::of(Text::new("gone"));
        return Ok(Some(gone.status_code(::http::StatusCode::GONE)));
    }
    cx.set_cookie(Cookie::new("view", "1"));
    cx.say(Level::Info, "There is a view.");
    let _ = cx.client_ip();
    Ok(None)
}
/// It leaves things that say whether there is a view, and lets everything on.
fn leaving(cx: &Request) -> Result<Option<Response>> {
    let there = if cx.route().is_some() { "yes" } else { "no" };
    cx.set_cookie(Cookie::new("view", there));
    cx.say(Level::Info, there);
    Ok(None)
}
/// It leaves things, whatever is asked for.
fn greeting(cx: &Request) -> Result<Option<Response>> {
    cx.set_cookie(Cookie::new("greeted", "1"));
    cx.say(Level::Info, "Hello.");
    Ok(None)
}
fn closed(_: &Request) -> Result<Option<Response>> {
    Ok(Some(Response::of(Text::new("closed"))))
}
fn failing(_: &Request) -> Result<Option<Response>> {
    Err(Error::new(::http::StatusCode::SERVICE_UNAVAILABLE, ""))
}
/// It does not get on where there is no view.
fn falling(cx: &Request) -> Result<Option<Response>> {
    assert!(cx.route().is_some(), "there is a view");
    Ok(None)
}
fn nothing_here(_: &Request) -> Result<Option<Response>> {
    Err(Error::not_found())
}
fn not_gated(cx: &Request) -> Result<Option<Response>> {
    match cx.is_for::<views::gated>() {
        true => Err(Error::not_found()),
        false => Ok(None),
    }
}

fn with_gates(gates: &[Door], pages: bool) -> Arc<Site> {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(Endings));
    parts.routes = Routes::new()
        .view::<views::local>("local")
        .view::<views::either>("either")
        .view::<views::gated>("gated")
        .view::<views::deep>("deep")
        .view::<views::deeper>("deeper")
        .view::<views::kept>("kept")
        .view::<views::sent_either>("sent_either")
        .view::<views::plain>("plain")
        .view::<views::pane>("pane")
        .view::<views::pair>("pair")
        .view::<views::other>("other")
        .view::<views::new_pair>("new_pair");
    parts.before = gates
        .iter()
        .map(|gate| Arc::new(*gate) as Arc<dyn AnyGate>)
        .collect();
    if pages {
        parts.error_pages.set_other::<Lost>();
    }
    parts.site()
}

/// All that the site answers, but for what is random.
async fn answered(site: &Arc<Site>, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut asked = ::http::Request::builder().method(method).uri(path);
    for (name, value) in headers.iter().chain(&[("host", "example.com")]) {
        asked = asked.header(*name, *value);
    }
    let asked = asked.body(crate::http::RequestBody::default()).unwrap();
    #[allow(deprecated)]
    let answer = crate::pipeline::answer(site, [127, 0, 0, 1].into(), false, asked).await;
    let mut text = format!("{}\n", answer.status());
    for (name, value) in answer.headers() {
        let value = match (name.as_str(), value.to_str().unwrap()) {
            ("x-request-id", _) => "*".to_owned(),
            ("content-security-policy", policy) => without_nonce(policy),
            // A message's cookie is signed for a moment.
            ("set-cookie", cookie) if cookie.contains("-messages=") => cookie.chars().take(30).collect(),
            (_, value) => value.to_owned(),
        };
        text.push_str(&format!("{name}: {value}\n"));
    }
    let incident = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    text + &String::from_utf8_lossy(answer.into_body().bytes()).replace(&incident, "*")
}

/// CWE-204. Attack: what a gate, a session's end, a frame's policy or a token's scheme does comes before it is known that a
/// view is not there, so everything that a request may have is sent together with everything else, and each answer is
/// compared with that of an address at which there is nothing.
#[tokio::test]
async fn cwe_204_whatever_is_sent_together_tells_of_no_hidden_view() {
    let cookies: [&[(&str, &str)]; 5] = [
        &[],
        &[("cookie", "test-session=x; test-theme=dark")],
        &[("cookie", "test-session=of-ann-and-nobody-else")],
        &[("cookie", "test-session=broken")],
        &[("cookie", "test-messages=x")],
    ];
    let fetches = [
        None,
        Some(("cross-site", "navigate", "iframe")),
        Some(("cross-site", "navigate", "document")),
        Some(("cross-site", "no-cors", "image")),
        Some(("same-origin", "cors", "empty")),
    ];
    let keys: [&[(&str, &str)]; 3] = [
        &[],
        &[("authorization", "Bearer good"), ("accept", "text/html")],
        &[("authorization", "Bearer broken")],
    ];
    let sites: [(&[Door], bool); 8] = [
        (&[], true),
        (&[by_absence], false),
        (&[not_gated, leaving], true),
        (&[leaving, not_gated, by_absence], false),
        (&[closed], false),
        (&[greeting, failing], true),
        (&[greeting, leaving, nothing_here], false),
        (&[greeting, falling, leaving], false),
    ];
    let hidden = [
        "/local/",
        "/local",
        "/either/",
        "/either",
        "/deep/",
        "/deep",
        "/kept/",
        "/kept",
        "/plain",
        "/plain/",
        "/pane/",
        "/pane",
        "/gated/",
        "/gated",
        "/sent-either/",
    ];
    for (gates, pages) in sites {
        let site = with_gates(gates, pages);
        let hides_gated = gates
            .iter()
            .any(|gate| std::ptr::fn_addr_eq(*gate, not_gated as Door));
        for (method, https) in [
            ("GET", false),
            ("HEAD", false),
            ("POST", false),
            ("POST", true),
            ("OPTIONS", false),
        ] {
            for (cookie, fetch, key) in product(&cookies, &fetches, &keys) {
                let mut headers = [cookie, key].concat();
                // Over HTTPS cookies have another prefix, and who says no origin is a program.
                let cookies = cookie.iter().map(|(_, text)| text.replace("test-", "__Host-"));
                let cookies: Vec<String> = cookies.collect();
                if https {
                    headers = key.to_vec();
                    headers.extend(cookies.iter().map(|text| ("cookie", text.as_str())));
                    headers.push(("x-forwarded-proto", "https"));
                }
                if let Some((site, mode, dest)) = fetch {
                    headers.extend([
                        ("sec-fetch-site", site),
                        ("sec-fetch-mode", mode),
                        ("sec-fetch-dest", dest),
                    ]);
                }
                let nothing = answered(&site, method, "/absent/", &headers).await;
                for path in hidden {
                    if path.starts_with("/gated") && !hides_gated {
                        continue;
                    }
                    let told = answered(&site, method, path, &headers).await;
                    assert_eq!(told, nothing, "{method} {path} {headers:?}");
                }
                // Behind a hidden one there is what is there without it.
                let pair = answered(&site, method, "/pair/old/", &headers).await;
                let told = answered(&site, method, "/pair/new/", &headers).await;
                assert_eq!(told, pair, "{method} /pair/new/ {headers:?}");
            }
        }
    }
}

fn product<A: Copy, B: Copy, C: Copy>(a: &[A], b: &[B], c: &[C]) -> Vec<(A, B, C)> {
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (*a, *b)));
    pairs
        .flat_map(|(a, b)| c.iter().map(move |c| (a, b, *c)))
        .collect()
}

/// CWE-601, CWE-204: what begins with two slashes is absent as everything else is, whatever stands behind them.
#[tokio::test]
async fn what_begins_with_two_slashes_is_absent() {
    let site = with_gates(&[by_absence], true);
    for method in ["GET", "HEAD", "POST", "OPTIONS"] {
        let nothing = answered(&site, method, "/absent/", &[]).await;
        for path in [
            "//",
            "//deep/",
            "//pair/old/",
            "//evil.example/",
            "///pair/old/",
            "//pair/old",
        ] {
            assert_eq!(
                answered(&site, method, path, &[]).await,
                nothing,
                "{method} {path}"
            );
        }
    }
}

/// CWE-204. Attack: a gate counts requests, and a hidden address uses up what is allowed twice as fast as an absent one, or in a
/// frame and without an origin at all; a session is looked up once more.
#[tokio::test]
async fn cwe_204_who_counts_requests_counts_each_once() {
    static COUNTED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn counting(_: &Request) -> Result<Option<Response>> {
        COUNTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(None)
    }
    struct Counting;
    impl IdentityBackend for Counting {
        fn identify<'a>(
            &'a self,
            cx: &'a Request,
            cookie: &'a str,
        ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
            COUNTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Endings.identify(cx, cookie)
        }
        fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
            Box::pin(async { Ok("a session of a test".to_owned()) })
        }
    }
    fn addressed(cx: &Request) -> Result<Option<Response>> {
        let _ = (cx.method(), cx.path());
        Ok(None)
    }
    // Wherever it stands among those that look.
    for gates in [
        [counting as Door, leaving],
        [leaving, counting],
        [addressed, counting],
    ] {
        let mut parts = parts(&["example.com"]);
        parts.sessions = Some(Arc::new(Counting));
        parts.routes = Routes::new()
            .view::<views::deep>("deep")
            .view::<views::deeper>("deeper")
            .view::<views::pane>("pane")
            .view::<views::local>("local")
            .view::<views::either>("either");
        parts.before = gates.map(|gate| Arc::new(gate) as _).into();
        let site = parts.site();
        for cookie in ["test-session=x", "test-session=of-ann-and-nobody-else"] {
            for method in ["GET", "POST", "OPTIONS"] {
                for path in ["/absent/", "/deep/", "/deep", "/local/", "/either/"] {
                    COUNTED.store(0, std::sync::atomic::Ordering::Relaxed);
                    answered(&site, method, path, &[("cookie", cookie)]).await;
                    let counted = COUNTED.load(std::sync::atomic::Ordering::Relaxed);
                    assert_eq!(counted, 2, "{method} {path} {cookie}");
                }
            }
        }
        let frame: &[(&str, &str)] = &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ];
        let unsaid: &[(&str, &str)] = &[("x-forwarded-proto", "https"), ("cookie", "__Host-session=x")];
        for (method, headers) in [("GET", frame), ("POST", unsaid)] {
            for path in ["/absent/", "/deep/", "/pane/"] {
                COUNTED.store(0, std::sync::atomic::Ordering::Relaxed);
                answered(&site, method, path, headers).await;
                let counted = COUNTED.load(std::sync::atomic::Ordering::Relaxed);
                assert_eq!(counted, 1, "{method} {path} {headers:?}");
            }
        }
    }
}
