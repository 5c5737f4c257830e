//! Management commands of modules: what stands after the program's name.
//!
//! Every command says what it did.

mod out;
pub mod prompt;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use out::{Failure, Out};

use vauban_orm::engine::Backoff;
use vauban_orm::{Db, Write};

use crate::routing::Url;
use crate::settings::Settings;
use crate::signing::ModuleKeys;
use crate::site::Site;

/// What a command's function returns.
pub type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A management command of a module.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::commands::{Command, Run};
/// let greet = Command::new("greet", "Greets whoever is named", |run: Run| async move {
///     run.out.line(format_args!("Hello, {}.", run.option("name").unwrap_or("world")));
///     Ok(())
/// })
/// .option("name", "whom to greet");
/// ```
#[derive(Clone)]
pub struct Command {
    name: &'static str,
    about: &'static str,
    options: Vec<CommandOption>,
    arguments: Vec<CommandArgument>,
    subcommands: Vec<Command>,
    first_run: bool,
    /// The module that brings it; the site itself has no name.
    module: Option<&'static str>,
    run: Arc<dyn Fn(Run) -> Running + Send + Sync>,
}

/// An option of a command.
#[derive(Debug, Clone, Copy)]
pub struct CommandOption {
    /// What stands after `--`.
    pub name: &'static str,
    /// What its value is called in the help; `None` if it takes none.
    pub value: Option<&'static str>,
    /// One line of help.
    pub about: &'static str,
}

/// What a command takes by its place: behind its name and no `--name` before it.
#[derive(Debug, Clone, Copy)]
pub struct CommandArgument {
    /// What the command asks for it by, and how the help calls it.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Whether it may be left out; those behind it may then, too.
    pub is_optional: bool,
}

