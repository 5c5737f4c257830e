//! Which hints a package wants. What a site's own policy makes untrue is left out, by class and perhaps by folder:
//!
//! ```toml
//! [package.metadata.vauban]
//! allow-hints = ["csp-frame", "csp-style:mail/"]
//! ```

use super::error::Problem;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

/// The hints that a package does not want to see.
#[derive(Debug, Default)]
pub struct Allowed(Vec<String>);

impl Allowed {
    /// Those that its manifest names.
    pub fn of(package: &Path) -> Self {
        Self::read(&std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default())
    }

    fn read(manifest: &str) -> Self {
        let section = manifest
            .split("\n[")
            .find_map(|part| part.strip_prefix("package.metadata.vauban]"));
        let list = section.and_then(|section| {
            let at = section.find("allow-hints")?;
            let (_, rest) = section[at..].split_once('[')?;
            rest.split_once(']').map(|(list, _)| list)
        });
        let names = list.unwrap_or("").split('"').skip(1).step_by(2);
        Self(names.map(str::to_owned).collect())
    }

    /// Whether a hint is one of those.
    pub fn has(&self, hint: &Problem) -> bool {
        hint.warning
            && self.0.iter().any(|entry| match entry.split_once(':') {
                Some((class, folder)) => class == hint.class && hint.file.starts_with(folder),
                None => entry == hint.class,
            })
    }
}

/// Those that a build tells: what cannot work in a browser. A layout is read for each of its pages, and tells it once.
pub fn told_while_building(package: &Path, hints: &[Problem]) -> Vec<Problem> {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let about_policy = |hint: &&Problem| hint.class.starts_with("csp-");
    if !hints.iter().any(|hint| about_policy(&hint)) {
        return Vec::new();
    }
    let allowed = Allowed::of(package);
    let Ok(mut told) = TOLD.lock() else {
        return Vec::new();
    };
    let mut new = |hint: &&Problem| {
        told.insert(format!(
            "{}:{}:{}:{}:{}",
            package.display(),
            hint.file,
            hint.line,
            hint.column,
            hint.class
        ))
    };
    hints
        .iter()
        .filter(about_policy)
        .filter(|hint| !allowed.has(hint))
        .filter(|hint| new(hint))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(file: &str, class: &'static str) -> Problem {
        Problem {
            file: file.to_owned(),
            line: 1,
            column: 1,
            source_line: String::new(),
            found: String::new(),
            help: String::new(),
            class,
            warning: true,
        }
    }

    #[test]
    fn a_package_names_the_hints_that_it_does_not_want() {
        let manifest = "[package]\nname = \"a\"\n\n[package.metadata.vauban]\nallow-hints = [\n  \"csp-frame\", \"csp-style:mail/\"\n]\n[dependencies]\nx = \"csp-media\"\n";
        let allowed = Allowed::read(manifest);
        assert!(
            allowed.has(&problem("a.html", "csp-frame")) && allowed.has(&problem("mail/a.html", "csp-style"))
        );
        assert!(
            !allowed.has(&problem("a.html", "csp-style")) && !allowed.has(&problem("a.html", "csp-media"))
        );
        assert!(!Allowed::read("[package]\n").has(&problem("a.html", "csp-frame")));
    }

    #[test]
    fn a_build_tells_each_place_once() {
        let package = Path::new("/nowhere");
        let hints = [problem("once.html", "csp-frame"), problem("once.html", "alt")];
        assert_eq!(told_while_building(package, &hints).len(), 1);
        assert_eq!(told_while_building(package, &hints).len(), 0);
    }
}
