//! The guide's table of patterns is the compiler's own (`crates/vauban-template/tests/patterns.rs` compares that with what it
//! says).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../../../crates/vauban-template/tests/support/pattern_table.rs"]
mod pattern_table;

use pattern_table::{Pattern, Verdict, patterns};
use std::fmt::Write as _;
use std::{env, fs, path::Path};

const START: &str = "<!-- patterns: start -->\n";
const END: &str = "<!-- patterns: end -->";

fn code(text: &str) -> String {
    assert!(!text.contains('`'), "{text}");
    format!("`{}`", text.replace('\n', " ").replace('|', "\\|"))
}

fn result(p: &Pattern) -> String {
    let (word, what) = match (p.verdict, &p.hint) {
        (Verdict::Compiles, Some(hint)) => ("compiles", format!("hint `{hint}`")),
        (Verdict::Compiles, None) => ("compiles", String::new()),
        (Verdict::Refused, _) => ("refused", format!("`{}`", p.class)),
        (Verdict::Wanted, _) => ("refused, though safe", format!("`{}`", p.class)),
    };
    let notes: Vec<&str> = [what.as_str(), p.why.as_str()]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect();
    format!("{word} | {}", notes.join(": "))
}

fn table() -> String {
    let all = patterns();
    let count = |verdict| all.iter().filter(|p| p.verdict == verdict).count();
    let (compile, wanted) = (count(Verdict::Compiles), count(Verdict::Wanted));
    let mut out = format!(
        "Of {} patterns {} are safe; {compile} of these compile, and {wanted} do not. {} are not safe, and refused.\n",
        all.len(),
        compile + wanted,
        count(Verdict::Refused)
    );
    let mut section = "";
    for p in &all {
        if p.section != section {
            section = &p.section;
            write!(
                out,
                "\n## {section}\n\n| pattern | result | why |\n|---|---|---|\n"
            )
            .unwrap();
        }
        writeln!(out, "| {} | {} |", code(&p.text), result(p)).unwrap();
    }
    out.push('\n');
    out
}

/// `VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test template_patterns` writes the table anew.
#[test]
fn the_table_of_patterns_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/template-patterns.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).expect("the start marker");
    let (old, after) = rest.split_once(END).expect("the end marker");
    let current = table();
    if env::var_os("VAUBAN_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{START}{current}{END}{after}")).unwrap();
        return;
    }
    assert!(
        old == current,
        "docs/src/template-patterns.md is behind: VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test template_patterns"
    );
}
