//! Each kind of site is made, its own tests pass; so they do when a model with every type of field is added.
//!
//! The sites share one target folder, and take the versions of this workspace's Cargo.lock. The locks and the first
//! migration in `scaffold/` say what the framework does: when it has changed,
//! `VAUBAN_UPDATE_SCAFFOLD=1 cargo test -p cargo-vauban --test sites` writes them anew.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where the sites are built. Its place does not change, so that what was built is found again.
fn here() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

fn run(command: &mut Command, folder: &Path) -> Output {
    // What this machine says to a program on Vauban is not for these.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VAUBAN_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn good(command: &mut Command, folder: &Path) -> String {
    let done = run(command, folder);
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(
        done.status.success(),
        "{command:?} in {}:\n{said}",
        folder.display()
    );
    said
}

fn tool(folder: &Path, words: &[&str]) -> String {
    good(
        Command::new(env!("CARGO_BIN_EXE_cargo-vauban")).args(words),
        folder,
    )
}

/// `cargo test` with nothing from the network.
fn cargo(site: &Path, more: &[&str]) -> Output {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["test", "--offline", "--target-dir"])
        .arg(here().join("target"))
        .args(more)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    run(&mut cargo, site)
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&[done.stdout.as_slice(), &done.stderr].concat()).into_owned()
}

/// Its tests pass, and the compiler has nothing to say.
fn cargo_test(site: &Path, more: &[&str]) {
    let done = cargo(site, more);
    let said = said(&done);
    assert!(
        done.status.success() && !said.contains("warning:"),
        "{}:\n{said}",
        site.display()
    );
}

/// A command of the site, as `cargo test` has built it.
fn command(site: &Path, words: &[&str]) {
    let name = site.file_name().unwrap();
    let program = here().join("target/debug").join(name);
    good(Command::new(program).args(words), site);
}

/// A new site of this kind, whose name has a dash.
fn site(kind: &str) -> PathBuf {
    let folder = here();
    fs::create_dir_all(&folder).unwrap();
    let name = format!("a-{kind}");
    let _ = fs::remove_dir_all(folder.join(&name));
    tool(&folder, &["new", &name, &format!("--{kind}")]);
    folder.join(name)
}

/// Writes the scaffold's locks and its first migration anew, from the site.
fn update(kind: &str, site: &Path) {
    let scaffold = Path::new(env!("CARGO_MANIFEST_DIR")).join("scaffold").join(kind);
    let migration = "migrations/0001_initial.toml";
    fs::write(site.join("migrations/INDEX"), "").unwrap();
    let _ = fs::remove_file(site.join(migration));
    cargo_test(site, &["--no-run"]);
    command(site, &["makemigrations"]);
    command(site, &["waivers", "--accept"]);
    command(site, &["access", "--accept"]);
    for file in [migration, "access.lock", "waivers.lock"] {
        if let Ok(text) = fs::read_to_string(site.join(file)) {
            let text = text.replace(&format!("a_{kind}::"), "__crate__::");
            let text = text.replace(&format!("`a-{kind}`"), "`__name__`");
            fs::write(scaffold.join(file), text).unwrap();
        }
    }
}

