//! `cargo vauban new NAME`: a site in a new folder.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::arguments::{NewSite, Outcome};
use crate::lock;
use crate::names;
use crate::say;
use crate::scaffold::{self, Kind, Words};
use crate::write::{self, NewFile};

/// Makes the site, and says what to do next.
pub(crate) fn run(wanted: NewSite) -> Outcome {
    let asks = io::stdin().is_terminal() && io::stdout().is_terminal();
    let name = match wanted.name {
        Some(name) => name,
        None if asks => ask("What is the site called?", "my-site")?,
        None => return Err("Which site? `cargo vauban new my-site`".into()),
    };
    let target = PathBuf::from(&name);
    let last = target.file_name().map(|name| name.to_string_lossy().into_owned());
    let names = names::site(&last.unwrap_or_else(|| name.clone()))?;
    if write::is_there(&target) {
        return Err(format!(
            "`{name}` is there already: choose another name, or move it away. `cargo vauban new {name}-2`"
        ));
    }
    let above = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = above.filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        return Err(format!(
            "There is no folder `{folder}`: `mkdir -p {folder}` first."
        ));
    }
    let framework = framework(wanted.vauban.as_deref())?;
    let kind = match wanted.kind {
        Some(kind) => kind,
        None if asks => ask_kind()?,
        None => Kind::Accounts,
    };
    let words = [
        ("__name__", names.package.as_str()),
        ("__crate__", &names.crate_name),
        ("__title__", &names.title),
        ("__vauban__", &framework.package),
    ];
    let mut files = scaffold::site(kind, &Words(&words));
    // The versions that the framework was tested with: cargo takes from it what the site needs.
    if let Some(text) = framework.lock {
        files.push(NewFile {
            path: "Cargo.lock".to_owned(),
            text,
            executable: false,
        });
    }
    write::folder(&target, &files).map_err(|error| format!("`{name}` cannot be written: {error}."))?;
    let unfit = lock::fit(&target).err();
    tell(&name);
    if let Some(why) = unfit {
        say::line(format_args!("\n{why}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(name: &str) {
    say::line(format_args!("The site is in `{name}`. Next:\n"));
    say::line(format_args!("  cd {name}"));
    say::line("  cargo run     # builds it (some minutes, the first time), serves it, and says where");
    say::line("  cargo test    # who gets what: every page as everybody");
}

/// The framework's folder of the package `vauban`, and its lock file.
struct Framework {
    package: String,
    lock: Option<String>,
}

/// Finds the framework: in the folder that was said, else where this tool was built.
fn framework(said: Option<&Path>) -> Result<Framework, String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vauban");
    let found = match said {
        Some(folder) => [folder.join("crates/vauban"), folder.to_owned()]
            .into_iter()
            .find(|package| is_framework(package))
            .ok_or_else(|| {
                format!(
                    "`{}` is no clone of Vauban: give the folder that has `crates/vauban` in it.",
                    folder.display()
                )
            })?,
        None if is_framework(&built) => built,
        None => {
            return Err(
                "The clone of Vauban that this tool was built from is gone: say where one is, \
                        `--vauban FOLDER`."
                    .into(),
            );
        }
    };
    let package = found
        .canonicalize()
        .map_err(|error| format!("{}: {error}.", found.display()))?;
    let lock = std::fs::read_to_string(package.join("../../Cargo.lock")).ok();
    let fits = |text: &str| !text.contains('\'') && !text.chars().any(char::is_control);
    // It stands between quotes in a manifest, and in a pattern of the Dockerfile.
    match package.to_str().filter(|text| fits(text)) {
        Some(text) => Ok(Framework {
            package: text.to_owned(),
            lock,
        }),
        None => Err(format!(
            "`{}` cannot stand in a Cargo.toml: move the clone to a folder without quotes in its name.",
            package.display()
        )),
    }
}

fn is_framework(package: &Path) -> bool {
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "name = \"vauban\"")
}

fn ask_kind() -> Result<Kind, String> {
    loop {
        let answer = ask(
            "What kind of site?\n  1  people sign up and have rows of their own\n  \
             2  people belong to organisations, whose members share rows\n  3  nobody signs in\n",
            "1",
        )?;
        match answer.as_str() {
            "1" => return Ok(Kind::Accounts),
            "2" => return Ok(Kind::Organisations),
            "3" => return Ok(Kind::Plain),
            other => {
                if let Some(kind) = Kind::named(other) {
                    return Ok(kind);
                }
            }
        }
    }
}

/// Asks on the terminal; an empty line is the default.
#[allow(clippy::print_stdout)]
fn ask(question: &str, default: &str) -> Result<String, String> {
    print!("{question} [{default}] ");
    let failed = |error: io::Error| format!("The terminal does not answer: {error}.");
    io::stdout().flush().map_err(failed)?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line).map_err(failed)? == 0 {
        return Err("There was no answer.".into());
    }
    let answer = line.trim();
    Ok(if answer.is_empty() { default } else { answer }.to_owned())
}
