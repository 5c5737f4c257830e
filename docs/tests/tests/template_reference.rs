//! The template reference names every tag and every filter that the compiler knows, and nothing else.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use proc_macro2::{Span, TokenStream};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use vauban_template::compiler::derive::compile;
use vauban_template::compiler::generate::{FILTERS, Options};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The first cells of the tables of a section.
fn cells(heading: &str) -> Vec<String> {
    let page = read("docs/src/template-reference.md");
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.split(" | ").next().unwrap().to_owned())
        .collect()
}

/// The words in quotes at the beginning of each line.
fn quoted(lines: &str) -> BTreeSet<String> {
    lines
        .lines()
        .filter_map(|line| {
            let line = line.trim_start().trim_start_matches('(');
            Some(line.strip_prefix('"')?.split_once('"')?.0.to_owned())
        })
        .collect()
}

fn between<'s>(source: &'s str, start: &str, end: &str) -> &'s str {
    source.split(start).nth(1).unwrap().split(end).next().unwrap()
}

fn filters() -> BTreeSet<String> {
    let source = read("crates/vauban-template/src/compiler/generate/filters.rs");
    let mut names = quoted(between(&source, "const TABLE: &[Row] = &[", "\n];"));
    names.extend(quoted(between(&source, "const SPECIAL: &[&str] = &[", "\n];")));
    assert_eq!(names.len(), FILTERS, "the compiler's tables have moved");
    names
}

fn tags() -> BTreeSet<String> {
    let simple = read("crates/vauban-template/src/compiler/parser/simple.rs");
    let mut names = quoted(between(&simple, "const TAGS: &[&str] = &[", "\n];"));
    // What is taken and has no suggestion, such as `load`, stands only in the match.
    let parser = read("crates/vauban-template/src/compiler/parser.rs");
    let arms = between(&parser, "fn tag(&mut self", "unknown_tag(other, pos)");
    for line in arms.lines().filter(|line| line.starts_with("            \"")) {
        let names_of_arm = line.split("=>").next().unwrap().split('|');
        names.extend(names_of_arm.map(|name| name.trim().trim_matches('"').to_owned()));
    }
    assert!(
        names.len() > 25 && names.contains("load") && names.contains("partialdef"),
        "the compiler's tags have moved: {names:?}"
    );
    names
}

/// What the compiler says first of a template.
fn said(template: &str) -> Option<String> {
    let options = Options {
        root: TokenStream::new(),
        fields: ["x", "n", "list", "form"]
            .map(|name| (name.to_owned(), Span::call_site()))
            .into(),
        dynamic: false,
        unasked: false,
        given: &[],
        local: false,
        any: false,
        own: std::collections::BTreeMap::new(),
        span: Span::call_site(),
    };
    let files = HashMap::from([("page.html".to_owned(), template.to_owned())]);
    compile(&files, "page.html", &options, true, None)
        .err()
        .map(|problems| problems[0].found.clone())
}

#[test]
fn every_filter_is_in_the_reference() {
    let described: BTreeSet<_> = cells("Filters")
        .iter()
        .filter_map(|cell| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
        .collect();
    // Refused by name: they stand among what is not there.
    let there = filters()
        .into_iter()
        .filter(|name| !matches!(name.as_str(), "safe" | "safeseq"))
        .collect();
    assert_eq!(
        described, there,
        "docs/src/template-reference.md (left), the compiler (right)"
    );
}

#[test]
fn every_tag_is_in_the_reference() {
    let described: BTreeSet<_> = cells("Tags")
        .iter()
        .filter_map(|cell| Some(cell.strip_prefix("`{% ")?.split([' ', '`']).next()?.to_owned()))
        .collect();
    assert_eq!(
        described,
        tags(),
        "docs/src/template-reference.md (left), the compiler (right)"
    );
}

#[test]
fn arguments_are_as_described() {
    for row in read("docs/src/template-reference.md")
        .split("\n## Filters\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"))
    {
        let mut cells = row.split(" | ");
        let name = cells.next().unwrap().trim_matches(['|', '`', ' ']);
        let argument = cells.next().unwrap();
        let shown = argument.trim_matches(['[', ']', '`', ' ']);
        let (without, with) = (
            format!("{{{{ x|{name} }}}}"),
            format!("{{{{ x|{name}:{shown} }}}}"),
        );
        let needs = !argument.starts_with('[') && argument != "–";
        assert_eq!(said(&without).is_some(), needs, "{row}: {:?}", said(&without));
        if argument == "–" {
            assert!(said(&format!("{{{{ x|{name}:3 }}}}")).is_some(), "{row}");
        } else {
            assert_eq!(said(&with), None, "{row}");
        }
    }
}

#[test]
fn what_is_not_there_is_refused() {
    let mut refused = 0;
    // Fields of forms are looked for by the Rust compiler.
    for cell in cells("Not there").iter().filter(|cell| !cell.contains("form")) {
        for template in cell.replace("\\|", "|").split('`').skip(1).step_by(2) {
            if !template.contains('{')
                || ["intcomma", "naturaltime"]
                    .iter()
                    .any(|own| template.contains(own))
            {
                // A name of a module, or one that a site may give to a function of its own.
                continue;
            }
            let said = said(template).unwrap_or_default();
            let reasons = [
                "there is no",
                "would print text as markup",
                "is not part of this version",
            ];
            assert!(
                reasons.iter().any(|reason| said.contains(reason)),
                "{template}: {said:?}"
            );
            refused += 1;
        }
    }
    assert!(refused > 15, "{refused} templates");
}
