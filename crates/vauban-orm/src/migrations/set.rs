//! A package's migrations: its folder, the folder's index, and the order among packages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::MigrationError;
use super::file::Migration;

/// The file that lists a folder's migrations, one name a line.
///
/// The compiler knows files, not folders: through the index a new migration rebuilds the program, and two
/// branches that both add one meet in version control.
pub const INDEX: &str = "INDEX";

/// The migrations of one package, embedded into the program by `migrations!`.
#[derive(Debug, Clone)]
pub struct Set {
    /// The package's name in its `Cargo.toml`: migrations are recorded under it.
    pub package: &'static str,
    /// Where the folder lies while developing; read from there in a development build.
    pub folder: &'static str,
    /// The files as they were when the program was built.
    pub files: &'static [SetFile],
}

/// One migration's file, as it was when the program was compiled.
#[derive(Debug, Clone, Copy)]
pub struct SetFile {
    /// Its name without `.toml`.
    pub name: &'static str,
    /// Its TOML text; a database remembers its checksum.
    pub text: &'static str,
}

impl Set {
    /// Whether another set is the same one, brought twice.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let texts = |set: &Self| -> Vec<(&str, &str)> {
            set.files.iter().map(|file| (file.name, file.text)).collect()
        };
        self.package == other.package && self.folder == other.folder && texts(self) == texts(other)
    }

    /// The migrations, in order: in a development build from the folder, if it is there, so that a new file
    /// needs no rebuild; else as embedded.
    ///
    /// # Errors
    /// A file that cannot be read, or a folder that disagrees with its index.
    pub fn migrations(&self) -> Result<Vec<Migration>, MigrationError> {
        if cfg!(debug_assertions) && Path::new(self.folder).is_dir() {
            return self.read_folder();
        }
        self.files
            .iter()
            .map(|file| Migration::read(self.package, file.name, file.text))
            .collect()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "the folder of the developer's own sources"
    )]
    fn read_folder(&self) -> Result<Vec<Migration>, MigrationError> {
        let folder = Path::new(self.folder);
        let io = |error: std::io::Error| MigrationError::Set(format!("{}: {error}", self.folder));
        let index = std::fs::read_to_string(folder.join(INDEX)).unwrap_or_default();
        let listed: Vec<&str> = index
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let mut present = BTreeSet::new();
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".toml") {
                present.insert(name.to_owned());
            }
        }
        if let Some(name) = present.iter().find(|name| !listed.contains(&name.as_str())) {
            return Err(MigrationError::Set(format!(
                "{0}/{INDEX} does not list `{name}`: add a line `{name}`, so that the program is built with it",
                self.folder
            )));
        }
        if let Some(name) = listed.iter().find(|name| !present.contains(**name)) {
            return Err(MigrationError::Set(format!(
                "{0}/{INDEX} lists `{name}`, but there is no file {name}.toml",
                self.folder
            )));
        }
        listed
            .iter()
            .map(|name| {
                let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).map_err(io)?;
                Migration::read(self.package, name, &text)
            })
            .collect()
    }
}

/// Writes a new migration into a package's folder, and into its index.
///
/// # Errors
/// If the folder cannot be written, or the file is there already.
#[allow(
    clippy::disallowed_methods,
    reason = "the command that writes the developer's own sources"
)]
pub fn add_file(folder: &Path, name: &str, text: &str) -> std::io::Result<std::path::PathBuf> {
    use std::io::Write;
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{name}.toml"));
    std::fs::File::create_new(&path)?.write_all(text.as_bytes())?;
    let mut index = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(INDEX))?;
    writeln!(index, "{name}")?;
    Ok(path)
}

/// The migrations of all packages, each after those it depends on.
///
/// # Errors
/// Files that cannot be read, two of one name, a missing dependency, or a cycle.
pub(super) fn ordered(sets: &[Set]) -> Result<Vec<Migration>, MigrationError> {
    let mut all: Vec<Migration> = Vec::new();
    for set in sets {
        let mut last: Option<String> = None;
        for mut migration in set.migrations()? {
            // Within a package, one after the other.
            migration.depends_on.extend(last.replace(migration.id()));
            all.push(migration);
        }
    }
    let places: BTreeMap<String, usize> = all.iter().enumerate().map(|(i, m)| (m.id(), i)).collect();
    if places.len() < all.len() {
        return Err(MigrationError::Set(
            "two migrations have the same package and name".into(),
        ));
    }
    let mut order = Vec::new();
    let mut marks = vec![Mark::New; all.len()];
    for i in 0..all.len() {
        visit(i, &all, &places, &mut marks, &mut order)?;
    }
    let mut taken: Vec<Option<Migration>> = all.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|i| taken[i].take()).collect())
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

fn visit(
    i: usize,
    all: &[Migration],
    places: &BTreeMap<String, usize>,
    marks: &mut [Mark],
    order: &mut Vec<usize>,
) -> Result<(), MigrationError> {
    match marks[i] {
        Mark::Done => return Ok(()),
        Mark::Open => {
            return Err(MigrationError::Set(format!(
                "migrations depend on each other in a circle: {}",
                all[i].id()
            )));
        }
        Mark::New => marks[i] = Mark::Open,
    }
    for dependency in &all[i].depends_on {
        let place = places.get(dependency).ok_or_else(|| MigrationError::File {
            migration: all[i].id(),
            problem: format!("depends on `{dependency}`, which is not among this program's migrations"),
        })?;
        visit(*place, all, places, marks, order)?;
    }
    marks[i] = Mark::Done;
    order.push(i);
    Ok(())
}
