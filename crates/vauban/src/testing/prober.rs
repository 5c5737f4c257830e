//! The prober: calls every route as nobody, a member, an outsider, staff and whoever else is named, and compares with a table that is
//! written by hand (CWE-862, CWE-639; ASVS v5.0.0-8.2.1, v5.0.0-8.2.2).

use std::fmt::Display;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::report::{Case, Report};
use super::rows::Rows;
use super::{Address, Answer, TestApp, page};
use vauban_orm::UserModel;
use vauban_orm::actor::UserFacts;

use crate::pipeline;
use crate::routing::Route;
pub use vauban_core::site::Expect;

/// One line of the table: a route, and what nobody, the member, the outsider and staff should get; then those who are
/// named by [`Prober::caller`], in their order.
#[derive(Debug, Clone, Copy)]
pub struct Expected<const CALLERS: usize = 4> {
    /// The sample's name.
    pub sample: &'static str,
    /// Nobody, the member, the outsider, staff, the others.
    pub callers: [Expect; CALLERS],
}

impl<const CALLERS: usize> Expected<CALLERS> {
    /// A line of the table.
    pub const fn new(sample: &'static str, callers: [Expect; CALLERS]) -> Self {
        Self { sample, callers }
    }
}

/// A line of whatever length.
struct Line {
    sample: String,
    callers: Vec<Expect>,
}

/// Somebody who calls everything.
struct Caller {
    name: &'static str,
    person: Option<uuid::Uuid>,
    /// What their programs are known by.
    token: Option<String>,
}

/// The callers that every table has, in its order.
pub(super) const CALLERS: [&str; 4] = ["nobody", "member", "outsider", "staff"];

/// What an honest client sends to a route.
struct Sample {
    name: String,
    path: String,
    sent: Sent,
    headers: HeaderMap,
    writes: bool,
    /// Sent by the callers' programs: with their tokens, and without their sessions.
    by_token: bool,
    /// Of the identity's own pages: called where it has prepared for that.
    own: bool,
}

/// What is sent.
enum Sent {
    /// A GET.
    Get,
    /// Another method without a body.
    Bare,
    Form(Vec<(String, String)>),
    Json(String),
}

/// Calls every route as everybody.
///
/// A sample is named after its route; `article#draft` is a second sample of the route `article`. Each call has a copy
/// of the database of its own, so that no call sees what another has done.
///
/// * A route without a sample, or a sample without a line in the table, fails.
/// * What is sent is what an honest client sends: ids of real rows, a valid form, a fresh token, the own origin. An
///   answer that the request itself earned (400, 405, 409, 413, 415, 422, 429, or a refused token or origin) is no
///   denial: the sample is wrong, and fails.
/// * The pages of accounts need no sample: they bring their own, and passwords for them, in the prober's copy.
/// * A caller who is refused changes no row. A form that is accepted changes one, unless the sample says otherwise.
///   A GET changes none.
/// * A form of another method than POST, JSON and `.delete` are sent as a script of the site's own page sends them, with a
///   fresh token in the header `X-CSRFToken`. What is [`by_token`](Self::by_token) is sent as a program does.
/// * In a program without an identity nobody signs in: the four callers are all strangers, and none need be named.
#[must_use = "nothing is called before `run`"]
pub struct Prober<'a> {
    app: &'a TestApp,
    callers: Vec<Caller>,
    samples: Vec<Sample>,
    expected: Vec<Line>,
    unserved: Vec<&'static str>,
}

