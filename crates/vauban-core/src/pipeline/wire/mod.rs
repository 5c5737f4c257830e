//! Tests over the wire: the whole stack behind a loopback socket, fed with raw requests. Each control's attack
//! is first seen to succeed on a twin of the site with the controls that cover it switched off.

mod attacks;
mod credentials;
mod csp;
mod csrf;
mod dos;
mod explained;
mod fetch_metadata;
mod headers;
mod hidden;
mod hosts;
mod judge;
mod kept;
mod layers;
mod messages;
mod pace;
mod stopped;
mod strangers;
mod typed;
mod units;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::without::Without;
use crate::http::{Csp, ErrorPages, Json, Request, Result, Text};
use crate::routing::{Public, Routes};
use crate::settings::{Mode, SecretKey, Settings};
use crate::site::{AnyGate, AnyMiddleware, Identity, IdentityBackend, Site, Wired, site_keys};
use crate::staticfiles::StaticFiles;
use crate::vectors::{Tally, text};
use crate::view;
use vauban_orm::engine::Database;

/// Sessions for tests: every cookie of at least 8 characters is one.
struct TestSessions;

impl IdentityBackend for TestSessions {
    fn identify<'a>(
        &'a self,
        _: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(async move {
            Ok(if cookie.len() >= 8 {
                Identity::visitor(Sha256::digest(cookie).into(), ())
            } else {
                Identity::nobody()
            })
        })
    }

    fn begin_for_test(&self, _: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok("a session of a test".to_owned()) })
    }
}

/// What a site of the tests is made of: without modules, so that each part can be another one.
struct SiteParts {
    settings: Settings,
    routes: Routes,
    database: Option<Database>,
    sessions: Option<Arc<dyn IdentityBackend>>,
    static_files: StaticFiles,
    error_pages: ErrorPages,
    before: Vec<Arc<dyn AnyGate>>,
    around: Vec<Arc<dyn AnyMiddleware>>,
    csp: Csp,
    https: bool,
    without: Without,
}

impl SiteParts {
    fn site(self) -> Arc<Site> {
        let package = crate::Package::for_test("test", "", None);
        let wired = Wired {
            routes: self.routes,
            static_files: self.static_files,
            error_pages: self.error_pages,
            before: self.before,
            around: self.around,
            identity: self.sessions,
            csp: self.csp,
            ..Wired::default()
        };
        let keys = site_keys(&self.settings);
        let mut site = Site::of(package, wired, self.settings, keys, self.database).unwrap();
        site.https = self.https;
        site.without = self.without;
        Arc::new(site)
    }
}

mod views {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// How often an unsafe view ran to its end: what an attacker wants.
    pub(super) static WRITES: AtomicUsize = AtomicUsize::new(0);

    #[view(get, "/")]
    pub(super) async fn home(_: Public, cx: Arc<Request>) -> Result<Text> {
        let mut token = String::new();
        super::super::csrf::write(&cx.site, &cx, Some("/"), &mut token);
        Ok(Text::new(token))
    }
    #[view(post, "/")]
    pub(super) async fn post(_: Public) -> Result<Text> {
        WRITES.fetch_add(1, Ordering::Relaxed);
        Ok(Text::new("written"))
    }
    #[view(put, "/")]
    pub(super) async fn put(_: Public) -> Result<Text> {
        Ok(Text::new("written"))
    }
    #[view(patch, "/")]
    pub(super) async fn patch(_: Public) -> Result<Text> {
        Ok(Text::new("written"))
    }
    #[view(delete, "/")]
    pub(super) async fn delete(_: Public) -> Result<Text> {
        Ok(Text::new("written"))
    }
    #[view(post, "/login/")]
    pub(super) async fn login(_: Public) -> Result<Text> {
        Ok(Text::new("in"))
    }
    #[view(get, "/login/")]
    pub(super) async fn login_form(_: Public) -> Result<Text> {
        Ok(Text::new("form"))
    }
    #[view(get, "/x")]
    pub(super) async fn x(_: Public) -> Result<Text> {
        Ok(Text::new("x"))
    }
    #[view(get, "/host/")]
    pub(super) async fn host(_: Public, cx: Arc<Request>) -> Result<Text> {
        Ok(Text::new(cx.host().to_owned()))
    }
    #[view(get, "/panic/")]
    pub(super) async fn panics(_: Public) -> Result<Text> {
        panic!("secret detail")
    }
    #[view(get, "/fails/")]
    pub(super) async fn fails(_: Public) -> Result<Text> {
        Err(std::io::Error::other("secret detail"))?
    }
    #[view(get, "/slow/", timeout = 1)]
    pub(super) async fn slow(_: Public) -> Result<Text> {
        std::future::pending().await
    }
    #[view(get, "/json/")]
    pub(super) async fn json(_: Public) -> Result<Json<[u8; 1]>> {
        Ok(Json([1]))
    }
}

