//! The package that a program is built from.

use std::path::{Path, PathBuf};

use crate::profile::{self, Sum};

/// The package that a program is built from; written by [`package!`](macro@crate::package).
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`.
    pub(crate) name: &'static str,
    /// `CARGO_PKG_VERSION`.
    pub(crate) version: &'static str,
    /// `CARGO_MANIFEST_DIR`, where sources and locks lie while developing; empty in a release build, which does
    /// not tell the paths of the machine that built it (CWE-200).
    pub(crate) manifest_dir: &'static str,
    /// `access.lock` as it was when a release was built.
    pub(crate) access_lock: Option<&'static str>,
    /// `waivers.lock` as it was when a release was built.
    pub(crate) waivers_lock: Option<&'static str>,
    /// A sum as this package is compiled.
    sum: Sum,
}

impl Package {
    /// What [`package!`](macro@crate::package) found out while compiling.
    #[doc(hidden)]
    #[deprecated(
        note = "whoever names the locks has them compared with what they like (CWE-1059): write `vauban::package!()`"
    )]
    pub const fn __written(
        name: &'static str,
        version: &'static str,
        manifest_dir: &'static str,
        access_lock: Option<&'static str>,
        waivers_lock: Option<&'static str>,
        sum: Sum,
    ) -> Self {
        Self {
            name,
            version,
            manifest_dir,
            access_lock,
            waivers_lock,
            sum,
        }
    }

    /// A package without sources, for tests, with the `access.lock` that a release of it has.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub const fn for_test(
        name: &'static str,
        manifest_dir: &'static str,
        access_lock: Option<&'static str>,
    ) -> Self {
        Self {
            name,
            version: "0",
            manifest_dir,
            access_lock,
            waivers_lock: None,
            sum: |a, b| a + b,
        }
    }

    /// Its name, as Cargo has it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its version, as Cargo has it.
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// Whether it was compiled as a development build, which reads its sources and locks from where they lie.
    pub const fn is_development(&self) -> bool {
        !self.manifest_dir.is_empty()
    }

    /// Whether a sum that overflows panics in this package and in the framework: a profile may say otherwise of each
    /// (CWE-190).
    pub fn checks_overflow(&self) -> bool {
        profile::checks_overflow(self.sum) && profile::checks_overflow(|a, b| a + b)
    }

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
