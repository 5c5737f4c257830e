//! A client that behaves like a browser: cookies, `Origin`, fetch metadata, a fresh token with every form.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Answer, page};
use vauban_orm::{Actor, UserModel};

use crate::http::Cookie;
use crate::http::RequestBody;
use crate::pipeline;
use crate::routing::Url;
use crate::settings::Mode;
use crate::site::{SESSION_COOKIE, Site};

/// A browser of a test.
///
/// Everything is enforced. To be somebody else than a browser of one's own site, say so:
/// [`Client::request`] sends what it is told.
#[derive(Clone)]
pub struct Client {
    site: Arc<Site>,
    cookies: Vec<(String, String)>,
    address: IpAddr,
}

impl Client {
    pub(super) fn new(site: Arc<Site>) -> Self {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            site,
            cookies: Vec::new(),
            address,
        }
    }

    /// From another address: throttles and limits go by it.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Goes to a page, as if its address were typed or a link of the site followed.
    pub async fn get(&mut self, url: impl Address) -> Answer {
        let headers = self.browser(false, "GET");
        self.request(Method::GET, url, headers, "").await
    }

    /// Sends a form as its page would: with the hidden fields and the fresh token that stand in it. Where the URL
    /// shows no form, the token is one that script on a page of the site would send.
    pub async fn post_form(&mut self, url: impl Address, fields: &[(&str, &str)]) -> Answer {
        let path = url.path(&self.site);
        let shown = self.get(path.as_str()).await;
        let form = page::form(&shown.text(), &path).filter(|_| shown.status == StatusCode::OK);
        let mut sent: Vec<(String, String)> = match form {
            Some(hidden) if hidden.iter().any(|(name, _)| name == page::TOKEN) => hidden,
            _ => vec![(page::TOKEN.to_owned(), self.token(&path).await)],
        };
        for (name, _) in fields {
            sent.retain(|(hidden, _)| hidden != name);
        }
        sent.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        self.post(path.as_str(), &sent).await
    }

    /// Sends a form with a fresh token and these fields, without looking at any page first.
    pub async fn post_fields(&mut self, url: impl Address, fields: &[(&str, &str)]) -> Answer {
        let path = url.path(&self.site);
        let mut sent = vec![(page::TOKEN.to_owned(), self.token(&path).await)];
        sent.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        self.post(path.as_str(), &sent).await
    }

    /// Sends JSON as a script of the site's own page does, with a fresh token in `X-CSRFToken`: a literal, or a
    /// `serde_json::json!`.
    pub async fn send_json(&mut self, method: Method, url: impl Address, json: impl Display) -> Answer {
        let path = url.path(&self.site);
        let mut headers = self.script(&method, &path).await;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.request(method, path.as_str(), headers, &json.to_string())
            .await
    }

    /// Sends a DELETE as a script of the site's own page does, with a fresh token in `X-CSRFToken`.
    pub async fn delete(&mut self, url: impl Address) -> Answer {
        let path = url.path(&self.site);
        let headers = self.script(&Method::DELETE, &path).await;
        self.request(Method::DELETE, path.as_str(), headers, "").await
    }

    /// The headers of what a script on a page of the site sends to `path`, with a fresh token.
    pub(super) async fn script(&mut self, method: &Method, path: &str) -> HeaderMap {
        let token = self.token(path).await;
        let mut headers = self.browser(true, method.as_str());
        headers.insert("sec-fetch-mode", HeaderValue::from_static("cors"));
        headers.insert("sec-fetch-dest", HeaderValue::from_static("empty"));
        if let Ok(token) = HeaderValue::try_from(token) {
            headers.insert("x-csrftoken", token);
        }
        headers
    }

    /// Sends a form with a fresh token, these fields and these headers.
    pub(super) async fn send_fields(
        &mut self,
        path: &str,
        fields: &[(String, String)],
        headers: HeaderMap,
    ) -> Answer {
        let mut sent = vec![(page::TOKEN.to_owned(), self.token(path).await)];
        sent.extend(fields.iter().cloned());
        self.request(Method::POST, path, headers, &page::encode(&sent))
            .await
    }

    async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let mut headers = self.browser(true, "POST");
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        self.request(Method::POST, path, headers, &page::encode(fields))
            .await
    }

    /// Goes where the answer redirects to.
    ///
    /// # Panics
    /// If it redirects nowhere.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        let location = answer
            .location()
            .unwrap_or_else(|| panic!("no redirect: {}", answer.shown()))
            .to_owned();
        self.get(location.as_str()).await
    }

    /// Sends a request as it is: only host, cookies and the proxy's headers are added. What a browser adds is in
    /// [`Client::browser`].
    ///
    /// # Panics
    /// If the URL is none.
    pub async fn request(
        &mut self,
        method: Method,
        url: impl Address,
        headers: HeaderMap,
        body: &str,
    ) -> Answer {
        let path = url.path(&self.site);
        let (head, ()) = self.head(&method, &path, headers).into_parts();
        let mut request = ::http::Request::from_parts(head, RequestBody::Ready(body.to_owned().into()));
        request
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let events = Events::default();
        let listening = tracing_subscriber::registry().with(events.clone());
        #[allow(deprecated)]
        let answered = pipeline::answer(&self.site, self.peer(), false, request)
            .with_subscriber(listening)
            .await;
        let (head, body) = answered.into_parts();
        self.keep(&head.headers);
        Answer {
            method,
            path,
            status: head.status,
            headers: head.headers,
            body: body.bytes().to_vec(),
            events: events.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// The headers that a browser sends from a page of the site.
    pub fn browser(&self, form: bool, method: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        set(header::USER_AGENT, "Mozilla/5.0 (vauban test kit)");
        set(
            HeaderName::from_static("sec-fetch-site"),
            if form { "same-origin" } else { "none" },
        );
        set(HeaderName::from_static("sec-fetch-mode"), "navigate");
        set(HeaderName::from_static("sec-fetch-dest"), "document");
        if method != "GET" {
            let origin = self.origin();
            set(header::ORIGIN, &origin);
            set(header::REFERER, &format!("{origin}/"));
        }
        headers
    }

    /// Signs in without the password: begins a session of this user.
    ///
    /// # Panics
    /// If the program has no accounts, or the user is no active one.
    pub async fn sign_in_as<U: UserModel>(&mut self, user: &U) {
        self.sign_in_as_id(user.id().uuid()).await;
    }

    pub(super) async fn sign_in_as_id(&mut self, user: uuid::Uuid) {
        let begun = pipeline::session_for_test(&self.site, user).await;
        let token = begun.unwrap_or_else(|error| panic!("{user} cannot sign in: {error:?}"));
        let name = Cookie::full_name(SESSION_COOKIE, self.is_https(), self.site.package().name());
        self.set_cookie(&name, &token);
    }

    /// A cookie's value, by its whole name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Puts a cookie into the browser.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets every cookie.
    pub fn clear_cookies(&mut self) {
        self.cookies.clear();
    }

    /// A fresh token for a form that posts to `path`, and its cookie if there was none.
    pub(super) async fn token(&mut self, path: &str) -> String {
        let (head, ()) = self
            .head(&Method::GET, "/", self.browser(false, "GET"))
            .into_parts();
        let (token, headers) = pipeline::token_for_test(&self.site, head, self.peer(), path).await;
        self.keep(&headers);
        token
    }

    /// Who this client is signed in as.
    pub(super) async fn actor(&self) -> Actor {
        let (head, ()) = self
            .head(&Method::GET, "/", self.browser(false, "GET"))
            .into_parts();
        pipeline::actor_for_test(&self.site, head, self.peer()).await
    }

    fn head(&self, method: &Method, path: &str, headers: HeaderMap) -> ::http::Request<()> {
        let built = ::http::Request::builder().method(method).uri(path).body(());
        let mut request = built.unwrap_or_else(|error| panic!("{path}: {error}"));
        let own = request.headers_mut();
        let set = |own: &mut HeaderMap, name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                own.insert(name, value);
            }
        };
        set(own, header::HOST, self.host());
        if self.is_https() {
            set(
                own,
                HeaderName::from_static("x-forwarded-for"),
                &self.address.to_string(),
            );
            set(own, HeaderName::from_static("x-forwarded-proto"), "https");
        }
        if !self.cookies.is_empty() {
            let all: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            set(own, header::COOKIE, &all.join("; "));
        }
        own.extend(headers);
        request
    }

    /// Keeps the cookies of an answer, as a browser does.
    fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let says = |attribute: &str| {
                attributes
                    .split(';')
                    .any(|a| a.trim().eq_ignore_ascii_case(attribute))
            };
            if says("Max-Age=0") {
                self.cookies.retain(|(known, _)| known != name);
            } else if self.is_https() || !says("Secure") {
                self.set_cookie(name, value);
            }
        }
    }

    /// Who connects: behind a proxy, the proxy.
    fn peer(&self) -> IpAddr {
        if self.is_https() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            self.address
        }
    }

    fn is_https(&self) -> bool {
        self.site.settings().mode == Mode::Release
    }

    fn host(&self) -> &'static str {
        if self.is_https() {
            "example.com"
        } else {
            "localhost:8000"
        }
    }

    fn origin(&self) -> String {
        format!(
            "{}://{}",
            if self.is_https() { "https" } else { "http" },
            self.host()
        )
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // CWE-532: no cookies.
        f.debug_struct("Client")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What a client can go to: a path, or a typed URL.
pub trait Address {
    /// The path, with its query.
    fn path(&self, site: &Site) -> String;
}

impl Address for &str {
    fn path(&self, _: &Site) -> String {
        (*self).to_owned()
    }
}

impl Address for String {
    fn path(&self, _: &Site) -> String {
        self.clone()
    }
}

impl Address for &String {
    fn path(&self, _: &Site) -> String {
        (*self).clone()
    }
}

impl Address for Url {
    fn path(&self, site: &Site) -> String {
        site.path_of(self)
    }
}

/// Keeps the names of security events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Events {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Name<'a>(&'a Events);
        impl tracing::field::Visit for Name<'_> {
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                if field.name() == "event" {
                    self.0
                        .0
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(value.to_owned());
                }
            }
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
        }
        if event.metadata().target() == "vauban::security" {
            event.record(&mut Name(self));
        }
    }
}