fn routes() -> Routes {
    Routes::new()
        .view::<views::home>("home")
        .view::<views::post>("post")
        .view::<views::put>("put")
        .view::<views::patch>("patch")
        .view::<views::delete>("delete")
        .view::<views::login>("login")
        .view::<views::login_form>("login_form")
        .view::<views::x>("x")
        .view::<views::host>("host")
        .view::<views::panics>("panics")
        .view::<views::fails>("fails")
        .view::<views::slow>("slow")
        .view::<views::json>("json")
}

/// A release's site for `hosts`, behind a TLS-terminating proxy on loopback.
fn parts(hosts: &[&str]) -> SiteParts {
    let mut settings = Settings::defaults(Mode::Release);
    settings.allowed_hosts = hosts.iter().filter_map(|host| host.parse().ok()).collect();
    settings.secret_key = SecretKey::new("a key of the tests, 0123456789abcdefghij".to_owned());
    settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    SiteParts {
        settings,
        routes: routes(),
        database: None,
        sessions: Some(Arc::new(TestSessions)),
        static_files: StaticFiles::default(),
        error_pages: ErrorPages::default(),
        before: Vec::new(),
        around: Vec::new(),
        csp: Csp::strict(),
        https: false,
        without: Without::default(),
    }
}

/// A running server.
struct Server {
    addr: SocketAddr,
    site: Arc<Site>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

async fn start(parts: SiteParts) -> Server {
    let site = parts.site();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    #[allow(deprecated)]
    let serving = crate::server::serve(Arc::clone(&site), listener, async move {
        let _ = stopped.await;
    });
    tokio::spawn(serving);
    Server {
        addr,
        site,
        _stop: stop,
    }
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// Sends bytes as they are and reads until the server closes.
    async fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        Reply {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    /// A request with these lines after the request line; `Connection: close` is added.
    async fn send(&self, line: &str, headers: &[(String, String)], body: &str) -> Reply {
        let mut request = format!("{line} HTTP/1.1\r\n").into_bytes();
        for (name, value) in headers {
            // Latin-1, as other servers' tests send it.
            request.extend(name.bytes().chain(": ".bytes()));
            request.extend(
                value
                    .chars()
                    .map(|c| if (c as u32) < 256 { c as u32 as u8 } else { b'?' }),
            );
            request.extend(b"\r\n");
        }
        if !body.is_empty() {
            request.extend(
                format!(
                    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                    body.len()
                )
                .bytes(),
            );
        }
        request.extend(b"Connection: close\r\n\r\n");
        request.extend(body.bytes());
        self.raw(&request).await
    }

    /// A fresh token for the cookie (a `csrf` cookie's value, or a session's) and path.
    fn token(&self, binding: &Binding, path: &str) -> String {
        let bytes = match binding {
            Binding::Cookie(value) => [b"c", value.as_bytes()].concat(),
            Binding::Session(value) => [b"s", &Sha256::digest(value)[..]].concat(),
        };
        self.site
            .csrf
            .sign(b"nonce", &[&bytes, path.as_bytes()], crate::signing::now() + 60)
    }
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    /// From now on, until the guard is dropped.
    fn of_this_thread() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        (lines, tracing::subscriber::set_default(log.finish()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Debug, Clone)]
enum Binding {
    Cookie(String),
    Session(String),
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
