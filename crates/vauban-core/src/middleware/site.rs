//! A program made ready to answer: what its modules list, and what follows from its settings.

use std::fmt;
use std::sync::Arc;

use vauban_orm::engine::Database;

use crate::commands::Failure;
use crate::http::PagesByType;
use crate::messages;
use crate::module::{Modules, ReadyHooks, Wired, wire};
use crate::package::Package;
use crate::parts::Parts;
use crate::routing::{Conflict, Router, Routes, Url};
use crate::settings::Settings;
use crate::signing::{Keys, ModuleKeys, Signer};
use crate::staticfiles::{StaticFile, StaticFiles};
use crate::units::Units;

use super::finish::Headers;
use super::{AnyGate, AnyMiddleware, ErrorPages, IdentityBackend, csrf};

/// The script for partial updates, which every site serves.
const FRAGMENTS: StaticFile = StaticFile {
    path: vauban_template::FRAGMENTS_PATH,
    bytes: vauban_template::FRAGMENTS_JS.as_bytes(),
};

/// A program made ready to answer. Only the framework makes one (CWE-1188: a site put together by hand could lack a
/// control).
pub struct Site {
    pub(crate) package: Package,
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) router: Router,
    pub(crate) database: Option<Database>,
    pub(crate) identity: Option<Arc<dyn IdentityBackend>>,
    pub(crate) parts: Parts,
    pub(crate) static_files: StaticFiles,
    pub(crate) error_pages: ErrorPages,
    /// Pages in place of modules'.
    pub(crate) pages: PagesByType,
    pub(crate) before: Vec<Arc<dyn AnyGate>>,
    pub(crate) around: Vec<Arc<dyn AnyMiddleware>>,
    pub(crate) ready: ReadyHooks,
    /// Whether plain requests are sent to HTTPS: always in a release.
    pub(crate) https: bool,
    pub(crate) keys: Keys,
    pub(crate) csrf: Signer,
    pub(crate) messages: Signer,
    pub(crate) headers: Headers,
    /// Controls taken out.
    #[cfg(any(test, feature = "__test_switches"))]
    pub(crate) without: super::without::Without,
}

impl Site {
    /// Makes it ready: wires the modules' parts, the site's own first.
    ///
    /// # Errors
    /// Routes that answer the same requests; two identities; what a module's part fails with.
    #[doc(hidden)]
    pub fn __assemble(
        package: Package,
        modules: &Modules,
        settings: Settings,
        database: Database,
    ) -> Result<Self, Failure> {
        let keys = site_keys(&settings);
        let units = Units::new(database.clone());
        let wired = wire(modules, &package, &settings, &units, &keys)?;
        let site = Self::of(package, wired, settings, keys, Some(database));
        site.map_err(|conflicts| {
            let told: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
            Failure::new(told.join("\n"))
        })
    }

    pub(crate) fn of(
        package: Package,
        wired: Wired,
        settings: Settings,
        keys: Keys,
        database: Option<Database>,
    ) -> Result<Self, Vec<Conflict>> {
        let mut static_files = wired.static_files;
        static_files.add(&[FRAGMENTS]);
        Ok(Self {
            router: Router::new(&wired.routes, crate::staticfiles::PREFIX)?,
            headers: Headers::new(&settings),
            csrf: keys.signer(csrf::PURPOSE),
            messages: keys.signer(messages::PURPOSE),
            keys,
            https: !settings.mode.is_development(),
            package,
            settings,
            routes: wired.routes,
            database,
            identity: wired.identity,
            parts: wired.parts,
            static_files,
            error_pages: wired.error_pages,
            pages: wired.pages,
            before: wired.before,
            around: wired.around,
            ready: wired.ready,
            #[cfg(any(test, feature = "__test_switches"))]
            without: super::without::Without::default(),
        })
    }

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

    /// The site's own keys, for what it signs itself. Their purposes are the site's: none is the framework's or a
    /// module's (CWE-345).
    pub fn keys(&self) -> ModuleKeys {
        self.keys.of_module(self.package.name)
    }

    /// Units in which nobody acts, for services. CWE-639: not for views, which get their rows through `Db` and as who
    /// asks.
    pub(crate) fn units(&self) -> Option<Units> {
        self.database.clone().map(Units::new)
    }

    /// Where the rows are. CWE-639: not for views, which get their rows through `Db` and as who asks; from here
    /// anybody's handle could be made, and one that writes in a GET.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }
}

/// The keys that the settings name: the current one signs, the fallbacks only check.
pub(crate) fn site_keys(settings: &Settings) -> Keys {
    let fallbacks: Vec<&[u8]> = settings
        .secret_key_fallbacks
        .iter()
        .map(|key| key.expose().as_bytes())
        .collect();
    Keys::new(settings.secret_key.expose().as_bytes(), &fallbacks)
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}
