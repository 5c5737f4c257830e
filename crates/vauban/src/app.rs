//! What a program is made of: its package and its modules. Explicit, and readable in one screen.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::http::StatusCode;
use vauban_orm::engine::Database;
use vauban_orm::{ModelMeta, Policy, Service, migrations};
use vauban_template::Template;

use crate::accounts::{AccountOptions, AccountPage, Accounts, HashError, Layout, UserAccount};
use crate::checks::Check;
use crate::commands::Command;
use crate::http::{PagesByType, Replaceable, Respond};
use crate::middleware::{Around, Before, ErrorPage, ErrorPages};
use crate::routing::{Route, Routes};
use crate::signing::Keys;
use crate::staticfiles::StaticFiles;

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
    /// Its modules, in order.
    pub modules: Vec<Module>,
    pub(crate) people: Option<People>,
    pub(crate) account_options: AccountOptions,
    pub(crate) static_files: StaticFiles,
    pub(crate) migrations: Vec<migrations::Set>,
    pub(crate) error_pages: ErrorPages,
    pub(crate) pages: PagesByType,
    /// What the list itself gets wrong; told when the program starts.
    pub(crate) faults: Vec<String>,
    pub(crate) before: Vec<Arc<dyn Before>>,
    pub(crate) around: Vec<Arc<dyn Around>>,
    #[cfg(any(test, feature = "__test_switches"))]
    pub(crate) no_https_redirect: bool,
}

impl App {
    /// A program without modules. The package is written by [`package!`](macro@crate::package).
    pub fn new(package: Package) -> Self {
        Self {
            package,
            modules: Vec::new(),
            people: None,
            account_options: AccountOptions::default(),
            static_files: StaticFiles::default(),
            migrations: Vec::new(),
            error_pages: ErrorPages::default(),
            pages: PagesByType::default(),
            faults: Vec::new(),
            before: Vec::new(),
            around: Vec::new(),
            #[cfg(any(test, feature = "__test_switches"))]
            no_https_redirect: false,
        }
    }

    /// Answers plain requests in a release build too. For the benchmark, whose load comes over plain HTTP.
    #[cfg(any(test, feature = "__test_switches"))]
    #[must_use]
    #[doc(hidden)]
    pub fn without_https_redirect(mut self) -> Self {
        self.no_https_redirect = true;
        self
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// The rows of `U` are those who sign in: brings sessions, sign-in and the account pages.
    #[must_use]
    pub fn users<U: UserAccount>(mut self) -> Self {
        self.people = Some(People::of::<U>());
        self
    }

    /// What accounts are configured with, where the defaults are not right.
    #[must_use]
    pub fn account_options(mut self, options: AccountOptions) -> Self {
        self.account_options = AccountOptions {
            layout: self.account_options.layout,
            ..options
        };
        self
    }

    /// The page of the app's own around the account pages.
    #[must_use]
    pub fn account_layout<L: From<AccountPage> + Respond + 'static>(mut self) -> Self {
        self.account_options.layout = Layout::of::<L>();
        self
    }

    /// Adds a layer before the session; see [`Before`].
    #[must_use]
    pub fn before(mut self, layer: impl Before) -> Self {
        self.before.push(Arc::new(layer));
        self
    }

    /// Adds a layer around the view, inside those that were added earlier; see [`Around`].
    #[must_use]
    pub fn around(mut self, layer: impl Around) -> Self {
        self.around.push(Arc::new(layer));
        self
    }

    /// Files that belong to the site: `vauban::static_files!("static")`.
    #[must_use]
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.static_files = files;
        self
    }

    /// The package's migrations: `vauban::migrations!("migrations")`.
    #[must_use]
    pub fn migrations(mut self, set: migrations::Set) -> Self {
        self.migrations.push(set);
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
        self.error_pages.set::<P>(status);
        self
    }

    /// The app's own page for every error that has none of its own.
    #[must_use]
    pub fn error_pages<P: ErrorPage>(mut self) -> Self {
        self.error_pages.set_other::<P>();
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
        if let Err(twice) = self.pages.replace::<T, R>() {
            self.faults.push(twice.to_string());
        }
        self
    }

    /// Every route of every module.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.modules.iter().flat_map(|module| module.routes.iter())
    }

    /// The same as one table.
    pub(crate) fn all_routes(&self) -> Routes {
        self.modules
            .iter()
            .fold(Routes::new(), |all, module| all.and(module.routes.clone()))
    }

    /// Every model: the modules' and the framework's own.
    pub(crate) fn models(&self) -> Vec<&'static ModelMeta> {
        let mut all: Vec<&'static ModelMeta> = Vec::new();
        for model in self.model_functions().map(|model| model()) {
            if !all.iter().any(|known| std::ptr::eq(*known, model)) {
                all.push(model);
            }
        }
        all
    }

    /// The functions that tell of the models.
    pub(crate) fn model_functions(&self) -> impl Iterator<Item = ModelFn> {
        let own = self.modules.iter().flat_map(|module| module.models.iter());
        own.chain(self.people.iter().flat_map(|people| people.models.iter()))
            .copied()
    }

    /// Every package's migrations: the framework's own first, then the modules', the app's own last.
    pub(crate) fn migration_sets(&self) -> Vec<migrations::Set> {
        let framework = self.people.iter().map(|_| crate::accounts::migration_set());
        let modules = self
            .modules
            .iter()
            .flat_map(|module| module.migrations.iter().cloned());
        let mut all: Vec<migrations::Set> = Vec::new();
        for set in framework.chain(modules).chain(self.migrations.iter().cloned()) {
            // Several modules of one package bring the same.
            if !all.iter().any(|known| known.package == set.package) {
                all.push(set);
            }
        }
        all
    }

    /// Models whose package brings no migrations, so that nobody would make their tables.
    pub(crate) fn without_migrations(&self) -> Option<String> {
        let sets = self.migration_sets();
        let homeless: Vec<&str> = self
            .models()
            .into_iter()
            .filter(|model| model.package != self.package.name)
            .filter(|model| !sets.iter().any(|set| set.package == model.package))
            .map(|model| model.name)
            .collect();
        (!homeless.is_empty()).then(|| {
            format!(
                "No migrations make the tables of {}: the package that declares a model brings them, by \
                 `.migrations(vauban::migrations!(\"migrations\"))` on its `Module`, and \
                 `vauban::testing::migrations_are_complete` in its tests writes them.",
                homeless.join(", ")
            )
        })
    }

    /// How many migrations there are.
    pub(crate) fn migration_count(&self) -> usize {
        self.migration_sets()
            .iter()
            .filter_map(|set| set.migrations().ok())
            .map(|all| all.len())
            .sum()
    }

    /// Every service.
    pub(crate) fn services(&self) -> impl Iterator<Item = &ServiceFacts> {
        let own = self.modules.iter().flat_map(|module| module.services.iter());
        own.chain(self.people.iter().flat_map(|people| people.services.iter()))
    }
}

