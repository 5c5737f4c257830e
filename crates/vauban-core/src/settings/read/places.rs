//! Where settings are read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Where settings are read.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder of `vauban.toml`, `.env` and relative paths.
    pub folder: PathBuf,
    /// The environment. What is not UTF-8 has `U+FFFD` in it, and is refused where it is ours.
    pub environment: BTreeMap<String, String>,
}

impl Places {
    /// The working folder and the process's environment.
    pub fn usual() -> Self {
        Self {
            folder: PathBuf::from("."),
            environment: std::env::vars_os()
                .map(|(name, value)| (lossy(&name), lossy(&value)))
                .collect(),
        }
    }
}

pub(super) fn lossy(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}
