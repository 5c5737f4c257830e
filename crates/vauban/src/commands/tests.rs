//! Commands as somebody calls them, on a package of its own.

use clap::ArgMatches;

use super::{Command, Failure, Out, Run, cli, dispatch};
use crate::access::Matrix;
use crate::checks::{Severity, checking, run as run_checks};
use crate::http::Text;
use crate::routing::{Public, Staff};
use crate::settings::Mode;
use crate::{App, Module, Package, Settings, view};

#[view(get, "/page/")]
async fn page(_: Public) -> Text {
    Text::new("page")
}

#[view(get, "/page/")]
async fn same_page(_: Staff) -> Text {
    Text::new("page")
}

mod open {
    crate::routes! { page => super::page }
}

mod closed {
    crate::routes! { page => super::same_page }
}

/// A package in a folder of its own; the folder lives as long as the first value.
fn package() -> (tempfile::TempDir, Package) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(
        folder.path().join("Cargo.toml"),
        "[package]\nname = \"site\"\nedition = \"2024\"\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    let manifest_dir: &'static str = Box::leak(folder.path().to_str().unwrap().into());
    (folder, Package::for_test("site", manifest_dir, None))
}

fn site(package: Package, routes: crate::Routes) -> App {
    App::new(package).module(Module::new("pages").routes(routes))
}

/// What the command says, and how it fails.
fn call(app: App, arguments: &[&str]) -> (String, Result<(), Failure>) {
    let matches: ArgMatches = cli(&app).get_matches_from(["site"].iter().chain(arguments));
    let out = Out::buffer();
    let done = dispatch(app, &matches, &out);
    (out.text(), done)
}

/// CWE-862, CWE-1059: from no lock to a lock, and a rule that was weakened since.
#[test]
fn access_compares_accepts_and_notices() {
    let (folder, package) = package();
    let (said, done) = call(site(package, closed::routes()), &["access"]);
    assert!(said.contains("/page/  GET     Staff"), "{said}");
    assert!(done.unwrap_err().to_string().contains("There is no access.lock"));
    let (said, done) = call(site(package, closed::routes()), &["access", "--accept"]);
    assert!(
        done.is_ok() && said.contains("+ route /page/ GET: Staff"),
        "{said}"
    );
    assert!(folder.path().join("access.lock").exists());
    let (said, done) = call(site(package, closed::routes()), &["access"]);
    assert!(
        done.is_ok() && said.contains("access.lock says the same."),
        "{said}"
    );
    let (_, done) = call(site(package, open::routes()), &["access"]);
    let failure = done.unwrap_err();
    assert_ne!(failure.code(), 0);
    assert!(
        failure.to_string().contains("- route /page/ GET: Staff"),
        "{failure}"
    );
    assert!(
        failure.to_string().contains("+ route /page/ GET: Public"),
        "{failure}"
    );
    let (said, _) = call(site(package, open::routes()), &["access", "--json"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&said).unwrap()[0]["rule"],
        "Public"
    );
}

/// CWE-1059: a release does not serve what nobody has reviewed; development says so and goes on.
#[test]
fn a_matrix_that_is_not_the_lock_stops_a_release() {
    let (folder, package) = package();
    let manifest_dir: &'static str = Box::leak(folder.path().to_str().unwrap().into());
    let reviewed: &'static str = Box::leak(Matrix::of(&site(package, closed::routes())).text().into());
    let found = |lock, routes, mode| {
        let app = site(Package::for_test("site", manifest_dir, lock), routes);
        let settings = Settings::defaults(mode);
        let found = run_checks(&checking(&app, &settings, None));
        found
            .into_iter()
            .find(|finding| finding.id == "access.lock")
            .map(|finding| finding.level)
    };
    assert_eq!(found(Some(reviewed), closed::routes(), Mode::Release), None);
    assert_eq!(
        found(Some(reviewed), open::routes(), Mode::Release),
        Some(Severity::Error)
    );
    assert_eq!(found(None, open::routes(), Mode::Release), Some(Severity::Error));
    assert_eq!(
        found(Some(reviewed), open::routes(), Mode::Development),
        Some(Severity::Warning)
    );
}

