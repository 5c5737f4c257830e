//! `cargo vauban templates check [FOLDER]`: every problem of every template of a package at once, with hints
//! for accessibility. Ends with 1 if a template would not build.

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "Usage: cargo vauban templates check [--deny-hints] [PACKAGE FOLDER]

Reads every file below templates/ of the package and says what is wrong with it, all at once:
what would not compile, and hints (images without alt=, fields without a label).";

#[allow(clippy::print_stdout)] // It is a program: what it found goes to the terminal.
fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo hands over its own name of the subcommand.
    if arguments.first().is_some_and(|a| a == "vauban") {
        arguments.remove(0);
    }
    let deny = arguments.iter().any(|a| a == "--deny-hints");
    arguments.retain(|a| a != "--deny-hints");
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = match words.as_slice() {
        ["templates", "check"] => PathBuf::from("."),
        ["templates", "check", folder] => PathBuf::from(folder),
        _ => {
            println!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    if !folder.join("templates").is_dir() {
        println!("there is no folder templates/ in {}", folder.display());
        return ExitCode::from(2);
    }
    let problems = vauban_template::compiler::check_package(&folder);
    for problem in &problems {
        println!("{}: {problem}\n", if problem.warning { "hint" } else { "error" });
    }
    let errors = problems.iter().filter(|p| !p.warning).count();
    let hints = problems.len() - errors;
    println!("{errors} errors, {hints} hints");
    if errors > 0 || (deny && hints > 0) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
