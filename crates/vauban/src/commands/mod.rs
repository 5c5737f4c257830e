//! Management commands: what stands after the program's name.
//!
//! Every command says what it did. Without a command the program serves.

mod access;
mod check;
mod out;
mod settings;
mod waivers;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches};

pub use out::{Failure, Out};

use crate::app::App;
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
    /// The settings in force.
    pub settings: Arc<Settings>,
    /// Where it says what it does.
    pub out: Out,
    pub(crate) options: Vec<(&'static str, String)>,
}

impl Run {
    /// The value of `--name`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(option, _)| *option == name)
            .map(|(_, value)| value.as_str())
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
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let sub = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    let mut cli = clap::Command::new(app.package.name)
        .version(app.package.version)
        .about("A site on Vauban. Without a command it serves.")
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading("Commands")
        .subcommand(
            sub("check", "Look for mistakes in the program and its settings")
                .arg(flag("deploy", "Check as a release build would before it serves")),
        )
        .subcommand(
            sub(
                "access",
                "Show who may call and touch what, and compare it with access.lock",
            )
            .arg(flag("json", "Print the matrix as JSON"))
            .arg(flag("accept", "Show the difference and write access.lock")),
        )
        .subcommand(
            sub(
                "waivers",
                "List the signed exceptions with file and line, and compare them with waivers.lock",
            )
            .arg(flag("json", "Print the list as JSON"))
            .arg(flag("accept", "Show the difference and write waivers.lock"))
            .arg(
                Arg::new("dir")
                    .long("dir")
                    .value_name("FOLDER")
                    .help("Another package's folder"),
            ),
        )
        .subcommand(
            sub(
                "settings",
                "List every setting with its value, source and check; secrets are hidden",
            )
            .arg(flag("json", "Print the list as JSON")),
        );
    for command in app.modules.iter().flat_map(|module| &module.commands) {
        let options = command
            .options
            .iter()
            .map(|(name, help)| Arg::new(*name).long(*name).help(*help));
        cli = cli.subcommand(sub(command.name, command.about).args(options));
    }
    cli
}

/// Runs the command that was asked for.
fn dispatch(app: App, matches: &ArgMatches, out: &Out) -> Result<(), Failure> {
    match matches.subcommand() {
        // These tell about the program itself, so they run whatever the settings are.
        Some(("access", args)) => access::run(&app, args.get_flag("json"), args.get_flag("accept"), out),
        Some(("waivers", args)) => waivers::run(
            &app,
            args.get_one::<String>("dir").map(std::path::Path::new),
            args.get_flag("json"),
            args.get_flag("accept"),
            out,
        ),
        Some(("check", args)) => check::run(&app, args.get_flag("deploy"), out),
        Some(("settings", args)) => settings::run(args.get_flag("json"), out),
        _ => Ok(()),
    }
}
