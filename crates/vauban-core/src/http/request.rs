//! One request, as views, rules and templates see it.

use std::any::TypeId;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ::http::header::{Entry, HeaderName, HeaderValue};
use ::http::{HeaderMap, Method, Uri, header};
use bytes::Bytes;

use vauban_orm::Actor;
#[cfg(debug_assertions)]
use vauban_orm::engine::LoggedQuery;
use vauban_orm::engine::Unit;

use super::BySession;
use super::typed::{Controls, Kept, SentForm};
#[cfg(debug_assertions)]
use super::why::Why;
use super::{Cookie, Error, cookies};
use crate::messages::Store;
use crate::routing::ViewMeta;
use crate::settings::Settings;
use crate::site::{Identity, SESSION_COOKIE, Site};

/// One request's context: what came in, and what the pipeline found out about it.
pub struct Request {
    pub(crate) site: Arc<Site>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    /// Without the credentials below: who reads one asks for it by name, and the answer is then somebody's own.
    pub(crate) headers: HeaderMap,
    sent_cookies: Vec<HeaderValue>,
    /// Those of a request that a key lets in.
    forgotten_cookies: Vec<HeaderValue>,
    pub(crate) authorization: Vec<HeaderValue>,
    ambient: bool,
    pub(crate) forwarded_host: Option<String>,
    pub(crate) secure: bool,
    pub(crate) client: IpAddr,
    pub(crate) route: Option<&'static ViewMeta>,
    pub(crate) params: Vec<String>,
    pub(crate) identity: Identity,
    /// By which credential it has been found out who asks.
    pub(crate) known_by: Option<TypeId>,
    /// What finding that out left in the answer.
    pub(crate) left_by_asking: Effects,
    /// Whose the session is, or why that is not known, and what asking left in the answer, while something else is asked.
    set_aside: Mutex<Option<Asked>>,
    /// Whether somebody looked at which view it is.
    looked_at_route: AtomicBool,
    /// Whether somebody looked at the method or the path.
    looked_at_address: AtomicBool,
    /// Something that opens stands in the query.
    secret_query: AtomicBool,
    /// Whether somebody wanted to know before.
    asked_early: AtomicBool,
    pub(crate) messages: Store,
    pub(crate) written: Written,
    request_id: OnceLock<Hex>,
    personal: AtomicBool,
    /// Whether the view that was found is not there for who asks.
    hidden: AtomicBool,
    saved: AtomicU8,
    sent: OnceLock<SentForm>,
    kept: OnceLock<Kept>,
    cookies: Mutex<Vec<Cookie>>,
    /// Values that were percent-encoded, as sent and decoded.
    decoded_cookies: OnceLock<Vec<(String, String)>>,
    #[cfg(debug_assertions)]
    queries: Mutex<Vec<LoggedQuery>>,
    /// Why it is refused, for the developer.
    #[cfg(debug_assertions)]
    whys: Mutex<Vec<Why>>,
}

/// What an answer has besides its page.
#[derive(Debug, Default, Clone)]
pub(crate) struct Effects {
    personal: bool,
    cookies: Vec<Cookie>,
    messages: Store,
}

/// What pages have left that were written so far.
#[derive(Default)]
pub(crate) struct Written {
    nonce: OnceLock<Hex>,
    /// The cookie that tokens belong to, if this answer makes one.
    pub(crate) csrf_cookie: OnceLock<String>,
    token: AtomicBool,
    /// Why a page could not be written whole.
    unfinished: Mutex<Option<String>>,
    /// Another origin to which a page has a form that its policy does not send.
    held_back: OnceLock<&'static str>,
}

/// Whose a session is, or why that is not known, and what asking left in the answer.
pub(crate) type Asked = (Result<Identity, Error>, Effects);

/// Whether what the request sent is saved, for the pages of errors that come after the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Saved {
    /// No.
    No,
    /// The commit is on its way.
    Perhaps,
    /// Yes.
    Yes,
}

/// 128 random bits as 32 hexadecimal digits.
struct Hex([u8; 32]);

