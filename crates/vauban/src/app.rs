//! What a program is made of: its package and its modules. Explicit, and readable in one screen.

use ::http::StatusCode;
use vauban_core::commands::Failure;
use vauban_core::http::{ErrorPage, Replaceable};
use vauban_core::module::Modules;
use vauban_core::pipeline::{Gate, Middleware};
use vauban_core::settings::{Mode, Places, Settings};
use vauban_core::staticfiles::StaticFiles;
use vauban_core::{Csp, Module, Package, Template};
use vauban_orm::migrations;

/// A program: a list of modules, and what belongs to the whole site.
///
/// ```
/// # use vauban::{App, Module, Package, Routes};
/// fn app(package: Package) -> App {
///     App::new(package).module(Module::new("articles").routes(Routes::new()))
/// }
/// ```
#[derive(Debug)]
pub struct App {
    /// The package it is built from.
    pub package: Package,
    /// The first of them is what belongs to the whole site.
    pub(crate) modules: Modules,
    #[cfg(feature = "__test_switches")]
    pub(crate) no_https_redirect: bool,
}

impl App {
    /// A program without modules. The package is written by [`package!`](macro@crate::package).
    pub fn new(package: Package) -> Self {
        Self {
            package,
            modules: Modules::of_site(Module::new(package.name())),
            #[cfg(feature = "__test_switches")]
            no_https_redirect: false,
        }
    }

    /// Answers plain requests in a release build too. For the benchmark, whose load comes over plain HTTP.
    #[cfg(feature = "__test_switches")]
    #[must_use]
    #[doc(hidden)]
    #[deprecated(
        note = "only the benchmark answers plain requests (CWE-319): put a proxy with a certificate in front, and name it in `trusted_proxies`"
    )]
    pub fn __without_https_redirect(mut self) -> Self {
        self.no_https_redirect = true;
        self
    }

    /// Adds a module. Where two speak of the same thing, such as an error's page, the earlier one wins.
    #[must_use]
    pub fn module(mut self, module: impl Into<Module>) -> Self {
        self.modules.push(module.into());
        self
    }

    /// Adds a layer before the session; see [`Gate`].
    #[must_use]
    pub fn gate(mut self, gate: impl Gate) -> Self {
        self.modules.change_site(|site| site.gate(gate));
        self
    }

    /// Adds a layer around the view, inside those that were added earlier; see [`Middleware`].
    #[must_use]
    pub fn middleware(mut self, layer: impl Middleware) -> Self {
        self.modules.change_site(|site| site.middleware(layer));
        self
    }

    /// Files that belong to the site: `vauban::static_files!("static")`.
    #[must_use]
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.modules.change_site(|site| site.static_files(files));
        self
    }

    /// The package's migrations: `vauban::migrations!("migrations")`.
    #[must_use]
    pub fn migrations(mut self, set: migrations::Set) -> Self {
        self.modules.change_site(|site| site.migrations(set));
        self
    }

    /// The app's own page for answers with 404.
    #[must_use]
    pub fn not_found<P: ErrorPage>(self) -> Self {
        self.error_page::<P>(StatusCode::NOT_FOUND)
    }

    /// The app's own page for one status.
    #[must_use]
    pub fn error_page<P: ErrorPage>(mut self, status: StatusCode) -> Self {
        self.modules.change_site(|site| site.error_page::<P>(status));
        self
    }

    /// The app's own page for every error that has none of its own.
    #[must_use]
    pub fn error_pages<P: ErrorPage>(mut self) -> Self {
        self.modules.change_site(vauban_core::Module::error_pages::<P>);
        self
    }

    /// A page of the app's own in place of a module's: `R` is made from the module's page `T` and written instead,
    /// wherever a view answers with `T`. Which pages may be replaced is the module's to say: `#[template("…",
    /// replaceable)]`.
    #[must_use]
    pub fn page<T, R>(mut self) -> Self
    where
        T: Replaceable,
        R: From<T> + Template + 'static,
    {
        self.modules.change_site(vauban_core::Module::page::<T, R>);
        self
    }

    /// A mail of the app's own in place of a module's: `R` is made from the module's mail `M` and sent instead. Which mails may be
    /// replaced is the module's to say: `#[mail(…, replaceable)]`.
    #[must_use]
    pub fn mail<M, R>(mut self) -> Self
    where
        M: vauban_mail::Replaceable,
        R: From<M> + vauban_mail::Mail + 'static,
    {
        let replacement = vauban_mail::Replacement::of::<M, R>();
        self.modules
            .change_site(|site| site.pages_are_written_by::<M, R>().contribute(replacement));
        self
    }

    /// What the content security policy of every page of the site lets in, those of its modules and of errors too. What one page
    /// needs says its view: `#[view(…, csp = …)]`.
    ///
    /// ```
    /// # use vauban::{App, Csp, Package};
    /// const MEDIA: Csp = Csp::strict().own_media().media_from("https://media.example.org");
    ///
    /// fn app(package: Package) -> App {
    ///     App::new(package).csp(MEDIA)
    /// }
    /// ```
    #[must_use]
    pub fn csp(mut self, csp: Csp) -> Self {
        self.modules.change_site(|site| site.csp(csp));
        self
    }

    /// Its modules; the first is what belongs to the whole site.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// The settings of this build, from the usual places.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        self.settings_for(Mode::of_this_build())
    }

    /// The settings as a build for `mode` would read them.
    pub(crate) fn settings_for(&self, mode: Mode) -> Result<Settings, Failure> {
        Ok(Settings::load(mode, &Places::usual(), &self.modules.settings())?)
    }

    /// Every package's migrations, the site's own last.
    pub(crate) fn migration_sets(&self) -> Vec<migrations::Set> {
        self.modules.migration_sets(self.package.name())
    }

    /// How many migrations there are.
    pub(crate) fn migration_count(&self) -> usize {
        let sets = self.migration_sets();
        let known = sets.iter().filter_map(|set| set.migrations().ok());
        known.map(|all| all.len()).sum()
    }
}
