//! The compiler's messages that README and guide quote are the reviewed ones: each stands, word for word, in a
//! snapshot of a `ui` test.
//!
//! A quoted message is a fenced block marked `text ui=CRATE/CASE`, such as `vauban/view_without_rule`; its snapshot
//! is `crates/CRATE/tests/ui/CASE.stderr`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Each quoted message: where it stands, its case, its text.
fn quoted(page: &str) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(case) = line.trim().strip_prefix("```text ui=") else {
            continue;
        };
        let message: Vec<_> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .collect();
        found.push((
            format!("{page}:{}", number + 1),
            case.to_owned(),
            message.join("\n"),
        ));
    }
    found
}

/// Whether `message` is a part of `snapshot`; a line `…` stands for lines left out.
fn is_part(message: &str, snapshot: &str) -> bool {
    let mut rest = snapshot;
    message
        .split("\n…\n")
        .all(|piece| match rest.find(piece.trim_matches('\n')) {
            Some(at) => {
                rest = &rest[at + piece.len().min(rest.len() - at)..];
                true
            }
            None => false,
        })
}

fn check(page: &str) -> usize {
    let quoted = quoted(page);
    for (place, case, message) in &quoted {
        let (krate, case) = case.split_once('/').expect("`ui=CRATE/CASE`");
        let path = root().join(format!("crates/{krate}/tests/ui/{case}.stderr"));
        let snapshot =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{place}: {}: {error}", path.display()));
        assert!(
            message.len() > 20,
            "{place}: an empty quotation would always be true"
        );
        assert!(
            is_part(message, &snapshot),
            "{place} does not quote {}:\n{snapshot}",
            path.display()
        );
    }
    quoted.len()
}

#[test]
fn break_it_quotes_six_reviewed_messages() {
    assert_eq!(check("README.md"), 6);
}

#[test]
fn the_guide_quotes_reviewed_messages() {
    let mut quotations = 0;
    for entry in fs::read_dir(root().join("docs/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        quotations += check(&format!("docs/src/{name}"));
    }
    assert!(quotations > 0);
}

#[test]
fn a_changed_word_is_noticed() {
    let snapshot = "error: one\n  two\n  three\n  four\n";
    assert!(is_part("error: one\n  two", snapshot));
    assert!(is_part("error: one\n…\n  four", snapshot));
    assert!(!is_part("error: once\n  two", snapshot));
    assert!(!is_part("  four\n…\nerror: one", snapshot), "the order counts");
}