impl Request {
    pub(crate) fn new(site: Arc<Site>, mut head: ::http::request::Parts, peer: IpAddr, tls: bool) -> Self {
        Self {
            sent_cookies: take_out(&mut head.headers, header::COOKIE),
            authorization: take_out(&mut head.headers, header::AUTHORIZATION),
            forgotten_cookies: Vec::new(),
            ambient: true,
            personal: AtomicBool::new(false),
            hidden: AtomicBool::new(false),
            saved: AtomicU8::new(Saved::No as u8),
            sent: OnceLock::new(),
            kept: OnceLock::new(),
            site,
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            forwarded_host: None,
            secure: tls,
            client: peer,
            route: None,
            params: Vec::new(),
            identity: Identity::nobody(),
            known_by: None,
            left_by_asking: Effects::default(),
            set_aside: Mutex::default(),
            looked_at_route: AtomicBool::new(false),
            looked_at_address: AtomicBool::new(false),
            secret_query: AtomicBool::new(false),
            asked_early: AtomicBool::new(false),
            messages: Store::default(),
            written: Written::default(),
            request_id: OnceLock::new(),
            cookies: Mutex::new(Vec::new()),
            decoded_cookies: OnceLock::new(),
            #[cfg(debug_assertions)]
            queries: Mutex::default(),
            #[cfg(debug_assertions)]
            whys: Mutex::default(),
        }
    }

    /// The method.
    pub fn method(&self) -> &Method {
        self.looked_at_address.store(true, Ordering::Relaxed);
        &self.method
    }

    /// The path, percent-encoded as a typed URL writes it, however it was sent (CWE-177); it starts with `/`.
    pub fn path(&self) -> &str {
        self.looked_at_address.store(true, Ordering::Relaxed);
        self.uri.path()
    }

    /// The path for the log. What opens something and stands in a path (a [`PathSecret`](crate::PathSecret), a parameter of a help
    /// for developing) is not in it (CWE-532): the log has the view's pattern instead, whoever asks and whether or not it is
    /// answered.
    pub(crate) fn logged_path(&self) -> &str {
        let path = self.uri.path();
        self.site.router.pattern_of_secret(path).unwrap_or(path)
    }

    /// Whether something that opens stands in its address.
    pub(crate) fn has_secret_address(&self) -> bool {
        self.secret_query.load(Ordering::Relaxed) || self.site.router.has_secret(self.uri.path())
    }

    /// Says that what opens something stands in the query: the page's address goes along to nobody (CWE-598).
    #[doc(hidden)]
    #[deprecated(note = "for the accounts: a secret of a site's own stands in the path, as a `PathSecret`")]
    pub fn __secret_query(&self) {
        self.secret_query.store(true, Ordering::Relaxed);
    }

    /// The query as it was sent, without `?`; empty if there is none.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }

    /// The request's headers, without `Cookie` and `Authorization`: see [`cookie`](Self::cookie) and
    /// [`authorization`](Self::authorization).
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The host that was asked, with its port if one was named; it is one of the allowed hosts. (The page that says that a host is not
    /// allowed, or that a request has no one host, reads what was sent.)
    pub fn host(&self) -> &str {
        match &self.forwarded_host {
            Some(host) => host,
            None => self
                .headers
                .get(header::HOST)
                .and_then(|v| v.to_str().ok())
                .unwrap_or(""),
        }
    }

    /// Whether the browser speaks HTTPS with the site, directly or through a trusted proxy.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The client's address: the peer's, or what trusted proxies say. Whoever asks makes the answer somebody's own, as with
    /// [`cookie`](Self::cookie) (CWE-524).
    pub fn client_ip(&self) -> IpAddr {
        self.make_personal();
        self.client
    }

    /// Whether the developer's own machine asks a development build: what shows its insides is for nobody else
    /// (CWE-489). The connection and the host are loopback (CWE-350: not only a name that points here), the site is not
    /// shared, and nothing says that somebody passed the request on: behind a proxy or a tunnel on the same machine every
    /// connection is loopback.
    pub fn is_from_developer(&self) -> bool {
        let host = self.host();
        let port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
        let name = host
            .rsplit_once(':')
            .filter(|(_, end)| port(end))
            .map_or(host, |(name, _)| name);
        let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost");
        local
            && self.client.to_canonical().is_loopback()
            && self.settings().shows_insides()
            && !self.headers.keys().any(passed_on)
    }

    /// The route that was found.
    pub fn route(&self) -> Option<&'static ViewMeta> {
        self.looked_at_route.store(true, Ordering::Relaxed);
        self.route
    }

