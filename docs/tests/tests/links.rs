//! The book has no dead ends: every chapter is in the summary, every relative link and anchor has a target.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn chapters() -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(root().join("docs/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    found.sort();
    found
}

/// The text without fenced and inline code: links are prose.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            for (i, part) in line.split('`').enumerate() {
                if i % 2 == 0 {
                    out.push_str(part);
                }
            }
            out.push('\n');
        }
    }
    out
}

/// The targets of `](…)`.
fn links(text: &str) -> Vec<String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next().map(str::to_owned))
        .collect()
}

/// The anchors that mdBook and code hosts make of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#') && line.trim_start_matches('#').starts_with(' '))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter_map(|c| match c {
                    ' ' => Some('-'),
                    c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                    _ => None,
                })
                .collect()
        })
        .collect()
}

#[test]
fn every_chapter_is_in_the_summary_once() {
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    let listed = links(&summary);
    let unique: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(unique.len(), listed.len(), "a chapter is listed twice");
    let there: BTreeSet<_> = chapters()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(unique, there);
}

#[test]
fn every_link_has_a_target() {
    let mut pages = chapters();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    let mut dead = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            let found = target.exists()
                && (anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !found {
                dead.push(format!("{}: {link}", page.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links: {dead:#?}");
}

#[test]
fn every_rust_snippet_is_compiled() {
    // A chapter that is no module of src/lib.rs would not be compiled, and `ignore` would hide a snippet.
    let library = fs::read_to_string(root().join("docs/tests/src/lib.rs")).unwrap();
    let mut pages = chapters();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        // Parts of files are held to their file by tests/files.rs, and the file is compiled.
        let is_snippet = |line: &&str| line.trim_start().starts_with("```rust") && !line.contains(" file=");
        let fences: Vec<_> = text.lines().filter(is_snippet).collect();
        assert!(
            fences.is_empty() || library.contains(&format!("{name}\"")),
            "{name} has Rust snippets and is no module of docs/tests/src/lib.rs"
        );
        for fence in fences {
            assert!(
                !fence.contains("ignore"),
                "{name}: `{fence}` hides a snippet from the compiler"
            );
        }
    }
}
