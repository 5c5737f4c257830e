//! `access`: the matrix, and whether `access.lock` says the same.

use super::{Failure, Out};
use crate::access::Matrix;
use crate::app::App;

pub(super) fn run(app: &App, json: bool, accept: bool, out: &Out) -> Result<(), Failure> {
    let matrix = Matrix::of(app);
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
