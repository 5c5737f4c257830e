//! The command line: what stands after the program's name.
//!
//! Every command says what it did. Without a command the program serves.

mod access;
mod access_as;
mod check;
mod keys;
mod migrate;
mod runtime;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod waivers;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};

pub use vauban_core::commands::{
    Command, CommandArgument, CommandOption, Failure, Out, Run, Running, prompt,
};

use self::runtime::runtime;
use crate::app::App;
use crate::assemble;

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
    let mut cli = clap::Command::new(app.package.name())
        .version(app.package.version())
        .about("A site on Vauban. Without a command it serves.")
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading("Commands")
        .subcommands(own_commands());
    for command in app.modules.commands() {
        cli = cli.subcommand(of_module(command));
    }
    cli
}

/// A module's command, with those that it is made of.
fn of_module(command: &Command) -> clap::Command {
    let options = command.options().iter().map(|option| match option.value {
        Some(what) => value(option.name, what, option.about),
        None => flag(option.name, option.about),
    });
    let arguments = command.arguments().iter().map(|argument| {
        Arg::new(argument.name)
            .required(!argument.is_optional)
            .help(argument.about)
    });
    clap::Command::new(command.name())
        .about(command.about())
        .args(options)
        .args(arguments)
        .subcommand_required(!command.subcommands().is_empty())
        .arg_required_else_help(!command.subcommands().is_empty())
        .subcommands(command.subcommands().iter().map(of_module))
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
        sub("migrate", "Bring the database to what the program needs")
            .arg(
                Arg::new("to")
                    .value_name("PACKAGE/NAME")
                    .help("Until, or back to, this migration of the package; `PACKAGE/zero`: none of it"),
            )
            .arg(flag("plan", "Only show what would be done")),
        sub(
            "makemigrations",
            "Write the migration that the changed models ask for",
        )
        .arg(value(
            "empty",
            "NAME",
            "Write one without operations instead, to be filled in by hand: a change of data",
        ))
        .arg(
            value(
                "rename",
                "TABLE.COLUMN=NAME",
                "What has a new name, instead of being asked; also TABLE=NAME",
            )
            .action(ArgAction::Append),
        )
        .arg(flag(
            "no-rename",
            "Nothing else has a new name: what is gone is gone",
        ))
        .arg(flag(
            "check",
            "Write nothing, and fail if there is something to write",
        )),
        sub(
            "showmigrations",
            "List the migrations, and which the database has",
        ),
        sub("sqlmigrate", "Show the SQL of a migration")
            .arg(
                Arg::new("id")
                    .value_name("PACKAGE/NAME")
                    .required(true)
                    .help("The migration"),
            )
            .arg(flag("back", "The SQL that undoes it")),
        sub(
            "rls",
            "Show the policies that the models' rules become in PostgreSQL (row-level security)",
        )
        .arg(flag("check", "Fail unless the database has them")),
        sub(
            "inspectdb",
            "Print models for the tables of a database, another program's too: to begin with",
        )
        .arg(
            Arg::new("url")
                .value_name("URL")
                .help("`sqlite:path` or `postgres://…`; without one, the site's own"),
        ),
        sub(
            "access",
            "Show who may call and touch what, and compare it with access.lock",
        )
        .arg(flag("json", "Print it as JSON"))
        .arg(flag("accept", "Show the difference and write access.lock"))
        .arg(value(
            "as",
            "EMAIL",
            "What this person may call and touch, by the rows of the database; `nobody`: without an account",
        )),
        sub(
            "waivers",
            "List the signed exceptions with file and line, and compare them with waivers.lock",
        )
        .arg(flag("json", "Print them as JSON"))
        .arg(flag("accept", "Show the difference and write waivers.lock"))
        .arg(value("dir", "FOLDER", "The folder of another package")),
        keys::cli(),
        keys::reencrypt_cli(),
        sub(
            "settings",
            "List every setting with its value, source and check; secrets are hidden",
        )
        .arg(flag("json", "Print them as JSON")),
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
        Some(("access", args)) if args.contains_id("as") => access_as::run(
            app,
            &text(args, "as").unwrap_or_default(),
            args.get_flag("json"),
            out,
        ),
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
        Some(("makemigrations", args)) => {
            let renames = args.get_many::<String>("rename").into_iter().flatten();
            let asked = migrate::Make {
                empty: text(args, "empty"),
                check: args.get_flag("check"),
                renames: renames.cloned().collect(),
                no_rename: args.get_flag("no-rename"),
            };
            migrate::make(&app, &asked, out)
        }
        Some(("sqlmigrate", args)) => {
            let id = text(args, "id").unwrap_or_default();
            migrate::sql(&app, &id, args.get_flag("back"), out)
        }
        Some(("rls", args)) => migrate::rls(&app, args.get_flag("check"), out),
        Some(("inspectdb", args)) => migrate::inspect(&app, text(args, "url").as_deref(), out),
        Some(("showmigrations", _)) => migrate::show(&app, out),
        Some(("check", args)) => check::run(&app, args.get_flag("deploy"), out),
        Some(("keys", args)) => keys::run(&app, args, out),
        Some(("reencrypt", args)) => keys::reencrypt(&app, text(args, "label").as_deref(), out),
        Some(("settings", args)) => settings::run(&app, args.get_flag("json"), out),
        Some(("migrate", args)) => {
            migrate::migrate(&app, text(args, "to").as_deref(), args.get_flag("plan"), out)
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
    let Some((command, options)) = asked(app.modules.commands(), name, args) else {
        return Err(Failure::new(format_args!("There is no command `{name}`.")));
    };
    let command = command.clone();
    let settings = app.settings()?;
    crate::logging::start(&settings);
    let database = assemble::open(&app, &settings)?;
    let pending = database.pending(&app.migration_sets())?.missing.len();
    if pending > 0 {
        return Err(Failure::new(format_args!(
            "The database lacks {pending} migration(s). Apply them first with `migrate`."
        )));
    }
    let runtime = runtime(&settings)?;
    let lost = database.missing_keys()?.lost;
    // CWE-320: what it read of them would fail row by row.
    if let Some((label, _, root)) = lost.first()
        && !settings.mode.is_development()
    {
        return Err(Failure::new(format_args!(
            "Rows are encrypted under `{label}` by a secret ({}) that is in neither `secret_key` nor `secret_key_fallbacks`: give it \
             as a fallback.",
            assemble::hex(root)
        )));
    }
    let site = assemble::assemble(app, settings, database.clone())?;
    #[allow(deprecated)] // ours to call
    let run = Run::__of(&site, options, out);
    runtime.block_on(async {
        // As a server does: what a worker looks up by an encrypted field it finds after a rotation too.
        if database.has_encrypted_fields() {
            database.learn_keys().await?;
        }
        let upkeep = database.keep_up();
        let done = command.run(run).await;
        upkeep.end().await;
        done
    })
}

/// The command of this name that was asked for, the innermost, with what was given to it; a flag has an empty value.
fn asked<'a>(
    mut commands: impl Iterator<Item = &'a Command>,
    name: &str,
    args: &ArgMatches,
) -> Option<(&'a Command, Vec<(&'static str, String)>)> {
    let command = commands.find(|command| command.name() == name)?;
    if let Some((name, args)) = args.subcommand() {
        return asked(command.subcommands().iter(), name, args);
    }
    let options = command.options().iter().filter_map(|option| {
        let value = match option.value {
            Some(_) => args.get_one::<String>(option.name)?.clone(),
            None => args.get_flag(option.name).then(String::new)?,
        };
        Some((option.name, value))
    });
    let arguments = command.arguments().iter().filter_map(|argument| {
        let value = args.get_one::<String>(argument.name)?;
        Some((argument.name, value.clone()))
    });
    Some((command, options.chain(arguments).collect()))
}

