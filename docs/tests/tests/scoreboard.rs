//! The ASVS scoreboard says what is so: every path and every test that it names exists, a line is called proven
//! only with a test, and the numbers above the table are counted from it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn scoreboard() -> String {
    fs::read_to_string(root().join("docs/src/asvs.md")).unwrap()
}

struct Row {
    id: String,
    level: u8,
    state: String,
    places: Vec<String>,
    tests: Vec<String>,
}

/// The code spans of a cell.
fn spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The lines `| id | level | state | requirement | how | where | test |`.
fn rows(text: &str) -> Vec<Row> {
    text.lines()
        .filter_map(|line| {
            let cells: Vec<_> = line
                .trim()
                .strip_prefix('|')?
                .split(" | ")
                .map(str::trim)
                .collect();
            let [id, level, state, _, _, places, tests] = cells.as_slice() else {
                return None;
            };
            let level = level.parse().ok()?;
            Some(Row {
                id: (*id).to_owned(),
                level,
                state: (*state).to_owned(),
                places: spans(places),
                tests: spans(tests),
            })
        })
        .collect()
}

#[test]
fn every_place_and_every_test_exists() {
    let text = scoreboard();
    let rows = rows(&text);
    assert!(rows.len() > 100, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        for place in &row.places {
            if !root().join(place).exists() {
                wrong.push(format!("{}: no {place}", row.id));
            }
        }
        for test in &row.tests {
            let Some((file, name)) = test.split_once("::") else {
                if !root().join(test).exists() {
                    wrong.push(format!("{}: no {test}", row.id));
                }
                continue;
            };
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !source.contains(&format!("fn {name}(")) {
                wrong.push(format!("{}: no test {name} in {file}", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_line_is_proven_by_a_test_only() {
    let mut seen = BTreeSet::new();
    for row in rows(&scoreboard()) {
        assert!(seen.insert(row.id.clone()), "{} twice", row.id);
        match row.state.as_str() {
            "proven" => assert!(
                !row.tests.is_empty(),
                "{} is called proven without a test",
                row.id
            ),
            "built" => assert!(
                row.tests.is_empty() && !row.places.is_empty(),
                "{}: built, where?",
                row.id
            ),
            "partly" | "not yet" => {}
            other => panic!("{}: what is `{other}`?", row.id),
        }
    }
}

#[test]
fn the_numbers_are_counted() {
    let text = scoreboard();
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for row in rows(&text) {
        *counts.entry((row.level, row.state)).or_default() += 1;
    }
    for level in 1..=3 {
        let of = |state: &str| counts.get(&(level, state.to_owned())).copied().unwrap_or(0);
        let line = format!(
            "| level {level} | {} | {} | {} | {} |",
            of("proven"),
            of("built"),
            of("partly"),
            of("not yet")
        );
        assert!(text.contains(&line), "asvs.md needs the line `{line}`");
    }
}

/// What is proven of these chapters is proven by a test that says so: its name or its comment has the requirement's number.
#[test]
fn tests_of_people_carry_the_id() {
    let mut without = Vec::new();
    for row in rows(&scoreboard()) {
        let chapter = row.id.split('.').next().unwrap_or_default();
        if row.state != "proven" || !["6", "7"].contains(&chapter) {
            continue;
        }
        let carries = |test: &String| {
            let (file, name) = test.split_once("::").unwrap_or((test, ""));
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            source.match_indices(&format!("fn {name}(")).any(|(at, _)| {
                // The name, and the comment over it.
                let before = source[..at].trim_end();
                let over = before.rsplit("\n\n").next().unwrap_or_default();
                is_named(&format!("{over} {name}"), &row.id)
            })
        };
        if !row.tests.iter().any(carries) {
            without.push(row.id);
        }
    }
    assert!(
        without.is_empty(),
        "no test of theirs carries the id: {without:?}"
    );
}

/// Whether a text has the number, as `6.2.1` or `6_2_1`, and not as the beginning of another.
fn is_named(text: &str, id: &str) -> bool {
    [id.to_owned(), id.replace('.', "_")].iter().any(|id| {
        text.match_indices(id.as_str()).any(|(at, _)| {
            let ends = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_digit());
            ends(text[at + id.len()..].chars().next()) && ends(text[..at].chars().next_back())
        })
    })
}
