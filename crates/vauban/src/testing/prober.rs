//! The prober: calls every route as nobody, a member, an outsider, staff and whoever else is named, and compares with a table that is
//! written by hand (CWE-862, CWE-639; ASVS v5.0.0-8.2.1, v5.0.0-8.2.2).

use ::http::{Method, StatusCode};

use super::report::{Case, Report};
use super::rows::Rows;
use super::{Address, Answer, TestApp};
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
}

/// The callers that every table has, in its order.
pub(super) const CALLERS: [&str; 4] = ["nobody", "member", "outsider", "staff"];

/// What an honest client sends to a route.
struct Sample {
    name: String,
    path: String,
    fields: Option<Vec<(String, String)>>,
    writes: bool,
    /// Of the identity's own pages: called where it has prepared for that.
    own: bool,
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
            callers: CALLERS.map(|name| Caller { name, person: None }).into(),
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
        self.callers.push(Caller { name, person });
        self
    }

    /// A route that these settings do not have served ([`Module::serves_if`](crate::Module::serves_if)): other tests probe it.
    pub fn not_served(mut self, name: &'static str) -> Self {
        self.unserved.push(name);
        self
    }

    /// A sample of a route that shows something.
    pub fn get(self, name: &'static str, url: impl Address) -> Self {
        self.sample(name, url, None, false)
    }

    /// A sample of a route that takes a form: valid, so that it changes rows.
    pub fn form(self, name: &'static str, url: impl Address, fields: &[(&str, &str)]) -> Self {
        self.sample(name, url, Some(fields), true)
    }

    /// A sample of a route that takes a form and changes no row, such as a theme kept in a cookie.
    pub fn form_without_rows(self, name: &'static str, url: impl Address, fields: &[(&str, &str)]) -> Self {
        self.sample(name, url, Some(fields), false)
    }

    fn sample(
        mut self,
        name: &'static str,
        url: impl Address,
        fields: Option<&[(&str, &str)]>,
        writes: bool,
    ) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let fields = fields.map(|fields| fields.iter().map(owned).collect());
        self.samples.push(Sample {
            name: name.to_owned(),
            path: url.path(&self.app.site),
            fields,
            writes,
            own: false,
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
        match (&sample.fields, *method == Method::GET) {
            (Some(_), true) => Some(format!("`{}` is a GET: give its sample with `.get`", sample.name)),
            (None, false) => Some(format!(
                "`{}` is a {method}: give its sample with `.form`",
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
            self.samples.push(Sample {
                name: route.name.clone(),
                path: route.pattern(),
                fields: sample.fields().map(|fields| fields.iter().map(owned).collect()),
                writes: sample.writes(),
                own: true,
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

/// Calls one sample as one caller, on a copy of the database.
async fn call(app: &TestApp, sample: &Sample, route: &Route, caller: &Caller) -> (Got, Vec<String>) {
    let app = app.fork();
    let mut client = app.client();
    if let Some(user) = caller.person {
        client.sign_in_as_id(user).await;
    }
    let before = Rows::read(&app.folder.file());
    let answer = match &sample.fields {
        None => client.get(sample.path.as_str()).await,
        Some(fields) => {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            debug_assert_eq!(route.meta.method, Method::POST);
            client.post_fields(sample.path.as_str(), &fields).await
        }
    };
    let changes = before.changes(&Rows::read(&app.folder.file()));
    (judge(&app, &answer), changes)
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
