//! What a program is made of: its package and its modules. Explicit, and readable in one screen.

use crate::routing::Routes;

/// The package that a program is built from; written by [`package!`](crate::package).
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    /// `CARGO_MANIFEST_DIR`: where sources, templates and static files lie while developing.
    pub manifest_dir: &'static str,
}

/// The package in which it is written.
#[macro_export]
macro_rules! package {
    () => {
        $crate::Package {
            name: ::std::env!("CARGO_PKG_NAME"),
            version: ::std::env!("CARGO_PKG_VERSION"),
            manifest_dir: ::std::env!("CARGO_MANIFEST_DIR"),
        }
    };
}

/// A program: a list of modules.
#[derive(Debug)]
pub struct App {
    /// The package it is built from.
    pub package: Package,
    /// Its modules, in order.
    pub modules: Vec<Module>,
}

impl App {
    /// A program without modules.
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
}

/// A part of a program: routes, models, services, checks and commands that belong together.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its table of routes.
    pub routes: Routes,
}

impl Module {
    /// An empty module.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::new(),
        }
    }

    /// Adds a table of routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes) -> Self {
        self.routes = self.routes.and(routes);
        self
    }
}
