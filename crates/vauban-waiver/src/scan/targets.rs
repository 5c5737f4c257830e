//! A package's targets: where the scan begins.

use std::fs;
use std::path::{Path, PathBuf};

/// The root files of the package's library and programs, with their crate names.
pub(super) fn roots(dir: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let manifest = super::packages::manifest(dir)?;
    let text = |table: Option<&toml::Value>, key: &str| {
        table
            .and_then(|t| t.get(key))
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    let package = text(manifest.get("package"), "name").unwrap_or_default();
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let mut add = |name: Option<String>, path: PathBuf| {
        let path = dir.join(path);
        if path.is_file() && !found.iter().any(|(_, known)| *known == path) {
            found.push((name.unwrap_or_else(|| package.clone()).replace('-', "_"), path));
        }
    };
    let lib = manifest.get("lib");
    add(
        text(lib, "name"),
        text(lib, "path").unwrap_or_else(|| "src/lib.rs".into()).into(),
    );
    for bin in manifest
        .get("bin")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = text(Some(bin), "name");
        let usual = name.as_deref().map(|name| format!("src/bin/{name}.rs"));
        match text(Some(bin), "path").or(usual) {
            Some(path) => {
                let path = if dir.join(&path).is_file() {
                    path
                } else {
                    "src/main.rs".into()
                };
                add(name, path.into());
            }
            None => add(name, "src/main.rs".into()),
        }
    }
    add(None, "src/main.rs".into());
    if let Ok(entries) = fs::read_dir(dir.join("src/bin")) {
        for entry in entries {
            let path = entry?.path();
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let file = if path.is_dir() { path.join("main.rs") } else { path };
            if file.extension().is_some_and(|e| e == "rs") {
                add(name, file.strip_prefix(dir).unwrap_or(&file).to_owned());
            }
        }
    }
    Ok(found)
}

/// The package's build scripts.
pub(super) fn build_scripts(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let manifest = super::packages::manifest(dir)?;
    let said = manifest.get("package").and_then(|package| package.get("build"));
    let files: Vec<&str> = match said {
        Some(toml::Value::String(file)) => vec![file.as_str()],
        Some(toml::Value::Array(files)) => files.iter().filter_map(toml::Value::as_str).collect(),
        Some(toml::Value::Boolean(false)) => Vec::new(),
        _ => vec!["build.rs"],
    };
    Ok(files
        .into_iter()
        .map(|file| dir.join(file))
        .filter(|file| file.is_file())
        .collect())
}
