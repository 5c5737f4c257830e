//! What is signed where, by the sources, and whether the locks say the same. Development builds only.
//!
//! That every waiver of a release is in the lock is certain without this: the macro looks itself up while compiling.
//! What a compiler cannot see is how *many* places share an entry, and which entries nobody needs any more; and what
//! it cannot refuse (a lint that is switched off, a file that is moved about) is told here.

mod attributes;
mod configuration;
mod generic;
mod installed;
mod literal;
mod manifest;
mod packages;
mod refused;
mod targets;
mod templates;
#[cfg(test)]
mod tests;
mod token;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use crate::lock::{Difference, Lock};

pub use walk::{Place, Scan, Trouble, scan};

/// A package of a program: what its sources sign, and what its `waivers.lock` says.
#[derive(Debug, Clone)]
pub struct Package {
    /// The folder of its `Cargo.toml`.
    pub dir: PathBuf,
    /// What stands in its sources.
    pub scan: Scan,
    /// The committed lock; without one nothing is signed.
    pub lock: Lock,
    /// Of a registry or from git: its own lock is its author's.
    installed: bool,
    /// What the packages beside it sign, of the program's own: whoever builds a program signs for all that is in it.
    beside: Lock,
}

impl Package {
    /// The lock that the sources ask for; of the program's own package, also those of the packages beside it (CWE-1059: a
    /// waiver there opens the program's rows, and the program's reviewer reads the program's lock).
    pub fn found(&self) -> Lock {
        let mut lock = Lock::of(self.scan.places.iter().map(|place| &place.entry));
        for (entry, places) in &self.beside.entries {
            *lock.entries.entry(entry.clone()).or_default() += places;
        }
        lock
    }

    /// How lock and sources differ. Of what is installed nobody here writes the lock: the program's own has its lines.
    pub fn differences(&self) -> Vec<Difference> {
        if self.installed {
            return Vec::new();
        }
        self.lock.differences(&self.found())
    }
}

/// The program's own package in `dir`, then its path dependencies, and what is installed and depends on Vauban (CWE-1059: a
/// waiver in a package beside it is one of the program's).
///
/// # Errors
/// A manifest, a source file or a lock cannot be read.
pub fn program(dir: &Path) -> io::Result<Vec<Package>> {
    let installed = installed::installed(dir)?;
    let mut packages: Vec<Package> = packages::packages(dir, &installed)?
        .into_iter()
        .map(|part| {
            let packages::Part {
                dir,
                writes_code,
                installed,
            } = part;
            let lock = match std::fs::read_to_string(dir.join("waivers.lock")) {
                Ok(text) => Lock::parse(&text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Lock::default(),
                Err(error) => return Err(error),
            };
            Ok(Package {
                scan: walk::scan_as(&dir, writes_code)?,
                lock,
                dir,
                installed,
                beside: Lock::default(),
            })
        })
        .collect::<io::Result<_>>()?;
    if let Some((program, others)) = packages.split_first_mut() {
        let others = others.iter().flat_map(|other| &other.scan.places);
        program.beside = Lock::of(others.map(|place| &place.entry));
    }
    Ok(packages)
}
