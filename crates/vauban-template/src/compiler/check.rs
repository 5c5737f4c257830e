//! `cargo vauban templates check`: every problem of every template of a package at once, hints included.
//!
//! It knows the templates, not the structs: unknown variables and what needs types are the business of the derive.

use super::derive::analyse_all;
use super::error::Problem;
use super::generate::{Generator, Options};
use super::resolve::{Folder, Loader, Resolver};
use proc_macro2::TokenStream;
use std::path::Path;

/// Reads every file below `templates/` of a package.
pub fn check_package(package: &Path) -> Vec<Problem> {
    let folder = Folder(package.join("templates"));
    check(&folder, Some(&package.join("static")))
}

/// The same for templates from anywhere.
pub fn check<L: Loader>(loader: &L, statics: Option<&Path>) -> Vec<Problem> {
    let mut names = loader.names();
    names.sort();
    let mut out: Vec<Problem> = Vec::new();
    for name in &names {
        if !name.ends_with(".html") && name.contains('.') {
            continue;
        }
        for problem in one(loader, name, statics) {
            // A mistake in a layout shows in every page of it: once is enough.
            if !out.contains(&problem) {
                out.push(problem);
            }
        }
    }
    out
}

fn one<L: Loader>(loader: &L, name: &str, statics: Option<&Path>) -> Vec<Problem> {
    let mut resolver = Resolver::new(loader);
    let page = match resolver.page(name) {
        Ok(page) => page,
        Err(error) => return vec![resolver.sources.problem(*error)],
    };
    let sources = std::mem::take(&mut resolver.sources);
    match analyse_all(&page, &sources, false) {
        Ok((analysed, _, machine)) => {
            let mut errors = machine.problems;
            if let Some(statics) = statics {
                super::derive::missing_files(&analysed.ops, statics, loader.packages(), &sources, &mut errors);
            }
            // What needs no types: filters, their arguments, tags.
            let options = Options {
                root: TokenStream::new(),
                fields: Vec::new(),
                dynamic: false,
                local: false,
                any: true,
            };
            if let Err(found) = Generator::new(&options, &sources).function(&analysed.ops) {
                errors.extend(found);
            }
            errors.into_iter().map(|e| sources.problem(e)).collect()
        }
        Err(problems) => problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn all_problems_at_once() {
        let files: HashMap<String, String> = [
            ("base.html", "<!doctype html><html lang=\"en\"><body>{% block a %}{% endblock %}</body></html>"),
            (
                "page.html",
                "{% extends \"base.html\" %}{% block a %}<img src=\"/a.png\"><input name=\"q\"><b onclick=\"{{ x }}\">{{ y }}</b><p style=\"{{ z }}\">{% endblock %}",
            ),
            ("other.html", "<p>{{ a b }}</p>"),
            ("filters.html", "<p>{{ x|safe }}{{ x|uper }}{% for y in z|slice:\"a\" %}{% endfor %}{{ user.nam }}{{ x|own }}</p>"),
        ]
        .map(|(n, t)| (n.to_owned(), t.to_owned()))
        .into();
        let classes: Vec<&str> = check(&files, None).iter().map(|p| p.class).collect();
        assert_eq!(
            classes,
            [
                "safe",
                "unknown-filter",
                "filter-argument",
                "unknown-variable",
                "expression",
                "event-handler",
                "style-attribute",
                "alt",
                "label"
            ]
        );
    }
}
