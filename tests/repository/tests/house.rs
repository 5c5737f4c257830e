//! The house stays as it was laid out: which crate stands on which, and no knots of files inside one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use repository::circles::circles;
use repository::imports::Imports;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Which crates of ours a crate under `crates/` may stand on (its `[dependencies]`; a test may use what it likes).
/// DESIGN §3: vauban → accounts → core → orm, template → waiver; the macros are everybody's.
const STANDS_ON: &[(&str, &[&str])] = &[
    ("vauban-waiver-macros", &[]),
    ("vauban-waiver", &["vauban-waiver-macros"]),
    ("vauban-text", &[]),
    ("vauban-template", &["vauban-text", "vauban-waiver"]),
    ("vauban-macros", &["vauban-template"]),
    ("vauban-orm", &["vauban-text", "vauban-waiver", "vauban-macros"]),
    (
        "vauban-core",
        &[
            "vauban-orm",
            "vauban-template",
            "vauban-text",
            "vauban-waiver",
            "vauban-macros",
        ],
    ),
    (
        "vauban-mail",
        &["vauban-core", "vauban-template", "vauban-macros"],
    ),
    ("vauban-client", &[]),
    (
        "vauban-accounts",
        &[
            "vauban-client",
            "vauban-mail",
            "vauban-core",
            "vauban-orm",
            "vauban-template",
            "vauban-waiver",
            "vauban-macros",
        ],
    ),
    ("vauban-tasks", &["vauban-core"]),
    (
        "vauban",
        &[
            "vauban-accounts",
            "vauban-mail",
            "vauban-tasks",
            "vauban-core",
            "vauban-orm",
            "vauban-template",
            "vauban-text",
            "vauban-waiver",
            "vauban-macros",
        ],
    ),
    ("cargo-vauban", &["vauban-template", "vauban-waiver"]),
];

/// What everybody else may name: a site stands on `vauban`, a module of a crate of its own on `vauban-core` alone.
const A_SITE_STANDS_ON: &str = "vauban";
const A_MODULE_STANDS_ON: &str = "vauban-core";

/// The honest kernel: a request, its site, the site's routes, and answers. Each holds or hands on the others, so these
/// files are one circle, whatever folders they stand in; no other file may be in it.
const KERNEL_OF: &str = "vauban-core";
const KERNEL: &[&str] = &[
    "http/error.rs",
    "http/request.rs",
    "http/respond.rs",
    "http/response.rs",
    "routing/router.rs",
    "routing/routes.rs",
    "routing/url.rs",
    "site/identity.rs",
    "site/layer.rs",
    "site/site.rs",
];

/// Circles between folders that are there today, and how many files each may have at most: crate, files. To be zero.
const BETWEEN_FOLDERS: &[(&str, &[usize])] = &[];

/// Circles inside one folder: crate, folder, files of each.
const INSIDE_A_FOLDER: &[(&str, &str, &[usize])] = &[
    ("vauban", "testing", &[2, 2]),
    ("vauban-core", "http", &[2]),
    ("vauban-core", "settings", &[3]),
    ("vauban-orm", "model", &[14]),
    ("vauban-orm", "query", &[4]),
    ("vauban-orm", "sql", &[2]),
    ("vauban-orm", "tree", &[4]),
    ("vauban-template", "compiler", &[3, 3]),
    ("vauban-template", "runtime", &[3, 2]),
];

/// The largest circle of folders (the kernel's files set aside): a folder points to another if a file of it does. There
/// is none.
const FOLDERS: &[(&str, usize)] = &[];

struct Circle {
    krate: String,
    /// The folder that all its files are in.
    folder: Option<String>,
    files: Vec<String>,
    ties: Vec<String>,
}

impl Circle {
    fn is_kernel(&self) -> bool {
        self.krate == KERNEL_OF && self.files.iter().all(|file| KERNEL.contains(&file.as_str()))
    }

