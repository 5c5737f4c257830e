//! The sources of what is generated: real files below `scaffold/`, in layers; a later layer's file takes an earlier one's
//! place. Placeholders are words such as `__name__`.

use crate::write::NewFile;

/// What a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// People sign up and have rows of their own.
    Accounts,
    /// People belong to organisations, whose members share rows.
    Organisations,
    /// Nobody signs in.
    Plain,
}

impl Kind {
    /// The kind that is called so on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "accounts" => Some(Self::Accounts),
            "organisations" => Some(Self::Organisations),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }

    fn layers(self) -> &'static [Layer] {
        match self {
            Self::Accounts => &[SITE, ACCOUNTS],
            Self::Organisations => &[SITE, ACCOUNTS, ORGANISATIONS],
            Self::Plain => &[SITE, PLAIN],
        }
    }
}

/// Files: where each goes, and its text.
type Layer = &'static [(&'static str, &'static str)];

/// `layer!("folder": "as it lies there" => "as it is called in a site", …)`; one name where both are the same.
macro_rules! layer {
    ($folder:literal: $($file:literal $(=> $name:literal)?),+ $(,)?) => {
        &[$((layer!(@name $file $($name)?), include_str!(concat!("../scaffold/", $folder, "/", $file)))),+]
    };
    (@name $file:literal $name:literal) => { $name };
    (@name $file:literal) => { $file };
}

const SITE: Layer = layer!("site":
    "_Cargo.toml" => "Cargo.toml",
    "_gitignore" => ".gitignore",
    "_dockerignore" => ".dockerignore",
    "_env.example" => ".env.example",
    "AGENTS.md",
    "README.md",
    "Dockerfile",
    "build.rs",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "deploy/unit.service" => "deploy/__name__.service",
    "github/ci.yml" => ".github/workflows/ci.yml",
    "scripts/ci",
    "src/errors.rs",
    "src/main.rs",
    "src/paging.rs",
    "static/mark.svg",
    "static/site.css",
    "templates/error.html",
    "templates/pages.html",
);

const PLAIN: Layer = layer!("plain":
    "access.lock",
    "migrations/INDEX",
    "src/lib.rs",
    "src/pages.rs",
    "src/urls.rs",
    "templates/base.html",
    "templates/home.html",
    "tests/site/main.rs",
    "tests/site/pages.rs",
    "waivers.lock",
);

const ACCOUNTS: Layer = layer!("accounts":
    "access.lock",
    "migrations/0001_initial.toml",
    "migrations/INDEX",
    "src/lib.rs",
    "src/pages.rs",
    "src/people.rs",
    "src/urls.rs",
    "templates/account.html",
    "templates/base.html",
    "templates/form.html",
    "templates/home.html",
    "templates/profile.html",
    "tests/site/main.rs",
    "tests/site/pages.rs",
    "tests/site/people.rs",
    "tests/site/world.rs",
    "waivers.lock",
);

const ORGANISATIONS: Layer = layer!("organisations":
    "access.lock",
    "migrations/0001_initial.toml",
    "src/lib.rs",
    "src/organisations/asking.rs",
    "src/organisations/forms.rs",
    "src/organisations/leaving.rs",
    "src/organisations/mod.rs",
    "src/organisations/views.rs",
    "src/people.rs",
    "src/urls.rs",
    "templates/base.html",
    "templates/home.html",
    "templates/organisations/form.html",
    "templates/organisations/leave.html",
    "templates/organisations/list.html",
    "templates/organisations/member.html",
    "templates/organisations/role.html",
    "templates/organisations/show.html",
    "tests/site/leaving.rs",
    "tests/site/main.rs",
    "tests/site/organisations.rs",
    "tests/site/world.rs",
    "waivers.lock",
);

