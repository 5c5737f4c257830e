//! The framework's own checks, and the run of all.

mod deployment;
mod locks;
mod program;
mod refusal;
pub(crate) mod row_security;
#[cfg(test)]
mod vectors;

pub use vauban_core::checks::{Check, Checking, CheckingRows, Finding, Migrated, Severity};

use crate::app::App;
use crate::settings::Settings;

pub(crate) use refusal::Refused;

/// What checks look at: a program with its settings.
pub(crate) fn checking<'a>(
    app: &'a App,
    settings: &'a Settings,
    migrations: Option<&'a Migrated>,
) -> Checking<'a> {
    Checking {
        package: &app.package,
        modules: &app.modules,
        settings,
        migrations,
        #[cfg(feature = "__test_switches")]
        answers_plain: app.no_https_redirect,
        #[cfg(not(feature = "__test_switches"))]
        answers_plain: false,
    }
}

/// Runs every check: Vauban's and the modules'. Worst first.
pub fn run(checking: &Checking<'_>) -> Vec<Finding> {
    let own: &[Check] = &[
        program::routes,
        program::rules,
        program::forms,
        program::models,
        program::migrations,
        deployment::build,
        deployment::keys,
        deployment::lost_keys,
        deployment::hosts,
        deployment::https,
        deployment::hsts,
        deployment::durability,
        locks::access,
        locks::waivers,
        locks::migrations,
        row_security::row_security,
    ];
    let mut found: Vec<Finding> = own
        .iter()
        .chain(checking.modules.checks())
        .flat_map(|check| check(checking))
        .collect();
    for section in checking.modules.settings() {
        found.extend(section.check(checking.settings));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found
}