    fn told(&self) -> String {
        format!(
            "{} files of {} import one another in a circle:\n    {}\n  tied by\n    {}\n",
            self.files.len(),
            self.krate,
            self.files.join("\n    "),
            self.ties.join("\n    ")
        )
    }
}

/// The folder below `src/` that a file is in; empty for the crate's root.
fn folder(file: &str) -> &str {
    file.split_once('/').map_or("", |(folder, _)| folder)
}

fn crates() -> Vec<String> {
    let folders = std::fs::read_dir(format!("{ROOT}/crates")).expect("crates/");
    let mut names: Vec<String> = folders
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .expect("a name")
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

fn imports(krate: &str) -> Imports {
    let sources = PathBuf::from(format!("{ROOT}/crates/{krate}/src"));
    Imports::read(&krate.replace('-', "_"), &sources)
}

fn all_circles() -> Vec<Circle> {
    let mut all = Vec::new();
    for krate in crates() {
        let imports = imports(&krate);
        for circle in circles(&imports.graph()) {
            let files: Vec<String> = circle.iter().map(|&file| imports.files[file].clone()).collect();
            let folders: BTreeSet<&str> = files.iter().map(|file| folder(file)).collect();
            let one = (folders.len() == 1).then(|| folders.into_iter().collect());
            all.push(Circle {
                krate: krate.clone(),
                folder: one,
                ties: imports.ties(&circle),
                files,
            });
        }
    }
    all
}

/// The sizes of what is there beside the sizes that may be, both from the largest: what is too large, what is too many.
fn beyond<'a>(found: &[&'a Circle], limits: &[usize]) -> Vec<&'a Circle> {
    let mut limits = limits.to_vec();
    limits.sort_unstable_by(|a, b| b.cmp(a));
    let mut found = found.to_vec();
    found.sort_by_key(|circle| std::cmp::Reverse(circle.files.len()));
    let limit = |at: usize| limits.get(at).copied().unwrap_or(0);
    let too_large = found
        .iter()
        .enumerate()
        .filter(|(at, c)| c.files.len() > limit(*at));
    too_large.map(|(_, circle)| *circle).collect()
}

fn limits_between(krate: &str) -> &'static [usize] {
    BETWEEN_FOLDERS
        .iter()
        .find(|(name, _)| *name == krate)
        .map_or(&[], |(_, sizes)| sizes)
}

fn limits_inside(krate: &str, folder: &str) -> &'static [usize] {
    let found = INSIDE_A_FOLDER
        .iter()
        .find(|(name, inside, _)| *name == krate && *inside == folder);
    found.map_or(&[], |(_, _, sizes)| sizes)
}

/// Every place that a limit is for, with the circles there.
fn by_place(all: &[Circle]) -> BTreeMap<(String, Option<String>), Vec<&Circle>> {
    let mut places: BTreeMap<_, Vec<&Circle>> = BTreeMap::new();
    for circle in all.iter().filter(|circle| !circle.is_kernel()) {
        let place = (circle.krate.clone(), circle.folder.clone());
        places.entry(place).or_default().push(circle);
    }
    places
}

