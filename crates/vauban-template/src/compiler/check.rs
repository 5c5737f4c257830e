//! `cargo vauban templates check`: every problem of every template of a package at once, hints included.
//!
//! It knows the templates, not the structs: unknown variables and what needs types are the business of the derive.

use super::derive::analyse_all;
use super::error::{Error, Problem, Sources};
use super::generate::{Generator, Known, Options};
use super::html::ir::Op;
use super::plain::{self, is_plain};
use super::resolve::{ELSEWHERE, Folder, Loader, Resolver};
use proc_macro2::TokenStream;
use std::path::Path;

/// Reads every file below `templates/` of a package. What extends another package's templates is left to the build,
/// which has them.
pub fn check_package(package: &Path) -> Vec<Problem> {
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
    let own = Own {
        folder: Folder(package.join("templates")),
        dependencies: dependencies(&manifest),
    };
    let allowed = super::hints::Allowed::of(package);
    let mut found = all(&own, Some(&package.join("static")), &names_of(package));
    found.retain(|problem| !allowed.has(problem));
    found
}

/// What stands in the modules that templates call into, each a file of its own. Every word of such a file may be a name, so
/// that no name is missed; where one is in another place, or takes in all of a third, only the compiler knows.
fn names_of(package: &Path) -> Known {
    let root = std::fs::read_to_string(package.join("src/lib.rs"))
        .or_else(|_| std::fs::read_to_string(package.join("src/main.rs")))
        .unwrap_or_default();
    let mut out = Known::new();
    for module in ["template_filters", "template_tags", "urls"] {
        let file = package.join(format!("src/{module}.rs"));
        let text = match std::fs::read_to_string(file) {
            Ok(text) if text.contains("::*") => continue,
            Ok(text) => text,
            Err(_) if root.contains(module) => continue,
            Err(_) => String::new(),
        };
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        out.insert(module, words.map(str::to_owned).collect());
    }
    out
}

/// A package's templates, and the names that may be other packages'.
struct Own {
    folder: Folder,
    dependencies: Vec<String>,
}

impl Loader for Own {
    fn load(&self, name: &str) -> Option<String> {
        self.folder.load(name)
    }

    fn names(&self) -> Vec<String> {
        self.folder.names()
    }

    fn is_elsewhere(&self, name: &str) -> bool {
        let first = name.split_once('/').map(|(first, _)| first);
        first.is_some_and(|first| self.dependencies.iter().any(|name| name == first))
    }
}

/// The crates that a manifest names in `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut out = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']').trim();
            inside = table == "dependencies";
            out.extend(table.strip_prefix("dependencies.").map(str::to_owned));
        } else if inside && let Some(key) = line.split(['=', '.', ' ']).next() {
            out.push(key.to_owned());
        }
    }
    out.iter()
        .map(|name| name.trim().trim_matches('"').replace('-', "_"))
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

/// The same for templates from anywhere.
pub fn check<L: Loader>(loader: &L, statics: Option<&Path>) -> Vec<Problem> {
    all(loader, statics, &Known::default())
}

fn all<L: Loader>(loader: &L, statics: Option<&Path>, own: &Known) -> Vec<Problem> {
    let mut names = loader.names();
    names.sort();
    let mut out: Vec<Problem> = Vec::new();
    for name in &names {
        if !name.ends_with(".html") && !is_plain(name) && name.contains('.') {
            continue;
        }
        for problem in one(loader, name, statics, own) {
            // A mistake in a layout shows in every page of it: once is enough.
            if !out.contains(&problem) {
                out.push(problem);
            }
        }
    }
    out
}