/// A model, by the function that tells of it.
pub(crate) type ModelFn = fn() -> &'static ModelMeta;

/// A part of a program: routes, models, services, checks and commands that belong together.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its table of routes.
    pub routes: Routes,
    pub(crate) models: Vec<ModelFn>,
    pub(crate) services: Vec<ServiceFacts>,
    pub(crate) migrations: Vec<migrations::Set>,
    pub(crate) static_files: StaticFiles,
    pub(crate) checks: Vec<Check>,
    pub(crate) commands: Vec<Command>,
    pub(crate) look_as: Vec<(&'static str, &'static str)>,
}

impl Module {
    /// An empty module.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::new(),
            models: Vec::new(),
            services: Vec::new(),
            migrations: Vec::new(),
            static_files: StaticFiles::default(),
            checks: Vec::new(),
            commands: Vec::new(),
            look_as: Vec::new(),
        }
    }

    /// Adds a table of routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes = self.routes.and(routes);
        self
    }

    /// Adds a model: its table is migrated, its policy stands in the access matrix.
    #[must_use]
    pub fn model<M: Policy>(mut self) -> Self {
        self.models.push(M::meta);
        self
    }

    /// Adds a service: its rights stand in the access matrix.
    #[must_use]
    pub fn service<S: Service>(mut self) -> Self {
        self.services.push(ServiceFacts::of::<S>());
        self
    }

    /// The migrations of the module's own package: `vauban::migrations!("migrations")`. They are applied before the
    /// site's.
    #[must_use]
    pub fn migrations(mut self, set: migrations::Set) -> Self {
        self.migrations.push(set);
        self
    }

    /// The module's static files: `vauban::static_files!("static")`. They lie below a folder of the module's name
    /// (`static/guestbook/book.css`) and are served and named with it, so that no two modules meet.
    #[must_use]
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.static_files = files;
        self
    }

    /// Adds a check that runs at every start.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds a management command.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    /// Names somebody of the sample data as whom one may look at the site while developing, with a few words
    /// about them. Not in a release build.
    #[must_use]
    pub fn look_as(mut self, email: &'static str, about: &'static str) -> Self {
        self.look_as.push((email, about));
        self
    }
}

/// What the access matrix says of a service.
#[derive(Debug, Clone)]
pub(crate) struct ServiceFacts {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) grants: fn() -> &'static [vauban_orm::actor::Granted],
}

impl ServiceFacts {
    pub(crate) fn of<S: Service>() -> Self {
        Self {
            name: S::NAME,
            reason: S::waiver().reason(),
            grants: S::grants,
        }
    }
}

/// Those who sign in, without the app's type.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) accounts: fn(Database, &Keys, AccountOptions) -> Result<Accounts, HashError>,
    pub(crate) models: Vec<ModelFn>,
    pub(crate) services: Vec<ServiceFacts>,
}

impl People {
    fn of<U: UserAccount>() -> Self {
        Self {
            accounts: Accounts::new::<U>,
            models: crate::accounts::model_facts::<U>(),
            services: crate::accounts::service_facts::<U>(),
        }
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("People")
    }
}

/// The package that a program is built from; written by [`package!`](crate::package).
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    /// `CARGO_MANIFEST_DIR`, where sources and locks lie while developing; empty in a release build, which does
    /// not tell the paths of the machine that built it (CWE-200).
    pub manifest_dir: &'static str,
    /// `access.lock` as it was when a release was built.
    pub access_lock: Option<&'static str>,
    /// `waivers.lock` as it was when a release was built.
    pub waivers_lock: Option<&'static str>,
}

impl Package {
    /// The folder with the sources; `None` in a release build, or when they are gone.
    pub fn sources(&self) -> Option<PathBuf> {
        let dir = Path::new(self.manifest_dir);
        (!self.manifest_dir.is_empty() && dir.join("Cargo.toml").is_file()).then(|| dir.to_owned())
    }

    /// The committed access matrix: embedded in a release, else read from the sources.
    pub fn access_lock(&self) -> Option<String> {
        self.lock(self.access_lock, "access.lock")
    }

    /// The signed exceptions: embedded in a release, else read from the sources.
    pub fn waivers_lock(&self) -> Option<String> {
        self.lock(self.waivers_lock, "waivers.lock")
    }

    fn lock(&self, embedded: Option<&str>, file: &str) -> Option<String> {
        embedded
            .map(str::to_owned)
            .or_else(|| std::fs::read_to_string(self.sources()?.join(file)).ok())
    }
}
