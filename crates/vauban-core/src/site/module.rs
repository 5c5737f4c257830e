//! A module: Django's app. Whatever a part of a site is made of comes through here, and nothing of it is named
//! anywhere else; the framework's own modules have no door that another's lacks.

mod list;
mod making;
pub(super) mod wiring;

use std::any::{TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ::http::StatusCode;
use vauban_orm::actor::ServiceMeta;
use vauban_orm::engine::ChangeHooks;
use vauban_orm::{Binder, ChangeHook, ModelMeta, Permission, PermissionMeta, Policy, Service, migrations};
use vauban_template::Template;

use self::making::Making;
pub use self::making::Wiring;
use super::background::{Background, Stop};
use super::{AnyGate, AnyMiddleware, IdentityBackend, Package, Parts, Site, Units};
use crate::checks::Finding;
use crate::commands::{Command, Failure};
use crate::hooks::{Hook, HookMeta};
use crate::http::{Csp, PagesByType, Replaceable, ReplacedTwice, SecurityEvent};
use crate::pipeline::{ErrorPage, ErrorPages, Gate, Middleware};
use crate::routing::{Routes, Url, View, ViewMeta};
use crate::settings::{ModuleSettings, Settings, SettingsSection};
use crate::staticfiles::StaticFiles;
use crate::tasks::{ByItself, OfSchedule, Schedule, Scheduled, Task, TaskMeta, TaskOf, TaskQueue};

/// Puts a page of the site's in another's place.
type Replace = fn(&mut PagesByType) -> Result<(), ReplacedTwice>;

/// A part of a program: what belongs together, in a package of its own or in a folder of the site.
///
/// ```
/// # extern crate vauban_core as vauban;
/// # use vauban::{Module, Routes};
/// fn module() -> Module {
///     Module::new("guestbook").routes(Routes::new())
/// }
/// ```
pub struct Module {
    name: &'static str,
    routes: Routes,
    models: Vec<ModelFn>,
    services: Vec<ServiceFacts>,
    migrations: Vec<migrations::Set>,
    data_migrations: Vec<migrations::DataMigrationMeta>,
    static_files: StaticFiles,
    settings: Vec<SettingsSection>,
    checks: Vec<Check>,
    row_checks: Vec<RowCheck>,
    commands: Vec<Command>,
    beside: Vec<Beside>,
    change_hooks: Vec<MakeHook>,
    hooks: Vec<HookMeta>,
    before: Vec<Arc<dyn AnyGate>>,
    around: Vec<Arc<dyn AnyMiddleware>>,
    error_pages: ErrorPages,
    pages: Vec<Replace>,
    csp: Csp,
    security_events: Vec<&'static [SecurityEvent]>,
    contributions: Vec<Contribution>,
    parts: Vec<Maker>,
    identities: Vec<&'static str>,
    served: Vec<ServedIf>,
    ready: Vec<Ready>,
    tasks: Vec<TaskMeta>,
    schedules: Vec<Scheduled>,
    task_queues: Vec<&'static str>,
    permissions: Vec<PermissionMeta>,
    pub(super) background: Vec<Background>,
}

/// What answers, or changes an answer, and has no access rule of its own: it stands in the access matrix, for review
/// (CWE-862). Types by their paths in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A gate: it may answer before anybody is looked up.
    Gate(&'static str),
    /// A middleware: it may change what a view answered.
    Middleware(&'static str),
    /// A page that answers where no view does, or a view has failed.
    ErrorPage(&'static str),
    /// What is told of what units change.
    ChangeHook {
        /// The hook.
        hook: &'static str,
        /// The service as which it writes.
        service: &'static str,
    },
    /// What is done when something happens.
    Hook {
        /// What does it, by its path.
        hook: &'static str,
        /// On what it is called.
        event: &'static str,
        /// The service as which it acts.
        service: &'static str,
    },
    /// A module's page that another takes the place of.
    Page {
        /// The page that a view of a module answers with.
        page: &'static str,
        /// The page that is written instead.
        replaced_by: &'static str,
    },
}

/// A model, by the function that tells of it.
pub type ModelFn = fn() -> &'static ModelMeta;

type Contribution = Box<dyn Fn(&mut Parts) + Send + Sync>;

/// A view, and whether the settings have it served.
#[derive(Debug, Clone, Copy)]
struct ServedIf {
    view: TypeId,
    says: fn(&Settings) -> bool,
}

type MakeHook = Box<dyn Fn(&Wiring<'_>, &mut ChangeHooks) -> Result<(), Failure> + Send + Sync>;
type RowCheck = Arc<dyn Fn(CheckingRows) -> FoundInRows + Send + Sync>;
type FoundInRows = Pin<Box<dyn Future<Output = vauban_orm::Result<Vec<Finding>>> + Send>>;
type Maker = Box<dyn Fn(&mut Making<'_>) -> Result<(), Failure> + Send + Sync>;
type Ready = Arc<dyn Fn(Arc<Site>) -> ReadyFuture + Send + Sync>;
type ReadyFuture = Pin<Box<dyn Future<Output = Result<Option<StartLink>, Failure>> + Send>>;

/// What a development server prints of a module when it starts: a link that is worth following.
#[derive(Debug, Clone)]
pub struct StartLink {
    /// What it is, in one or two words.
    pub label: &'static str,
    /// Where it leads.
    pub url: Url,
    /// What to know of it.
    pub about: &'static str,
}

impl Module {
    /// An empty module. Its name is the name of its package, or of its folder in the site.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::new(),
            models: Vec::new(),
            services: Vec::new(),
            migrations: Vec::new(),
            data_migrations: Vec::new(),
            static_files: StaticFiles::default(),
            settings: Vec::new(),
            checks: Vec::new(),
            row_checks: Vec::new(),
            commands: Vec::new(),
            beside: Vec::new(),
            change_hooks: Vec::new(),
            hooks: Vec::new(),
            before: Vec::new(),
            around: Vec::new(),
            error_pages: ErrorPages::default(),
            pages: Vec::new(),
            csp: Csp::strict(),
            security_events: Vec::new(),
            contributions: Vec::new(),
            parts: Vec::new(),
            identities: Vec::new(),
            served: Vec::new(),
            ready: Vec::new(),
            tasks: Vec::new(),
            schedules: Vec::new(),
            task_queues: Vec::new(),
            permissions: Vec::new(),
            background: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its models, as it lists them.
    pub fn listed_models(&self) -> &[ModelFn] {
        &self.models
    }

    /// The sets of migrations that it brings.
    pub fn listed_migrations(&self) -> &[migrations::Set] {
        &self.migrations
    }

    /// Adds a table of routes. A reusable module leaves that to the site, which says where:
    /// `include guestbook at "/guestbook/" = guestbook::urls`.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes = self.routes.and(routes);
        self
    }

    /// Serves the view `V` only where the settings say so: elsewhere its route is as if no table had it. The access matrix
    /// has the route either way, since it is the program's and not one server's.
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// # use vauban::prelude::*;
    /// #[view(get, "/signup/")]
    /// async fn sign_up(_: Public) -> Result<Text> {
    ///     Ok(Text::new("Welcome"))
    /// }
    ///
    /// vauban::Module::new("club").serves_if::<sign_up>(|settings| !settings.mode.is_development());
    /// ```
    #[must_use]
    pub fn serves_if<V: View>(mut self, says: fn(&Settings) -> bool) -> Self {
        let view = ViewMeta::of::<V>().view_type;
        self.served.push(ServedIf { view, says });
        self
    }

    /// Adds a model: its table is migrated, its policy stands in the access matrix. A model that no module adds
    /// cannot be queried.
    #[must_use]
    pub fn model<M: Policy>(mut self) -> Self {
        // CWE-668: what is reviewed under the type's name is the type's own.
        const { M::__DERIVED.is_so() };
        self.models.push(M::meta);
        self
    }

    /// Adds a service: its rights stand in the access matrix. A service that no module adds may do nothing.
    #[must_use]
    pub fn service<S: Service>(mut self) -> Self {
        self.services.push(ServiceFacts::of::<S>());
        self
    }

    /// Adds its package's migrations: `vauban::migrations!("migrations")`.
    #[must_use]
    pub fn migrations(mut self, set: migrations::Set) -> Self {
        self.migrations.push(set);
        self
    }

    /// Adds a function that one of its data migrations runs: its rights stand in the access matrix, as a service's. One that no
    /// module adds is not run.
    #[must_use]
    pub fn data_migration<D: migrations::DataMigration>(mut self) -> Self {
        self.data_migrations
            .push(migrations::DataMigrationMeta::of::<D>());
        self
    }

    /// Its static files: `vauban::static_files!("static")`. They lie below a folder of the module's name
    /// (`static/guestbook/book.css`) and are served and named with it, so that no two modules meet.
    #[must_use]
    pub fn static_files(mut self, files: StaticFiles) -> Self {
        self.static_files = files;
        self
    }

    /// Adds a section of settings: its rows are read from the same places as the framework's, listed by the command
    /// `settings`, checked at start, and in force as `settings.of::<S>()`.
    #[must_use]
    pub fn settings<S: ModuleSettings>(mut self) -> Self {
        self.settings.push(SettingsSection::of::<S>());
        self
    }

    /// Adds a check that runs at every start.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds a check that looks at rows, by units of the module's services: the command `check` runs it on a database that has every
    /// migration.
    #[must_use]
    pub fn check_rows<F>(mut self, check: impl Fn(CheckingRows) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = vauban_orm::Result<Vec<Finding>>> + Send + 'static,
    {
        self.row_checks
            .push(Arc::new(move |checking| Box::pin(check(checking))));
        self
    }

    /// Adds a management command.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    /// Adds a layer before the session; see [`Gate`].
    #[must_use]
    pub fn gate<G: Gate>(mut self, layer: G) -> Self {
        self.beside.push(Beside::Gate(type_name::<G>()));
        self.before.push(Arc::new(layer));
        self
    }

    /// Adds a layer around the view, inside those that were added earlier; see [`Middleware`].
    #[must_use]
    pub fn middleware<M: Middleware>(mut self, layer: M) -> Self {
        self.beside.push(Beside::Middleware(type_name::<M>()));
        self.around.push(Arc::new(layer));
        self
    }

    /// Its page for errors of one status, where neither the site nor an earlier module has one.
    #[must_use]
    pub fn error_page<P: ErrorPage>(mut self, status: StatusCode) -> Self {
        self.beside.push(Beside::ErrorPage(type_name::<P>()));
        self.error_pages.set::<P>(status);
        self
    }

    /// Its page for every error that has none of its own.
    #[must_use]
    pub fn error_pages<P: ErrorPage>(mut self) -> Self {
        self.beside.push(Beside::ErrorPage(type_name::<P>()));
        self.error_pages.set_other::<P>();
        self
    }

    /// A page of its own in place of another module's: `R` is made from the page `T` and written instead, wherever a view
    /// answers with `T`. Which pages may be replaced is their module's to say: `#[template("…", replaceable)]`.
    #[must_use]
    pub fn page<T, R>(mut self) -> Self
    where
        T: Replaceable,
        R: From<T> + Template + 'static,
    {
        self.beside.push(Beside::Page {
            page: type_name::<T>(),
            replaced_by: type_name::<R>(),
        });
        self.pages.push(PagesByType::replace::<T, R>);
        self
    }

    /// What the content security policy of its pages lets in: those of the routes that it adds itself. What a single page needs
    /// says its view, `#[view(…, csp = …)]`, and a module whose table the site includes says it there.
    #[must_use]
    pub fn csp(mut self, csp: Csp) -> Self {
        self.csp = self.csp.and(csp);
        self
    }

    /// Says in the access matrix that the site's `R` writes the module's pages `T`, for a module whose site may do so by an
    /// option of the module's own. [`page`](Self::page) says it by itself.
    #[must_use]
    pub fn pages_are_written_by<T: 'static, R: 'static>(mut self) -> Self {
        self.beside.push(Beside::Page {
            page: type_name::<T>(),
            replaced_by: type_name::<R>(),
        });
        self
    }

    /// Names the security events that it logs: a list that whoever watches the log can rely on.
    #[must_use]
    pub fn security_events(mut self, events: &'static [SecurityEvent]) -> Self {
        self.security_events.push(events);
        self
    }

    /// Gives a value to whichever module collects values of this type: it finds all of them with
    /// [`Parts::contributed`].
    #[must_use]
    pub fn contribute<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.contributions
            .push(Box::new(move |parts| parts.contribute(value.clone())));
        self
    }

    /// Brings a part of the site: made once when the program is assembled, found by its type with
    /// [`Site::part`](Site::part).
    #[must_use]
    pub fn part<T: Send + Sync + 'static>(
        mut self,
        make: impl Fn(&Wiring<'_>) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.parts.push(Box::new(move |making| {
            let part = make(&making.wiring())?;
            making.keep(part)
        }));
        self
    }

    /// Is told what units change in rows of models with `#[model(changes)]`, whichever module they are of, before it is saved: see
    /// [`ChangeHook`]. It stands in the access matrix with the service as which it writes, which its module lists as any other.
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// # use vauban::Module;
    /// # use vauban::orm::ChangeHook;
    /// fn module<Audit: ChangeHook + Default>() -> Module {
    ///     Module::new("audit").service::<Audit::Service>().on_change(|_wiring| Ok(Audit::default()))
    /// }
    /// ```
    #[must_use]
    pub fn on_change<H: ChangeHook>(
        mut self,
        make: impl Fn(&Wiring<'_>) -> Result<H, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.beside.push(Beside::ChangeHook {
            hook: type_name::<H>(),
            service: type_name::<H::Service>(),
        });
        self.change_hooks.push(Box::new(move |wiring, hooks| {
            hooks.add(make(wiring)?);
            Ok(())
        }));
        self
    }

    /// Does something when something happens, in the same unit: see [`hooks`](crate::hooks). It stands in the access matrix, with
    /// the service as which it acts; those on one event are called in the order of the modules.
    #[must_use]
    pub fn hook<H: Hook>(mut self) -> Self {
        let hook = HookMeta::of::<H>();
        self.beside.push(Beside::Hook {
            hook: hook.hook,
            event: hook.event,
            service: hook.service,
        });
        self.hooks.push(hook);
        self
    }

    /// Brings the site's identity: who asks, by a session's cookie. It is a part as well (`Arc<I>`).
    ///
    /// A site has at most one, and the access matrix prints its type: it alone makes actors, by the [`Binder`] that it is
    /// given (CWE-287).
    #[must_use]
    pub fn identity<I: IdentityBackend>(
        mut self,
        make: impl Fn(&Wiring<'_>, Binder) -> Result<Arc<I>, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.identities.push(type_name::<I>());
        self.parts.push(Box::new(move |making| {
            // CWE-287: the one binder of the site goes to its one identity.
            #[allow(deprecated)]
            let binder = Binder::__for_the_sites_identity();
            let identity = make(&making.wiring(), binder)?;
            making.identity = Some(Arc::clone(&identity) as Arc<dyn IdentityBackend>);
            making.keep(identity)
        }));
        self
    }

    /// Adds a permission: it can be granted, and stands in the access matrix with what it opens. One that no module adds nobody holds,
    /// and a program that asks it does not start.
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// # use vauban::Module;
    /// vauban::permission!(pub PublishArticles = "articles.publish", "may publish articles of others");
    ///
    /// fn module() -> Module {
    ///     Module::new("articles").permission::<PublishArticles>()
    /// }
    /// ```
    #[must_use]
    pub fn permission<P: Permission>(mut self) -> Self {
        let permission = PermissionMeta::of::<P>();
        #[allow(deprecated)] // ours to call
        permission.list();
        self.permissions.push(permission);
        self
    }

    /// Adds a task: its name stands in the access matrix, with as whom it runs. One that no module adds cannot be queued, and is
    /// not run.
    #[must_use]
    pub fn task<T: Task>(mut self) -> Self {
        let task = TaskMeta::of::<T>();
        self.tasks.push(task);
        self.contribute(task)
    }

    /// Has a task come by itself, by the clock; it is [listed](Self::task) as well.
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// # use vauban::prelude::*;
    /// # use vauban::tasks::Schedule;
    /// # #[derive(Model)]
    /// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
    /// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// # service! { pub News: View<Note>; waiver!(ServiceRights, "the news count all notes") }
    /// #[task(name = "news.digest")]
    /// async fn digest(_: AsService<News>, db: Db<Write>) -> Result<()> {
    /// #   let _ = db;
    ///     Ok(())
    /// }
    ///
    /// fn module() -> Module {
    ///     let night = Schedule::daily("02:30", "Europe/Berlin");
    ///     Module::new("news").service::<News>().task::<digest>().schedule(night, digest)
    /// }
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn schedule<T>(mut self, schedule: Schedule, _task: fn() -> TaskOf<T>) -> Self
    where
        T: Task<As: ByItself, Args: OfSchedule>,
    {
        let scheduled = Scheduled::of::<T>(schedule);
        self.schedules.push(scheduled);
        self.contribute(scheduled)
    }

    /// Brings what keeps the site's tasks. It is a part as well (`Arc<Q>`), and a site has at most one.
    #[must_use]
    pub fn task_queue<Q: TaskQueue>(
        mut self,
        make: impl Fn(&Wiring<'_>) -> Result<Arc<Q>, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.task_queues.push(type_name::<Q>());
        self.parts.push(Box::new(move |making| {
            let queue = make(&making.wiring())?;
            making.task_queue = Some(Arc::clone(&queue) as Arc<dyn TaskQueue>);
            making.keep(queue)
        }));
        self
    }

    /// Works beside serving, in the same process: begun when the site is ready, told to [stop](Stop) when it is to end, and waited
    /// for then no longer than for requests (`timeouts.shutdown`). A panic of it is logged, and ends it alone.
    #[must_use]
    pub fn background<F>(mut self, work: impl Fn(Arc<Site>, Stop) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.background
            .push(Arc::new(move |site, stop| Box::pin(work(site, stop))));
        self
    }

    /// CWE-345: its commands sign with the keys that its parts are given; the site's own have no name.
    fn with_keys_of(mut self, name: &'static str) -> Self {
        for command in &mut self.commands {
            command.belongs_to(name);
        }
        self
    }

    /// What a development server prints of it when it is ready; `None` if there is nothing to say.
    #[must_use]
    pub fn start_link<F>(mut self, link: impl Fn(Arc<Site>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<StartLink>, Failure>> + Send + 'static,
    {
        self.ready.push(Arc::new(move |site| Box::pin(link(site))));
        self
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.name).finish()
    }
}

/// What the access matrix says of a service.
#[derive(Debug, Clone)]
pub struct ServiceFacts {
    /// Its type and its rights.
    pub meta: ServiceMeta,
    /// Why it may what the policies do not let it.
    pub reason: &'static str,
}

impl ServiceFacts {
    /// Those of a service.
    pub fn of<S: Service>() -> Self {
        Self {
            meta: ServiceMeta::of::<S>(),
            reason: S::waiver().reason(),
        }
    }
}

/// The modules of a program, as one list: what the command line, the checks and the access matrix are about.
#[derive(Debug, Default)]
pub struct Modules(pub(crate) Vec<Module>);

/// What a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Checking<'a> {
    /// The package that is served.
    pub package: &'a Package,
    /// The program's modules.
    pub modules: &'a Modules,
    /// The settings that would be in force.
    pub settings: &'a Settings,
    /// The database's migrations, if it could be asked.
    pub migrations: Option<&'a Migrated>,
    /// Whether the program says that it answers plain requests, as the benchmark does.
    #[doc(hidden)]
    pub answers_plain: bool,
}

/// How a program's migrations and a database's differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The program has them, the database does not.
    pub pending: Vec<String>,
    /// The database has them, the program does not: an older program during a rolling deployment.
    pub ahead: Vec<String>,
    /// Edited after the database applied them.
    pub changed: Vec<String>,
    /// What the models need of the database and it lacks, although no migration is pending.
    pub lacks: Vec<String>,
    /// The rules of models that the database does not understand: each model's name, and what is wrong.
    pub misunderstood: Vec<(&'static str, String)>,
    /// What the models' tables have in the database that neither a model nor a migration knows.
    pub unknown: Vec<String>,
    /// What keeps the database from holding the program's rules by itself, and what its role lacks.
    pub row_security: vauban_orm::migrations::RowSecurity,
    /// The keys of encrypted fields that rows use and whose secret the settings do not have: their labels and what names the secret.
    pub lost_keys: Vec<(String, String)>,
    /// Labels of keys that rows may use and no field has.
    pub unnamed_keys: Vec<String>,
    /// How long ago the database had its first one: how long there has been a site.
    pub age: std::time::Duration,
}

/// What a check of rows looks at.
#[derive(Debug)]
pub struct CheckingRows {
    /// The way of the module's services to their rows.
    pub units: Units,
    /// Every permission that a module lists, by name.
    pub permissions: Vec<PermissionMeta>,
}

/// A check.
pub type Check = fn(&Checking<'_>) -> Vec<Finding>;

/// What modules say when the site is ready: a part of the site.
struct ReadyHooks(Vec<Ready>);