impl Command {
    /// A command that is made of others: `keys list`, `keys rotate`. Each is a command of its own, with what it takes.
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// use vauban::commands::{Command, Run};
    /// let list = Command::new("list", "Lists the books", |run: Run| async move {
    ///     run.out.line(format_args!("None yet."));
    ///     Ok(())
    /// });
    /// let add = Command::new("add", "Adds a book", |run: Run| async move {
    ///     run.out.line(format_args!("Added {}.", run.argument("title").unwrap_or_default()));
    ///     Ok(())
    /// })
    /// .argument("title", "what it is called");
    /// let books = Command::group("books", "The books of the library").with(list).with(add);
    /// ```
    pub fn group(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, |_| async {
            Err(Failure::new("Say which of its commands."))
        })
    }

    /// Adds one of the commands that it is made of.
    #[must_use]
    pub fn with(mut self, subcommand: Self) -> Self {
        self.subcommands.push(subcommand);
        self
    }

    /// A command with its name, one line of help and what it does.
    pub fn new<F>(
        name: &'static str,
        about: &'static str,
        run: impl Fn(Run) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self {
            name,
            about,
            options: Vec::new(),
            arguments: Vec::new(),
            subcommands: Vec::new(),
            first_run: false,
            module: None,
            run: Arc::new(move |r| Box::pin(run(r))),
        }
    }

    /// Adds `--name VALUE`.
    #[must_use]
    pub fn option(self, name: &'static str, about: &'static str) -> Self {
        self.option_of(name, name, about)
    }

    /// Adds `--name WHAT`, where the help says better what the value is than the option's name does.
    #[must_use]
    pub fn option_of(mut self, name: &'static str, what: &'static str, about: &'static str) -> Self {
        let value = Some(what);
        self.options.push(CommandOption { name, value, about });
        self
    }

    /// Adds `--name`, which takes no value.
    #[must_use]
    pub fn flag(mut self, name: &'static str, about: &'static str) -> Self {
        let value = None;
        self.options.push(CommandOption { name, value, about });
        self
    }

    /// Adds what stands behind its name, in the order in which it is added.
    #[must_use]
    pub fn argument(self, name: &'static str, about: &'static str) -> Self {
        self.takes(name, about, false)
    }

    /// Adds what may stand behind its name, after everything that has to.
    #[must_use]
    pub fn optional_argument(self, name: &'static str, about: &'static str) -> Self {
        self.takes(name, about, true)
    }

    fn takes(mut self, name: &'static str, about: &'static str, is_optional: bool) -> Self {
        self.arguments.push(CommandArgument {
            name,
            about,
            is_optional,
        });
        self
    }

    /// Runs by itself when a development server starts on an empty database: sample data.
    #[must_use]
    pub fn on_first_run(mut self) -> Self {
        self.first_run = true;
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// One line of help.
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// Its options.
    pub fn options(&self) -> &[CommandOption] {
        &self.options
    }

    /// What it takes by its place.
    pub fn arguments(&self) -> &[CommandArgument] {
        &self.arguments
    }

    /// The commands that it is made of; none if it runs itself.
    pub fn subcommands(&self) -> &[Self] {
        &self.subcommands
    }

    /// Whether it fills an empty development database.
    pub fn is_for_first_run(&self) -> bool {
        self.first_run
    }

    /// Runs it.
    pub fn run(&self, mut run: Run) -> Running {
        // CWE-345: a run is one module's: a command that runs another's lends it its own keys, and gets none.
        run.module = run.module.or(self.module);
        (self.run)(run)
    }

    pub(crate) fn belongs_to(&mut self, module: &'static str) {
        self.module = Some(module);
        for subcommand in &mut self.subcommands {
            subcommand.belongs_to(module);
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One run of a command.
#[non_exhaustive]
pub struct Run {
    /// Where it says what it does.
    pub out: Out,
    site: Arc<Site>,
    options: Vec<(&'static str, String)>,
    module: Option<&'static str>,
}

impl Run {
    /// A run on a site, with the values of its options and arguments; a flag that was given has an empty one.
    #[doc(hidden)]
    #[deprecated(
        note = "only the command line runs commands: in a view its units would write for nobody, in a GET too (CWE-352); \
                take `db: Db<Write>`"
    )]
    pub fn __of(site: &Arc<Site>, options: Vec<(&'static str, String)>, out: &Out) -> Self {
        Self {
            out: out.clone(),
            site: Arc::clone(site),
            options,
            module: None,
        }
    }

    /// The value of `--name`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(option, _)| *option == name)
            .map(|(_, value)| value.as_str())
    }

    /// What stands in the place of this name.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.option(name)
    }

    /// Whether `--name`, which takes no value, was given.
    pub fn flag(&self, name: &str) -> bool {
        self.option(name).is_some()
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.site.settings()
    }

    /// The site on which it runs.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// A part that a module brought, by its type.
    ///
    /// # Errors
    /// If no module did, with its name.
    pub fn part<T: Any>(&self) -> Result<&T, Failure> {
        self.site.part::<T>().ok_or_else(|| {
            Failure::new(format_args!(
                "The program has no {}: no module brings one.",
                std::any::type_name::<T>()
            ))
        })
    }

    /// The keys of the module that brings the command: those that its parts are wired with (CWE-345).
    pub fn keys(&self) -> ModuleKeys {
        // Whoever runs a command that no module brings has the keys of none.
        let module = self.module.unwrap_or("a command of no module");
        self.site.keys().of_module(module)
    }

    /// A typed URL with the site's origin before it: for a link that a command prints or signs.
    ///
    /// # Errors
    /// If the settings name no origin; see [`Site::absolute_url`].
    pub fn absolute_url(&self, url: &Url) -> Result<String, Failure> {
        Ok(self.site.absolute_url(url)?)
    }

    /// Does `work` in one unit: all of it or, if it fails, nothing. Nobody acts, so `work` goes on as a service:
    /// `db.acting::<SampleData>()`.
    ///
    /// What does not fit beside what others write meanwhile is undone by PostgreSQL, and `work` is done again from its beginning, up
    /// to eight times: what it does outside the database (a line of output, a mail) belongs behind it.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub async fn unit<T, F>(&self, work: impl Fn(Db<Write>) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let units = self.site.units();
        let units = units.ok_or_else(|| Failure::new("The program has no database."))?;
        let mut retries = Backoff::of_a_unit();
        loop {
            let unit = units.begin();
            let done = work(unit.db()).await;
            let saved = unit.finish(done.is_ok()).await;
            let done = match saved {
                Ok(()) => done,
                Err(error) => Err(error.into()),
            };
            let is_undone = matches!(&done, Err(failure) if failure.is_undone());
            if !is_undone || !retries.again().await {
                return done;
            }
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
