//! `keys list|rotate|retire` and `reencrypt`: the keys of encrypted fields.

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::json;
use vauban_orm::DateTime;
use vauban_orm::engine::{Database, Key};

use super::runtime::runtime;
use super::{Failure, Out};
use crate::app::App;
use crate::assemble::{self, hex};

fn label() -> Arg {
    Arg::new("label")
        .value_name("LABEL")
        .help("What the key seals, as `keys list` and the field's `encrypted = \"…\"` call it")
}

pub(super) fn cli() -> clap::Command {
    let sub = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    sub("keys", "Show, renew and retire the keys of encrypted fields")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            sub(
                "list",
                "List the keys: what each seals, its secret and state, whether rows use it",
            )
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Print them as JSON"),
            ),
        )
        .subcommand(
            sub(
                "rotate",
                "Make a new key, under today's secret_key, that seals from now on",
            )
            .arg(label().required(true)),
        )
        .subcommand(
            sub("retire", "Let a key open nothing more; refused while rows use it")
                .arg(label().required(true))
                .arg(
                    Arg::new("id")
                        .value_name("ID")
                        .required(true)
                        .value_parser(clap::value_parser!(u32))
                        .help("Which of the label's keys"),
                )
                .arg(
                    Arg::new("force")
                        .long("force")
                        .action(ArgAction::SetTrue)
                        .help("Also of a label that no field of the program has, whose rows are not counted"),
                ),
        )
}

pub(super) fn reencrypt_cli() -> clap::Command {
    clap::Command::new("reencrypt")
        .about(
            "Move rows to the active key, in batches; safe to stop, and to run again, while the site serves",
        )
        .arg(label().help("Only what this label's keys seal; without it, everything"))
}

pub(super) fn run(app: &App, args: &ArgMatches, out: &Out) -> Result<(), Failure> {
    let text = |args: &ArgMatches| args.get_one::<String>("label").cloned().unwrap_or_default();
    on_its_database(app, async |database| match args.subcommand() {
        Some(("rotate", args)) => {
            let label = text(args);
            let id = database.rotate_key(&label).await?;
            out.line(format_args!(
                "{label}: key {id} seals from now on. What was sealed before opens as it did; `reencrypt {label}` moves it."
            ));
            Ok(())
        }
        Some(("retire", args)) => {
            let (label, id) = (text(args), args.get_one::<u32>("id").copied().unwrap_or_default());
            let retired = match args.get_flag("force") {
                false => database.retire_key(&label, id).await,
                true => database.retire_key_by_force(&label, id).await,
            };
            retired.map_err(|why| Failure::new(format_args!("{label}: key {id} is not retired: {why}.")))?;
            out.line(format_args!(
                "{label}: key {id} is retired and opens nothing more."
            ));
            Ok(())
        }
        Some(("list", args)) => list(database, args.get_flag("json"), out).await,
        _ => Err(Failure::new(
            "`keys` is followed by `list`, `rotate` or `retire`.",
        )),
    })
}

async fn list(database: &Database, as_json: bool, out: &Out) -> Result<(), Failure> {
    let keys = database.keys().await?;
    let since =
        |key: &Key| DateTime::from_micros(key.since).map_or_else(String::new, |since| since.to_string());
    if as_json {
        let keys = keys.iter().map(|key| {
            json!({
                "label": key.label, "id": key.id, "root": hex(&key.root), "state": key.state.name(),
                "since": since(key), "used": key.used,
            })
        });
        let keys = serde_json::Value::Array(keys.collect());
        out.line(format_args!("{}", serde_json::to_string_pretty(&keys)?));
        return Ok(());
    }
    let new = database.encrypted_labels().into_iter();
    let new = new.filter(|label| !keys.iter().any(|key| key.label == *label));
    if keys.is_empty() {
        out.line(format_args!("There are no keys yet."));
    } else {
        out.line(format_args!(
            "{:<32} {:>4} {:<12} {:<12} {:<24} rows",
            "label", "id", "secret", "state", "since"
        ));
    }
    for key in &keys {
        let used = if key.used { "use it" } else { "none" };
        let (root, state) = (hex(&key.root), key.state.name());
        out.line(format_args!(
            "{:<32} {:>4} {root:<12} {state:<12} {:<24} {used}",
            key.label,
            key.id,
            since(key)
        ));
    }
    for label in new {
        out.line(format_args!(
            "{label:<32} none yet: its first key is made with its first row"
        ));
    }
    Ok(())
}

pub(super) fn reencrypt(app: &App, label: Option<&str>, out: &Out) -> Result<(), Failure> {
    on_its_database(app, async |database| {
        let all = database.encrypted_labels();
        let labels = match label {
            None => all,
            Some(label) if all.contains(&label) => vec![label],
            Some(label) => {
                return Err(Failure::new(format_args!(
                    "No field of the program has the label {label}: `keys list` names them."
                )));
            }
        };
        let (mut unopened, mut taken) = (0, 0);
        for label in labels {
            let moved = database.reencrypt(label, |_| ()).await?;
            out.line(format_args!(
                "{label}: {} of {} row(s) moved to the active key.",
                moved.moved, moved.seen
            ));
            unopened += moved.unopened;
            taken += moved.taken;
            if database.seals_by_a_fallback(label).await? {
                out.line(format_args!(
                    "{label}: the active key comes of a secret in secret_key_fallbacks. `keys rotate {label}` makes one under today's \
                     secret_key; then run this again."
                ));
            }
        }
        let stay = [
            (unopened, "do not open"),
            (taken, "have a value that is unique and that another row has"),
        ];
        let stay = stay.into_iter().filter(|(rows, _)| *rows > 0);
        let stay: Vec<_> = stay.map(|(rows, why)| format!("{rows} row(s) {why}")).collect();
        if !stay.is_empty() {
            return Err(Failure::new(format_args!(
                "{}, and stay as they are: the log names them.",
                stay.join(", and ")
            )));
        }
        Ok(())
    })
}

/// Does it on the site's database, which has every migration.
fn on_its_database(
    app: &App,
    work: impl AsyncFnOnce(&Database) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = app.settings()?;
    crate::logging::start(&settings);
    let database = assemble::open(app, &settings)?;
    let pending = database.pending(&app.migration_sets())?.missing.len();
    if pending > 0 {
        return Err(Failure::new(format_args!(
            "The database lacks {pending} migration(s). Apply them first with `migrate`."
        )));
    }
    runtime(&settings)?.block_on(work(&database))
}