#[test]
fn no_circle_of_files_grows_back() {
    let all = all_circles();
    let mut wrong = String::new();
    for ((krate, folder), found) in by_place(&all) {
        let limits = match &folder {
            None => limits_between(&krate),
            Some(folder) => limits_inside(&krate, folder),
        };
        let sizes: Vec<usize> = found.iter().map(|circle| circle.files.len()).collect();
        println!(
            "{krate} {}: {sizes:?}",
            folder.as_deref().unwrap_or("(between folders)")
        );
        for circle in beyond(&found, limits) {
            wrong.push_str(&format!(
                "{}  Cut one of these imports, or move what both sides need into a file below them \
                 (allowed here: {limits:?}).\n\n",
                circle.told()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A limit that is larger than what is there would let a circle grow back unseen.
#[test]
fn no_limit_is_larger_than_what_is_there() {
    let all = all_circles();
    let kernel = all.iter().find(|circle| circle.is_kernel());
    let kernel: &[String] = kernel.map_or(&[], |circle| &circle.files);
    assert_eq!(kernel, KERNEL, "KERNEL: write the circle that is there");
    let places = by_place(&all);
    let sizes = |krate: &str, folder: Option<&str>| -> Vec<usize> {
        let found = places.get(&(krate.to_owned(), folder.map(str::to_owned)));
        let mut sizes: Vec<usize> = found.into_iter().flatten().map(|c| c.files.len()).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    };
    for (krate, limits) in BETWEEN_FOLDERS {
        let now = sizes(krate, None);
        assert_eq!(*limits, now, "BETWEEN_FOLDERS of {krate}: write {now:?}");
    }
    for (krate, folder, limits) in INSIDE_A_FOLDER {
        let now = sizes(krate, Some(folder));
        assert_eq!(*limits, now, "INSIDE_A_FOLDER of {krate} {folder}: write {now:?}");
    }
    for (krate, limit) in FOLDERS {
        let now = folder_circle(krate).0.len();
        assert_eq!(*limit, now, "FOLDERS of {krate}: write {now}");
    }
}

/// The largest circle of folders, and what ties it.
fn folder_circle(krate: &str) -> (Vec<String>, Vec<String>) {
    if !crates().contains(&krate.to_owned()) {
        return (Vec::new(), Vec::new());
    }
    let imports = imports(krate);
    let kernel = |file: &str| krate == KERNEL_OF && KERNEL.contains(&file);
    let names: BTreeSet<&str> = imports.files.iter().map(|file| folder(file)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let at = |file: usize| {
        names
            .iter()
            .position(|name| *name == folder(&imports.files[file]))
    };
    let mut graph = vec![Vec::new(); names.len()];
    let mut ties: BTreeMap<(usize, usize), &str> = BTreeMap::new();
    for (&(from, to), place) in &imports.arrows {
        // A crate's root says what the crate is made of.
        let apart = |file: usize| kernel(&imports.files[file]) || folder(&imports.files[file]).is_empty();
        let (Some(one), Some(other)) = (at(from), at(to)) else {
            continue;
        };
        if one != other && !apart(from) && !apart(to) {
            graph[one].push(other);
            ties.entry((one, other)).or_insert(&place.first);
        }
    }
    let Some(circle) = circles(&graph).into_iter().next() else {
        return (Vec::new(), Vec::new());
    };
    let inside = |&(from, to): &(usize, usize)| circle.contains(&from) && circle.contains(&to);
    let ties = ties.iter().filter(|(pair, _)| inside(pair));
    let ties = ties
        .map(|((_, to), place)| format!("{place} → {}/", names[*to]))
        .collect();
    (circle.iter().map(|&at| names[at].to_owned()).collect(), ties)
}

#[test]
fn no_circle_of_folders_grows_back() {
    for krate in crates() {
        let (circle, ties) = folder_circle(&krate);
        let limit = FOLDERS
            .iter()
            .find(|(name, _)| *name == krate)
            .map_or(0, |(_, limit)| *limit);
        println!("{krate}: {} folders {circle:?}", circle.len());
        assert!(
            circle.len() <= limit,
            "{} folders of {krate} import one another in a circle ({limit} may): {}\n  {}",
            circle.len(),
            circle.join(", "),
            ties.join("\n  ")
        );
    }
}

/// The names of our crates among the `[dependencies]` of a manifest.
fn stands_on(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("a manifest");
    let mut on = Vec::new();
    let mut take = |table: Option<&toml::Value>| {
        for (name, value) in table.and_then(toml::Value::as_table).into_iter().flatten() {
            let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
            if package == "vauban" || package.starts_with("vauban-") {
                on.push(package.to_owned());
            }
        }
    };
    take(manifest.get("dependencies"));
    for target in manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
    {
        take(target.1.get("dependencies"));
    }
    on
}

fn manifest(folder: &str) -> String {
    let path = format!("{ROOT}/{folder}/Cargo.toml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn crates_stand_on_those_below_them() {
    for krate in crates() {
        let allowed = STANDS_ON.iter().find(|(name, _)| *name == krate);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("say in STANDS_ON what {krate} may stand on"));
        for on in stands_on(&manifest(&format!("crates/{krate}"))) {
            assert!(
                allowed.contains(&on.as_str()),
                "crates/{krate} depends on {on}, which is not below it. It may stand on {allowed:?}: what needs the \
                 other is in the wrong crate."
            );
        }
    }
    // The table itself goes one way.
    for (place, (name, below)) in STANDS_ON.iter().enumerate() {
        for on in *below {
            let seen = STANDS_ON
                .iter()
                .position(|(other, _)| other == on)
                .expect("a crate of the table");
            let macros = *on == "vauban-macros" || *on == "vauban-template";
            assert!(
                seen < place || macros,
                "{name} stands on {on}, which comes after it"
            );
        }
    }
}

#[test]
fn a_site_stands_on_vauban_and_a_module_on_the_core() {
    let workspace: toml::Table = manifest(".").parse().expect("the workspace");
    for member in workspace["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a folder");
        // Ours, and what tests or measures them from inside.
        if member.starts_with("crates/") || member.starts_with("tests/") || member == "docs/tests" {
            continue;
        }
        let on = stands_on(&manifest(member));
        let is_site = on == [A_SITE_STANDS_ON];
        let is_module = on == [A_MODULE_STANDS_ON];
        assert!(
            is_site || is_module || on.is_empty(),
            "{member} depends on {on:?}: a site depends on {A_SITE_STANDS_ON}, a module on {A_MODULE_STANDS_ON} \
             alone, and on no other crate of the framework"
        );
    }
}

#[test]
fn renamed_and_unix_dependencies_are_seen() {
    let manifest = "[dependencies]\nother = { package = \"vauban-accounts\", version = \"1\" }\nserde = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nvauban = \"1\"\n[dev-dependencies]\nvauban-orm = \"1\"\n";
    assert_eq!(stands_on(manifest), ["vauban-accounts", "vauban"]);
}

/// CWE-862: a table comes into a statement of the ORM by `sql/source.rs` alone, together with the rule for its rows. Migrations and
/// the database's own catalogue have no rules; nor has the table of keys, and what goes through ciphertexts asks for nobody.
#[test]
fn tables_stand_in_statements_by_one_door() {
    let sources = PathBuf::from(format!("{ROOT}/crates/vauban-orm/src"));
    let words = ["FROM ", "JOIN ", "UPDATE ", "INTO "];
    let mut wrong = String::new();
    let mut door = 0;
    for file in Imports::read("vauban_orm", &sources).files {
        if ["tests/", "migrations/", "backend/key_table.rs", "sql/sealed.rs"]
            .iter()
            .any(|folder| file.starts_with(folder))
        {
            continue;
        }
        let text = std::fs::read_to_string(sources.join(&file)).expect("a source file");
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (at, line) in product.lines().enumerate() {
            let line = line.trim_start();
            let names = words
                .iter()
                .any(|word| line.contains(&format!("{word}\\\"{{}}\\\"")));
            let catalogue =
                line.contains("sqlite_schema") || line.contains("sqlite_stat1") || line.contains("json_each");
            let writes = words
                .iter()
                .any(|word| line.contains(&format!("\"{word}")) || line.contains(&format!(" {word}\\\"")));
            if line.starts_with("//") || catalogue || !(names || writes) {
                continue;
            }
            if file == "sql/source.rs" {
                door += 1;
            } else {
                wrong.push_str(&format!("{file}:{}: {line}\n", at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "a table without `Renderer::source`:\n{wrong}");
    assert!(
        door >= 6,
        "the door writes {door} texts: does this test still see them?"
    );
}
