//! CWE-359: a message is shown to whom it was said, whoever sits at the browser next.

#![allow(unreachable_pub)] // a view is as public as its rule

use vauban_orm::UserFacts;

use super::*;
use crate::http::{Caching, Cookie, Respond};
use crate::messages::Level;
use crate::routing::{AccessRule, ByNothing, Refusal};
use crate::site::SESSION_COOKIE;

/// A session's cookie is the user's name; `over` is nobody's any more.
struct Names;

impl IdentityBackend for Names {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(async move {
            if cookie == "over" {
                return Ok(Identity::nobody());
            }
            let facts = UserFacts {
                id: uuid::Uuid::from_u128(cookie.bytes().fold(0, |id, byte| id * 256 + u128::from(byte))),
                is_staff: false,
                is_superuser: false,
            };
            #[allow(deprecated)]
            let binder = vauban_orm::Binder::__for_the_sites_identity();
            let binding = Sha256::digest(cookie).into();
            Ok(Identity::signed_in(
                &binder,
                facts,
                Default::default(),
                binding,
                (),
            ))
        })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("ann".to_owned()) })
    }
}

/// Anybody, and nobody looks who.
pub struct Unasked;
impl AccessRule for Unasked {
    type Credential = ByNothing;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

mod views {
    use super::*;

    fn shown(cx: &Request) -> Result<Text> {
        let texts: Vec<&str> = cx.take_messages().iter().map(|message| &*message.text).collect();
        Ok(Text::new(texts.join("|")))
    }

    #[view(get, "/say/{text}/")]
    pub(super) async fn say(_: Public, cx: Arc<Request>, text: crate::routing::Path<String>) -> Result<Text> {
        cx.say(Level::Info, text.into_inner());
        Ok(Text::new(""))
    }
    #[view(get, "/show/")]
    pub(super) async fn show(_: Public, cx: Arc<Request>) -> Result<Text> {
        shown(&cx)
    }
    #[view(get, "/unasked/")]
    pub(super) async fn unasked(_: Unasked, cx: Arc<Request>) -> Result<Text> {
        shown(&cx)
    }
    #[view(get, "/leave/")]
    pub(super) async fn leave(_: Public, cx: Arc<Request>) -> Result<Text> {
        cx.set_cookie(Cookie::own(SESSION_COOKIE, "").max_age(0));
        Ok(Text::new(""))
    }
    #[view(get, "/leave/{text}/")]
    pub(super) async fn leave_with(
        _: Public,
        cx: Arc<Request>,
        text: crate::routing::Path<String>,
    ) -> Result<Text> {
        cx.set_cookie(Cookie::own(SESSION_COOKIE, "").max_age(0));
        cx.say(Level::Info, text.into_inner());
        Ok(Text::new(""))
    }
}

/// One browser: its messages, whoever sits at it.
struct Browser {
    server: Server,
    messages: String,
}

impl Browser {
    /// What the gate's page shows, and how it may be kept.
    async fn closed(&self) -> (String, String) {
        let cookie = format!("test-messages={}", self.messages);
        let headers = [pair("Host", "example.com"), pair("Cookie", cookie)];
        let reply = self.server.send("GET /closed/", &headers, "").await;
        let kept = reply
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
        (
            reply.body.clone(),
            kept.map(|(_, value)| value.clone()).unwrap_or_default(),
        )
    }

    async fn new() -> Self {
        let mut parts = parts(&["example.com"]);
        parts.sessions = Some(Arc::new(Names));
        parts.routes = Routes::new()
            .view::<views::say>("say")
            .view::<views::show>("show")
            .view::<views::unasked>("unasked")
            .view::<views::leave>("leave")
            .view::<views::leave_with>("leave_with");
        Self {
            server: start(parts).await,
            messages: String::new(),
        }
    }

    async fn get(&mut self, path: &str, who: &str) -> String {
        let mut cookies = format!("test-messages={}", self.messages);
        if !who.is_empty() {
            cookies.push_str(&format!("; test-session={who}"));
        }
        let headers = [pair("Host", "example.com"), pair("Cookie", cookies)];
        let reply = self.server.send(&format!("GET {path}"), &headers, "").await;
        assert_eq!(reply.status, 200, "{path}");
        for (name, value) in &reply.headers {
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some(value) = value.strip_prefix("test-messages=")
            {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .clone_into(&mut self.messages);
            }
        }
        reply.body
    }
}

/// Attack: Bob sits down at the browser that Ann left: signed out, with her session over, or signed in over hers.
#[tokio::test]
async fn cwe_359_a_message_does_not_reach_the_next_person() {
    for (left, after) in [("/leave/", ""), ("/show/", "over"), ("", "")] {
        let mut browser = Browser::new().await;
        browser.get("/say/for-ann/", "ann").await;
        if !left.is_empty() {
            let who = if after.is_empty() { "ann" } else { after };
            assert_eq!(browser.get(left, who).await, "");
            assert_eq!(browser.messages, "", "{left}: the browser has it no more");
        }
        let kept = browser.messages.clone();
        for who in ["", "over", "bob"] {
            browser.messages.clone_from(&kept);
            assert_eq!(browser.get("/show/", who).await, "", "{left} {who}");
            // Nor with what is said to them.
            browser.messages.clone_from(&kept);
            browser.get("/say/other/", who).await;
            assert_eq!(browser.get("/show/", who).await, "other", "{left} {who}");
        }
    }
}

/// What is said around a sign-in and a sign-out is shown after it.
#[tokio::test]
async fn messages_go_along_with_who_they_are_for() {
    let mut browser = Browser::new().await;
    browser.get("/say/welcome/", "").await;
    browser.get("/say/more/", "ann").await;
    // A page that does not ask who it is for shows nothing of hers, and takes nothing from her.
    assert_eq!(browser.get("/unasked/", "ann").await, "");
    assert_eq!(browser.get("/show/", "ann").await, "welcome|more");
    assert_eq!(browser.messages, "");
    browser.get("/say/unseen/", "ann").await;
    browser.get("/leave/goodbye/", "ann").await;
    assert_eq!(browser.get("/show/", "").await, "goodbye");
}

/// CWE-524. Attack: a gate's page shows messages, says that any cache may keep it, and the next browser reads them there.
#[tokio::test]
async fn cwe_524_a_gates_page_with_messages_is_one_browsers_own() {
    let mut parts = parts(&["example.com"]);
    parts.sessions = Some(Arc::new(Names));
    parts.routes = Routes::new()
        .view::<views::say>("say")
        .view::<views::show>("show");
    parts.before = vec![Arc::new(|cx: &Request| {
        let shown = cx.take_messages();
        Ok((cx.path() == "/closed/").then(|| {
            let text = shown.iter().map(|message| &*message.text).collect::<String>();
            Text::new(text).respond(cx).caching(Caching::Public {
                seconds: 60,
                immutable: false,
            })
        }))
    })];
    let mut browser = Browser {
        server: start(parts).await,
        messages: String::new(),
    };
    let (told, headers) = browser.closed().await;
    assert!(told.is_empty() && headers.contains("public"), "{headers}");
    browser.get("/say/one/", "").await;
    let (told, headers) = browser.closed().await;
    assert!(told == "one" && !headers.contains("public"), "{headers}");
    // What is said to somebody is not lost to a gate that looks before it is known who asks.
    browser.get("/say/two/", "ann").await;
    assert_eq!(browser.closed().await.0, "");
    assert_eq!(browser.get("/show/", "ann").await, "one|two");
}
