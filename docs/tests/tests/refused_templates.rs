//! The guide's tables of refusals: each template is given to the compiler, and what it says is what the guide quotes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use proc_macro2::{Span, TokenStream};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use vauban_template::compiler::derive::compile;
use vauban_template::compiler::generate::Options;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The code spans of a cell of a table; `None` where other words than commas stand between them.
fn spans(cell: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let (fence, inner) = rest.split_at(ticks);
        let end = inner.find(fence).filter(|_| ticks > 0)?;
        let code = &inner[..end];
        // A space on each side lets a span begin or end with a backtick; it is not shown.
        let code = code
            .strip_prefix(' ')
            .and_then(|code| code.strip_suffix(' '))
            .unwrap_or(code);
        found.push(code.replace("\\|", "|"));
        rest = inner[end + ticks..].trim_start_matches([',', ' ']);
    }
    Some(found).filter(|spans| !spans.is_empty())
}

/// The rows of the tables of a section: their cells.
fn rows<'g>(guide: &'g str, heading: &str) -> Vec<Vec<&'g str>> {
    let section = guide.split(heading).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.trim_end_matches('|').split(" | ").collect())
        .collect()
}

/// What the template compiler says: the problems of a template whose variables are these.
fn refusals(template: &str) -> Vec<String> {
    let fields = [
        "x", "a", "b", "m", "title", "option", "scheme", "host", "slug", "tag", "name", "list",
    ];
    let files = HashMap::from([
        ("page.html".to_owned(), template.to_owned()),
        (
            "base.html".to_owned(),
            "{% block content %}{% endblock %}".to_owned(),
        ),
    ]);
    let options = Options {
        root: TokenStream::new(),
        fields: fields.map(|name| (name.to_owned(), Span::call_site())).into(),
        dynamic: false,
        unasked: false,
        given: &[],
        local: false,
        any: false,
        own: std::collections::BTreeMap::new(),
        span: Span::call_site(),
    };
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match compile(&files, "page.html", &options, false, Some(package)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.found).collect(),
    }
}

#[test]
fn refused_templates_are_refused_in_the_quoted_words() {
    let guide = fs::read_to_string(root().join("docs/src/escaping.md")).unwrap();
    let (mut refused, mut wrong) = (0, Vec::new());
    for cells in rows(&guide, "## The refusals") {
        if cells[0] == "template" {
            continue;
        }
        let Some(templates) = spans(cells[0]) else {
            panic!(
                "docs/src/escaping.md: a row does not begin with templates: {}",
                cells[0]
            );
        };
        // `words`, maybe with a remark behind them.
        let message = cells[1].split(" (").next().unwrap();
        let words = spans(message).filter(|words| words.len() == 1);
        for template in templates {
            let said = refusals(&template);
            match (&words, said.first()) {
                (Some(words), Some(first)) if first.contains(words[0].as_str()) => refused += 1,
                // Left to the Rust compiler, or not refused.
                (None, None) => {}
                _ => wrong.push(format!("{template}\n  guide: {}\n  compiler: {said:?}", cells[1])),
            }
        }
    }
    assert!(wrong.is_empty(), "docs/src/escaping.md:\n{}", wrong.join("\n"));
    assert!(refused > 45, "{refused} templates");
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