/// The files of a site of this kind, with the placeholders filled.
pub(crate) fn site(kind: Kind, words: &Words<'_>) -> Vec<NewFile> {
    // Who calls everything in the tests: where people share rows, a plain member too.
    let callers = match kind {
        Kind::Organisations => ["5", ", Allowed", ", NotFound", "  Dan (plain member)"],
        Kind::Accounts | Kind::Plain => ["4", "", "", ""],
    };
    let [count, allowed, not_found, dan] = callers;
    let words = [
        words.0,
        &[
            ("__callers__", count),
            ("__and_allowed__", allowed),
            ("__and_not_found__", not_found),
            ("__and_dan__", dan),
        ],
    ]
    .concat();
    let words = Words(&words);
    let mut files: Vec<NewFile> = Vec::new();
    for (path, text) in kind.layers().iter().copied().flatten() {
        files.retain(|file| file.path != words.fill(path));
        files.push(NewFile {
            path: words.fill(path),
            text: words.fill(text),
            executable: *path == "scripts/ci",
        });
    }
    files
}

/// What stands for each placeholder.
#[derive(Debug)]
pub(crate) struct Words<'a>(pub(crate) &'a [(&'a str, &'a str)]);

impl Words<'_> {
    /// The text with every placeholder replaced, in one pass: what was put in is not looked at again.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("__") {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let found = self.0.iter().find(|(word, _)| rest.starts_with(word));
            match found {
                Some((word, value)) => {
                    out.push_str(value);
                    rest = &rest[word.len()..];
                }
                None => {
                    out.push('_');
                    rest = &rest[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, from: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, from, found);
            } else {
                let name = path.strip_prefix(from).unwrap();
                found.insert(name.to_string_lossy().into_owned());
            }
        }
    }

    /// A file that lies in the folder and in no layer would be missing in every site.
    #[test]
    fn every_file_is_part_of_a_layer() {
        for (folder, layer) in [
            ("site", SITE),
            ("plain", PLAIN),
            ("accounts", ACCOUNTS),
            ("organisations", ORGANISATIONS),
        ] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("scaffold")
                .join(folder);
            let mut found = BTreeSet::new();
            files(&root, &root, &mut found);
            assert_eq!(found.len(), layer.len(), "{folder}: {found:?}");
        }
    }

    /// What the guide has people copy or write, a site has.
    #[test]
    fn a_site_has_what_the_guide_says() {
        let text_of = |path: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            std::fs::read_to_string(root.join(path)).unwrap()
        };
        let ours = |path: &str| SITE.iter().find(|(name, _)| *name == path).unwrap().1;
        let rules = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.map(str::to_owned).collect()
        };
        let clippy = rules(&text_of("clippy.toml"));
        assert_eq!(
            rules(ours("clippy.toml")),
            clippy,
            "copy its rules to scaffold/site/clippy.toml"
        );
        assert_eq!(ours("build.rs"), text_of("docs/first-site/build.rs"));
    }

    /// A site, or a model's module, may be called like a module of its tests: `people`, `tools`. The crate is named from
    /// the root of all names.
    #[test]
    fn the_crate_is_not_taken_for_a_module_of_its_name() {
        let mut sources = Vec::new();
        for layer in [SITE, PLAIN, ACCOUNTS, ORGANISATIONS] {
            sources.extend_from_slice(layer);
        }
        sources.extend(crate::model::sources_of_every_kind());
        let rust = sources.iter().filter(|(path, _)| path.ends_with(".rs"));
        for (path, text) in rust {
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let named = line.replace("::__crate__::", "");
                assert!(!named.contains("__crate__::"), "{path}: {line}");
            }
        }
    }

    #[test]
    fn placeholders_are_filled_once() {
        let words = Words(&[("__name__", "__crate__"), ("__crate__", "b")]);
        assert_eq!(
            words.fill("__name__ __crate___x ____ a__b"),
            "__crate__ b_x ____ a__b"
        );
    }

    /// Whatever a site is called, nothing of ours is left in it, and no path but the framework's.
    #[test]
    fn no_placeholder_is_left() {
        for kind in [Kind::Plain, Kind::Accounts, Kind::Organisations] {
            let values = [
                ("__name__", "my-site"),
                ("__crate__", "my_site"),
                ("__title__", "My site"),
                ("__vauban__", "/somewhere/crates/vauban"),
            ];
            for file in site(kind, &Words(&values)) {
                for (word, _) in values {
                    assert!(
                        !file.text.contains(word) && !file.path.contains(word),
                        "{}",
                        file.path
                    );
                }
                let names_it = file.text.contains("/somewhere");
                assert_eq!(names_it, file.path == "Cargo.toml", "{}", file.path);
            }
        }
    }
}
