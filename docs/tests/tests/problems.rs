//! The guide's table of problems is what the sources say: every code, with its English text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that say something to people who type.
const CRATES: &[&str] = &["vauban-orm", "vauban", "vauban-core", "vauban-accounts"];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            out.push(path);
        }
    }
}

/// The string literal at the start of `text`, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start().strip_prefix('"')?;
    let end = text.find('"')?;
    Some((text[..end].to_owned(), &text[end + 1..]))
}

/// `Problem::new("code", "English text")`, and `Self::new(…)` where a problem is made from something else.
fn found(source: &str, out: &mut BTreeMap<String, String>) {
    // Tests and examples in the docs say what they like.
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let source = lines.join("\n");
    let made = if source.contains(" for Problem {") {
        "Self::new("
    } else {
        "Problem::new("
    };
    for call in ["Problem::new(", made] {
        for after in source.split(call).skip(1) {
            let Some((code, rest)) = literal(after) else {
                continue;
            };
            let Some((english, _)) = rest.trim_start().strip_prefix(',').and_then(literal) else {
                continue;
            };
            assert!(
                code.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "`{code}` is not a code: small letters, digits and `_`"
            );
            let english = english.replace("\\\\", "\\");
            let before = out.insert(code.clone(), english.clone());
            assert!(
                before.as_ref().is_none_or(|before| *before == english),
                "`{code}` says both {before:?} and {english:?}: one code, one text"
            );
        }
    }
}

#[test]
fn the_table_of_problems_is_what_the_sources_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for name in CRATES {
        sources(&root.join("crates").join(name).join("src"), &mut files);
    }
    let mut said = BTreeMap::new();
    for file in files {
        found(&fs::read_to_string(file).unwrap(), &mut said);
    }
    assert!(said.len() > 20, "only {} problems were found", said.len());

    let text = fs::read_to_string(root.join("docs/src/forms.md")).unwrap();
    let table: BTreeMap<String, String> = text
        .lines()
        .skip_while(|line| *line != "| code | English |")
        .skip(2)
        .map_while(|line| {
            let (code, english) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
            Some((code.to_owned(), english.to_owned()))
        })
        .collect();
    let lines = |map: &BTreeMap<String, String>| -> Vec<String> {
        map.iter()
            .map(|(code, english)| format!("| `{code}` | {english} |"))
            .collect()
    };
    assert_eq!(
        lines(&table),
        lines(&said),
        "the table in docs/src/forms.md is behind; it is:\n{}",
        lines(&said).join("\n")
    );
}