#[test]
fn waivers_lists_compares_and_accepts() {
    let (folder, package) = package();
    let source = "fn f() { x(waiver!(Unscoped, \"the digest counts all tasks\")) }\n";
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    let (said, done) = call(site(package, open::routes()), &["waivers"]);
    assert!(said.contains("src/lib.rs:1"), "{said}");
    let failure = done.unwrap_err();
    assert!(
        failure.code() != 0 && failure.to_string().contains("+ Unscoped | site | the digest"),
        "{failure}"
    );
    let (_, done) = call(site(package, open::routes()), &["waivers", "--accept"]);
    assert!(done.is_ok());
    let (said, done) = call(site(package, open::routes()), &["waivers"]);
    assert!(
        done.is_ok() && said.contains("waivers.lock says the same."),
        "{said}"
    );
    // A second place under the same signature: the compiler cannot see it.
    std::fs::write(folder.path().join("src/lib.rs"), source.repeat(2)).unwrap();
    let failure = call(site(package, open::routes()), &["waivers"]).1.unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("signed for 1 place, found in 2 places"),
        "{failure}"
    );
    // What cannot be counted is not accepted.
    std::fs::write(folder.path().join("src/lib.rs"), "use vauban::waiver as w;\n").unwrap();
    let failure = call(site(package, open::routes()), &["waivers", "--accept"])
        .1
        .unwrap_err();
    assert!(failure.to_string().contains("another name"), "{failure}");
}

/// Whichever lock is accepted first, access.lock has the exceptions of the sources, and what is left to sign is told.
#[test]
fn either_lock_may_be_accepted_first() {
    let (folder, package) = package();
    let source = "fn f() { x(waiver!(Unscoped, \"the digest counts all tasks\")) }\n";
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    let (said, done) = call(site(package, open::routes()), &["access", "--accept"]);
    assert!(done.is_ok() && said.contains("`waivers --accept`"), "{said}");
    let lock = std::fs::read_to_string(folder.path().join("access.lock")).unwrap();
    assert!(
        lock.contains("waiver Unscoped site: the digest counts all tasks"),
        "{lock}"
    );
    let (_, done) = call(site(package, open::routes()), &["waivers", "--accept"]);
    assert!(done.is_ok());
    let (said, done) = call(site(package, open::routes()), &["access"]);
    assert!(done.is_ok() && !said.contains("`waivers --accept`"), "{said}");
    // Taken back, it is gone from both.
    std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    let (said, done) = call(site(package, open::routes()), &["access", "--accept"]);
    assert!(done.is_ok() && said.contains("- waiver Unscoped site"), "{said}");
}

/// CWE-1059, CWE-754. Attack: what nobody has signed, or nobody can read, is deployed, since the check before says nothing
/// of it.
#[test]
fn what_is_not_signed_is_told_before_it_is_deployed() {
    let found = |package: &Package, mode| -> Vec<(Severity, String)> {
        let app = site(*package, open::routes());
        let settings = Settings::defaults(mode);
        let found = run_checks(&checking(&app, &settings, None)).into_iter();
        let found = found.filter(|finding| finding.id == "waivers.lock");
        found.map(|finding| (finding.level, finding.what)).collect()
    };
    let (folder, package) = package();
    let write = |source: &str| std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    for (mode, level) in [
        (Mode::Development, Severity::Warning),
        (Mode::Release, Severity::Error),
    ] {
        write("");
        assert_eq!(found(&package, mode), []);
        for (source, says) in [
            (
                "fn f() { x(waiver!(Unscoped, \"the digest counts all tasks\")) }\n",
                "+ Unscoped | site | the digest",
            ),
            ("use vauban::waiver as w;\n", "another name"),
        ] {
            write(source);
            let told = found(&package, mode);
            assert!(
                matches!(&told[..], [(found, what)] if *found == level && what.contains(says)),
                "{told:?}"
            );
        }
        // No text, so that nobody can read it.
        std::fs::write(folder.path().join("src/lib.rs"), b"fn f() {} // \xff\n").unwrap();
        let told = found(&package, mode);
        assert!(
            !told.is_empty() && told.iter().all(|(found, _)| *found == level),
            "{told:?}"
        );
        let gone = Package::for_test("site", "/nowhere/at-all", None);
        let told = found(&gone, mode);
        assert!(
            matches!(&told[..], [(found, what)] if *found == level && what.contains("not where")),
            "{told:?}"
        );
    }
}

