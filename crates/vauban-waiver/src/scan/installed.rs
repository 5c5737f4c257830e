//! Packages of a registry or from git that depend on Vauban: modules of others. Cargo silences rustc's warnings in them, so
//! that nobody else tells of hidden names there (CWE-1059).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::configuration::configurations;
use super::packages::{OURS, manifest};

/// How deep in a repository a package lies.
const DEEPEST: usize = 4;

/// The folders of those that `dir`'s program is locked to. No program is started to ask for them: Cargo keeps them where it
/// says, or where its configuration does.
pub(super) fn installed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(lock) = lock_of(dir)? else {
        return Ok(Vec::new());
    };
    let all: Vec<&Value> = packages(&lock).collect();
    // Whatever has Vauban below it: a module hands on what another module handed on.
    let mut names: BTreeSet<&str> = OURS.iter().copied().collect();
    loop {
        let more: Vec<&str> = all
            .iter()
            .filter(|package| dependencies(package).any(|name| names.contains(name)))
            .filter_map(|package| text(package, "name"))
            .filter(|name| !names.contains(name))
            .collect();
        if more.is_empty() {
            break;
        }
        names.extend(more);
    }
    let modules = all.into_iter().filter_map(Locked::of);
    let modules = modules.filter(|module| names.contains(module.name) && !OURS.contains(&module.name));
    let folders: io::Result<Vec<Vec<PathBuf>>> = modules.map(|module| module.folders(dir)).collect();
    Ok(folders?.concat())
}

/// The lock that has the package: that of a workspace above it only if it is a member there.
fn lock_of(dir: &Path) -> io::Result<Option<Table>> {
    let own = manifest(dir)?;
    let own = own.get("package").and_then(|package| text(package, "name"));
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mut other = None;
    for folder in full.ancestors() {
        let path = folder.join("Cargo.lock");
        let lock = match fs::read_to_string(&path) {
            Ok(text) => text.parse::<Table>().map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if packages(&lock).any(|package| text(package, "name") == own && text(package, "source").is_none()) {
            return Ok(Some(lock));
        }
        other.get_or_insert(path);
    }
    match other {
        // Cargo writes one before it builds anything.
        None => Ok(None),
        Some(path) => Err(io::Error::other(format!(
            "{} does not have this package, so that nobody knows which modules it is built with: run `cargo check` first",
            path.display()
        ))),
    }
}

fn packages(lock: &Table) -> impl Iterator<Item = &Value> {
    lock.get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(package: &'a Value, key: &str) -> Option<&'a str> {
    package.get(key).and_then(Value::as_str)
}

/// The names of what a locked package depends on: `name`, or `name version` where there are several.
fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    let all = package
        .get("dependencies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.filter_map(|dependency| dependency.as_str()?.split(' ').next())
}

/// A package of the lock that came from elsewhere.
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    source: &'a str,
}

impl<'a> Locked<'a> {
    fn of(package: &'a Value) -> Option<Self> {
        Some(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            source: text(package, "source")?,
        })
    }

    /// Where its sources lie: all copies, for two registries may have packages of one name.
    fn folders(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
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
        places.retain(|place| self.lies_in(place));
        if places.is_empty() {
            return Err(io::Error::other(format!(
                "the sources of the module `{} {}` are not where Cargo keeps them, so that nobody reads what it signs: run `cargo fetch`",
                self.name, self.version
            )));
        }
        Ok(places)
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
