//! Code that a page shows as part of a file is part of that file, word for word, and that file is compiled.
//!
//! Such a block is marked `LANGUAGE file=PATH`, with the path from the repository's root. A line of `// …` alone
//! stands for lines left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Each shown part: where, of which file, the text.
fn shown(page: &str) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some((_, file)) = line
            .strip_prefix("```")
            .and_then(|info| info.split_once(" file="))
        else {
            continue;
        };
        let part: Vec<_> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .collect();
        found.push((
            format!("{page}:{}", number + 1),
            file.trim().to_owned(),
            part.join("\n"),
        ));
    }
    found
}

/// Whether the parts between left-out lines stand in the file in their order.
fn is_part(part: &str, file: &str) -> bool {
    let mut rest = file;
    part.split("\n// …\n").all(|piece| {
        let piece = piece.trim_matches('\n');
        match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        }
    })
}

#[test]
fn shown_code_is_the_files_code() {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for entry in fs::read_dir(root().join("docs/src")).unwrap() {
        pages.push(format!(
            "docs/src/{}",
            entry.unwrap().file_name().into_string().unwrap()
        ));
    }
    let mut parts = 0;
    for page in pages {
        for (place, file, part) in shown(&page) {
            let text =
                fs::read_to_string(root().join(&file)).unwrap_or_else(|e| panic!("{place}: {file}: {e}"));
            assert!(
                is_part(&part, &text),
                "{place} shows what does not stand in {file}:\n{part}"
            );
            parts += 1;
        }
    }
    assert!(parts > 5, "{parts} parts");
}

/// Somebody who types the first chapter has the whole site at its end: what it does not show of a file is comment.
#[test]
fn the_first_chapter_shows_every_line() {
    let parts = shown("docs/src/first-site.md");
    let site = root().join("docs/first-site");
    for file in [
        "src/lib.rs",
        "src/main.rs",
        "src/notes.rs",
        "src/people.rs",
        "src/urls.rs",
        "templates/base.html",
        "templates/notes/form.html",
        "templates/notes/list.html",
        "templates/notes/show.html",
    ] {
        let mut left = fs::read_to_string(site.join(file)).unwrap();
        for (_, _, part) in parts
            .iter()
            .filter(|(_, of, _)| *of == format!("docs/first-site/{file}"))
        {
            for piece in part.split("\n// …\n") {
                left = left.replacen(piece.trim_matches('\n'), "", 1);
            }
        }
        let hidden: Vec<_> = left
            .lines()
            .filter(|line| {
                !line.trim().is_empty() && !line.starts_with("//") && !line.starts_with("#![allow")
            })
            .collect();
        assert!(
            hidden.is_empty(),
            "docs/src/first-site.md does not show all of {file}: {hidden:#?}"
        );
    }
}

#[test]
fn a_changed_word_is_noticed() {
    assert!(is_part("a\n// …\nc", "a\nb\nc\n") && is_part("b\nc", "a\nb\nc\n"));
    assert!(!is_part("a\nc", "a\nb\nc\n") && !is_part("c\n// …\na", "a\nb\nc\n"));
}
