//! What opens something and stands in a path is a `PathSecret`, so that no log has it (CWE-532).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The views of a text whose path has a `{token}`, and which take it as something else; how many there are.
fn wrong(name: &str, text: &str) -> (usize, Vec<String>) {
    let (mut views, mut all) = (0, Vec::new());
    for (at, _) in text.match_indices("#[view(") {
        let view = &text[at..];
        let path = view.split(')').next().unwrap_or_default();
        // The head of the function, up to its body.
        let head = view
            .split('{')
            .skip(path.matches('{').count())
            .find(|part| part.contains(" fn "));
        let Some(head) = head.filter(|_| path.contains("/{token}/")) else {
            continue;
        };
        views += 1;
        if !head.contains("token: Path<PathSecret>") && !head.contains("token: Path<vauban::PathSecret>") {
            all.push(format!(
                "{name}: take the token of `{path})` as `token: Path<PathSecret>`"
            ));
        }
    }
    (views, all)
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, each);
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "md") {
            each(&path);
        }
    }
}

#[test]
fn cwe_532_a_token_in_a_path_is_a_secret() {
    let (mut views, mut all) = (0, Vec::new());
    for folder in ["crates", "demo", "examples", "docs", "benches"] {
        walk(&Path::new(ROOT).join(folder), &mut |path| {
            let text = std::fs::read_to_string(path).expect("a source");
            let (found, wrong) = wrong(&path.display().to_string(), &text);
            views += found;
            all.extend(wrong);
        });
    }
    assert!(views > 15, "only {views} views with a token were found");
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_token_of_another_type_is_told() {
    let view = |kind| {
        format!(
            "#[view(get, \"/a/{{token}}/\")]\npub async fn a(_: Public, token: Path<{kind}>) -> Text {{ }}"
        )
    };
    assert_eq!(wrong("a.rs", &view("PathSecret")), (1, Vec::new()));
    assert_eq!(wrong("a.rs", &view("String")).1.len(), 1);
}
