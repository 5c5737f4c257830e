//! The site's `Cargo.lock`: the framework's versions, and of them what the site needs.

use std::path::Path;
use std::process::{Command, Stdio};

/// Has cargo take the framework's own packages out of the lock and put the site in, with every version as it is:
/// cargo in `scripts/ci`, which takes the lock as it is, refuses a lock that does not fit.
///
/// # Errors
/// What to do by hand, where cargo could not.
pub(crate) fn fit(site: &Path) -> Result<(), String> {
    // `cargo vauban` tells which cargo called it.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // A developer's tool that cargo itself has called calls cargo back, with words of ours only.
    #[allow(clippy::disallowed_methods)]
    let fitted = |network: &[&str]| {
        Command::new(&cargo)
            .args(["update", "--workspace", "--quiet"])
            .args(network)
            .current_dir(site)
            .stdin(Stdio::null())
            .output()
    };
    // What was built here is known here; an index is asked only where something is missing.
    let mut done = fitted(&["--offline"]);
    if !done.as_ref().is_ok_and(|done| done.status.success()) {
        done = fitted(&[]);
    }
    let why = match done {
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        Err(error) => format!("cargo cannot be run: {error}"),
    };
    Err(format!(
        "Its Cargo.lock is the framework's and does not fit yet: run `cargo update --workspace` in it before you build \
         with --locked, as `scripts/ci` does.\n{why}"
    ))
}