fn one<L: Loader>(loader: &L, name: &str, statics: Option<&Path>, own: &Known) -> Vec<Problem> {
    let mut resolver = Resolver::new(loader);
    let page = match resolver.page(name) {
        Ok(page) => page,
        Err(error) if error.class == ELSEWHERE => return Vec::new(),
        Err(error) => return vec![resolver.sources.problem(*error)],
    };
    let sources = std::mem::take(&mut resolver.sources);
    if is_plain(name) {
        let found = match plain::analyse(&page.nodes) {
            Ok(ops) => untyped(&ops, &sources, own),
            Err(error) => vec![*error],
        };
        return found.into_iter().map(|error| sources.problem(error)).collect();
    }
    match analyse_all(&page, &sources, false) {
        Ok((analysed, _, machine)) => {
            let mut errors = machine.problems;
            if let Some(statics) = statics {
                super::derive::missing_files(&analysed.ops, statics, loader, &sources, &mut errors);
            }
            errors.extend(untyped(&analysed.ops, &sources, own));
            errors.into_iter().map(|e| sources.problem(e)).collect()
        }
        Err(problems) => problems,
    }
}

/// What needs no types: filters, their arguments, tags.
fn untyped(ops: &[Op], sources: &Sources, own: &Known) -> Vec<Error> {
    let options = Options {
        root: TokenStream::new(),
        fields: Vec::new(),
        dynamic: false,
        local: false,
        unasked: false,
        given: &[],
        any: true,
        own: own.clone(),
        span: proc_macro2::Span::call_site(),
    };
    let made = Generator::new(&options, sources).function(ops);
    made.err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn what_is_another_packages_is_left_to_the_build() {
        let manifest = "[package]\nname = \"site\"\n[dependencies]\n# a note\nguest-book = { path = \"x\" }\n\
                        look.workspace = true\n[dependencies.other]\nversion = \"1\"\n[dev-dependencies]\ntokio = \"1\"";
        assert_eq!(dependencies(manifest), ["guest_book", "look", "other"]);
        let folder = std::env::temp_dir().join(format!("vauban-templates-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("Cargo.toml", manifest);
        write(
            "templates/a.html",
            "{% extends \"look/base.html\" %}{% block x %}{{ a b }}{% endblock %}",
        );
        write("templates/b.html", "{% extends \"lock/base.html\" %}");
        write(
            "templates/c.html",
            "<link rel=\"stylesheet\" href=\"{% static \"look/x.css\" %}\"><link rel=\"stylesheet\" href=\"{% static \"lock/x.css\" %}\">",
        );
        let found = check_package(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let found: Vec<_> = found.iter().map(|p| (p.file.as_str(), p.class)).collect();
        // The file's own syntax is told wherever its parent is.
        assert_eq!(
            found,
            [
                ("a.html", "expression"),
                ("b.html", "no-such-template"),
                ("c.html", "no-such-file")
            ]
        );
    }

    /// A filter, a tag or a route that is nowhere in the site is told before anything is built.
    #[test]
    fn names_of_the_application_are_looked_up() {
        let folder = std::env::temp_dir().join(format!("vauban-names-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "pub mod template_filters;\npub mod urls;\n");
        write(
            "src/template_filters.rs",
            "pub fn shout(text: &str) -> String { text.to_uppercase() }\n",
        );
        write(
            "src/urls.rs",
            "vauban::routes! { book_list => books::list, book => books::show }\n",
        );
        write(
            "templates/a.html",
            "{{ x|shout }}{{ x|shuot }}{{ x|whisper }}{{ x|crate::other::murmur }}{% url book 1 %}{% url bok 1 %}{% call badge x %}",
        );
        let told = || -> Vec<String> {
            let found = check_package(&folder).into_iter();
            found.map(|problem| problem.found).collect()
        };
        assert_eq!(
            told(),
            [
                "there is no `shuot` in `crate::template_filters`",
                "there is no `whisper` in `crate::template_filters`",
                "there is no `bok` in `crate::urls`",
                "there is no `badge` in `crate::template_tags`",
            ]
        );
        // What only the compiler knows is left to it.
        write("src/template_filters.rs", "pub use look::filters::*;\n");
        write(
            "src/lib.rs",
            "pub mod template_filters;\npub mod template_tags { }\npub mod urls;\n",
        );
        assert_eq!(told(), ["there is no `bok` in `crate::urls`"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

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
