//! `waivers`: the signed exceptions with file and line, and whether `waivers.lock` says the same.

use std::path::Path;

use vauban_waiver::lock::Lock;

use super::{Failure, Out};
use crate::app::App;

#[cfg(debug_assertions)]
pub(super) fn run(app: &App, dir: Option<&Path>, json: bool, accept: bool, out: &Out) -> Result<(), Failure> {
    match dir.map(Path::to_owned).or_else(|| app.package.sources()) {
        Some(dir) => sources::run(&dir, json, accept, out),
        None => without_sources(app, out),
    }
}

/// A release has neither sources nor what reads them.
#[cfg(not(debug_assertions))]
pub(super) fn run(app: &App, dir: Option<&Path>, _: bool, accept: bool, out: &Out) -> Result<(), Failure> {
    if dir.is_some() || accept {
        return Err(Failure::new(format_args!(
            "Sources are read by a development build: run `cargo run -- waivers` in the package."
        )));
    }
    without_sources(app, out)
}

/// What a program was built with; nothing to compare it with.
fn without_sources(app: &App, out: &Out) -> Result<(), Failure> {
    let lock = Lock::parse(&app.package.waivers_lock().unwrap_or_default());
    for (entry, places) in &lock.entries {
        out.line(format_args!("{entry} | {places}"));
    }
    out.line(format_args!(
        "{} exception(s), as this program was built with them. Sources are not at hand, so nothing was compared.",
        lock.entries.len()
    ));
    Ok(())
}

#[cfg(debug_assertions)]
mod sources {
    use std::path::{Component, Path, PathBuf};

    use vauban_waiver::scan::{Package, program};

    use super::{Failure, Out};

    pub(super) fn run(dir: &Path, json: bool, accept: bool, out: &Out) -> Result<(), Failure> {
        let packages =
            program(dir).map_err(|error| Failure::new(format_args!("{}: {error}", dir.display())))?;
        if json {
            out.line(format_args!("{:#}", as_json(dir, &packages)));
        } else if !accept {
            list(dir, &packages, out);
        }
        let trouble: String = packages
            .iter()
            .flat_map(|package| package.scan.trouble.iter().map(move |t| (package, t)))
            .map(|(package, t)| {
                format!(
                    "\n  {}:{}: {}",
                    shown(dir, package, &t.file).display(),
                    t.line,
                    t.what
                )
            })
            .collect();
        if !trouble.is_empty() {
            return Err(Failure::new(format_args!(
                "Not every waiver can be counted:{trouble}"
            )));
        }
        let stale: Vec<&Package> = packages.iter().filter(|p| !p.differences().is_empty()).collect();
        if stale.is_empty() {
            if !json {
                out.line(format_args!("waivers.lock says the same."));
            }
            return Ok(());
        }
        if accept {
            return stale.iter().try_for_each(|package| sign(package, out));
        }
        let differs: Vec<String> = stale.iter().map(|package| differences(dir, package)).collect();
        let differs = differs.join("\n");
        Err(Failure::new(format_args!(
            "{differs}\nRead this, sign it with `waivers --accept`, and commit it."
        )))
    }

    /// A file of a package, as seen from the program's own.
    fn shown(dir: &Path, package: &Package, file: &Path) -> PathBuf {
        let (Ok(from), Ok(to)) = (dir.canonicalize(), package.dir.canonicalize()) else {
            return package.dir.join(file);
        };
        let common = from
            .components()
            .zip(to.components())
            .take_while(|(a, b)| a == b)
            .count();
        let up = from.components().skip(common).map(|_| Component::ParentDir);
        up.chain(to.components().skip(common))
            .collect::<PathBuf>()
            .join(file)
    }

    fn list(dir: &Path, packages: &[Package], out: &Out) {
        let mut places = 0;
        for package in packages {
            for place in &package.scan.places {
                out.line(format_args!("{} in {}", place.entry.wall, place.entry.module));
                out.line(format_args!("  {}", place.entry.reason));
                out.line(format_args!(
                    "  {}:{}",
                    shown(dir, package, &place.file).display(),
                    place.line
                ));
            }
            places += package.scan.places.len();
        }
        // The first is the program's own, whose lock has those beside it, too.
        let entries = packages
            .first()
            .map_or(0, |program| program.found().entries.len());
        out.line(format_args!("{entries} exception(s) in {places} place(s)."));
    }

    fn as_json(dir: &Path, packages: &[Package]) -> serde_json::Value {
        packages
            .iter()
            .flat_map(|package| {
                package.scan.places.iter().map(move |place| {
                    serde_json::json!({
                        "wall": place.entry.wall, "module": place.entry.module, "reason": place.entry.reason,
                        "file": shown(dir, package, &place.file), "line": place.line,
                        "signed": package.lock.entries.contains_key(&place.entry),
                    })
                })
            })
            .collect()
    }

    fn differences(dir: &Path, package: &Package) -> String {
        let shown = shown(dir, package, Path::new("waivers.lock"));
        let lines: String = package.differences().iter().map(|d| format!("\n  {d}")).collect();
        format!("{} says otherwise:{lines}", shown.display())
    }

    fn sign(package: &Package, out: &Out) -> Result<(), Failure> {
        let (found, differences) = (package.found(), package.differences());
        for difference in &differences {
            out.line(format_args!("{difference}"));
        }
        let path = package.dir.join("waivers.lock");
        std::fs::write(&path, found.text())?;
        out.line(format_args!(
            "Wrote {} ({} {}, {} changed). Read the difference, then commit it.",
            path.display(),
            found.entries.len(),
            if found.entries.len() == 1 {
                "entry"
            } else {
                "entries"
            },
            differences.len()
        ));
        Ok(())
    }
}
