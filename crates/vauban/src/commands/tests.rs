//! Commands as somebody calls them, on a package of its own.

use clap::ArgMatches;

use super::{Command, Failure, Out, Run, cli, dispatch};
use crate::access::Matrix;
use crate::checks::{Level, checking, run as run_checks};
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
    std::fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"site\"\n").unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    let manifest_dir: &'static str = Box::leak(folder.path().to_str().unwrap().into());
    let package = Package {
        name: "site",
        version: "0",
        manifest_dir,
        access_lock: None,
        waivers_lock: None,
    };
    (folder, package)
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
    let (_folder, package) = package();
    let reviewed: &'static str = Box::leak(Matrix::of(&site(package, closed::routes())).text().into());
    let found = |lock, routes, mode| {
        let app = site(
            Package {
                access_lock: lock,
                ..package
            },
            routes,
        );
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
        Some(Level::Error)
    );
    assert_eq!(found(None, open::routes(), Mode::Release), Some(Level::Error));
    assert_eq!(
        found(Some(reviewed), open::routes(), Mode::Development),
        Some(Level::Warning)
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