#[test]
fn help_names_every_command() {
    let (_folder, package) = package();
    let greet = Command::new("greet", "Greets", |run: Run| async move {
        run.out
            .line(format_args!("Hello, {}.", run.option("name").unwrap_or("world")));
        Ok(())
    });
    let app = App::new(package).module(Module::new("a").command(greet.option("name", "whom to greet")));
    let help = cli(&app).render_help().to_string();
    for name in [
        "serve",
        "check",
        "migrate",
        "makemigrations",
        "access",
        "waivers",
        "settings",
        "greet",
    ] {
        assert!(help.contains(&format!("\n  {name} ")), "{name} in {help}");
    }
    assert!(
        cli(&app)
            .try_get_matches_from(["site", "serv"])
            .unwrap_err()
            .to_string()
            .contains("'serve'")
    );
}

/// A command of several: each with what it takes by name and by place, and the keys of the group's module.
#[test]
fn a_group_runs_the_command_that_was_asked_for() {
    let (_folder, package) = package();
    let echo = |name: &'static str| {
        Command::new(name, "Echoes", move |run: Run| async move {
            let text = |name| run.option(name).unwrap_or("-").to_owned();
            let said = [text("purpose"), text("id"), text("json")].join(" ");
            run.out.line(format_args!("{name} {said} {}", run.flag("json")));
            Ok(())
        })
    };
    let retire = echo("retire")
        .argument("purpose", "what for")
        .optional_argument("id", "which");
    let safes = Command::group("safes", "The safes")
        .with(echo("list").flag("json", "as JSON"))
        .with(retire);
    let app = App::new(package).module(Module::new("a").command(safes));
    let parsed = |arguments: &[&str]| {
        let matches = cli(&app).try_get_matches_from(["site", "safes"].iter().chain(arguments))?;
        let (_, args) = matches.subcommand().unwrap();
        let (command, given) = super::asked(app.modules.commands(), "safes", args).unwrap();
        Ok::<_, clap::Error>((command.name(), given))
    };
    assert_eq!(
        parsed(&["list", "--json"]).unwrap(),
        ("list", vec![("json", String::new())])
    );
    let (name, given) = parsed(&["retire", "mail", "2"]).unwrap();
    assert_eq!(name, "retire");
    assert_eq!(given, [("purpose", "mail".into()), ("id", "2".into())]);
    assert_eq!(parsed(&["retire", "mail"]).unwrap().1.len(), 1);
    for (wrong, told) in [
        (&["retire"][..], "<purpose>"),
        (&["list", "mail"], "unexpected argument 'mail'"),
        (&["lits"], "'list'"),
        (&[], "Commands:"),
    ] {
        let error = parsed(wrong).unwrap_err().to_string();
        assert!(error.contains(told), "{wrong:?}: {error}");
    }
}

/// Files that may advise a command: our sources, the guide, what a newcomer reads.
fn advising() -> Vec<(std::path::PathBuf, String)> {
    fn walk(folder: &std::path::Path, out: &mut Vec<(std::path::PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.ends_with("commands/tests.rs") {
                // This file's own examples.
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push((path, text));
            }
        }
    }
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root.join("crates")).unwrap() {
        walk(&folder.unwrap().path().join("src"), &mut all);
    }
    for folder in ["docs/src", "demo/src", "examples"] {
        walk(&root.join(folder), &mut all);
    }
    for file in ["README.md", "CONTRIBUTING.md"] {
        let path = root.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        all.push((path, text));
    }
    all
}

/// The command lines that a text advises: `word --flag` between backticks, and what stands after `cargo run --`.
fn advised(text: &str) -> Vec<String> {
    // A literal goes on in the next line behind a backslash.
    let mut lines = text.split("\\\n");
    let mut joined = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        joined.push_str(line.trim_start());
    }
    let mut found = Vec::new();
    for line in joined.lines() {
        for span in line.split('`').skip(1).step_by(2) {
            let is_flag = |word: &str| {
                word.strip_prefix("--")
                    .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
            };
            let is_word = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase());
            let mut words = span.split(' ');
            let first = words.next().unwrap_or_default();
            let is_command = is_word(first) && first != "cargo" && words.next().is_some_and(is_flag);
            if is_command || is_flag(first) {
                found.push(span.to_owned());
            }
        }
        for rest in line.split("cargo run -- ").skip(1) {
            let end = rest
                .find(['`', '"', '#', '\\', ',', ';', ')'])
                .unwrap_or(rest.len());
            found.push(rest[..end].trim().trim_end_matches('.').to_owned());
        }
    }
    found
}