impl<'a> Prober<'a> {
    /// A prober of the program, with the rows that its database has now.
    pub fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            callers: CALLERS.map(Caller::new).into(),
            samples: Vec::new(),
            expected: Vec::new(),
            unserved: Vec::new(),
        }
    }

    /// The member: the samples' rows are theirs, or their tenant's.
    pub fn member<U: UserModel>(mut self, user: &U) -> Self {
        self.callers[1].person = Some(user.id().uuid());
        self
    }

    /// The outsider: a member of another tenant.
    pub fn outsider<U: UserModel>(mut self, user: &U) -> Self {
        self.callers[2].person = Some(user.id().uuid());
        self
    }

    /// One of the staff.
    pub fn staff<U: UserModel>(mut self, user: &U) -> Self {
        self.callers[3].person = Some(user.id().uuid());
        self
    }

    /// Somebody else whom the table has a column for, behind the four: `.caller("manager", &mia)`.
    pub fn caller<U: UserModel>(mut self, name: &'static str, user: &U) -> Self {
        let person = Some(user.id().uuid());
        self.callers.push(Caller {
            person,
            ..Caller::new(name)
        });
        self
    }

    /// The token of a caller's programs, for samples [`by_token`](Self::by_token): `.token("member", "…")`. The caller is
    /// named before.
    ///
    /// # Panics
    /// If there is no caller of that name.
    pub fn token(mut self, caller: &str, token: &str) -> Self {
        let known = self.callers.iter_mut().find(|known| known.name == caller);
        let known =
            known.unwrap_or_else(|| panic!("there is no caller `{caller}` yet: name them with `.caller`"));
        known.token = Some(token.to_owned());
        self
    }

    /// A route that these settings do not have served ([`Module::serves_if`](crate::Module::serves_if)): other tests probe it.
    pub fn not_served(mut self, name: &'static str) -> Self {
        self.unserved.push(name);
        self
    }

    /// A sample of a route that shows something.
    pub fn get(self, name: &'static str, url: impl Address) -> Self {
        self.sample(name, url, Sent::Get, false)
    }

    /// A sample of a route that takes a form: valid, so that it changes rows.
    pub fn form(self, name: &'static str, url: impl Address, fields: &[(&str, &str)]) -> Self {
        self.sample(name, url, Sent::form(fields), true)
    }

    /// A sample of a route that takes a form and changes no row, such as a theme kept in a cookie.
    pub fn form_without_rows(self, name: &'static str, url: impl Address, fields: &[(&str, &str)]) -> Self {
        self.sample(name, url, Sent::form(fields), false)
    }

    /// A sample of a route that takes JSON: a literal, or a `serde_json::json!`. Valid, so that it changes rows.
    pub fn json(self, name: &'static str, url: impl Address, json: impl Display) -> Self {
        self.sample(name, url, Sent::Json(json.to_string()), true)
    }

    /// A sample of a route that changes rows and takes no body, such as a DELETE.
    pub fn delete(self, name: &'static str, url: impl Address) -> Self {
        self.sample(name, url, Sent::Bare, true)
    }

    /// The sample before this changes no row when it is accepted.
    pub fn without_rows(self) -> Self {
        self.change(|sample| sample.writes = false)
    }

    /// The sample before this has a header of its own, such as a signature. Every caller sends it.
    ///
    /// # Panics
    /// If that is no header.
    pub fn header(self, name: &str, value: &str) -> Self {
        let header = HeaderName::try_from(name)
            .ok()
            .zip(HeaderValue::try_from(value).ok());
        let (name, value) = header.unwrap_or_else(|| panic!("`{name}: {value}` is no header"));
        self.change(|sample| {
            sample.headers.append(name, value);
        })
    }

    /// The sample before this is sent by the callers' programs: with the caller's [`token`](Self::token), where they have
    /// one, as `Authorization: Bearer …`, and without a session.
    pub fn by_token(self) -> Self {
        self.change(|sample| sample.by_token = true)
    }

    fn change(mut self, change: impl FnOnce(&mut Sample)) -> Self {
        let last = self.samples.last_mut();
        change(last.unwrap_or_else(|| {
            panic!("there is no sample yet: give one with `.get`, `.form`, `.json` or `.delete`")
        }));
        self
    }

    fn sample(mut self, name: &'static str, url: impl Address, sent: Sent, writes: bool) -> Self {
        let path = url.path(&self.app.site);
        self.samples.push(Sample {
            writes,
            ..Sample::new(name, path, sent)
        });
        self
    }

    /// The table, written by hand: derived from neither rules nor policies.
    pub fn expect<const CALLERS: usize>(mut self, table: &[Expected<CALLERS>]) -> Self {
        self.expected.extend(table.iter().map(|line| Line {
            sample: line.sample.to_owned(),
            callers: line.callers.to_vec(),
        }));
        self
    }

    /// Calls everything.
    ///
    /// # Panics
    /// If anything is not as expected, with all of it at once.
    pub async fn run(self) {
        let report = self.report().await;
        assert!(report.is_good(), "{report}");
    }

    /// Calls everything and tells.
    pub(super) async fn report(mut self) -> Report {
        let mut report = Report::default();
        let app = self.app.fork();
        self.add_own_samples(&app).await;
        // CWE-1059: of the program, not of what these settings serve: what is off here may be on in a release.
        let program = (self.app.app)();
        for route in program
            .modules()
            .each_route()
            .filter(|route| !route.is_development_only())
        {
            let name = route.name.as_str();
            if self.samples.iter().any(|sample| route_of(&sample.name) == name) {
                continue;
            }
            if self.app.site.routes().iter().any(|served| served.name == name) {
                report.gap(format!(
                    "the route `{name}` has no sample: nobody knows who may call it"
                ));
            } else if !self.unserved.contains(&name) {
                report.gap(format!(
                    "the route `{name}` is not served with these settings: probe it with others (`TestApp::with`, \
                     `TestApp::behind_proxy`), and say `.not_served(\"{name}\")` here"
                ));
            }
        }
        for line in &self.expected {
            if !self.samples.iter().any(|sample| sample.name == line.sample) {
                report.gap(format!(
                    "the table has a line for `{}`, which is no sample",
                    line.sample
                ));
            }
        }
        // Where nobody signs in, all callers are strangers.
        let sign_in = !(self.app.app)().modules().identities().is_empty();
        for caller in self.callers.iter().skip(1) {
            if sign_in && caller.person.is_none() {
                report.gap(format!("there is no {0}: say `.{0}(&user)`", caller.name));
            }
        }
        for line in &self.expected {
            let (given, wanted) = (line.callers.len(), self.callers.len());
            if given != wanted {
                let names: Vec<&str> = self.callers.iter().map(|caller| caller.name).collect();
                report.gap(format!(
                    "the line of `{}` says what {given} callers get, and there are {wanted}: {}",
                    line.sample,
                    names.join(", ")
                ));
            }
        }
        // A column of the table that somebody else is asked for would prove nothing.
        if let Some(staff) = self.callers[3].person
            && !self.facts(staff).await.is_some_and(|facts| facts.is_staff)
        {
            report.gap("`.staff(&user)` is not staff: set `is_staff` in their row".to_owned());
        }
        if report.is_good() {
            for sample in &self.samples {
                let app = if sample.own { &app } else { self.app };
                self.probe(app, sample, &mut report).await;
            }
        }
        report
    }

    async fn facts(&self, user: uuid::Uuid) -> Option<UserFacts> {
        let mut client = self.app.client();
        client.sign_in_as_id(user).await;
        client.actor().await.user_facts()
    }

    /// Calls one sample as everybody.
    async fn probe(&self, app: &TestApp, sample: &Sample, report: &mut Report) {
        let routes = self.app.site.routes();
        let Some(route) = routes.iter().find(|route| route.name == route_of(&sample.name)) else {
            // An included route has the name of its table before its own.
            let behind = format!(".{}", route_of(&sample.name));
            let meant = routes.iter().find(|route| route.name.ends_with(&behind));
            let meant = meant.map(|route| format!(": did you mean `{}`?", route.name));
            return report.gap(format!(
                "the sample `{}` is of no route{}",
                sample.name,
                meant.unwrap_or_default()
            ));
        };
        if let Some(wrong) = self.misses(sample, route) {
            return report.gap(wrong);
        }
        let lines: Vec<_> = self
            .expected
            .iter()
            .filter(|line| line.sample == sample.name)
            .collect();
        let [line] = lines.as_slice() else {
            let count = lines.len();
            return report.gap(format!(
                "the table has {count} lines for the sample `{}`: write one",
                sample.name
            ));
        };
        for (caller, expected) in self.callers.iter().zip(&line.callers) {
            let (got, changes) = call(app, sample, route, caller).await;
            report.called(Case {
                sample: sample.name.clone(),
                method: route.meta.method.to_string(),
                path: sample.path.clone(),
                caller: caller.name,
                expected: *expected,
                got,
                changes,
                writes: sample.writes,
            });
        }
    }

    /// Why a sample is not one of its route.
    fn misses(&self, sample: &Sample, route: &Route) -> Option<String> {
        let path = sample.path.split('?').next().unwrap_or(&sample.path);
        let method = &route.meta.method;
        let found = pipeline::view_for_test(&self.app.site, method, path);
        if found != Some(route.meta.id) {
            return Some(format!(
                "{method} {path}, the sample of `{}`, leads to {found:?}",
                sample.name
            ));
        }
        match (&sample.sent, *method == Method::GET) {
            (Sent::Get, true) => None,
            (_, true) => Some(format!("`{}` is a GET: give its sample with `.get`", sample.name)),
            (Sent::Get, false) => Some(format!(
                "`{}` is a {method}: give its sample with `.form`, `.json` or, without a body, `.delete`",
                sample.name
            )),
            _ => None,
        }
    }

    /// Adds what the site's identity says of its own pages, where the test has no sample of them.
    async fn add_own_samples(&mut self, app: &TestApp) {
        let people: Vec<uuid::Uuid> = self.callers.iter().filter_map(|caller| caller.person).collect();
        let own = app.site.samples_for_test(&people).await;
        let own = own.unwrap_or_else(|error| panic!("the pages of the identity cannot be called: {error:?}"));
        for sample in own {
            let routes = app.site.routes();
            let Some(route) = routes.iter().find(|route| route.meta.id == sample.view()) else {
                continue;
            };
            if self
                .samples
                .iter()
                .any(|known| route_of(&known.name) == route.name)
            {
                continue;
            }
            let [nobody, others] = sample.callers();
            let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
            let sent = sample
                .fields()
                .map_or(Sent::Get, |fields| Sent::Form(fields.iter().map(owned).collect()));
            self.samples.push(Sample {
                writes: sample.writes(),
                own: true,
                ..Sample::new(&route.name, filled(route), sent)
            });
            // A line that the test has written is the test's.
            if !self.expected.iter().any(|line| line.sample == route.name) {
                let callers = self.callers.iter().map(|caller| match caller.person {
                    None => nobody,
                    Some(_) => others,
                });
                self.expected.push(Line {
                    sample: route.name.clone(),
                    callers: callers.collect(),
                });
            }
        }
    }
}

