//! The router: a tree of segments. A literal segment goes before a parameter, a parameter before the rest
//! of the path; the work is bounded by the size of the tree.

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use ::http::Method;

use super::routes::{Handle, Hides};
use super::secrets::Secrets;
use super::url::{encode_segment, is_plain};
use super::{Route, Routes, ViewMeta};
use crate::site::Asking;

/// Every route, ready to be looked up.
#[derive(Debug, Default)]
pub(crate) struct Router {
    root: Node,
    /// Prefixes of views that have one, by identity.
    mounts: HashMap<&'static str, String>,
    /// Every view that stands in the routes.
    routed: HashSet<&'static str>,
    /// Those of which the log says the pattern.
    secrets: Secrets,
}

#[derive(Debug, Default)]
struct Node {
    literals: Vec<(Box<str>, Node)>,
    param: Option<Box<Node>>,
    here: Vec<Target>,
    rest: Vec<Target>,
}

/// A view behind a pattern.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) meta: &'static ViewMeta,
    pub(crate) asking: Asking,
    pub(crate) handle: Handle,
    /// Whether its rule says that it is not there for who asks, whose credential is loaded.
    pub(crate) hides: Hides,
    /// For the developer's own machine only.
    pub(crate) development: bool,
}

impl Target {
    /// Whether it answers this method.
    pub(crate) fn answers(&self, method: &Method) -> bool {
        self.meta.method == *method || (*method == Method::HEAD && self.meta.method == Method::GET)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meta.id)
    }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A view, and the decoded segments for its parameters.
    View(Target, Vec<String>),
    /// There are views, of other methods: these.
    Other(Vec<Target>),
    /// There is this view if a slash is added: at this path, percent-encoded anew.
    Slash(String, Target),
    /// Nothing.
    Nothing,
}

/// Two routes that answer the same requests, or one route twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict(pub(super) String);

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Conflict {}

impl Router {
    /// Builds the tree.
    ///
    /// # Errors
    /// The known conflicts and every further one, each with both views named.
    pub(super) fn new(routes: &Routes, reserved: &str, known: Vec<Conflict>) -> Result<Self, Vec<Conflict>> {
        let mut router = Self::default();
        let mut conflicts = known;
        for route in routes.iter() {
            if route.pattern().starts_with(reserved) {
                conflicts.push(Conflict(format!(
                    "{} is below `{reserved}`, where static files are: choose another path",
                    describe(route)
                )));
            }
            if let Some(prefix) = router.mounts.insert(route.meta.id, route.prefix.clone()) {
                conflicts.push(Conflict(format!(
                    "{} stands in the routes twice, below `{prefix}/` and below `{}/`: its URL would be ambiguous",
                    describe(route),
                    route.prefix
                )));
            }
            router
                .secrets
                .note(route.pattern(), route.meta.params, route.development);
            if let Err(conflict) = router.root.insert(route) {
                conflicts.push(conflict);
            }
        }
        router.routed = router.mounts.keys().copied().collect();
        router.mounts.retain(|_, prefix| !prefix.is_empty());
        if conflicts.is_empty() {
            Ok(router)
        } else {
            Err(conflicts)
        }
    }

    /// The prefix under which a view is mounted.
    pub(crate) fn mount(&self, view: &str) -> &str {
        if self.mounts.is_empty() {
            return "";
        }
        self.mounts.get(view).map_or("", String::as_str)
    }

    /// Whether a view stands in the routes: only then its address leads anywhere.
    pub(crate) fn has(&self, view: &str) -> bool {
        self.routed.contains(view)
    }

    /// The pattern that a path begins like, if something that opens stands in it: for the log.
    pub(crate) fn pattern_of_secret(&self, path: &str) -> Option<&str> {
        self.secrets.pattern(path, decode_segment)
    }

    /// Whether something that opens stands in a path.
    pub(crate) fn has_secret(&self, path: &str) -> bool {
        self.pattern_of_secret(path).is_some()
    }

