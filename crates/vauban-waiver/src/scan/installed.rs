//! Packages of a registry or from git that depend on Vauban: modules of others. Cargo silences rustc's warnings in them, so
//! that nobody else tells of hidden names there (CWE-1059).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use super::packages::{OURS, Workspace};

/// The folders of those that `dir`'s program is locked to. Cargo is asked where they lie only if there are any.
pub(super) fn installed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let workspace = Workspace::of(dir).dir;
    let lock = match fs::read_to_string(workspace.join("Cargo.lock")) {
        Ok(text) => text.parse::<Table>().map_err(io::Error::other)?,
        // Cargo writes one before it builds anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let modules: Vec<Locked<'_>> = lock
        .get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Locked::of)
        .collect();
    if modules.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = metadata(dir)?;
    let packages = metadata["packages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let folder = |module: &Locked<'_>| {
        let found = packages.iter().find(|package| {
            package["name"] == module.name
                && package["version"] == module.version
                && package["source"] == module.source
        });
        let manifest = found.and_then(|package| package["manifest_path"].as_str());
        manifest
            .and_then(|path| Path::new(path).parent())
            .map(Path::to_owned)
    };
    // One that is for another platform is in the lock, and in no program of this one.
    Ok(modules.iter().filter_map(folder).collect())
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
}

/// What Cargo says of the program, without the network.
fn metadata(dir: &Path) -> io::Result<serde_json::Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let said = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(dir)
        .output()?;
    if !said.status.success() {
        let why = String::from_utf8_lossy(&said.stderr);
        return Err(io::Error::other(format!(
            "where the modules of other packages lie, Cargo does not say: {}",
            why.trim()
        )));
    }
    serde_json::from_slice(&said.stdout).map_err(io::Error::other)
}