/// A route's address with something in its parameters: 43 letters, as a token has, or an id, for a parameter that takes nothing else.
fn filled(route: &Route) -> String {
    let mut params = route.meta.params.iter();
    let filled = |segment: &str| match segment.starts_with('{') {
        true => {
            let some = ["A".repeat(43), uuid::Uuid::nil().to_string()];
            let param = params.next();
            let taken = some
                .iter()
                .find(|value| param.is_none_or(|param| (param.accepts)(value)));
            taken.cloned().unwrap_or_default()
        }
        false => segment.to_owned(),
    };
    let pattern = route.pattern();
    pattern.split('/').map(filled).collect::<Vec<_>>().join("/")
}

/// Calls one sample as one caller, on a copy of the database.
async fn call(app: &TestApp, sample: &Sample, route: &Route, caller: &Caller) -> (Got, Vec<String>) {
    let app = app.fork();
    let mut client = app.client();
    if let Some(user) = caller.person
        && !sample.by_token
    {
        client.sign_in_as_id(user).await;
    }
    let before = Rows::read(&app.folder.file());
    let (method, path) = (&route.meta.method, sample.path.as_str());
    let (kind, body) = sample.body();
    let mut headers = match (&sample.sent, sample.by_token) {
        // A program is no browser: it sends what it is told, and no token against forgery.
        (_, true) => HeaderMap::new(),
        (Sent::Get, false) => client.browser(false, "GET"),
        (Sent::Form(_), false) if *method == Method::POST => client.browser(true, "POST"),
        (_, false) => client.script(method, path).await,
    };
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Some(token) = caller.token.as_ref().filter(|_| sample.by_token)
        && let Ok(bearer) = HeaderValue::try_from(format!("Bearer {token}"))
    {
        headers.insert(header::AUTHORIZATION, bearer);
    }
    headers.extend(sample.headers.clone());
    let answer = match &sample.sent {
        Sent::Form(fields) if *method == Method::POST && !sample.by_token => {
            client.send_fields(path, fields, headers).await
        }
        _ => client.request(method.clone(), path, headers, &body).await,
    };
    let changes = before.changes(&Rows::read(&app.folder.file()));
    (judge(&app, &answer), changes)
}

