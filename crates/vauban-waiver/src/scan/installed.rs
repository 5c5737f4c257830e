//! Packages of a registry or from git that depend on Vauban: modules of others. Cargo silences rustc's warnings in them, so
//! that nobody else tells of hidden names there (CWE-1059).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::configuration::configurations;
use super::packages::{OURS, Workspace, manifest};

/// How deep in a repository a package lies.
const DEEPEST: usize = 4;

/// The folders of those that `dir`'s program is locked to. No program is started to ask for them: Cargo keeps them where it
/// says, or where its configuration does.
pub(super) fn installed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let workspace = Workspace::of(dir).dir;
    let lock = match fs::read_to_string(workspace.join("Cargo.lock")) {
        Ok(text) => text.parse::<Table>().map_err(io::Error::other)?,
        // Cargo writes one before it builds anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let packages = lock
        .get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    packages
        .filter_map(Locked::of)
        .map(|module| module.folder(dir))
        .collect()
}

/// A package of the lock that came from elsewhere and depends on Vauban.
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    source: &'a str,
}

impl<'a> Locked<'a> {
    fn of(package: &'a Value) -> Option<Self> {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let named = Self {
            name: text("name")?,
            version: text("version")?,
            source: text("source")?,
        };
        let mut on = package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        // `name`, or `name version` where there are several.
        let ours = |dependency: &Value| {
            let name = dependency.as_str().and_then(|text| text.split(' ').next());
            name.is_some_and(|name| OURS.contains(&name))
        };
        (!OURS.contains(&named.name) && on.any(ours)).then_some(named)
    }

    /// Where its sources lie.
    fn folder(&self, dir: &Path) -> io::Result<PathBuf> {
        let mut places = self.vendored(dir);
        if let Some(home) = cargo_home() {
            match self
                .source
                .split_once('#')
                .filter(|_| self.source.starts_with("git+"))
            {
                Some((_, commit)) => {
                    let commit = commit.get(..7).unwrap_or(commit);
                    for repository in folders(&home.join("git/checkouts")) {
                        packages_below(&repository.join(commit), DEEPEST, &mut places);
                    }
                }
                None => {
                    let name = format!("{}-{}", self.name, self.version);
                    let registries = folders(&home.join("registry/src"));
                    places.extend(registries.map(|registry| registry.join(&name)));
                }
            }
        }
        places.into_iter().find(|place| self.lies_in(place)).ok_or_else(|| {
            io::Error::other(format!(
                "the sources of the module `{} {}` are not where Cargo keeps them, so that nobody reads what it signs: run `cargo fetch`",
                self.name, self.version
            ))
        })
    }

    /// Where a configuration's directory sources have it.
    fn vendored(&self, dir: &Path) -> Vec<PathBuf> {
        let mut places = Vec::new();
        for config in configurations(dir) {
            let (Some(table), Some(base)) = (&config.table, config.path.parent().and_then(Path::parent))
            else {
                continue;
            };
            let sources = table
                .get("source")
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            for directory in sources.filter_map(|(_, source)| source.get("directory")?.as_str()) {
                let directory = base.join(directory);
                places.push(directory.join(self.name));
                places.push(directory.join(format!("{}-{}", self.name, self.version)));
            }
        }
        places
    }

    fn lies_in(&self, place: &Path) -> bool {
        let Ok(manifest) = manifest(place) else {
            return false;
        };
        let says = |key: &str| manifest.get("package").and_then(|package| package.get(key));
        let version = says("version").and_then(Value::as_str);
        // `version.workspace = true` of a repository.
        says("name").and_then(Value::as_str) == Some(self.name)
            && version.is_none_or(|version| version == self.version)
    }
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

fn folders(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir())
}

fn packages_below(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if dir.join("Cargo.toml").is_file() {
        found.push(dir.to_owned());
    }
    if depth > 0 {
        for folder in folders(dir) {
            packages_below(&folder, depth - 1, found);
        }
    }
}
