//! Which packages make a program: its own and, by their manifests, those that lie beside it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// The folder of `dir`'s package first, then those of the path dependencies that take part in the program and could
/// lift a wall: they reach Vauban, or are procedural macros, which write code into packages that do. Vauban's own are
/// left out.
pub(super) fn packages(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let root = Workspace::of(dir);
    let mut all: BTreeMap<PathBuf, Facts> = BTreeMap::new();
    let mut order = Vec::new();
    let mut next: VecDeque<PathBuf> = std::iter::once(dir.to_owned()).chain(root.patches()).collect();
    while let Some(folder) = next.pop_front() {
        let key = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if all.contains_key(&key) {
            continue;
        }
        let facts = match Facts::read(&folder) {
            Ok(facts) => facts,
            // A path in a manifest that leads nowhere: Cargo says so.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != dir => continue,
            Err(error) => return Err(error),
        };
        if !facts.framework {
            next.extend(facts.paths.iter().cloned());
            order.push(folder);
        }
        all.insert(key, facts);
    }
    let mut reach: BTreeSet<PathBuf> = all
        .iter()
        .filter(|(_, facts)| facts.reaches)
        .map(|(key, _)| key.clone())
        .collect();
    loop {
        let more: Vec<_> = all
            .iter()
            .filter(|(key, facts)| !reach.contains(*key) && facts.keys().any(|path| reach.contains(&path)))
            .map(|(key, _)| key.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        reach.extend(more);
    }
    order.retain(|folder| {
        let key = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        folder == dir || reach.contains(&key) || all.get(&key).is_some_and(|facts| facts.macros)
    });
    Ok(order)
}

/// What a manifest says.
struct Facts {
    /// One of Vauban's own packages.
    framework: bool,
    /// A procedural macro.
    macros: bool,
    /// Depends on Vauban, or is of it.
    reaches: bool,
    /// Path dependencies of the program; of tests and build scripts nothing gets into it.
    paths: Vec<PathBuf>,
}

impl Facts {
    fn read(dir: &Path) -> io::Result<Self> {
        let manifest = manifest(dir)?;
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        // Where this very crate lies. Development builds only: a release does not tell the paths of its machine.
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let here = dir.canonicalize().ok();
        let framework = is_vauban(name)
            && here
                .as_deref()
                .and_then(Path::parent)
                .is_some_and(|parent| Some(parent) == home);
        let workspace = Workspace::of(dir);
        let mut facts = Self {
            framework,
            macros: ["proc-macro", "proc_macro"].iter().any(|key| {
                manifest
                    .get("lib")
                    .and_then(|lib| lib.get(key))
                    .and_then(Value::as_bool)
                    == Some(true)
            }),
            reaches: framework,
            paths: Vec::new(),
        };
        for table in dependency_tables(&manifest) {
            for (key, dependency) in table {
                let inherited = dependency.get("workspace").and_then(Value::as_bool) == Some(true);
                let (dependency, base) = match workspace.dependency(key) {
                    Some(shared) if inherited => (shared, workspace.dir.as_path()),
                    _ => (dependency, dir),
                };
                let real = dependency.get("package").and_then(Value::as_str).unwrap_or(key);
                facts.reaches |= is_vauban(real);
                if let Some(path) = dependency.get("path").and_then(Value::as_str) {
                    facts.paths.push(base.join(path));
                }
            }
        }
        Ok(facts)
    }

    fn keys(&self) -> impl Iterator<Item = PathBuf> {
        self.paths.iter().filter_map(|path| path.canonicalize().ok())
    }
}

fn is_vauban(name: &str) -> bool {
    let name = name.replace('_', "-");
    name == "vauban" || name.starts_with("vauban-")
}

/// `[dependencies]`, also those of one platform.
fn dependency_tables(manifest: &Table) -> Vec<&Table> {
    fn of(table: &Table) -> Option<&Table> {
        table.get("dependencies")?.as_table()
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    let platforms = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.get("dependencies")?.as_table());
    let mut all: Vec<&Table> = platforms.collect();
    all.extend(of(manifest));
    all
}

pub(super) fn manifest(dir: &Path) -> io::Result<Table> {
    let path = dir.join("Cargo.toml");
    fs::read_to_string(&path)?
        .parse()
        .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// The workspace that a package belongs to; the package itself if to none.
struct Workspace {
    dir: PathBuf,
    manifest: Table,
}

impl Workspace {
    fn of(package: &Path) -> Self {
        let own = manifest(package).unwrap_or_default();
        let named = own
            .get("package")
            .and_then(|own| own.get("workspace"))
            .and_then(Value::as_str)
            .map(|path| package.join(path));
        let full = package.canonicalize().unwrap_or_else(|_| package.to_owned());
        let candidates = named.into_iter().chain(full.ancestors().map(Path::to_owned));
        for dir in candidates {
            if let Ok(manifest) = manifest(&dir)
                && manifest.contains_key("workspace")
            {
                return Self { dir, manifest };
            }
        }
        Self {
            dir: package.to_owned(),
            manifest: own,
        }
    }

    fn dependency(&self, name: &str) -> Option<&Value> {
        self.manifest.get("workspace")?.get("dependencies")?.get(name)
    }

    /// Whatever `[patch]` and `[replace]` put in another's place.
    fn patches(&self) -> Vec<PathBuf> {
        let table = |key: &str| self.manifest.get(key).and_then(Value::as_table);
        let patched = table("patch")
            .into_iter()
            .flatten()
            .filter_map(|(_, source)| source.as_table());
        patched
            .chain(table("replace"))
            .flatten()
            .filter_map(|(_, dependency)| dependency.get("path")?.as_str())
            .map(|path| self.dir.join(path))
            .collect()
    }
}