/// Flask-Migrate#30: every command that a message or a page names exists, with the options that it names.
#[test]
fn every_command_that_is_advised_exists() {
    let texts = advising();
    let (_folder, package) = package();
    let (mut known, mut theirs) = (std::collections::BTreeSet::new(), Vec::new());
    for (_, text) in &texts {
        for rest in text.split("Command::new(\"").skip(1) {
            let name = rest.split('"').next().unwrap();
            let ours = matches!(name, "createsuperuser" | "clearsessions") || own_command(name).is_some();
            if known.insert(name.to_owned()) && !ours {
                theirs.push(name);
            }
        }
    }
    let accounts = crate::accounts::module::<crate::testing::tests::User>();
    let cli = cli(&App::new(package).module(accounts));
    let mut flags: std::collections::BTreeSet<String> = cli
        .get_subcommands()
        .flat_map(|one| one.get_subcommands().chain([one]))
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .collect();
    // The demo's and the examples' commands declare their options where they advise them.
    for (_, text) in &texts {
        for declared in [".option(\"", ".option_of(\"", ".flag(\""] {
            flags.extend(
                text.split(declared)
                    .skip(1)
                    .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
            );
        }
    }
    let usage = concat!(env!("CARGO_MANIFEST_DIR"), "/../cargo-vauban/src/arguments.rs");
    let cargo_vauban = std::fs::read_to_string(usage).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (path, text) in &texts {
        for line in advised(text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(first) = words.first() else { continue };
            // rustc's own flags, which the waiver scan speaks of.
            if matches!(*first, "--force-warn" | "--cap-lints" | "--cfg") {
                continue;
            }
            // What stands for any command, the example of an option of one's own, and what clap adds.
            if first.starts_with('<') || line.starts_with("--name") || *first == "--help" {
                continue;
            }
            count += 1;
            let exists = match first.strip_prefix("--") {
                // A site's own commands, or those of `cargo vauban`.
                Some(flag) => flags.contains(flag) || cargo_vauban.contains(&format!("--{flag}")),
                // What it is made of and takes by its place is not looked at.
                None if theirs.contains(first) => {
                    let mut named = words.iter().filter_map(|word| word.strip_prefix("--"));
                    named.all(|flag| flags.contains(flag))
                }
                None => cli
                    .clone()
                    .try_get_matches_from(["site"].iter().chain(&words))
                    .is_ok(),
            };
            if !exists {
                wrong.push(format!("{}: `{line}`", path.display()));
            }
        }
    }
    assert!(count > 20, "only {count} were found");
    assert!(
        wrong.is_empty(),
        "there is no such command:\n{}",
        wrong.join("\n")
    );
}

fn own_command(name: &str) -> Option<clap::Command> {
    super::own_commands()
        .into_iter()
        .find(|own| own.get_name() == name)
}

#[test]
fn a_command_that_is_advised_is_seen() {
    let text = "\"see `makemigrations --none NAME`, \\\n     or `waivers \\\n   --accept`\" cargo run -- migrate\n `a b` `not --` `xn--a`";
    assert_eq!(
        advised(text),
        ["makemigrations --none NAME", "waivers --accept", "migrate"]
    );
}

/// `makemigrations --empty NAME` writes a file to be filled in, beside the others and in their order.
#[test]
fn an_empty_migration_is_written_and_named() {
    let (folder, package) = package();
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    let path: &'static str = Box::leak(migrations.to_str().unwrap().into());
    let set = || vauban_orm::migrations::Set {
        package: "site",
        folder: path,
        files: &[],
    };
    let app = || site(package, open::routes()).migrations(set());
    let (told, done) = call(app(), &["makemigrations", "--empty", "rename_title"]);
    done.unwrap();
    assert!(
        told.contains("0001_rename_title.toml, without operations"),
        "{told}"
    );
    let text = std::fs::read_to_string(migrations.join("0001_rename_title.toml")).unwrap();
    assert!(text.contains("# rename_column = "), "{text}");
    let index = std::fs::read_to_string(migrations.join(vauban_orm::migrations::INDEX)).unwrap();
    assert!(index.contains("0001_rename_title"), "{index}");
    // CWE-22: a name is no path.
    let (_, refused) = call(app(), &["makemigrations", "--empty", "../../evil"]);
    assert!(
        refused.unwrap_err().to_string().contains("is no name"),
        "a path as a name"
    );
}

mod renamed {
    use crate::prelude::*;

    #[derive(Model)]
    #[model(crate = vauban_orm, table = "vauban_note")]
    pub(super) struct Note {
        pub id: Id<Note>,
        #[field(max_length = 100)]
        pub headline: String,
    }
    impl Policy for Note {
        fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
            Rules::none()
        }
    }
}

