//! What a package is built with: its manifest, its workspace's and Cargo's configuration may switch off what keeps
//! hidden names hidden, without a word in the sources (CWE-1059).

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::configuration::configurations;
use super::literal::is_rustcs;
use super::packages::{OURS, Workspace, dependency_tables, is_ours, manifest};
use super::refused::{LINTS, OUR_NAME, RUSTS, RUSTS_NAME};

pub(super) const LINT_LEVEL: &str = "this lets names through that only Vauban's macros may use (rustc reports them as `deprecated`): write `deprecated = \"deny\"` below `[lints.rust]`, and no level for `warnings`";
pub(super) const FLAGS: &str = "these flags switch off what keeps hidden names hidden, or say what only Cargo says: take out `-A`, `-W` and `--force-warn` of `deprecated` and `warnings`, `--cap-lints`, `--cfg test`, `crate-attr` and `@file`";
pub(super) const ENVIRONMENT: &str =
    "this variable is for Cargo and rustc to set: waivers are looked up by it; take it out of `[env]`";
pub(super) const COMPILER: &str = "a program of one's own in the compiler's place may compile anything with any flag: take `rustc` and the wrapper out (one that is installed, such as `sccache`, may be named without a path)";
pub(super) const NO_TOML: &str = "this configuration of Cargo cannot be read as TOML: mend it";

pub(super) const EDITION: &str = "this edition reads literals in another way than the scan, which would take code for a string: write `edition = \"2024\"` (2021 at least) below `[package]`, and none below a target";

pub(super) const TESTING: &str = "this turns on what is for tests alone (`testing`: sessions and actors of anybody's): write it below `[dev-dependencies]`";

pub(super) const RESOLVER: &str = "Cargo's first resolver turns the features of `[dev-dependencies]` on in the program too: write `resolver = \"3\"` below `[workspace]`";

/// Features of ours that open what only tests may.
const FOR_TESTS: &[&str] = &["testing", "__test_switches"];

/// Variables that say which package is compiled, and how.
const CARGOS: &[&str] = &[
    "CARGO_BIN_",
    "CARGO_CFG_",
    "CARGO_CRATE_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_BOOTSTRAP",
    "RUSTFLAGS",
    "RUST_ANALYZER",
    "UNSTABLE_",
];