/// Runs a module's command on a site that a test has assembled: `arguments` are what stands behind the program's name.
///
/// # Errors
/// What the command line says of the arguments, or the command's failure.
#[cfg(any(test, feature = "testing"))]
pub(crate) async fn run_for_test(
    app: &App,
    site: &std::sync::Arc<vauban_core::site::Site>,
    name: &str,
    arguments: &[&str],
) -> Result<String, Failure> {
    let line = [app.package.name(), name];
    let matches = cli(app).try_get_matches_from(line.iter().chain(arguments));
    let matches = matches.map_err(|error| Failure::new(error).with_code(2))?;
    // It looks at rows, so that a test has something to see.
    if let Some(("access", args)) = matches.subcommand()
        && let Some(who) = args.get_one::<String>("as")
    {
        return access_as::shown(site, &app.modules.models(), who, args.get_flag("json")).await;
    }
    let asked = matches
        .subcommand()
        .and_then(|(_, args)| asked(app.modules.commands(), name, args));
    let Some((command, given)) = asked else {
        return Err(Failure::new(format_args!("`{name}` is no command of a module.")));
    };
    let out = Out::buffer();
    #[allow(deprecated)] // ours to call
    let run = Run::__of(site, given, &out);
    command.run(run).await?;
    Ok(out.text())
}
