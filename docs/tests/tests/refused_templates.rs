//! The words of the template compiler that the guide quotes are the compiler's.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn quoted_words_are_the_compilers() {
    let mut compiler = String::new();
    sources(&root().join("crates/vauban-template/src/compiler"), &mut compiler);
    let compiler = compiler.replace("\\\"", "\"");
    let guide = fs::read_to_string(root().join("docs/src/escaping.md")).unwrap();
    let section = guide
        .split("## The refusals")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let mut quoted = 0;
    for line in section.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split(" | ").collect();
        // A message that is all code: `words`. Others describe rustc's own.
        let Some(words) = cells
            .get(1)
            .and_then(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        else {
            continue;
        };
        quoted += 1;
        assert!(
            compiler.contains(words),
            "docs/src/escaping.md quotes what the compiler does not say: {words}"
        );
    }
    assert!(quoted > 25, "{quoted} quotations");
}

#[test]
fn quoted_refusals_of_rust_are_in_their_snapshots() {
    let guide = fs::read_to_string(root().join("docs/src/escaping.md")).unwrap();
    let section = guide
        .split("## Refused in Rust")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let mut quoted = 0;
    for line in section.lines().filter(|line| line.starts_with('|')) {
        let code = |cell: &str| Some(cell.trim().strip_prefix('`')?.strip_suffix('`')?.to_owned());
        let cells: Vec<_> = line.trim_end_matches('|').split(" | ").collect();
        let (Some(words), Some(case)) = (
            cells.get(1).and_then(|c| code(c)),
            cells.get(3).and_then(|c| code(c)),
        ) else {
            continue;
        };
        let (package, case) = case.split_once('/').unwrap();
        let path = root().join(format!("crates/{package}/tests/ui/{case}.stderr"));
        let snapshot = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // Backticks inside a message cannot stand in a code span.
        assert!(
            snapshot.replace('`', "").contains(&words),
            "{case} does not say: {words}\n{snapshot}"
        );
        quoted += 1;
    }
    assert!(quoted > 15, "{quoted} quotations");
}
