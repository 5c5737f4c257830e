//! CWE-204: what is not there for who asks answers as an address does at which there is nothing, whatever is asked of it.

#![allow(unreachable_pub)] // a view is as public as its rule

use super::*;
use crate::http::{Cookie, Error, Refusal, Response};
use crate::messages::Level;
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

pub struct Tokens;
impl TokenScheme for Tokens {
    type Loaded = ();
    async fn find(cx: &Request, token: &str) -> Result<Option<Proven<()>>> {
        let _ = cx.client_ip();
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
