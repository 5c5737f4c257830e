//! Which packages make a program: its own and, by their manifests, those that lie beside it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Vauban's own packages, as its workspace names them.
pub(super) const OURS: &[&str] = &[
    "cargo-vauban",
    "vauban",
    "vauban-accounts",
    "vauban-core",
    "vauban-macros",
    "vauban-orm",
    "vauban-tasks",
    "vauban-client",
    "vauban-mail",
    "vauban-template",
    "vauban-text",
    "vauban-waiver",
    "vauban-waiver-macros",
];

/// Whether the package `name` in `dir` is of Vauban: named by its workspace, and lying beside this very crate. A name
/// alone is anybody's, and so is a folder.
pub(super) fn is_ours(dir: &Path, name: &str) -> bool {
    // Where this very crate lies. Development builds only: a release does not tell the paths of its machine.
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok();
    let home = home.as_deref().and_then(Path::parent);
    let real = dir.canonicalize().ok();
    OURS.contains(&name) && home.is_some() && real.as_deref().and_then(Path::parent) == home
}

/// The folder of `dir`'s package first, then those of every path dependency of the program: one that does not depend
/// on Vauban still writes code into packages that do, by `macro_rules!` (CWE-1059). Then the modules that are installed.
/// Vauban's own are left out.
pub(super) fn packages(dir: &Path, installed: &[PathBuf]) -> io::Result<Vec<Part>> {
    let root = Workspace::of(dir);
    let mut all: BTreeMap<PathBuf, Facts> = BTreeMap::new();
    let mut order = Vec::new();
    let mut next: VecDeque<PathBuf> = std::iter::once(dir.to_owned())
        .chain(root.patches())
        .chain(configured(dir))
        .chain(installed.iter().cloned())
        .collect();
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
    // What a procedural macro is made of writes what it writes.
    let mut macros: BTreeSet<PathBuf> = BTreeSet::new();
    let mut next: Vec<PathBuf> = all
        .iter()
        .filter(|(_, f)| f.macros)
        .map(|(key, _)| key.clone())
        .collect();
    while let Some(key) = next.pop() {
        if let Some(facts) = all.get(&key)
            && macros.insert(key)
        {
            next.extend(facts.keys());
        }
    }
    Ok(order
        .into_iter()
        .map(|dir| Part {
            writes_code: macros.contains(&dir.canonicalize().unwrap_or_else(|_| dir.clone())),
            installed: installed.contains(&dir),
            dir,
        })
        .collect())
}

/// A package that takes part in a program.
pub(super) struct Part {
    /// The folder of its manifest.
    pub(super) dir: PathBuf,
    /// A procedural macro, or a part of one: its strings may become source.
    pub(super) writes_code: bool,
    /// Of a registry or from git.
    pub(super) installed: bool,
}

/// What a manifest says.
struct Facts {
    /// One of Vauban's own packages.
    framework: bool,
    /// A procedural macro.
    macros: bool,
    /// Path dependencies of the program and of its build scripts, which set what it is built with; of tests nothing
    /// gets into it.
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
        let framework = is_ours(dir, name);
        let workspace = Workspace::of(dir);
        let mut facts = Self {
            framework,
            macros: is_macro(&manifest),
            paths: Vec::new(),
        };
        for table in dependency_tables(&manifest) {
            for (key, dependency) in table {
                let inherited = dependency.get("workspace").and_then(Value::as_bool) == Some(true);
                let (dependency, base) = match workspace.dependency(key) {
                    Some(shared) if inherited => (shared, workspace.dir.as_path()),
                    _ => (dependency, dir),
                };
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

/// Whether its library is a procedural macro.
fn is_macro(manifest: &Table) -> bool {
    let Some(lib) = manifest.get("lib") else {
        return false;
    };
    let said = ["proc-macro", "proc_macro"]
        .iter()
        .any(|key| lib.get(key).and_then(Value::as_bool) == Some(true));
    let typed = ["crate-type", "crate_type"]
        .iter()
        .filter_map(|key| lib.get(key)?.as_array())
        .flatten()
        .any(|kind| kind.as_str() == Some("proc-macro"));
    said || typed
}

/// `[dependencies]` and `[build-dependencies]`, also those of one platform.
pub(super) fn dependency_tables(manifest: &Table) -> Vec<&Table> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let platforms = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.as_table());
    std::iter::once(manifest)
        .chain(platforms)
        .flat_map(|table| {
            ["dependencies", "build-dependencies", "build_dependencies"]
                .iter()
                .filter_map(|key| table.get(*key)?.as_table())
        })
        .collect()
}

pub(super) fn manifest(dir: &Path) -> io::Result<Table> {
    let path = dir.join("Cargo.toml");
    fs::read_to_string(&path)?
        .parse()
        .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// The workspace that a package belongs to; the package itself if to none.
pub(super) struct Workspace {
    pub(super) dir: PathBuf,
    pub(super) manifest: Table,
}

impl Workspace {
    pub(super) fn of(package: &Path) -> Self {
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

    pub(super) fn dependency(&self, name: &str) -> Option<&Value> {
        self.manifest.get("workspace")?.get("dependencies")?.get(name)
    }

    /// Whatever `[patch]` and `[replace]` put in another's place.
    fn patches(&self) -> Vec<PathBuf> {
        patches(&self.manifest, &self.dir)
    }
}

/// The folders that `[patch]` and `[replace]` of a manifest or a configuration name; `base`: where paths start.
fn patches(table: &Table, base: &Path) -> Vec<PathBuf> {
    let named = |key: &str| table.get(key).and_then(Value::as_table);
    let patched = named("patch")
        .into_iter()
        .flatten()
        .filter_map(|(_, source)| source.as_table());
    patched
        .chain(named("replace"))
        .flatten()
        .filter_map(|(_, dependency)| dependency.get("path")?.as_str())
        .map(|path| base.join(path))
        .collect()
}

/// What Cargo's configuration puts in another's place: `[patch]` and `paths`.
fn configured(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for config in super::configuration::configurations(dir) {
        let (Some(table), Some(base)) = (&config.table, config.path.parent().and_then(Path::parent)) else {
            continue;
        };
        found.extend(patches(table, base));
        let paths = table.get("paths").and_then(Value::as_array).into_iter().flatten();
        found.extend(paths.filter_map(Value::as_str).map(|path| base.join(path)));
    }
    found
}