    /// Looks a path up, percent-decoding each segment once (CWE-174). `hidden` are views that are not there for who asks:
    /// what would be found without them is found.
    pub(crate) fn find(&self, method: &Method, path: &str, hidden: &[TypeId]) -> Found {
        let Some(segments) = decode(path) else {
            return Found::Nothing;
        };
        let wanted = Wanted { method, hidden };
        let mut params = Vec::new();
        let mut other = Vec::new();
        if let Some(target) = self.root.find(wanted, &segments, &mut params, &mut other) {
            return Found::View(target, params.into_iter().map(str::to_owned).collect());
        }
        let mut params = Vec::new();
        if let Some(target) = self.root.find_rest(wanted, &segments, &mut params, &mut other) {
            return Found::View(target, params);
        }
        if !other.is_empty() {
            return Found::Other(other);
        }
        self.with_slash(wanted, segments)
    }

    /// CWE-601: the path is written anew from what was decoded, so that `/\evil` cannot leave the host.
    fn with_slash(&self, wanted: Wanted<'_>, mut segments: Vec<Cow<'_, str>>) -> Found {
        if !matches!(*wanted.method, Method::GET | Method::HEAD)
            || segments.last().is_some_and(|last| last.is_empty())
        {
            return Found::Nothing;
        }
        segments.push(Cow::Borrowed(""));
        let (mut params, mut other) = (Vec::new(), Vec::new());
        let Some(target) = self.root.find(wanted, &segments, &mut params, &mut other) else {
            return Found::Nothing;
        };
        let mut path = String::new();
        for segment in &segments {
            path.push('/');
            super::url::encode_segment(segment, &mut path);
        }
        Found::Slash(path, target)
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    method: &'a Method,
    hidden: &'a [TypeId],
}

impl Node {
    fn insert(&mut self, route: &Route) -> Result<(), Conflict> {
        let mut node = self;
        let mut rest = false;
        for segment in route
            .prefix
            .split('/')
            .skip(1)
            .chain(route.meta.pattern.split('/').skip(1))
        {
            if segment.starts_with("{*") {
                rest = true;
            } else if segment.starts_with('{') {
                node = node.param.get_or_insert_default();
            } else {
                let i = match node
                    .literals
                    .iter()
                    .position(|(literal, _)| **literal == *segment)
                {
                    Some(i) => i,
                    None => {
                        node.literals.push((segment.into(), Self::default()));
                        node.literals.len() - 1
                    }
                };
                node = &mut node.literals[i].1;
            }
        }
        let targets = if rest { &mut node.rest } else { &mut node.here };
        if let Some(first) = targets
            .iter()
            .find(|t| t.meta.method == route.meta.method && t.meta.id != route.meta.id)
        {
            return Err(Conflict(format!(
                "two views answer {} {}: `{}` ({}:{}) and `{}` ({}:{}); change the path of one",
                route.meta.method,
                route.pattern(),
                first.meta.id,
                first.meta.file,
                first.meta.line,
                route.meta.id,
                route.meta.file,
                route.meta.line,
            )));
        }
        targets.push(Target {
            meta: route.meta,
            asking: route.asking,
            handle: route.handle,
            hides: route.hides,
            development: route.development,
        });
        Ok(())
    }

    fn find<'p>(
        &self,
        wanted: Wanted<'_>,
        segments: &'p [Cow<'_, str>],
        params: &mut Vec<&'p str>,
        other: &mut Vec<Target>,
    ) -> Option<Target> {
        let Some((segment, after)) = segments.split_first() else {
            return choose(&self.here, wanted, params, other);
        };
        if let Some((_, node)) = self
            .literals
            .iter()
            .find(|(literal, _)| **literal == *segment.as_ref())
            && let Some(found) = node.find(wanted, after, params, other)
        {
            return Some(found);
        }
        if let Some(node) = &self.param
            && !segment.is_empty()
        {
            params.push(segment);
            if let Some(found) = node.find(wanted, after, params, other) {
                return Some(found);
            }
            params.pop();
        }
        None
    }

    /// Views of the rest of the path: looked up after everything else, longest prefix first.
    fn find_rest(
        &self,
        wanted: Wanted<'_>,
        segments: &[Cow<'_, str>],
        params: &mut Vec<String>,
        other: &mut Vec<Target>,
    ) -> Option<Target> {
        let (segment, after) = segments.split_first()?;
        if let Some((_, node)) = self
            .literals
            .iter()
            .find(|(literal, _)| **literal == *segment.as_ref())
            && let Some(found) = node.find_rest(wanted, after, params, other)
        {
            return Some(found);
        }
        if let Some(node) = &self.param
            && !segment.is_empty()
        {
            params.push(segment.as_ref().to_owned());
            if let Some(found) = node.find_rest(wanted, after, params, other) {
                return Some(found);
            }
            params.pop();
        }
        // CWE-22: no empty segment within, as no `..` either.
        if self.rest.is_empty() || segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        params.push(segments.join("/"));
        let texts: Vec<&str> = params.iter().map(String::as_str).collect();
        let found = choose(&self.rest, wanted, &texts, other);
        if found.is_none() {
            params.pop();
        }
        found
    }
}

