//! A program made ready to answer: what its modules list, and what follows from its settings.

use std::fmt;
use std::sync::Arc;

use vauban_orm::engine::Database;

use super::{AnyGate, AnyMiddleware, IdentityBackend, Package, Parts, Units};
use crate::http::{ByStatus, ErrorFacts, PagesByType, Request, Response};
use crate::pipeline::Headers;
use crate::pipeline::budget::Budget;
use crate::routing::{Router, Routes, Url};
use crate::settings::Settings;
use crate::signing::{Keys, Signer};
use crate::staticfiles::StaticFiles;

/// A program made ready to answer. Only the framework makes one (CWE-1188: a site put together by hand could lack a
/// control).
pub struct Site {
    pub(crate) package: Package,
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) router: Arc<Router>,
    pub(crate) database: Option<Database>,
    pub(crate) identity: Option<Arc<dyn IdentityBackend>>,
    pub(crate) parts: Parts,
    pub(crate) static_files: StaticFiles,
    pub(crate) error_pages: ByStatus<fn(ErrorFacts, &Request) -> Response>,
    /// Pages in place of modules'.
    pub(crate) pages: PagesByType,
    pub(crate) before: Vec<Arc<dyn AnyGate>>,
    pub(crate) around: Vec<Arc<dyn AnyMiddleware>>,
    /// Whether plain requests are sent to HTTPS: always in a release.
    pub(crate) https: bool,
    /// Bytes of bodies in memory at once.
    pub(crate) bodies: Budget,
    pub(crate) keys: Keys,
    pub(crate) csrf: Signer,
    /// Seals whom a form's token was written for.
    pub(crate) csrf_owner: Signer,
    pub(crate) messages: Signer,
    pub(crate) headers: Headers,
    /// Controls taken out.
    #[cfg(any(test, feature = "__test_switches"))]
    pub(crate) without: crate::pipeline::without::Without,
}

impl Site {
    /// Whether plain requests are sent to HTTPS in a release. For the benchmark, whose load comes over plain HTTP.
    #[cfg(any(test, feature = "__test_switches"))]
    #[doc(hidden)]
    pub fn __require_https(&mut self, required: bool) {
        self.https &= required;
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The package that is served.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Every route.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The path of a typed URL on this site, with its mount and its query.
    pub fn path_of(&self, url: &Url) -> String {
        let mut out = String::new();
        url.push(self.router.mount(url.view()), &mut out);
        out
    }

    /// A part that a module brought, by its type.
    pub fn part<T: std::any::Any>(&self) -> Option<&T> {
        self.parts.get()
    }

    /// The keys, for the framework. CWE-345: not for views, whichever module they are of: what a module signs with, its
    /// parts are given when they are made ([`Wiring::keys`](crate::module::Wiring::keys)).
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How the pages of the site's identity are called as these people.
    ///
    /// # Errors
    /// Those of the identity.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub async fn samples_for_test(
        &self,
        people: &[uuid::Uuid],
    ) -> crate::http::Result<Vec<super::ViewSample>> {
        match &self.identity {
            Some(identity) => identity.samples_for_test(people).await,
            None => Ok(Vec::new()),
        }
    }

    /// Units in which nobody acts, for services. CWE-639: not for views, which get their rows through `Db` and as who
    /// asks.
    pub(crate) fn units(&self) -> Option<Units> {
        self.database.clone().map(Units::new)
    }

    /// A unit in which this actor acts, for a task. CWE-639: not for views.
    pub(crate) fn unit_of(&self, actor: vauban_orm::Actor) -> Option<vauban_orm::engine::Unit> {
        Some(self.units()?.begin_as(actor))
    }

    /// Where the rows are. CWE-639: not for views, which get their rows through `Db` and as who asks; from here
    /// anybody's handle could be made, and one that writes in a GET.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}
