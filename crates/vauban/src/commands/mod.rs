//! Management commands: what stands after the program's name.
//!
//! Every command says what it did. Without a command the program serves.

mod access;
mod check;
mod migrate;
mod out;
mod people;
mod prompt;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod waivers;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches};

pub use out::{Failure, Out};

use vauban_orm::engine::Database;
use vauban_orm::{Actor, Db, Write};

use crate::accounts::Accounts;
use crate::app::App;
use crate::assemble::{self, Assembled};
use crate::middleware::Site;
use crate::settings::Settings;

/// What a command's function returns.
pub type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A management command of a module.
///
/// ```
/// use vauban::commands::{Command, Run};
/// let greet = Command::new("greet", "Greets whoever is named", |run: Run| async move {
///     run.out.line(format_args!("Hello, {}.", run.option("name").unwrap_or("world")));
///     Ok(())
/// })
/// .option("name", "whom to greet");
/// ```
#[derive(Clone)]
pub struct Command {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) options: Vec<(&'static str, &'static str)>,
    pub(crate) first_run: bool,
    pub(crate) run: Arc<dyn Fn(Run) -> Running + Send + Sync>,
}

impl Command {
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
            first_run: false,
            run: Arc::new(move |r| Box::pin(run(r))),
        }
    }

    /// Adds `--name VALUE`.
    #[must_use]
    pub fn option(mut self, name: &'static str, about: &'static str) -> Self {
        self.options.push((name, about));
        self
    }

    /// Runs by itself when a development server starts on an empty database: sample data.
    #[must_use]
    pub fn on_first_run(mut self) -> Self {
        self.first_run = true;
        self
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
    database: Database,
    accounts: Option<Arc<Accounts>>,
    options: Vec<(&'static str, String)>,
}

impl Run {
    fn of(assembled: &Assembled, options: Vec<(&'static str, String)>, out: &Out) -> Self {
        Self {
            out: out.clone(),
            site: Arc::clone(&assembled.site),
            database: assembled.database.clone(),
            accounts: assembled.accounts.clone(),
            options,
        }
    }

    /// The value of `--name`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(option, _)| *option == name)
            .map(|(_, value)| value.as_str())
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.site.settings()
    }

    /// The accounts, if the program has any: to make some, for sample data.
    pub fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_deref()
    }

    /// Does `work` in one unit: all of it or, if it fails, nothing. Nobody acts, so `work` goes on as a service:
    /// `db.acting::<SampleData>()`.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub async fn unit<T, F>(&self, work: impl FnOnce(Db<Write>) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        #[allow(deprecated)]
        let unit = self.database.bind(Actor::nobody());
        let done = work(unit.db()).await;
        unit.finish(done.is_ok()).await?;
        done
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// Runs the program: the command in its arguments, or `serve`. Called from `main`.
pub fn main(app: App) -> ExitCode {
    let matches = match cli(&app).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    let out = Out::terminal();
    match dispatch(app, &matches, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.error(format_args!("{failure}"));
            ExitCode::from(failure.code())
        }
    }
}

/// The command line.
fn cli(app: &App) -> clap::Command {
    let mut cli = clap::Command::new(app.package.name)
        .version(app.package.version)
        .about("A site on Vauban. Without a command it serves.")
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading("Commands")
        .subcommands(own_commands());
    for command in app.modules.iter().flat_map(|module| &module.commands) {
        let options = command
            .options
            .iter()
            .map(|(name, help)| Arg::new(*name).long(*name).help(*help));
        cli = cli.subcommand(
            clap::Command::new(command.name)
                .about(command.about)
                .args(options),
        );
    }
    cli
}