/// The view of this method whose parameters accept their segments.
fn choose(
    targets: &[Target],
    wanted: Wanted<'_>,
    params: &[&str],
    other: &mut Vec<Target>,
) -> Option<Target> {
    let mut found = None;
    let Wanted { method, hidden } = wanted;
    for target in targets {
        let mut segments = target.meta.params.iter().zip(params);
        if hidden.contains(&target.meta.view_type) || !segments.all(|(meta, segment)| (meta.accepts)(segment))
        {
            continue;
        }
        if target.answers(method) {
            found = Some(*target);
        } else {
            other.push(*target);
        }
    }
    found
}

/// The segments of a path, each percent-decoded once. `None` if one is not UTF-8, holds a control character,
/// a slash or a backslash that was encoded or not, or climbs (CWE-22, CWE-174).
/// Another spelling of a path as typed URLs write it; `None` if it is spelled so, or cannot be decoded.
pub(crate) fn respelled(path: &str) -> Option<String> {
    // What is plain is spelled right: most are.
    if path.bytes().all(|b| b == b'/' || is_plain(b)) {
        return None;
    }
    let mut out = String::with_capacity(path.len());
    for segment in decode(path)? {
        out.push('/');
        // CWE-22: `%2e%2e` names nothing here, and does not become a climb.
        if matches!(&*segment, "." | "..") {
            return None;
        }
        encode_segment(&segment, &mut out);
    }
    (out != path).then_some(out)
}

pub(super) fn decode(path: &str) -> Option<Vec<Cow<'_, str>>> {
    path.strip_prefix('/')?.split('/').map(decode_segment).collect()
}

pub(super) fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    let decoded = if segment.contains('%') {
        let mut bytes = Vec::with_capacity(segment.len());
        let mut rest = segment.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            if *byte == b'%' {
                let (high, low) = (after.first()?, after.get(1)?);
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                rest = &after[2..];
            } else {
                bytes.push(*byte);
                rest = after;
            }
        }
        Cow::Owned(String::from_utf8(bytes).ok()?)
    } else {
        Cow::Borrowed(segment)
    };
    (decoded.is_empty() || super::path_value::is_segment(&decoded)).then_some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|d| d as u8)
}

