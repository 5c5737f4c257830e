//! How a waiver stands in its file, by the text alone.

use std::path::{Path, PathBuf};

/// How it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// `waiver!(Wall, "reason")`.
    Out,
    /// The reason stands there, behind something else.
    Otherwise,
    /// The reason does not stand there.
    Elsewhere,
}

/// Looks at the place of a reason. Lines and columns count from 1, columns in characters.
pub(crate) fn look(text: &str, line: usize, column: usize, wall: &str, reason: &str) -> Written {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(end) => start += end + 1,
            None => return Written::Elsewhere,
        }
    }
    let inside: usize = text[start..]
        .chars()
        .take(column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    let (before, at) = text.split_at(start + inside);
    // A file with Windows' line ends gives the compiler a text without them.
    if !at.starts_with(reason) && !at.replace("\r\n", "\n").starts_with(reason) {
        return Written::Elsewhere;
    }
    if stands(before, wall).is_some() {
        Written::Out
    } else {
        Written::Otherwise
    }
}

/// Whether a text ends with `waiver!(Wall,`.
fn stands(before: &str, wall: &str) -> Option<()> {
    let rest = before.trim_end().strip_suffix(',')?;
    let rest = rest.trim_end().strip_suffix(wall)?;
    let rest = rest.trim_end().strip_suffix(['(', '[', '{'])?;
    let rest = rest.trim_end().strip_suffix('!')?;
    let rest = rest.trim_end().strip_suffix("waiver")?;
    let end = rest.chars().next_back();
    let other = end.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '#' | '$'));
    (!other).then_some(())
}

/// Whether a file lies in a folder, whatever way leads to it.
pub(crate) fn below(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(file).starts_with(real(folder))
}

/// Whether the manifest nearest to a file is that of `package`.
pub(crate) fn belongs(file: &Path, package: &Path) -> bool {
    let nearest = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("Cargo.toml").is_file());
    let nearest = nearest.and_then(|folder| folder.canonicalize().ok());
    nearest.is_some() && nearest == package.canonicalize().ok()
}

/// The files that the manifest names: the roots of targets that lie elsewhere than usual (`path = "…"`).
pub(crate) fn named_files(package: &Path) -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
    manifest
        .split(['"', '\''])
        .filter(|text| Path::new(text).extension().is_some_and(|end| end == "rs"))
        .filter_map(|text| package.join(text).canonicalize().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str) -> Written {
        let place = text.find('"').unwrap();
        let line = text[..place].matches('\n').count() + 1;
        let column = text[..place].rsplit('\n').next().unwrap().chars().count() + 1;
        look(text, line, column, "Unscoped", "\"why\"")
    }

    #[test]
    fn what_is_written_out_is_found_however_it_is_set() {
        for text in [
            "f(waiver!(Unscoped, \"why\"))",
            "vauban::waiver! [ Unscoped ,\"why\"]",
            "x(\n    é::waiver!{\r\n  Unscoped,\n\"why\"\n})",
            "waiver!(Unscoped, \"why\",)",
        ] {
            assert_eq!(at(text), Written::Out, "{text}");
        }
    }

    /// CWE-1059: a waiver under another name is in no list.
    #[test]
    fn what_goes_by_another_name_is_not() {
        for text in [
            "w!(Unscoped, \"why\")",
            "my_waiver!(Unscoped, \"why\")",
            "r#waiver!(Unscoped, \"why\")",
            "named!(waiver, Unscoped, \"why\")",
            "passed!(\"why\")",
            "waiver!(Other, \"why\")",
            "waiver!(Unscoped /* hidden */, \"why\")",
        ] {
            assert_eq!(at(text), Written::Otherwise, "{text}");
        }
        assert_eq!(look("", 1, 1, "Unscoped", "\"why\""), Written::Elsewhere);
        assert_eq!(look("a\nb", 9, 9, "Unscoped", "\"why\""), Written::Elsewhere);
        assert_eq!(
            look("waiver!(Unscoped, r)", 1, 19, "Unscoped", "\"why\""),
            Written::Elsewhere
        );
    }

    /// CWE-1059: the attack is another folder's lock.
    #[test]
    fn a_file_belongs_to_the_nearest_manifest() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        let file = own.join("src/written.rs");
        assert!(belongs(&file, &own) && belongs(&file, &own.join("src/..")));
        for dir in [
            own.join("../vauban-waiver"),
            own.join("src"),
            own.join("../.."),
            PathBuf::new(),
        ] {
            assert!(!belongs(&file, &dir), "{}", dir.display());
        }
    }
}