impl Caller {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            person: None,
            token: None,
        }
    }
}

impl Sample {
    fn new(name: &str, path: String, sent: Sent) -> Self {
        Self {
            name: name.to_owned(),
            path,
            sent,
            headers: HeaderMap::new(),
            writes: false,
            by_token: false,
            own: false,
        }
    }

    /// The content type and the body.
    fn body(&self) -> (Option<HeaderValue>, String) {
        match &self.sent {
            Sent::Get | Sent::Bare => (None, String::new()),
            Sent::Form(fields) => (
                Some(HeaderValue::from_static("application/x-www-form-urlencoded")),
                page::encode(fields),
            ),
            Sent::Json(json) => (Some(HeaderValue::from_static("application/json")), json.clone()),
        }
    }
}

impl Sent {
    fn form(fields: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Form(fields.iter().map(owned).collect())
    }
}

/// What a caller got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Got {
    /// An answer of the table's kind, and the status.
    Is(Expect, u16),
    /// An answer that says nothing about who may: what it was.
    Broken(String),
}

/// What an answer says about who may.
fn judge(app: &TestApp, answer: &Answer) -> Got {
    const OF_THE_REQUEST: &[&str] = &[
        "host_refused",
        "forwarded_refused",
        "origin_refused",
        "csrf_token_refused",
        "csrf_token_stale",
        "cross_site_load_refused",
        "limit_exceeded",
        "cookie_forged",
        "session_unknown",
        "internal_error",
    ];
    if answer
        .events
        .iter()
        .any(|event| OF_THE_REQUEST.contains(&event.as_str()))
    {
        return Got::Broken(answer.shown());
    }
    let is = |expect| Got::Is(expect, answer.status());
    match answer.status {
        // A program that has not said who it is.
        StatusCode::UNAUTHORIZED => is(Expect::SignIn),
        StatusCode::FORBIDDEN => is(Expect::Forbidden),
        StatusCode::NOT_FOUND => is(Expect::NotFound),
        status if status.is_redirection() => {
            let sign_in = pipeline::sign_in_for_test(&app.site);
            let there = answer.location().and_then(|location| location.split('?').next());
            let sent = answer.events.iter().any(|event| event == "access_refused");
            if sent && there.is_some() && there == sign_in.as_deref() {
                is(Expect::SignIn)
            } else {
                is(Expect::Allowed)
            }
        }
        status if status.is_success() => is(Expect::Allowed),
        _ => Got::Broken(answer.shown()),
    }
}

/// `article#draft` is of the route `article`.
fn route_of(sample: &str) -> &str {
    sample.split('#').next().unwrap_or(sample)
}
