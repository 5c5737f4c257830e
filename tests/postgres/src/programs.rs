//! PostgreSQL's programs, and the user that they run as.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `initdb` and `postgres` are, and who runs them.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
    pub(crate) version: u32,
    /// PostgreSQL refuses to run as root: then it is this user, with this group.
    pub(crate) drop_to: Option<(u32, u32)>,
}

const MISSING: &str = "PostgreSQL's programs `initdb` and `postgres` are neither in PATH nor in /usr/lib/postgresql/*/bin: install them \
     (Debian: apt-get install postgresql; scripts/test does so where it runs as root)";

impl Programs {
    pub(crate) fn find() -> Result<Self, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        // Debian keeps each version apart; the newest first.
        let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                Some((
                    entry.file_name().to_str()?.parse().ok()?,
                    entry.path().join("bin"),
                ))
            })
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        folders.extend(versions.into_iter().map(|(_, folder)| folder));
        let has = |folder: &PathBuf| {
            ["initdb", "postgres"]
                .iter()
                .all(|name| folder.join(name).is_file())
        };
        let folder = folders.into_iter().find(has).ok_or(MISSING)?;
        let told = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| format!("{}: {error}", folder.join("postgres").display()))?;
        let version = String::from_utf8_lossy(&told.stdout)
            .split_whitespace()
            .find_map(|word| word.split('.').next()?.parse().ok())
            .ok_or_else(|| format!("`postgres --version` says no version: {told:?}"))?;
        Ok(Self {
            folder,
            version,
            drop_to: drop_to()?,
        })
    }

    /// One of the programs, as a user whom it accepts.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        if let Some((user, group)) = self.drop_to {
            command.uid(user).gid(group);
        }
        // Settings of a developer's own PostgreSQL are not for this one.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        command
    }

    /// Gives a folder to the user that PostgreSQL runs as.
    pub(crate) fn hand_over(&self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.drop_to else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Who takes root's place: the user `postgres` that Debian's package makes, or `nobody`.
fn drop_to() -> Result<Option<(u32, u32)>, String> {
    if own_user()? != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    let named = |name: &str| {
        users.lines().find_map(|line| {
            let mut parts = line.split(':');
            (parts.next()? == name).then_some(())?;
            Some((parts.nth(1)?.parse().ok()?, parts.next()?.parse().ok()?))
        })
    };
    named("postgres")
        .or_else(|| named("nobody"))
        .map(Some)
        .ok_or_else(|| {
            "PostgreSQL does not run as root, and there is no user `postgres`: make one".to_owned()
        })
}

/// Who runs this process: the owner of what it makes.
pub(crate) fn own_user() -> Result<u32, String> {
    use std::os::unix::fs::MetadataExt;
    if let Ok(own) = std::fs::metadata("/proc/self") {
        return Ok(own.uid());
    }
    let told = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| format!("id -u: {error}"))?;
    String::from_utf8_lossy(&told.stdout)
        .trim()
        .parse()
        .map_err(|_| "`id -u` says no number".to_owned())
}