/// What is gone and what is new: nobody answers, so nothing is written, and what to answer is told. With the answer it is.
#[test]
fn a_renaming_is_asked_and_not_guessed() {
    let (folder, _) = package();
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    let path: &'static str = Box::leak(migrations.to_str().unwrap().into());
    let manifest: &'static str = Box::leak(folder.path().to_str().unwrap().into());
    let first = "[[operations]]\ncreate_table = 'vauban_note'\ncolumns = [\n\
        { name = 'id', type = 'uuid', primary_key = true }, { name = 'title', type = 'string' },\n\
        { name = 'row_version', type = 'bigint' } ]\n";
    vauban_orm::migrations::add_file(&migrations, "0001_initial", first).unwrap();
    let app = || {
        let set = vauban_orm::migrations::Set {
            package: env!("CARGO_PKG_NAME"),
            folder: path,
            files: &[],
        };
        let package = Package::for_test(env!("CARGO_PKG_NAME"), manifest, None);
        App::new(package)
            .module(Module::new("notes").model::<renamed::Note>())
            .migrations(set)
    };
    let (_, refused) = call(app(), &["makemigrations"]);
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("--rename vauban_note.title=headline"),
        "{refused}"
    );
    let (_, refused) = call(app(), &["makemigrations", "--check"]);
    assert!(refused.unwrap_err().to_string().contains("Nothing was written"));
    let (told, done) = call(
        app(),
        &["makemigrations", "--rename", "vauban_note.title=headline"],
    );
    done.unwrap();
    assert!(told.contains("0002_rename_vauban_note_headline.toml"), "{told}");
    let (_, done) = call(app(), &["makemigrations", "--check"]);
    done.unwrap();
    let (told, done) = call(
        app(),
        &["sqlmigrate", "vauban/0002_rename_vauban_note_headline", "--back"],
    );
    done.unwrap();
    assert_eq!(
        told,
        "ALTER TABLE \"vauban_note\" RENAME COLUMN \"headline\" TO \"title\";\n"
    );
    let (_, refused) = call(app(), &["sqlmigrate", "vauban/0009"]);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("`showmigrations` lists them")
    );
}

/// CWE-354: `check` asks the database itself, and a release does not serve with what it lacks.
#[test]
fn a_database_that_lacks_what_was_migrated_is_an_error() {
    let (folder, _) = package();
    let file = "[[operations]]\ncreate_table = 'vauban_note'\ncolumns = [\n\
        { name = 'id', type = 'uuid', primary_key = true }, { name = 'headline', type = 'string' },\n\
        { name = 'row_version', type = 'bigint' } ]\n";
    let files = vec![vauban_orm::migrations::SetFile {
        name: "0001_initial",
        text: file,
    }];
    let set = vauban_orm::migrations::Set {
        package: env!("CARGO_PKG_NAME"),
        folder: "",
        files: files.leak(),
    };
    let app = App::new(Package::for_test(env!("CARGO_PKG_NAME"), "/", None))
        .module(Module::new("notes").model::<renamed::Note>())
        .migrations(set);
    let path = folder.path().join("db.sqlite3");
    let url = format!("sqlite://{}", path.display());
    let settings = Settings::for_test(Mode::Development, &url, &app.modules.settings());
    let database = crate::assemble::open(&app, &settings).unwrap();
    let found = || {
        let migrated = crate::assemble::migrated(&app, &database).unwrap();
        let found = crate::checks::run(&crate::checks::checking(&app, &settings, Some(&migrated)));
        let found = found.into_iter().filter(|one| one.id.starts_with("migrations."));
        found.map(|one| format!("{one}")).collect::<Vec<_>>()
    };
    let told = found();
    assert!(
        told.len() == 1 && told[0].contains("migrations.pending"),
        "{told:#?}"
    );
    database
        .migrate(
            &app.migration_sets(),
            &vauban_orm::migrations::Target::Newest,
            |_| (),
        )
        .unwrap();
    assert_eq!(found(), [""; 0]);
    let change = "ALTER TABLE vauban_note RENAME COLUMN headline TO other";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(change)
        .unwrap();
    let told = found();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].contains("migrations.lacks") && told[0].contains("the column `headline` of `vauban_note`"),
        "{told:#?}"
    );
    assert!(
        told[1].contains("migrations.unknown") && told[1].contains("the column `other` of `vauban_note`"),
        "{told:#?}"
    );
}
