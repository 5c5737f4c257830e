//! Tables of routes, as `routes!` writes them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vauban_template::is_prefix;

use super::{Need, ViewMeta};
use crate::http::{Csp, Refusal, Request, RequestBody, Response};
use crate::site::Asking;

/// The one boxed future of a request.
pub type ViewFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// How a view is called.
pub(crate) type Handle = fn(Arc<Request>, RequestBody) -> ViewFuture;

/// Whether a view is not there for who asks.
pub(crate) type Hides = fn(&Request) -> bool;

/// What a view's rule says of who asks.
pub(crate) type Judged = fn(&Request) -> std::result::Result<(), Refusal>;

/// A table of routes.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    routes: Vec<Route>,
}

/// One line of a table.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Route {
    /// The name in the table, with the names of the tables around it: `accounts.login`.
    pub name: String,
    /// The prefixes of the tables around it; starts with `/` unless empty, does not end with one.
    pub prefix: String,
    /// The view.
    pub meta: &'static ViewMeta,
    pub(crate) asking: Asking,
    pub(crate) handle: Handle,
    pub(crate) hides: Hides,
    pub(crate) judged: Judged,
    pub(crate) needs: fn() -> Vec<Need>,
    /// What the policy of its module's pages lets in.
    pub(crate) csp: Csp,
    pub(crate) development: bool,
    /// A prefix of a table around it at which nothing can be mounted.
    pub(super) bad_prefix: Option<String>,
}

impl Route {
    /// The line of a view: only the driver knows how one is called.
    pub(super) fn new(
        name: &'static str,
        meta: &'static ViewMeta,
        asking: Asking,
        handle: Handle,
        hides: Hides,
        judged: Judged,
        needs: fn() -> Vec<Need>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            prefix: String::new(),
            meta,
            asking,
            handle,
            hides,
            judged,
            needs,
            csp: Csp::strict(),
            development: false,
            bad_prefix: None,
        }
    }

    /// Whether it helps to develop and is in no release (CWE-489): the lock and the prober leave it out, or a
    /// release would not be what its `access.lock` says.
    pub fn is_development_only(&self) -> bool {
        self.development
    }

    /// Prefix and pattern.
    pub fn pattern(&self) -> String {
        format!("{}{}", self.prefix, self.meta.pattern)
    }
}

impl Routes {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub(super) fn with(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Adds another table below a prefix, which starts and ends with `/` and has no parameters: `"/admin/"`. Below any
    /// other the site does not start, and says so.
    #[must_use]
    pub fn include(mut self, name: &'static str, prefix: &str, routes: Self) -> Self {
        for mut route in routes.routes {
            route.name = format!("{name}.{}", route.name);
            if !is_prefix(prefix) {
                route.bad_prefix = Some(prefix.to_owned());
            }
            route.prefix = format!("{}{}", prefix.trim_end_matches('/'), route.prefix);
            self.routes.push(route);
        }
        self
    }

    /// Marks the whole table as a help for developing: in no lock, and in no release, where this function is not
    /// (CWE-489). Such a route answers the developer's own machine only, so that the mark gains nothing.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn for_development(mut self) -> Self {
        for route in &mut self.routes {
            route.development = true;
        }
        self
    }

    /// All of both.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.routes.extend(more.routes);
        self
    }

    /// With what the policy of their module's pages lets in.
    pub(crate) fn widened(mut self, csp: &Csp) -> Self {
        for route in &mut self.routes {
            route.csp = *csp;
        }
        self
    }

    /// Those that are not left out.
    pub(crate) fn without(mut self, is_left_out: impl Fn(&Route) -> bool) -> Self {
        self.routes.retain(|route| !is_left_out(route));
        self
    }

    /// Every route.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }
}