    /// Whether somebody looked at which view it is, since this was asked last.
    pub(crate) fn was_route_looked_at(&self) -> bool {
        self.looked_at_route.swap(false, Ordering::Relaxed)
    }

    /// Whether somebody looked at the method or the path, since this was asked last.
    pub(crate) fn was_address_looked_at(&self) -> bool {
        self.looked_at_address.swap(false, Ordering::Relaxed)
    }

    /// The type of the view that was found.
    pub(crate) fn view_type(&self) -> Option<TypeId> {
        self.shown_route().map(|route| route.view_type)
    }

    /// The route, if it is there for who asks.
    fn shown_route(&self) -> Option<&'static ViewMeta> {
        self.route.filter(|_| !self.hidden.load(Ordering::Relaxed))
    }

    /// The site that answers.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.site.settings()
    }

    /// How long the view may take: its own time, or the site's.
    pub(crate) fn time_limit(&self) -> Duration {
        let own = self.route.and_then(|view| view.timeout);
        own.map_or(self.settings().timeouts.request, |seconds| {
            Duration::from_secs(seconds.into())
        })
    }

    /// Who asks. Known to rules, views and middleware; a gate, or what finds out who asks, is too early: whoever asks there
    /// ends the request with 500, since "nobody" would be believed (CWE-696).
    pub fn identity(&self) -> &Identity {
        if self.known_by.is_none() {
            self.asked_early.store(true, Ordering::Relaxed);
        }
        &self.identity
    }

    /// Who acts: what row policies are about. Known when [`identity`](Self::identity) is.
    pub fn actor(&self) -> Actor {
        self.identity().actor
    }

    /// The user's id, for logs. Known when [`identity`](Self::identity) is.
    pub fn user_id(&self) -> Option<&str> {
        self.identity().user_id()
    }

    /// CWE-696: nobody was told that nobody asks before that was known.
    ///
    /// # Errors
    /// 500 with a line in the log that says who asked too early, and what to do.
    pub(crate) fn is_asked_in_time(&self, who: &str) -> Result<(), Error> {
        if !self.asked_early.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Error::internal(format!(
            "{who} asked for `identity()`, `actor()` or `user_id()` before that was known, and would have heard \
             \"nobody\" whoever it is: decide by who asks in an access rule (`impl AccessRule`), or in a middleware"
        )))
    }

    /// This request's number: in the log, in `X-Request-Id`, and on the page of an incident.
    pub fn request_id(&self) -> &str {
        self.request_id.get_or_init(Hex::random).as_str()
    }

    /// This answer's nonce: what the Content-Security-Policy lets script and style run by.
    pub fn nonce(&self) -> &str {
        self.written.nonce.get_or_init(Hex::random).as_str()
    }

    /// Whether something in this answer goes by its nonce.
    pub(crate) fn has_nonce(&self) -> bool {
        self.written.nonce.get().is_some()
    }

    /// The prefix under which the table with this view is mounted, without a slash at its end.
    pub fn mount(&self, view: &str) -> &str {
        self.site.router.mount(view)
    }

    /// The value of a cookie, by its name without prefix, as [`Cookie::new`] was given it. `None` if there is none, or
    /// more than one of that name. Whoever asks makes the answer somebody's own: no cache that others use keeps it
    /// (CWE-524), also where the cookie was not sent.
    ///
    /// Vauban's own cookies (`session`, `csrf`, `device`, `messages`, `kept`, `ended`) are `None`, whatever was sent: who is
    /// signed in is [`identity`](Self::identity), messages are [`take_messages`](Self::take_messages).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.make_personal();
        // CWE-200: a session's token in the application's hands ends in a log or on a page.
        if vauban_template::is_own_cookie(name) {
            tracing::warn!(
                target: "vauban::error",
                cookie = name,
                "this cookie is Vauban's own, so nobody reads it: ask `identity()` for who is signed in and \
                 `take_messages()` for messages, or call your own cookie otherwise"
            );
            return None;
        }
        let raw = self.own_cookie(name)?;
        if !raw.contains('%') {
            return Some(raw);
        }
        let decoded = self
            .decoded_cookies
            .get_or_init(|| cookies::decoded(&self.sent_cookies));
        let found = decoded.iter().find(|(sent, _)| sent == raw);
        Some(found.map_or(raw, |(_, value)| value))
    }

    /// The value of a cookie of the framework's own, for a part of it that is another crate.
    #[doc(hidden)]
    #[deprecated(
        note = "only Vauban's own modules read these cookies: call `cookie` with a name of your own"
    )]
    pub fn __cookie_of_framework(&self, name: &str) -> Option<&str> {
        self.make_personal();
        self.own_cookie(name)
    }

    /// The value of a cookie of the framework's own, as it was sent: it needs no encoding, and it shows in the answer in
    /// another way.
    pub(crate) fn own_cookie(&self, name: &str) -> Option<&str> {
        if self.sent_cookies.is_empty() {
            return None;
        }
        // CWE-1275: over HTTPS only this host itself can have set a cookie of that name.
        let name = Cookie::full_name(name, self.secure, self.site.package.name);
        cookies::get(&self.sent_cookies, &name)
    }

    /// `Authorization`, if it was sent once. As with [`cookie`](Self::cookie), the answer is then somebody's own.
    pub fn authorization(&self) -> Option<&str> {
        self.make_personal();
        match self.authorization.as_slice() {
            [value] => value.to_str().ok(),
            _ => None,
        }
    }

    /// The fields of the head, credentials included.
    pub(crate) fn head(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let cookies = self.sent_cookies.iter().map(|value| (&header::COOKIE, value));
        let authorization = self
            .authorization
            .iter()
            .map(|value| (&header::AUTHORIZATION, value));
        self.headers.iter().chain(cookies).chain(authorization)
    }

    /// CWE-352: a request that is let in by a key has no cookies, whoever looks for them, and its answer sets none.
    pub(crate) fn forget_cookies(&mut self) {
        self.ambient = false;
        self.forgotten_cookies = std::mem::take(&mut self.sent_cookies);
    }

    /// As before it was found out who asks.
    pub(crate) fn forget_who_asks(&mut self) {
        let (identity, left) = (
            std::mem::replace(&mut self.identity, Identity::nobody()),
            std::mem::take(&mut self.left_by_asking),
        );
        // A session is looked up once (CWE-208: what is hidden takes no second look that what is absent does not).
        if self.known_by.take() == Some(TypeId::of::<BySession>()) {
            *lock(&self.set_aside) = Some((Ok(identity), left));
        }
        if !self.ambient {
            self.ambient = true;
            self.sent_cookies = std::mem::take(&mut self.forgotten_cookies);
            self.decoded_cookies = OnceLock::new();
        }
    }

    /// Whose the session is, if that was found out before something else was asked.
    pub(crate) fn take_set_aside(&self) -> Option<Asked> {
        lock(&self.set_aside).take()
    }

    /// It could not be found out whose the session is, which is said where it is asked next.
    pub(crate) fn set_aside_failure(&mut self, error: Error) {
        self.known_by = None;
        *lock(&self.set_aside) = Some((Err(error), std::mem::take(&mut self.left_by_asking)));
    }

    /// What the answer has from code that was asked so far.
    pub(crate) fn effects(&self) -> Effects {
        Effects {
            personal: self.personal.load(Ordering::Relaxed),
            cookies: lock(&self.cookies).clone(),
            messages: self.messages.clone(),
        }
    }

    /// Takes what the answer has so far: it has nothing then.
    pub(crate) fn take_effects(&mut self) -> Effects {
        Effects {
            personal: std::mem::take(self.personal.get_mut()),
            cookies: std::mem::take(&mut *lock(&self.cookies)),
            messages: std::mem::take(&mut self.messages),
        }
    }

    /// The answer has these as well.
    pub(crate) fn put_effects(&mut self, effects: Effects) {
        *self.personal.get_mut() |= effects.personal;
        self.messages.put(effects.messages);
        for cookie in effects.cookies {
            self.set_cookie(cookie);
        }
    }

    /// The answer has what it had then, and nothing of what was asked since.
    pub(crate) fn back_to(&mut self, effects: Effects) {
        self.take_effects();
        self.put_effects(effects);
    }

    /// CWE-204: the request is as it was before the view was found, which is not there for who asks.
    pub(crate) fn start_over(&mut self) {
        self.forget_who_asks();
        self.take_effects();
        self.route = None;
        self.written = Written::default();
    }

    /// Whether the answer may have what is the view's: its policy, its caching. CWE-204: not before it is there for who asks.
    pub(crate) fn show_view(&mut self, shown: bool) {
        *self.hidden.get_mut() = !shown;
    }

    /// CWE-204: the answer is that of an address at which there is nothing.
    pub(crate) fn hide(&self) {
        self.hidden.store(true, Ordering::Relaxed);
        self.personal.store(false, Ordering::Relaxed);
        self.forget_effects();
    }

    /// Whether the request is let in by what a browser sends by itself.
    pub(crate) fn is_ambient(&self) -> bool {
        self.ambient
    }

    /// The answer is somebody's own.
    pub(crate) fn make_personal(&self) {
        self.personal.store(true, Ordering::Relaxed);
    }

    /// CWE-524: whether the answer is somebody's own: behind any rule but `Public`, to somebody who is known, or
    /// after a look at a cookie or the client's address.
    pub(crate) fn is_personal(&self) -> bool {
        self.personal.load(Ordering::Relaxed)
            || self.identity.is_somebody()
            || self.token_written()
            || self.shown_route().is_some_and(|meta| !meta.is_public())
    }

    pub(crate) fn set_saved(&self, saved: Saved) {
        self.saved.store(saved as u8, Ordering::Relaxed);
    }

    pub(crate) fn saved(&self) -> Saved {
        match self.saved.load(Ordering::Relaxed) {
            0 => Saved::No,
            1 => Saved::Perhaps,
            _ => Saved::Yes,
        }
    }

    /// Remembers the form that was sent, once its token is known to be ours, for pages that come instead of the view's.
    pub(crate) fn set_sent(&self, body: Bytes, controls: Controls) {
        let _ = self.sent.set(SentForm { body, controls });
    }

    /// The form that was sent, if it was read and is ours.
    pub(crate) fn sent(&self) -> Option<&SentForm> {
        self.sent.get()
    }

    /// Whether the body is a form's.
    pub(crate) fn sends_form(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.and_then(|kind| kind.to_str().ok()).is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text.starts_with("application/x-www-form-urlencoded") || text.starts_with("multipart/")
        })
    }

    /// Says what became of the form, whose session was over.
    pub(crate) fn set_kept(&self, kept: Kept) {
        let _ = self.kept.set(kept);
    }

    /// Remembers a form that the page's policy does not send.
    pub(crate) fn hold_back(&self, origin: &'static str) {
        let _ = self.written.held_back.set(origin);
    }

    /// Where a form of the page would go that its policy does not send.
    pub(crate) fn held_back(&self) -> Option<&'static str> {
        self.written.held_back.get().copied()
    }

    pub(crate) fn kept(&self) -> Option<&Kept> {
        self.kept.get()
    }

    /// Sends a cookie with the answer, unless the request fails. One with the name of a cookie of Vauban's own is not
    /// sent, and the log says so.
    pub fn set_cookie(&self, cookie: Cookie) {
        // CWE-384: nobody but the sign-in gives a browser a session.
        if cookie.is_usurped() {
            tracing::error!(
                target: "vauban::error",
                cookie = cookie.name(),
                "this cookie is Vauban's own, so it was not sent: give yours another name"
            );
            return;
        }
        let mut cookies = lock(&self.cookies);
        cookies.retain(|other| other.name() != cookie.name());
        cookies.push(cookie);
    }

    /// Whether the browser forgets its session with this answer.
    pub(crate) fn ends_session(&self) -> bool {
        let cookies = lock(&self.cookies);
        let session = cookies.iter().find(|cookie| cookie.name() == SESSION_COOKIE);
        session.is_some_and(Cookie::is_removal)
    }

    /// Whether it has been found out whose the session is.
    pub(crate) fn is_known_by_session(&self) -> bool {
        self.known_by == Some(TypeId::of::<BySession>()) || self.identity.is_somebody()
    }

    /// Keeps what was asked of the database, for the development page.
    #[cfg(debug_assertions)]
    pub(crate) fn keep_queries(&self, unit: &Unit) {
        *lock(&self.queries) = unit.queries();
    }

    /// Whether its refusals are explained: to the developer; a test sees what everybody sees.
    #[cfg(debug_assertions)]
    pub(crate) fn explains(&self) -> bool {
        self.is_from_developer() && !self.settings().is_test()
    }

    /// Notes what a control says of its refusal.
    #[cfg(debug_assertions)]
    pub(crate) fn note(&self, say: impl FnOnce() -> String) {
        if self.explains() {
            let more = Vec::new();
            self.explain(Why { say: say(), more });
        }
    }

    /// Notes why it is refused.
    #[cfg(debug_assertions)]
    pub(crate) fn explain(&self, why: Why) {
        lock(&self.whys).push(why);
    }

    /// Why it is refused, as far as that is known.
    #[cfg(debug_assertions)]
    pub(crate) fn whys(&self) -> Vec<Why> {
        lock(&self.whys).clone()
    }

    #[cfg(not(debug_assertions))]
    pub(crate) fn keep_queries(&self, _: &Unit) {}

    /// What was asked of the database.
    #[cfg(debug_assertions)]
    pub(crate) fn queries(&self) -> Vec<LoggedQuery> {
        lock(&self.queries).clone()
    }

    /// The cookies that are to be sent; they are sent once.
    pub(crate) fn take_cookies(&self) -> Vec<Cookie> {
        std::mem::take(&mut *lock(&self.cookies))
    }

    /// Forgets cookies and messages that were to be sent: what they belong to was undone. Not what finding out who asks has set, which no
    /// view undoes: a session's next token that is lost would make its owner a thief of the one before (CWE-294).
    pub(crate) fn forget_effects(&self) {
        lock(&self.cookies).clone_from(&self.left_by_asking.cookies);
        self.messages.drop_added();
    }

    /// Notes why its page cannot be written whole.
    pub(crate) fn mark_unfinished(&self, why: String) {
        if let Ok(mut unfinished) = self.written.unfinished.lock() {
            unfinished.get_or_insert(why);
        }
    }

    /// Why the page that was written last is not whole. Said once.
    pub(crate) fn take_unfinished(&self) -> Option<String> {
        self.written.unfinished.lock().ok()?.take()
    }

    pub(crate) fn mark_token_written(&self) {
        self.written.token.store(true, Ordering::Relaxed);
    }

    pub(crate) fn token_written(&self) -> bool {
        self.written.token.load(Ordering::Relaxed)
    }
}

/// Takes a header out, with all its values.
fn take_out(headers: &mut HeaderMap, name: HeaderName) -> Vec<HeaderValue> {
    match headers.entry(name) {
        Entry::Occupied(entry) => entry.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => Vec::new(),
    }
}

/// Headers that proxies and tunnels add.
fn passed_on(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-forwarded-")
        || matches!(
            name,
            "forwarded" | "via" | "x-real-ip" | "cf-connecting-ip" | "true-client-ip"
        )
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.looked_at_address.store(true, Ordering::Relaxed);
        // CWE-532: neither headers nor query, which may hold secrets.
        write!(f, "Request({} {})", self.method, self.logged_path())
    }
}

impl Hex {
    fn random() -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let bits: u128 = rand::random();
        let mut digits = [0; 32];
        for (i, digit) in digits.iter_mut().enumerate() {
            *digit = DIGITS[(bits >> (4 * i)) as usize & 15];
        }
        Self(digits)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
