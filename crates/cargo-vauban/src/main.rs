//! Tools for a site's source tree, called as `cargo vauban …`:
//!
//! * `new NAME`: a site that runs, with its tests, deployment files and looks;
//! * `add model NAME FIELD:TYPE …`: a model with policy, form, views, templates, routes and tests;
//! * `templates check [FOLDER]`: every problem of every template of a package at once.

mod add;
mod arguments;
mod edit;
mod field;
mod lock;
mod model;
mod names;
mod new;
mod say;
mod scaffold;
mod site;
mod templates;
mod tenant;
mod write;

use std::process::ExitCode;

use arguments::Task;

const USAGE: &str = "Usage:
  cargo vauban new NAME [--accounts | --organisations | --plain] [--vauban FOLDER]
      makes a site in the new folder NAME
        --accounts        people sign up and have rows of their own (the default)
        --organisations   people belong to organisations, whose members share rows
        --plain           nobody signs in
        --vauban FOLDER   the clone of Vauban; else the one that this tool was built from

  cargo vauban add model NAME FIELD:TYPE ... [--plural NAME]
      in a site's folder: writes a model with its policy, form, views, templates, routes and tests

  cargo vauban templates check [--deny-hints] [PACKAGE FOLDER]
      says everything that is wrong with the templates of a package, with hints for accessibility";

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // Cargo hands over its own name of the subcommand.
    if words.first().is_some_and(|word| word == "vauban") {
        words.remove(0);
    }
    let done = match arguments::parse(&words) {
        Ok(Task::Help) => {
            say::line(format_args!("{USAGE}"));
            return ExitCode::SUCCESS;
        }
        Ok(Task::New(wanted)) => new::run(wanted),
        Ok(Task::AddModel(wanted)) => add::run(&wanted),
        Ok(Task::Templates { folder, deny_hints }) => templates::check(&folder, deny_hints),
        Err(told) => {
            say::error(format_args!("{told}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|told| {
        say::error(format_args!("{told}\nNothing was written."));
        ExitCode::FAILURE
    })
}