/// `name version` of each package.
fn versions(lock: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(lock).unwrap();
    let packages = text.split("[[package]]").skip(1);
    packages
        .map(|package| package.trim().lines().take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// One field of every type that the tool says there is.
fn every_type() -> Vec<String> {
    let site = here().join("a-plain");
    let mut ask = Command::new(env!("CARGO_BIN_EXE_cargo-vauban"));
    let said = run(ask.args(["add", "model", "thing"]), &site).stderr;
    let said = String::from_utf8(said).unwrap();
    let (_, list) = said.split_once("The types are ").unwrap();
    let (list, _) = list.split_once(" and reference:Model").unwrap();
    let types: Vec<&str> = list.split(", ").collect();
    assert!(types.len() > 7, "{types:?}");
    let fields = types.iter().map(|kind| format!("a_{kind}:{kind}"));
    // A word of SQL's own, and a row of another model.
    let more = ["order:integer", "maker:reference:Maker"].map(str::to_owned);
    fields.chain(more).collect()
}

/// Puts what AGENTS.md shows into the site, with what it leaves to be imagined: an assistant learns from nothing else.
fn as_agents_are_told(site: &Path) {
    const AROUND: &str = r#"
use crate::people::User;

#[derive(Template)]
#[template("agents/show.html")]
pub struct ShowPage {
    book: Permitted<Book>,
}

#[derive(Template)]
#[template("agents/form.html")]
pub struct FormPage {
    form: Form<BookForm>,
}

pub mod urls {
    vauban::routes! { book => super::show, book_create => super::create, book_save => super::save }
}
"#;
    let told = fs::read_to_string(site.join("AGENTS.md")).unwrap();
    let blocks: Vec<&str> = told.split("```rust\n").skip(1).collect();
    let blocks: Vec<&str> = blocks
        .iter()
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 3, "{told}");
    let [model, views, forms] = [blocks[0], blocks[1], blocks[2]];
    let all = [model, AROUND, views, forms].concat();
    fs::write(site.join("src/agents.rs"), all).unwrap();
    fs::create_dir(site.join("templates/agents")).unwrap();
    let show = "<p>{{ book.title }}{% if book.may_change() %}!{% endif %}</p>";
    fs::write(site.join("templates/agents/show.html"), show).unwrap();
    let form = "<form method=\"post\">{{ form }}<button>Save</button></form>";
    fs::write(site.join("templates/agents/form.html"), form).unwrap();
    let lib = fs::read_to_string(site.join("src/lib.rs")).unwrap();
    let lib = lib.replace("pub mod errors;", "pub mod agents;\npub mod errors;");
    fs::write(site.join("src/lib.rs"), lib).unwrap();
}

#[test]
fn each_kind_passes_its_own_tests_and_so_it_does_with_models() {
    for kind in ["plain", "accounts", "organisations"] {
        good(Command::new("cargo").args(["fmt", "--check"]), &site(kind));
    }
    let updates = std::env::var_os("VAUBAN_UPDATE_SCAFFOLD").is_some();
    for kind in ["plain", "accounts", "organisations"] {
        let site = site(kind);
        if updates {
            update(kind, &site);
        }
        cargo_test(&site, &[]);

        let ours = versions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"));
        let theirs = versions(&site.join("Cargo.lock"));
        let own = format!("name = \"a-{kind}\" version = \"0.1.0\"");
        let other: Vec<_> = theirs
            .difference(&ours)
            .filter(|package| **package != own)
            .collect();
        assert!(other.is_empty(), "not what Vauban was tested with: {other:?}");

        tool(&site, &["add", "model", "maker", "name:string"]);
        let mut fields = every_type();
        if kind == "organisations" {
            // A colleague, and another organisation: whose rows belong where decides what is offered.
            fields.extend(["assignee:reference:User", "partner:reference:Organisation"].map(str::to_owned));
        }
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        tool(
            &site,
            &[&["add", "model", "OrderLine"], fields.as_slice()].concat(),
        );
        // Without a short text, and with a plural that no rule finds.
        tool(
            &site,
            &[
                "add",
                "model",
                "person_of_note",
                "known:boolean",
                "--plural",
                "people_of_note",
            ],
        );
        if kind == "accounts" {
            as_agents_are_told(&site);
        }
        // CWE-1059: until somebody has reviewed what is new, its own test says what that is.
        let unreviewed = cargo(&site, &["the_committed_files"]);
        assert!(!unreviewed.status.success(), "{}", said(&unreviewed));
        for told in ["create table order_line", "+ route /makers/ GET: "] {
            assert!(said(&unreviewed).contains(told), "{told}: {}", said(&unreviewed));
        }
        command(&site, &["makemigrations"]);
        command(&site, &["access", "--accept"]);
        cargo_test(&site, &[]);
    }
}

/// Names that meet: a site called like a module of the scaffold, and one called like a model's module. And right after
/// `new` the lock fits: `scripts/ci` builds with `--locked`, and nothing is written anew.
#[test]
fn a_site_may_be_called_like_a_module_and_its_lock_fits_at_once() {
    let folder = here();
    fs::create_dir_all(&folder).unwrap();
    for (name, model) in [("people", None), ("tools", Some("tool"))] {
        let _ = fs::remove_dir_all(folder.join(name));
        tool(&folder, &["new", name]);
        let site = folder.join(name);
        let lock = fs::read_to_string(site.join("Cargo.lock")).unwrap();
        assert!(
            lock.contains("name = \"vauban\"") && !lock.contains("name = \"acceptance\""),
            "{lock}"
        );
        if let Some(model) = model {
            tool(&site, &["add", "model", model, "name:string"]);
        }
        let done = cargo(&site, &["--locked", "--no-run"]);
        assert!(done.status.success(), "{name}:\n{}", said(&done));
        assert_eq!(lock, fs::read_to_string(site.join("Cargo.lock")).unwrap());
    }
}
