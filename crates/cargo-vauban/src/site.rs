//! A site's folder as it is: what kind it is, which models it has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scaffold::Kind;
use crate::tenant::Tenants;

/// The site in a folder.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where it is.
    pub(crate) root: PathBuf,
    /// The crate as Rust writes it.
    pub(crate) crate_name: String,
    /// What it has, by its models.
    pub(crate) kind: Kind,
    /// Its models: the name, and the path of the module, `crate::people`.
    pub(crate) models: BTreeMap<String, String>,
    /// The types that can be written out: choices are shown by it.
    pub(crate) shown: Vec<String>,
    /// Which rows belong to which organisation.
    pub(crate) tenants: Tenants,
}

impl Site {
    /// Reads the site in this folder.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        let stands_on = |line: &str| line.trim_start().starts_with("vauban") && line.contains('=');
        let is_site = root.join("src/lib.rs").is_file() && manifest.lines().any(stands_on);
        if !is_site {
            return Err(
                "This folder is no site on Vauban: there is no src/lib.rs beside a Cargo.toml with `vauban`. Make one \
                 with `cargo vauban new my-site`, then `cd my-site`."
                    .into(),
            );
        }
        let mut site = Self {
            root: root.to_owned(),
            crate_name: crate_name(&manifest)
                .ok_or("Cargo.toml has no `name = \"…\"`: give the package one.")?,
            kind: Kind::Plain,
            models: BTreeMap::new(),
            shown: Vec::new(),
            tenants: Tenants::default(),
        };
        let mut users = false;
        site.sources(&root.join("src"), "crate", &mut users)
            .map_err(|error| format!("src cannot be read: {error}."))?;
        let has = |model: &str| site.models.contains_key(model);
        if has("Organisation") && has("Membership") {
            site.kind = Kind::Organisations;
        } else if users {
            site.kind = Kind::Accounts;
        }
        Ok(site)
    }

    fn sources(&mut self, folder: &Path, module: &str, users: &mut bool) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let inner = match stem {
                "lib" | "main" | "mod" => module.to_owned(),
                stem => format!("{module}::{stem}"),
            };
            if path.is_dir() {
                self.sources(&path, &inner, users)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                *users |= text.contains("UserAccount)]");
                self.tenants.read(&text);
                self.models
                    .extend(models(&text).map(|model| (model, inner.clone())));
                let shown = text.lines().filter_map(|line| {
                    let (_, name) = line.split_once("Display for ")?;
                    Some(name.split([' ', '{']).next()?.to_owned())
                });
                self.shown.extend(shown);
            }
        }
        Ok(())
    }

    /// Reads a file of the site.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn file(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| {
            format!("{path} cannot be read ({error}): `add model` builds on it. Sites of `cargo vauban new` have it.")
        })
    }
}

fn crate_name(manifest: &str) -> Option<String> {
    let line = manifest.lines().find(|line| line.starts_with("name"))?;
    let name = line.split('"').nth(1)?;
    Some(name.replace('-', "_"))
}

/// The structs that derive `Model`.
fn models(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut derived = false;
    text.lines().filter_map(move |line| {
        if line.starts_with("#[derive(") {
            let mut names = line.split(|c: char| !c.is_alphanumeric());
            derived = names.any(|name| name == "Model");
        }
        let (_, rest) = line.split_once("struct ")?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        std::mem::take(&mut derived).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_their_derive() {
        let text = "#[derive(Clone, Model, UserAccount)]\n#[model(\n    user,\n)]\npub struct User {\n}\n\
                    #[derive(Form)]\npub struct Other {}\n#[derive(ModelLike)]\nstruct Third;\n";
        assert_eq!(models(text).collect::<Vec<_>>(), ["User"]);
    }
}
