//! `check`: what start would find.

use super::{Failure, Out};
use crate::app::App;
use crate::assemble;
use crate::checks::{Severity, checking, run as run_checks};
use crate::settings::Mode;

pub(super) fn run(app: &App, deploy: bool, out: &Out) -> Result<(), Failure> {
    let mode = if deploy {
        Mode::Release
    } else {
        Mode::of_this_build()
    };
    let settings = app.settings_for(mode)?;
    // A database that is not there yet is no mistake of the program.
    let migrations = assemble::exists(&settings)
        .then(|| assemble::open(app, &settings).and_then(|database| assemble::migrated(app, &database)))
        .transpose()?;
    let findings = run_checks(&checking(app, &settings, migrations.as_ref()));
    for finding in &findings {
        out.line(format_args!("{finding}"));
    }
    let count = |level: Severity| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings, notes) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    );
    let summary = format!("{errors} error(s), {warnings} warning(s), {notes} note(s).");
    if errors > 0 {
        return Err(Failure::new(format_args!(
            "{summary} A release build does not serve with an error."
        )));
    }
    out.line(format_args!("{summary}"));
    Ok(())
}
