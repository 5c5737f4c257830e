//! What is wrong with a setting: which one, where it was read, what was found and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// Where a setting's value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Built into Vauban.
    Default,
    /// Made by Vauban in development and kept in the data folder.
    Generated(PathBuf),
    /// A line of `vauban.toml`.
    Toml(PathBuf, usize),
    /// A line of `.env` (development only).
    DotEnv(PathBuf, usize),
    /// An environment variable.
    Env(String),
    /// A secret file named by an environment variable.
    SecretFile(String, PathBuf),
    /// An option of the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Generated(path) => write!(f, "{} (made for development)", path.display()),
            Self::Toml(path, line) | Self::DotEnv(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::SecretFile(name, path) => write!(f, "file {} ({name})", path.display()),
            Self::CommandLine(option) => write!(f, "option {option}"),
        }
    }
}

/// One thing wrong with the settings, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The setting's name as it stands in `vauban.toml`.
    pub setting: String,
    /// Where the value was read.
    pub source: Source,
    /// What was found. Never contains a secret's value.
    pub found: String,
    /// What to write instead.
    pub write: String,
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {}\n    {}",
            self.setting, self.source, self.found, self.write
        )
    }
}

/// Every problem found while the settings were read, all at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<InvalidSetting>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let s = if count == 1 { "" } else { "s" };
        writeln!(f, "The settings have {count} problem{s}:")?;
        for problem in &self.0 {
            writeln!(f, "  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidSettings {}

/// The candidate nearest to `word`, if it is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    candidates
        .map(|candidate| (distance(&word, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance (Levenshtein), on bytes: setting names are ASCII. Words are cut at 64 bytes.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (&a.as_bytes()[..a.len().min(64)], &b.as_bytes()[..b.len().min(64)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_does_not() {
        let names = ["allowed_hosts", "secret_key", "addr"];
        assert_eq!(nearest("alowed_host", names.into_iter()), Some("allowed_hosts"));
        assert_eq!(nearest("SECRET_KYE", names.into_iter()), Some("secret_key"));
        assert_eq!(nearest("middleware", names.into_iter()), None);
    }
}
