//! The lock's text: read, written, compared.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// An exception as `waivers.lock` lists it: which wall, where and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The wall it passes, by the name in [`walls`](crate::walls): `unscoped`.
    pub wall: String,
    /// The module path, as `module_path!()` gives it.
    pub module: String,
    /// Why it is safe, in the words of whoever signed it.
    pub reason: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} | {}", self.wall, self.module, self.reason)
    }
}

/// A package's signed exceptions, each with its number of places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Number of places per entry, sorted.
    pub entries: BTreeMap<Entry, usize>,
    /// Lines that are neither an entry nor a comment, with their number.
    pub unreadable: Vec<(usize, String)>,
}

/// How a lock and the sources differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// In the sources, not in the lock.
    Unsigned(Entry, usize),
    /// In the lock, not in the sources.
    Unused(Entry, usize),
    /// Another number of places: entry, locked, found.
    Places(Entry, usize, usize),
    /// A line of the lock that is none.
    Unreadable(usize, String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = |n: usize| {
            if n == 1 {
                "1 place".to_owned()
            } else {
                format!("{n} places")
            }
        };
        match self {
            Self::Unsigned(entry, n) => write!(f, "+ {entry} | {}  (not signed; {})", n, places(*n)),
            Self::Unused(entry, n) => write!(f, "- {entry} | {n}  (signed, but nowhere in the sources)"),
            Self::Places(entry, locked, found) => {
                write!(
                    f,
                    "~ {entry}  (signed for {}, found in {})",
                    places(*locked),
                    places(*found)
                )
            }
            Self::Unreadable(line, text) => write!(
                f,
                "! line {line} is not `wall | module | reason | places`: {text}"
            ),
        }
    }
}

impl Lock {
    /// Reads a lock's text.
    pub fn parse(text: &str) -> Self {
        let mut lock = Self::default();
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let parts: Vec<&str> = line.split(" | ").collect();
            match parts.as_slice() {
                [wall, module, reason, places] if places.trim().parse::<usize>().is_ok() => {
                    let entry = Entry {
                        wall: (*wall).to_owned(),
                        module: (*module).to_owned(),
                        reason: (*reason).to_owned(),
                    };
                    let places = places.trim().parse().unwrap_or(0);
                    if lock.entries.insert(entry, places).is_some() {
                        lock.unreadable.push((number + 1, format!("{line} (twice)")));
                    }
                }
                _ => lock.unreadable.push((number + 1, line.to_owned())),
            }
        }
        lock
    }

    /// The lock that the sources ask for.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut lock = Self::default();
        for entry in entries {
            *lock.entries.entry(entry.clone()).or_default() += 1;
        }
        lock
    }

    /// The lock's text. Stable: sorted, one line an entry, no line numbers.
    pub fn text(&self) -> String {
        let mut out = String::from(
            "# Signed exceptions of this package: wall | module | reason | places.\n\
             # Written by the command `waivers --accept`; every line is read in review.\n",
        );
        for (entry, places) in &self.entries {
            let _ = writeln!(out, "{entry} | {places}");
        }
        out
    }

    /// How `self`, the committed lock, differs from what was `found`.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut out: Vec<Difference> = self
            .unreadable
            .iter()
            .map(|(line, text)| Difference::Unreadable(*line, text.clone()))
            .collect();
        for (entry, n) in &found.entries {
            match self.entries.get(entry) {
                None => out.push(Difference::Unsigned(entry.clone(), *n)),
                Some(locked) if locked != n => out.push(Difference::Places(entry.clone(), *locked, *n)),
                Some(_) => {}
            }
        }
        for (entry, n) in &self.entries {
            if !found.entries.contains_key(entry) {
                out.push(Difference::Unused(entry.clone(), *n));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reason: &str) -> Entry {
        Entry {
            wall: "Unscoped".into(),
            module: "demo::digest".into(),
            reason: reason.into(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_by_the_macro() {
        let mut lock = Lock::default();
        lock.entries.insert(entry("the digest counts all tasks"), 2);
        let text = lock.text();
        assert_eq!(Lock::parse(&text), lock);
        assert!(crate::lock::signed(
            &text,
            "Unscoped | demo::digest | the digest counts all tasks | "
        ));
    }

    #[test]
    fn each_kind_of_difference_is_told() {
        let locked = Lock::parse(
            "Unscoped | demo::digest | a b c d | 1\nUnscoped | demo::digest | e f g h | 1\nrubbish\n",
        );
        let mut found = Lock::default();
        found.entries.insert(entry("a b c d"), 2);
        found.entries.insert(entry("i j k l"), 1);
        assert_eq!(
            locked.differences(&found),
            [
                Difference::Unreadable(3, "rubbish".into()),
                Difference::Places(entry("a b c d"), 1, 2),
                Difference::Unsigned(entry("i j k l"), 1),
                Difference::Unused(entry("e f g h"), 1),
            ]
        );
        assert!(found.differences(&Lock::parse(&found.text())).is_empty());
    }
}