/// File, line and message.
pub(super) type Told = (PathBuf, u32, &'static str);

/// What a package's manifest, its workspace's, and the configuration above it say amiss.
pub(super) fn told(dir: &Path) -> std::io::Result<Vec<Told>> {
    let own = manifest(dir)?;
    let mut found = foreign_names(dir, &own);
    found.extend(old_editions(dir, &own));
    found.extend(for_tests(dir, &own));
    let mut look = |path: PathBuf, table: &Table, lints: Option<&Value>| {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let file = seen_from(dir, &path);
        if let Some(lint) = lints.and_then(switched_off) {
            found.push((file.clone(), line_of(&text, &lint), LINT_LEVEL));
        }
        if let Some(flag) = table.get("profile").and_then(|profile| flags("", profile)) {
            found.push((file, line_of(&text, &flag), FLAGS));
        }
    };
    let lints = own.get("lints");
    look(dir.join("Cargo.toml"), &own, lints);
    let workspace = Workspace::of(dir);
    let inherits = lints
        .and_then(|lints| lints.get("workspace"))
        .and_then(Value::as_bool)
        == Some(true);
    let shared = workspace
        .manifest
        .get("workspace")
        .and_then(|all| all.get("lints"))
        .filter(|_| inherits);
    look(workspace.dir.join("Cargo.toml"), &workspace.manifest, shared);
    for config in configurations(dir) {
        let file = seen_from(dir, &config.path);
        let mut tell = |needle: &str, what| found.push((file.clone(), line_of(&config.text, needle), what));
        let Some(table) = &config.table else {
            tell("", NO_TOML);
            continue;
        };
        for (key, value) in table {
            if let Some(flag) = flags(key, value) {
                tell(&flag, FLAGS);
            }
        }
        let names = table.get("env").and_then(Value::as_table).into_iter().flatten();
        for (name, _) in names {
            if CARGOS.iter().any(|start| name.starts_with(start)) {
                tell(name, ENVIRONMENT);
            }
        }
        // What a build script of a library would have said: `[target.*.library]`.
        let instead = table
            .get("target")
            .and_then(Value::as_table)
            .into_iter()
            .flatten();
        for (_, said) in instead.filter_map(|(_, target)| target.as_table()).flatten() {
            let names = said
                .get("rustc-env")
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            for (name, _) in names {
                if CARGOS.iter().any(|start| name.starts_with(start)) {
                    tell(name, ENVIRONMENT);
                }
            }
            let cfgs = said
                .get("rustc-cfg")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            if cfgs.filter_map(Value::as_str).any(is_rustcs) {
                tell("rustc-cfg", FLAGS);
            }
        }
        for key in ["rustc", "rustc-wrapper", "rustc-workspace-wrapper"] {
            let program = table
                .get("build")
                .and_then(|build| build.get(key))
                .and_then(Value::as_str);
            if program.is_some_and(|program| program.contains(['/', '\\'])) {
                tell(key, COMPILER);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The editions before 2021 of a package and its targets (CWE-436); without a word it is that of 2015.
fn old_editions(dir: &Path, own: &Table) -> Option<Told> {
    let old = |edition: &str| edition.parse::<u32>().map_or(true, |year| year < 2021);
    let package = own.get("package")?;
    let said = package.get("edition");
    let inherited = said.and_then(|said| said.get("workspace")).is_some();
    let workspace = Workspace::of(dir);
    let said = if inherited {
        workspace
            .manifest
            .get("workspace")
            .and_then(|all| all.get("package")?.get("edition"))
    } else {
        said
    };
    let targets = own
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "lib" | "bin"));
    let of_targets = targets.flat_map(|(_, target)| match target {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    });
    let told = old(said.and_then(Value::as_str).unwrap_or_default())
        || of_targets
            .filter_map(|target| target.get("edition"))
            .any(|edition| old(edition.as_str().unwrap_or_default()));
    let text = fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default();
    told.then(|| (PathBuf::from("Cargo.toml"), line_of(&text, "edition"), EDITION))
}

/// Where a package that is not ours turns on what is for tests, outside `[dev-dependencies]` (CWE-489).
fn for_tests(dir: &Path, own: &Table) -> Vec<Told> {
    let name = own.get("package").and_then(|package| package.get("name"));
    if is_ours(dir, name.and_then(Value::as_str).unwrap_or_default()) {
        return Vec::new();
    }
    let workspace = Workspace::of(dir);
    let real = |key: &str, dependency: &Value| {
        let renamed = dependency.get("package").and_then(Value::as_str);
        renamed.unwrap_or(key).replace('_', "-").starts_with("vauban")
    };
    let turned_on = |dependency: &Value| {
        let features = dependency.get("features").and_then(Value::as_array);
        let mut features = features.into_iter().flatten().filter_map(Value::as_str);
        features.any(|feature| FOR_TESTS.contains(&feature))
    };
    let text = fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default();
    let mut found = Vec::new();
    for (key, dependency) in dependency_tables(own).into_iter().flatten() {
        let shared = workspace
            .dependency(key)
            .filter(|_| dependency.get("workspace").is_some());
        let ours = real(key, shared.unwrap_or(dependency));
        if ours && (turned_on(dependency) || shared.is_some_and(turned_on)) {
            found.push((PathBuf::from("Cargo.toml"), line_of(&text, key), TESTING));
        }
    }
    if first_resolver(&workspace.manifest) {
        for (key, dependency) in of_tests(own).flatten() {
            let shared = workspace
                .dependency(key)
                .filter(|_| dependency.get("workspace").is_some());
            let ours = real(key, shared.unwrap_or(dependency));
            if ours && (turned_on(dependency) || shared.is_some_and(turned_on)) {
                found.push((PathBuf::from("Cargo.toml"), line_of(&text, key), RESOLVER));
            }
        }
    }
    // Also of a dependency for tests: a feature is one for the whole build. `x/testing`, `x?/testing`.
    let features = own
        .get("features")
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    let values = features.filter_map(|(_, values)| values.as_array()).flatten();
    for value in values.filter_map(Value::as_str) {
        let Some((key, feature)) = value.split_once('/') else {
            continue;
        };
        let key = key.trim_end_matches('?');
        let ours = key.starts_with("vauban")
            || every_dependency(own).any(|(known, dependency)| {
                let shared = workspace
                    .dependency(known)
                    .filter(|_| dependency.get("workspace").is_some());
                known == key && real(known, shared.unwrap_or(dependency))
            });
        if ours && FOR_TESTS.contains(&feature) {
            found.push((PathBuf::from("Cargo.toml"), line_of(&text, value), TESTING));
        }
    }
    found
}

/// Whether a root's manifest asks for Cargo's first resolver: by its number, or by saying nothing where there is no
/// package whose edition would say it.
fn first_resolver(root: &Table) -> bool {
    let table = root.get("workspace").and_then(|all| all.get("resolver"));
    let said = table
        .or_else(|| root.get("package")?.get("resolver"))
        .and_then(Value::as_str);
    match said {
        Some(number) => number == "1",
        // CWE-489: a package of an old edition is told for that.
        None => !root.contains_key("package"),
    }
}

/// Every dependency of a manifest, those of tests included.
fn every_dependency(own: &Table) -> impl Iterator<Item = (&String, &Value)> {
    dependency_tables(own).into_iter().chain(of_tests(own)).flatten()
}

/// `[dev-dependencies]`, also those of one platform.
fn of_tests(own: &Table) -> impl Iterator<Item = &Table> {
    let platforms = own.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = platforms.filter_map(|(_, target)| target.as_table()).chain([own]);
    tables.flat_map(|table| {
        ["dev-dependencies", "dev_dependencies"]
            .into_iter()
            .filter_map(|key| table.get(key)?.as_table())
    })
}

/// Names of ours in a manifest that is not ours: what Vauban's macros write, `::vauban_core::…`, would be another's.
fn foreign_names(dir: &Path, own: &Table) -> Vec<Told> {
    let text_of = |table: &str, key: &str| own.get(table)?.get(key)?.as_str();
    let package = text_of("package", "name").unwrap_or_default();
    if is_ours(dir, package) {
        return Vec::new();
    }
    let lib = text_of("lib", "name");
    // CWE-1059: `::std` would be that package.
    let rusts = dependency_tables(own)
        .into_iter()
        .flat_map(|table| table.keys().map(String::as_str))
        .chain(lib)
        .chain([package])
        .filter(|name| RUSTS.contains(&name.replace('-', "_").as_str()));
    let mut names = vec![package];
    names.extend(lib);
    let programs = own.get("bin").and_then(Value::as_array).into_iter().flatten();
    names.extend(programs.filter_map(|program| program.get("name")?.as_str()));
    // `vauban = { package = "another" }`; a module knows `vauban-core` by that name.
    for (key, dependency) in dependency_tables(own).into_iter().flatten() {
        let renamed = dependency.get("package").and_then(Value::as_str);
        names.extend(
            renamed
                .filter(|real| real != key && !OURS.contains(real))
                .map(|_| key.as_str()),
        );
    }
    if let Some(shared) = Workspace::of(dir)
        .manifest
        .get("workspace")
        .and_then(|all| all.get("dependencies"))
    {
        let inherited = dependency_tables(own)
            .into_iter()
            .flatten()
            .filter(|(_, dependency)| dependency.get("workspace").and_then(Value::as_bool) == Some(true));
        for (key, _) in inherited {
            let renamed = shared
                .get(key)
                .and_then(|shared| shared.get("package"))
                .and_then(Value::as_str);
            names.extend(
                renamed
                    .filter(|real| real != key && !OURS.contains(real))
                    .map(|_| key.as_str()),
            );
        }
    }
    let text = fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| name.starts_with("vauban"))
        .map(|name| (name, OUR_NAME))
        .chain(rusts.map(|name| (name, RUSTS_NAME)))
        .map(|(name, what)| (PathBuf::from("Cargo.toml"), line_of(&text, name), what))
        .collect()
}

/// The lint of `[lints.rust]` that is at another level than an error.
fn switched_off(lints: &Value) -> Option<String> {
    lints
        .get("rust")?
        .as_table()?
        .iter()
        .find(|(lint, level)| {
            let level = level.get("level").unwrap_or(level).as_str().unwrap_or_default();
            LINTS.contains(&lint.replace('-', "_").as_str()) && !matches!(level, "deny" | "forbid")
        })
        .map(|(lint, _)| lint.clone())
}

/// The first of rustc's flags in a value that may not stand there.
fn flags(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => flag(key, text),
        Value::Array(all) => {
            let words: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            flag(key, &words.join(" ")).or_else(|| all.iter().find_map(|value| flags(key, value)))
        }
        Value::Table(table) => table.iter().find_map(|(key, value)| flags(key, value)),
        _ => None,
    }
}

fn flag(key: &str, text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '\x1f' | '"' | '\'' | '[' | ']' | ','))
        .filter(|word| !word.is_empty())
        .collect();
    let off = |at: usize| {
        let word = words[at];
        let next = words.get(at + 1).copied().unwrap_or_default();
        let of = |flag: &str| {
            let rest = word.strip_prefix(flag)?;
            Some(if rest.is_empty() {
                next
            } else {
                rest.trim_start_matches('=')
            })
        };
        let lint = ["--allow", "--warn", "--force-warn", "-A", "-W"]
            .iter()
            .find_map(|flag| of(flag));
        lint.is_some_and(|lint| LINTS.contains(&lint.replace('-', "_").as_str()))
            || word.starts_with("--cap-lints")
            || word.contains("crate-attr")
            || of("--cfg").is_some_and(|name| name.split('=').next() == Some("test"))
            || (word.starts_with('@') && key.contains("flags"))
    };
    (0..words.len())
        .find(|at| off(*at))
        .map(|at| words[at].to_owned())
}

/// A file as a reader of the package names it: `../Cargo.toml`.
fn seen_from(dir: &Path, file: &Path) -> PathBuf {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (dir, file) = (real(dir), real(file));
    for (up, folder) in dir.ancestors().enumerate() {
        // What lies in another branch altogether keeps its whole path.
        if folder.parent().is_some()
            && let Ok(rest) = file.strip_prefix(folder)
        {
            return std::iter::repeat_n("..", up).collect::<PathBuf>().join(rest);
        }
    }
    file
}

/// The first line that holds `needle`.
fn line_of(text: &str, needle: &str) -> u32 {
    let at = text.lines().position(|line| line.contains(needle)).unwrap_or(0);
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}