pub(super) fn describe(route: &Route) -> String {
    format!(
        "`{}` ({} {}, {}:{})",
        route.meta.id,
        route.meta.method,
        route.pattern(),
        route.meta.file,
        route.meta.line
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Result, Text};
    use crate::routing::{Path, Public, RestOfPath, router};
    use crate::{routes, view};

    mod views {
        use super::*;
        #[view(get, "/")]
        async fn home(_: Public) -> Result<Text> {
            Ok(Text::new(""))
        }
        #[view(get, "/articles/new/")]
        async fn fresh(_: Public) -> Result<Text> {
            Ok(Text::new(""))
        }
        #[view(get, "/articles/{slug}/")]
        async fn show(_: Public, slug: Path<String>) -> Result<Text> {
            Ok(Text::new(slug.into_inner()))
        }
        #[view(post, "/articles/{slug}/")]
        async fn edit(_: Public, slug: Path<String>) -> Result<Text> {
            Ok(Text::new(slug.into_inner()))
        }
        #[view(get, "/articles/{year}/{month}/")]
        async fn month(_: Public, year: Path<u16>, month: Path<u8>) -> Result<Text> {
            Ok(Text::new(format!("{}{}", *year, *month)))
        }
        #[view(get, "/files/{*rest}")]
        async fn file(_: Public, rest: Path<RestOfPath>) -> Result<Text> {
            Ok(Text::new(rest.as_str().to_owned()))
        }
        #[view(get, "/articles/{other}/")]
        async fn twin(_: Public, other: Path<u32>) -> Result<Text> {
            Ok(Text::new(other.to_string()))
        }
    }

    routes! {
        home => views::home, fresh => views::fresh, show => views::show, edit => views::edit,
        month => views::month, file => views::file,
    }

    fn find(method: Method, path: &str) -> String {
        let router = router(&routes()).unwrap();
        match router.find(&method, path, &[]) {
            Found::View(target, params) => format!("{} {}", target.meta.name(), params.join(",")),
            Found::Other(others) => {
                let methods: Vec<_> = others.iter().map(|target| &target.meta.method).collect();
                format!("405 {methods:?}")
            }
            Found::Slash(path, _) => format!("-> {path}"),
            Found::Nothing => "404".to_owned(),
        }
    }

    #[test]
    fn paths_lead_to_views() {
        for (path, expected) in [
            ("/", "home "),
            ("/articles/new/", "fresh "),
            ("/articles/old/", "show old"),
            ("/articles/a%20b/", "show a b"),
            ("/articles/2026/11/", "month 2026,11"),
            ("/articles/2026/x/", "404"),
            ("/articles/new/11/", "404"),
            ("/articles//", "404"),
            ("/files/a/b.txt", "file a/b.txt"),
            ("/files/", "404"),
            ("/files/a//b", "404"),
            ("/articles/old", "-> /articles/old/"),
            ("/articles", "404"),
        ] {
            assert_eq!(find(Method::GET, path), expected, "{path}");
        }
        assert_eq!(find(Method::HEAD, "/articles/x/"), "show x");
        assert_eq!(find(Method::POST, "/articles/x/"), "edit x");
        assert_eq!(find(Method::PUT, "/articles/x/"), "405 [GET, POST]");
    }

    #[test]
    fn a_path_is_decoded_once_and_does_not_climb() {
        // CWE-22, CWE-174
        for path in [
            "/articles/../",
            "/articles/%2e%2e/",
            "/articles/%2E/",
            "/articles/a%2Fb/",
            "/articles/a%5Cb/",
            "/articles/%00/",
            "/articles/%ff/",
            "/articles/%zz/",
            "/files/../x",
            "/files/a/%2e%2e/x",
        ] {
            assert_eq!(find(Method::GET, path), "404", "{path}");
        }
        assert_eq!(find(Method::GET, "/articles/%252e%252e/"), "show %2e%2e");
    }

    #[test]
    fn the_slash_redirect_stays_here() {
        // CWE-601
        assert_eq!(find(Method::GET, "//evil.com"), "404");
        assert_eq!(find(Method::GET, "/articles/a%3Fb"), "-> /articles/a%3Fb/");
        assert_eq!(find(Method::GET, "/articles/\\evil.com"), "404");
    }

    #[test]
    fn a_conflict_names_both_views() {
        let more = Routes::new().view::<views::twin>("twin").and(routes());
        let conflicts = router(&more).unwrap_err();
        let text = conflicts[0].to_string();
        assert!(
            text.contains("views::twin") && text.contains("views::show") && text.contains("GET /articles/{"),
            "{text}"
        );
    }

    #[test]
    fn a_view_stands_in_one_place() {
        let twice = routes().include("again", "/again/", Routes::new().view::<views::home>("home"));
        assert!(router(&twice).unwrap_err()[0].to_string().contains("twice"));
    }

    #[test]
    fn urls_are_written_with_their_mount() {
        let mounted = Routes::new().include("blog", "/blog/", routes());
        let router = router(&mounted).unwrap();
        let write = |url: crate::Url| {
            let mut out = String::new();
            url.push(router.mount(url.view()), &mut out);
            out
        };
        let text = |text| crate::PathText::parse(text).unwrap();
        assert_eq!(write(super::tests::show(&text("a b"))), "/blog/articles/a%20b/");
        assert_eq!(
            write(month(&2026, &1).query("q", "a&b")),
            "/blog/articles/2026/1/?q=a%26b"
        );
        // What is written is read: a percent sign stays one.
        assert_eq!(write(show(&text("%2E%2E"))), "/blog/articles/%252E%252E/");
    }
}
