//! The package that a program is built from.

use std::path::{Path, PathBuf};

/// The package that a program is built from; written by [`package!`](macro@crate::package).
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    /// `CARGO_MANIFEST_DIR`, where sources and locks lie while developing; empty in a release build, which does
    /// not tell the paths of the machine that built it (CWE-200).
    pub manifest_dir: &'static str,
    /// `access.lock` as it was when a release was built.
    pub access_lock: Option<&'static str>,
    /// `waivers.lock` as it was when a release was built.
    pub waivers_lock: Option<&'static str>,
}

impl Package {
    /// The folder with the sources; `None` in a release build, or when they are gone.
    pub fn sources(&self) -> Option<PathBuf> {
        let dir = Path::new(self.manifest_dir);
        (!self.manifest_dir.is_empty() && dir.join("Cargo.toml").is_file()).then(|| dir.to_owned())
    }

    /// The committed access matrix: embedded in a release, else read from the sources.
    pub fn access_lock(&self) -> Option<String> {
        self.lock(self.access_lock, "access.lock")
    }

    /// The signed exceptions: embedded in a release, else read from the sources.
    pub fn waivers_lock(&self) -> Option<String> {
        self.lock(self.waivers_lock, "waivers.lock")
    }

    fn lock(&self, embedded: Option<&str>, file: &str) -> Option<String> {
        embedded
            .map(str::to_owned)
            .or_else(|| std::fs::read_to_string(self.sources()?.join(file)).ok())
    }
}
