//! `cargo vauban templates check [FOLDER]`. Ends with 1 if a template would not build.

use std::path::Path;
use std::process::ExitCode;

use crate::arguments::Outcome;
use crate::say;

pub(crate) fn check(folder: &Path, deny_hints: bool) -> Outcome {
    if !folder.join("templates").is_dir() {
        say::line(format_args!(
            "there is no folder templates/ in {}",
            folder.display()
        ));
        return Ok(ExitCode::from(2));
    }
    let problems = vauban_template::compiler::check_package(folder);
    for problem in &problems {
        say::line(format_args!(
            "{}: {problem}\n",
            if problem.warning { "hint" } else { "error" }
        ));
    }
    let errors = problems.iter().filter(|p| !p.warning).count();
    let hints = problems.len() - errors;
    say::line(format_args!("{errors} errors, {hints} hints"));
    let failed = errors > 0 || (deny_hints && hints > 0);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