/// Vauban's own commands.
fn own_commands() -> Vec<clap::Command> {
    let sub = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    let serve = sub("serve", "Check everything, then answer requests until Ctrl-C").arg(value(
        "addr",
        "HOST:PORT",
        "Listen here instead of where the settings say",
    ));
    // CWE-489: a release has nothing to share.
    #[cfg(debug_assertions)]
    let serve = serve.arg(flag(
        "share-dev",
        "Let others reach this development build; what shows its insides is switched off",
    ));
    vec![
        serve,
        sub("check", "Look for mistakes in the program and its settings")
            .arg(flag("deploy", "Check as a release build does before it serves")),
        sub("migrate", "Bring the database to what the program needs"),
        sub(
            "makemigrations",
            "Write the migration that the changed models ask for",
        ),
        sub(
            "createsuperuser",
            "Make an administrator, or make one of an account",
        )
        .arg(value("email", "ADDRESS", "Their e-mail address"))
        .arg(flag(
            "password-stdin",
            "Read the password from standard input instead of asking for it",
        )),
        sub(
            "access",
            "Show who may call and touch what, and compare it with access.lock",
        )
        .arg(flag("json", "Print it as JSON"))
        .arg(flag("accept", "Show the difference and write access.lock")),
        sub(
            "waivers",
            "List the signed exceptions with file and line, and compare them with waivers.lock",
        )
        .arg(flag("json", "Print them as JSON"))
        .arg(flag("accept", "Show the difference and write waivers.lock"))
        .arg(value("dir", "FOLDER", "The folder of another package")),
        sub(
            "settings",
            "List every setting with its value, source and check; secrets are hidden",
        )
        .arg(flag("json", "Print them as JSON")),
        sub("clearsessions", "Delete the rows of sessions that are over"),
    ]
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn value(name: &'static str, what: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(what).help(help)
}

/// Runs the command that was asked for.
fn dispatch(app: App, matches: &ArgMatches, out: &Out) -> Result<(), Failure> {
    let text = |args: &ArgMatches, name: &str| args.get_one::<String>(name).cloned();
    match matches.subcommand() {
        // These tell about the program itself, so they run whatever the settings are.
        Some(("access", args)) => access::run(&app, args.get_flag("json"), args.get_flag("accept"), out),
        Some(("waivers", args)) => {
            let dir = text(args, "dir").map(std::path::PathBuf::from);
            waivers::run(
                &app,
                dir.as_deref(),
                args.get_flag("json"),
                args.get_flag("accept"),
                out,
            )
        }
        Some(("makemigrations", _)) => migrate::make(&app, out),
        Some(("check", args)) => check::run(&app, args.get_flag("deploy"), out),
        Some(("settings", args)) => settings::run(args.get_flag("json"), out),
        Some(("migrate", _)) => migrate::migrate(&app, out),
        Some(("createsuperuser", args)) => {
            let (email, stdin) = (text(args, "email"), args.get_flag("password-stdin"));
            runtime(&Settings::load()?)?.block_on(people::create_superuser(
                &app,
                email.as_deref(),
                stdin,
                out,
            ))
        }
        Some(("clearsessions", _)) => {
            runtime(&Settings::load()?)?.block_on(people::clear_sessions(&app, out))
        }
        Some(("serve", args)) => {
            #[cfg(debug_assertions)]
            let share_dev = args.get_flag("share-dev");
            #[cfg(not(debug_assertions))]
            let share_dev = false;
            serve::run(
                app,
                &serve::Serve {
                    addr: text(args, "addr"),
                    share_dev,
                },
                out,
            )
        }
        Some((name, args)) => module_command(app, name, args, out),
        None => serve::run(
            app,
            &serve::Serve {
                addr: None,
                share_dev: false,
            },
            out,
        ),
    }
}

/// Runs a module's own command, on a database that has every migration.
fn module_command(app: App, name: &str, args: &ArgMatches, out: &Out) -> Result<(), Failure> {
    let commands = app.modules.iter().flat_map(|module| &module.commands);
    let Some(command) = commands.into_iter().find(|command| command.name == name).cloned() else {
        return Err(Failure::new(format_args!("There is no command `{name}`.")));
    };
    let options = command
        .options
        .iter()
        .filter_map(|(option, _)| Some((*option, args.get_one::<String>(option)?.clone())))
        .collect();
    let settings = Settings::load()?;
    crate::logging::start(&settings);
    let database = assemble::open(&app, &settings)?;
    let pending = assemble::migrated(&app, &database)?.pending.len();
    if pending > 0 {
        return Err(Failure::new(format_args!(
            "The database lacks {pending} migration(s). Apply them first with `migrate`."
        )));
    }
    let runtime = runtime(&settings)?;
    let assembled = assemble::assemble(app, settings, database)?;
    runtime.block_on((command.run)(Run::of(&assembled, options, out)))
}

/// The run time that the settings ask for.
fn runtime(settings: &Settings) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if settings.worker_threads > 0 {
        builder.worker_threads(settings.worker_threads);
    }
    Ok(builder.enable_all().build()?)
}
