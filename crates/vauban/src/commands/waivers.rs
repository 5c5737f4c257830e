//! `waivers`: the signed exceptions with file and line, and whether `waivers.lock` says the same.

use std::path::Path;

use super::{Failure, Out};
use crate::app::App;
use crate::waivers::{Lock, scan};

pub(super) fn run(app: &App, dir: Option<&Path>, json: bool, accept: bool, out: &Out) -> Result<(), Failure> {
    let Some(dir) = dir.map(Path::to_owned).or_else(|| app.package.sources()) else {
        return without_sources(app, out);
    };
    let scan = scan(&dir).map_err(|error| Failure::new(format_args!("{}: {error}", dir.display())))?;
    let path = dir.join("waivers.lock");
    let committed = std::fs::read_to_string(&path).ok();
    let lock = Lock::parse(committed.as_deref().unwrap_or_default());
    let found = Lock::of(&scan.places);
    let differences = lock.differences(&found);
    if json {
        let places: Vec<_> = scan
            .places
            .iter()
            .map(|place| {
                serde_json::json!({
                    "wall": place.entry.wall, "module": place.entry.module, "reason": place.entry.reason,
                    "file": place.file, "line": place.line, "signed": lock.entries.contains_key(&place.entry),
                })
            })
            .collect();
        out.line(format_args!("{:#}", serde_json::Value::from(places)));
    } else if !accept {
        for place in &scan.places {
            out.line(format_args!("{} in {}", place.entry.wall, place.entry.module));
            out.line(format_args!("  {}", place.entry.reason));
            out.line(format_args!("  {}:{}", place.file.display(), place.line));
        }
        let (entries, places) = (found.entries.len(), scan.places.len());
        out.line(format_args!("{entries} exception(s) in {places} place(s)."));
    }
    if !scan.trouble.is_empty() {
        let shown: Vec<String> = scan
            .trouble
            .iter()
            .map(|t| format!("\n  {}:{}: {}", t.file.display(), t.line, t.what))
            .collect();
        return Err(Failure::new(format_args!(
            "Not every waiver can be counted:{}",
            shown.concat()
        )));
    }
    if differences.is_empty() {
        if !json {
            out.line(format_args!("waivers.lock says the same."));
        }
        return Ok(());
    }
    if accept {
        for difference in &differences {
            out.line(format_args!("{difference}"));
        }
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
        return Ok(());
    }
    let shown: Vec<String> = differences.iter().map(|d| format!("\n  {d}")).collect();
    Err(Failure::new(format_args!(
        "waivers.lock says otherwise:{}\nRead this, sign it with `waivers --accept`, and commit it.",
        shown.concat()
    )))
}

/// A release build lists what it was built with; it cannot compare.
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
