//! The README's numbers are those of benches/RESULTS.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::{env, fs, path::Path};

const START: &str = "<!-- numbers: start -->\n";
const END: &str = "<!-- numbers: end -->";

/// The table of the README, made from the one in the results: the medians and the ratio.
fn table(results: &str) -> String {
    let mut out = String::from(
        "| work | hand-written axum, µs | Vauban, µs | ratio | held to |\n|---|---|---|---|---|\n",
    );
    let section = results
        .split("## CPU time per request")
        .nth(1)
        .expect("the section on CPU time");
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let (heads, rows) = rows.split_first().expect("a table");
    let column = |name: &str| {
        let found = heads.iter().position(|head| *head == name);
        found.unwrap_or_else(|| panic!("no column `{name}` in {heads:?}"))
    };
    let (hand, ours) = (column("hand-written"), column("Vauban (NORMAL)"));
    let (ratio, budget) = (column("Vauban / hand-written"), column("budget"));
    for row in rows {
        let median = |cell: &str| cell.split(' ').next().unwrap_or_default().to_owned();
        out += &format!(
            "| {} | {} | {} | {} | {} |\n",
            row[0],
            median(row[hand]),
            median(row[ours]),
            row[ratio],
            row[budget]
        );
    }
    out
}

/// `VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test numbers` writes the table anew.
#[test]
fn the_readme_has_the_last_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let results = fs::read_to_string(root.join("benches/RESULTS.md")).expect("benches/RESULTS.md");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (before, rest) = readme.split_once(START).expect("the start marker");
    let (shown, after) = rest.split_once(END).expect("the end marker");
    let current = table(&results);
    assert!(current.lines().count() > 4, "{current}");
    if env::var_os("VAUBAN_UPDATE_DOCS").is_some() {
        fs::write(
            root.join("README.md"),
            format!("{before}{START}{current}{END}{after}"),
        )
        .unwrap();
        return;
    }
    assert!(
        shown == current,
        "README.md is behind: VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test numbers"
    );
}
