//! `access`: the matrix, and whether `access.lock` says the same.

use super::{Failure, Out};
use crate::access::Matrix;
use crate::app::App;

/// What is left to do where the exceptions of the sources are others than those that are signed.
const UNSIGNED: &str = "The exceptions in it are those of the sources, and waivers.lock does not say them yet: read and sign \
                        them with `waivers --accept`.";

/// The matrix with the exceptions that the sources ask for, and whether they are others than those that are signed. So it
/// is the same whichever of the two locks is accepted first.
#[cfg(debug_assertions)]
fn with_waivers_of_sources(app: &App, matrix: Matrix) -> (Matrix, bool) {
    let dir = app.package.sources().filter(|_| app.package.is_development());
    let packages = dir.and_then(|dir| vauban_waiver::scan::program(&dir).ok());
    // The first is the program's own. What cannot be read is told by `waivers` and by `check`.
    match packages.as_deref() {
        Some([own, ..]) if own.scan.trouble.is_empty() && !own.differences().is_empty() => {
            (matrix.with_waivers(own.found()), true)
        }
        _ => (matrix, false),
    }
}

/// A release build has looked every waiver up while compiling.
#[cfg(not(debug_assertions))]
fn with_waivers_of_sources(_: &App, matrix: Matrix) -> (Matrix, bool) {
    (matrix, false)
}

pub(super) fn run(app: &App, json: bool, accept: bool, out: &Out) -> Result<(), Failure> {
    let (matrix, unsigned) = with_waivers_of_sources(app, Matrix::of(app));
    let lock = app.package.access_lock();
    let differences = matrix.differences(lock.as_deref().unwrap_or_default());
    if json {
        out.line(format_args!("{:#}", matrix.json()));
    } else if !accept {
        out.line(format_args!("{}", matrix.table().trim_end()));
        out.line(format_args!(""));
    }
    if lock.is_some() && differences.is_empty() {
        if !json {
            out.line(format_args!("access.lock says the same."));
            if unsigned {
                out.line(format_args!("{UNSIGNED}"));
            }
        }
        return Ok(());
    }
    if accept {
        let Some(dir) = app.package.sources() else {
            return Err(Failure::new(
                "access.lock is written beside the sources: run this in a development build.",
            ));
        };
        for difference in &differences {
            out.line(format_args!("{difference}"));
        }
        let path = dir.join("access.lock");
        std::fs::write(&path, matrix.text())?;
        out.line(format_args!(
            "Wrote {} ({} lines, {} changed). Read the difference, then commit it.",
            path.display(),
            matrix.lines.len(),
            differences.len()
        ));
        if unsigned {
            out.line(format_args!("{UNSIGNED}"));
        }
        return Ok(());
    }
    let shown: Vec<String> = differences.iter().map(|d| format!("\n  {d}")).collect();
    Err(Failure::new(match lock {
        None => {
            "There is no access.lock. Accept this matrix with `access --accept` and commit it.".to_owned()
        }
        Some(_) => format!(
            "access.lock says otherwise:{}\nRead this, accept it with `access --accept`, and commit it.",
            shown.concat()
        ),
    }))
}
