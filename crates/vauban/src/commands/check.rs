//! `check`: what start would find.

use super::runtime::runtime;
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
    let database = assemble::exists(&settings).then(|| assemble::open(app, &settings));
    let database = database.transpose()?;
    let migrations = database
        .as_ref()
        .map(|database| assemble::migrated(app, database));
    let migrations = migrations.transpose()?;
    let mut findings = run_checks(&checking(app, &settings, migrations.as_ref()));
    if let (Some(database), Some(migrated)) = (&database, &migrations)
        && migrated.pending.is_empty()
    {
        let of_rows = runtime(&settings)?.block_on(app.modules.check_rows(database))?;
        findings.extend(of_rows);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    }
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
