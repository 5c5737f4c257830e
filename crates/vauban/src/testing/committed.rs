//! What is committed beside the sources says what the program does: migrations, `access.lock`, `waivers.lock`.

use std::fmt::Write as _;

use vauban_orm::ModelMeta;
use vauban_orm::migrations;

use crate::access::Matrix;
use crate::app::App;
use crate::checks::{Severity, checking, run};
use crate::settings::{Mode, Settings};

/// Fails if the site's migrations, its `access.lock` or its `waivers.lock` do not say what its sources say, with all
/// differences at once and the command for each (CWE-1059: nobody has reviewed what is not in them); and if `check` finds an
/// error, with which a release does not serve.
///
/// ```ignore
/// #[test]
/// fn the_committed_files_say_what_the_program_does() {
///     vauban::testing::committed_files_are_true(app);
/// }
/// ```
///
/// # Panics
/// If anything differs.
pub fn committed_files_are_true(app: fn() -> App) {
    let app = app();
    let told = [
        errors_of(&app),
        migrations_of(&app),
        access_of(&app),
        waivers_of(&app),
    ]
    .concat();
    assert!(told.is_empty(), "{told}");
}

/// What `check` calls an error, with the settings of a test: what only a deployment's settings say is not theirs. The locks
/// are compared here anyway.
fn errors_of(app: &App) -> String {
    let settings = Settings::for_test(
        Mode::Development,
        "sqlite://var/test.sqlite3",
        &app.modules.settings(),
    );
    let told: Vec<String> = run(&checking(app, &settings, None))
        .iter()
        .filter(|finding| finding.level == Severity::Error)
        .map(ToString::to_string)
        .collect();
    lines("a release does not serve with this", "cargo run -- check", &told)
}

/// What the models say and the migrations do not.
fn migrations_of(app: &App) -> String {
    let package = app.package.name();
    let models: Vec<&ModelMeta> = app
        .modules
        .models()
        .into_iter()
        .filter(|model| model.package == package)
        .collect();
    let answers = migrations::Answers::default();
    let told = match migrations::make(package, &models, &app.migration_sets(), &answers) {
        Ok(made) => made.told(),
        Err(error) => vec![error.to_string()],
    };
    if told.is_empty() {
        return String::new();
    }
    lines(
        "the models say more than the migrations",
        "cargo run -- makemigrations",
        &told,
    )
}

/// How the access matrix differs from its lock.
fn access_of(app: &App) -> String {
    let lock = app.package.access_lock().unwrap_or_default();
    let told: Vec<String> = Matrix::of(app)
        .differences(&lock)
        .iter()
        .map(ToString::to_string)
        .collect();
    lines(
        "access.lock is not who may call what",
        "cargo run -- access --accept",
        &told,
    )
}

/// A release build has looked every waiver up while compiling.
#[cfg(not(debug_assertions))]
fn waivers_of(_: &App) -> String {
    String::new()
}

/// How the waivers in the sources differ from those that are signed.
#[cfg(debug_assertions)]
fn waivers_of(app: &App) -> String {
    if !app.package.is_development() {
        return String::new();
    }
    let Some(dir) = app.package.sources() else {
        // CWE-754: what nobody can read, nobody has signed.
        return "the sources are not where the tests were built: build them again (`cargo test`)\n"
            .to_owned();
    };
    let told = match vauban_waiver::scan::program(&dir) {
        Ok(packages) => packages
            .iter()
            .flat_map(|package| {
                let differences = package.differences();
                let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
                let trouble = package.scan.trouble.iter();
                let trouble = trouble.map(|t| format!("{}:{}: {}", t.file.display(), t.line, t.what));
                differences.into_iter().chain(trouble)
            })
            .collect(),
        Err(error) => vec![error.to_string()],
    };
    lines(
        "waivers.lock is not what the sources sign",
        "cargo run -- waivers --accept",
        &told,
    )
}

fn lines(what: &str, command: &str, told: &[String]) -> String {
    let mut text = String::new();
    if !told.is_empty() {
        let _ = writeln!(text, "{what} (`{command}`):\n  {}", told.join("\n  "));
    }
    text
}
