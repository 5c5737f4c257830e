//! `passwords import` and `passwords build-filter`.

mod bounded;
mod build_filter;
mod import;
mod lines;

use vauban::commands::Command;

/// What an operator does about passwords.
pub(crate) fn passwords() -> Command {
    Command::group(
        "passwords",
        "Bring passwords from another program, or what is known of stolen ones",
    )
    .with(import::command())
    .with(build_filter::command())
}
