//! The committed locks and the database against the program.

use super::{Checking, Finding};
use crate::access::Matrix;

/// `access.lock` is what the program does (CWE-1059: nobody has reviewed what is not in it).
pub(super) fn access(c: &Checking<'_>) -> Vec<Finding> {
    let matrix = Matrix::of_modules(c.package, c.modules);
    let finding = |what: String| {
        let hint = "Read the difference (`access`), accept it with `access --accept` in a development build, and commit it.";
        // While developing the matrix changes all the time; CI compares.
        if c.settings.mode.is_development() {
            Finding::warning("access.lock", what, hint)
        } else {
            Finding::error("access.lock", what, hint)
        }
    };
    match c.package.access_lock() {
        None => vec![finding(
            "there is no access.lock: nobody has reviewed who may call what".into(),
        )],
        Some(lock) => {
            let differences = matrix.differences(&lock);
            if differences.is_empty() {
                return Vec::new();
            }
            let shown: Vec<String> = differences.iter().map(|d| format!("\n        {d}")).collect();
            vec![finding(format!(
                "who may call what is not what access.lock says:{}",
                shown.concat()
            ))]
        }
    }
}

/// `waivers.lock` is what the sources sign. Sources are at hand in development only; a release build has looked
/// every waiver up while compiling.
#[cfg(not(debug_assertions))]
pub(super) fn waivers(_: &Checking<'_>) -> Vec<Finding> {
    Vec::new()
}

/// `waivers.lock` is what the sources sign, in each package of the program. What cannot be read is told: nobody knows
/// what it signs (CWE-754).
#[cfg(debug_assertions)]
pub(super) fn waivers(c: &Checking<'_>) -> Vec<Finding> {
    if !c.package.is_development() {
        return Vec::new();
    }
    let finding = |what: String, hint: &str| {
        // While developing they change all the time; what is to be released is signed.
        if c.settings.mode.is_development() {
            Finding::warning("waivers.lock", what, hint)
        } else {
            Finding::error("waivers.lock", what, hint)
        }
    };
    let Some(dir) = c.package.sources() else {
        let what = "the sources are not where this program was built, so that nobody knows what they sign";
        return vec![finding(
            what.into(),
            "Run it where its sources are (`cargo run -- check`).",
        )];
    };
    let packages = match vauban_waiver::scan::program(&dir) {
        Ok(packages) => packages,
        Err(error) => {
            let what = format!(
                "the sources in {} cannot be read, so that nobody knows what they sign: {error}",
                dir.display()
            );
            return vec![finding(
                what,
                "Make every package of the program readable, and run `waivers`.",
            )];
        }
    };
    let mut found = Vec::new();
    let trouble: Vec<String> = packages
        .iter()
        .flat_map(|package| package.scan.trouble.iter().map(move |t| (package, t)))
        .map(|(package, t)| {
            let file = package.dir.join(&t.file);
            format!("\n        {}:{}: {}", file.display(), t.line, t.what)
        })
        .collect();
    if !trouble.is_empty() {
        found.push(finding(
            format!("not every waiver can be counted:{}", trouble.concat()),
            "Write it so that it can be read where it stands; `waivers` shows what is left.",
        ));
    }
    let differences: Vec<String> = packages
        .iter()
        .flat_map(vauban_waiver::scan::Package::differences)
        .map(|difference| format!("\n        {difference}"))
        .collect();
    if !differences.is_empty() {
        let what = if c.package.waivers_lock().is_none() {
            "there is no waivers.lock: nobody has signed the exceptions, and a release build does not compile"
        } else {
            "waivers.lock is not what the sources sign, and a release build may not compile"
        };
        found.push(finding(
            format!("{what}:{}", differences.concat()),
            "See them with `waivers`; sign them with `waivers --accept`.",
        ));
    }
    found
}

/// The database has what the program needs.
pub(super) fn migrations(c: &Checking<'_>) -> Vec<Finding> {
    let Some(state) = c.migrations else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if !state.pending.is_empty() {
        found.push(Finding::error(
            "migrations.pending",
            format!(
                "the database lacks {} migration(s): {}",
                state.pending.len(),
                state.pending.join(", ")
            ),
            "Apply them with `migrate`.",
        ));
    }
    if !state.changed.is_empty() {
        found.push(Finding::error(
            "migrations.changed",
            format!(
                "edited after the database applied them: {}",
                state.changed.join(", ")
            ),
            "Put the files back as they were, and write a new migration instead.",
        ));
    }
    if !state.ahead.is_empty() {
        found.push(Finding::warning(
            "migrations.ahead",
            format!(
                "the database has migrations that this program does not know: {}",
                state.ahead.join(", ")
            ),
            "Fine during a rolling deployment; otherwise this is an old program.",
        ));
    }
    if !state.lacks.is_empty() {
        let what = format!(
            "the database lacks what the models need: {}",
            state.lacks.join(", ")
        );
        found.push(if state.ahead.is_empty() {
            // CWE-354: what is recorded as applied says nothing of what happened to it afterwards.
            Finding::error(
                "migrations.lacks",
                what,
                "If `makemigrations --check` has something to write, write and apply it. Otherwise something else has changed \
                 the tables: restore them from a backup, or make it by `sql = …` in a migration by hand (`makemigrations \
                 --empty NAME`).",
            )
        } else {
            let hint = "A newer version of the program has taken it away: stop this one soon.";
            Finding::warning("migrations.lacks", what, hint)
        });
    }
    if !state.unknown.is_empty() {
        found.push(Finding::warning(
            "migrations.unknown",
            format!(
                "the database has what neither a model nor a migration knows: {}",
                state.unknown.join(", ")
            ),
            "Who made it by hand, and why? Say it in a migration, or drop it.",
        ));
    }
    found
}
