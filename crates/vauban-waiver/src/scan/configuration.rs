//! The files of Cargo's configuration that are in force for a package.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// One file of Cargo's configuration.
pub(super) struct Configuration {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// `None`: no TOML.
    pub(super) table: Option<Table>,
}

/// Cargo's configuration for a package: in the folders above it, in Cargo's own, and what those include.
pub(super) fn configurations(dir: &Path) -> Vec<Configuration> {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let mut next: Vec<PathBuf> = full
        .ancestors()
        .map(|folder| folder.join(".cargo"))
        .chain(home)
        .flat_map(|folder| [folder.join("config.toml"), folder.join("config")])
        .collect();
    next.reverse();
    let mut found: Vec<Configuration> = Vec::new();
    while let Some(path) = next.pop() {
        if found.iter().any(|known| known.path == path) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let table: Option<Table> = text.parse().ok();
        let folder = path.parent().unwrap_or(dir);
        let included = table.as_ref().and_then(|table| table.get("include"));
        let included = match included {
            Some(Value::Array(all)) => all.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        next.extend(
            included
                .into_iter()
                .filter_map(|file| file.get("path").unwrap_or(file).as_str())
                .map(|file| folder.join(file)),
        );
        found.push(Configuration { path, text, table });
    }
    found
}
