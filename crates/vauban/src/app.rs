//! What a program is made of: its package and its modules. Explicit, and readable in one screen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::access::Line;
use crate::checks::{Check, Checking, Finding};
use crate::commands::Command;
use crate::routing::{Route, Routes};

/// A program: a list of modules.
///
/// ```
/// # use vauban::{App, Module, Package, Routes};
/// fn app(package: Package) -> App {
///     App::new(package).module(Module::new("articles").routes(Routes::new()))
/// }
/// ```
#[derive(Debug)]
pub struct App {
    /// The package it is built from.
    pub package: Package,
    /// Its modules, in order.
    pub modules: Vec<Module>,
}

impl App {
    /// A program without modules. The package is written by [`package!`](crate::package).
    pub fn new(package: Package) -> Self {
        Self {
            package,
            modules: Vec::new(),
        }
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Every route of every module.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.modules.iter().flat_map(|module| module.routes.iter())
    }
}

/// A part of a program: routes, models, services, checks and commands that belong together.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its table of routes.
    pub routes: Routes,
    pub(crate) checks: Vec<Check>,
    pub(crate) commands: Vec<Command>,
    /// Its lines of the access matrix that are not routes: policies and services.
    pub(crate) facts: Vec<Line>,
}

impl Module {
    /// An empty module.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::new(),
            checks: Vec::new(),
            commands: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Adds a table of routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes = self.routes.and(routes);
        self
    }

    /// Adds a check that runs at every start.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds a management command.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }
}

/// The package that a program is built from; written by [`package!`](crate::package).
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    /// `CARGO_MANIFEST_DIR`, where sources and locks lie while developing; empty in a release build, which does
    /// not tell the paths of the machine that built it (CWE-200).
    pub manifest_dir: &'static str,
    /// `access.lock` as it was when a release was built.
    pub access_lock: Option<&'static str>,
    /// `waivers.lock` as it was when a release was built.
    pub waivers_lock: Option<&'static str>,
}

impl Package {
    /// The folder with the sources; `None` in a release build, or when they are gone.
    pub fn sources(&self) -> Option<PathBuf> {
        let dir = Path::new(self.manifest_dir);
        (!self.manifest_dir.is_empty() && dir.join("Cargo.toml").is_file()).then(|| dir.to_owned())
    }

    /// The committed access matrix: embedded in a release, else read from the sources.
    pub fn access_lock(&self) -> Option<String> {
        self.lock(self.access_lock, "access.lock")
    }

    /// The signed exceptions: embedded in a release, else read from the sources.
    pub fn waivers_lock(&self) -> Option<String> {
        self.lock(self.waivers_lock, "waivers.lock")
    }

    fn lock(&self, embedded: Option<&str>, file: &str) -> Option<String> {
        embedded
            .map(str::to_owned)
            .or_else(|| std::fs::read_to_string(self.sources()?.join(file)).ok())
    }
}

/// Two routes with one method and one pattern: which view answers must not depend on order (CWE-436).
pub(crate) fn check_routes(c: &Checking<'_>) -> Vec<Finding> {
    let (mut seen, mut found): (BTreeMap<(String, String), &Route>, Vec<Finding>) = Default::default();
    for route in c.app.routes() {
        let key = (shape(&route.pattern()), route.meta.method.to_string());
        if let Some(first) = seen.insert(key, route) {
            found.push(Finding::error(
                "routes.twice",
                format!(
                    "two views answer {} {}: {} ({}:{}) and {} ({}:{})",
                    route.meta.method,
                    route.pattern(),
                    first.meta.id,
                    first.meta.file,
                    first.meta.line,
                    route.meta.id,
                    route.meta.file,
                    route.meta.line
                ),
                "Give one of them another path, or take it out of `routes!`.",
            ));
        }
    }
    found
}

/// A pattern without the names of its parameters.
fn shape(pattern: &str) -> String {
    let mut out = String::new();
    for (index, part) in pattern.split('{').enumerate() {
        if index > 0 {
            out.push_str("{}");
        }
        out.push_str(if index > 0 {
            part.split_once('}').map_or("", |(_, rest)| rest)
        } else {
            part
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_forgets_names_only() {
        assert_eq!(shape("/a/{slug}/b/{id}"), "/a/{}/b/{}");
        assert_eq!(shape("/plain/"), "/plain/");
    }
}
