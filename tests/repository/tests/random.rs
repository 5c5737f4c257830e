//! Tests with chance in them take their amount and their seed from `tests/long`, and stand where the long run looks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What is wrong with the properties of a file.
fn wrong(name: &str, text: &str) -> Option<String> {
    let properties = text.matches("proptest! {\n").count();
    let is_found = text.contains("mod properties {") || name.ends_with("/properties.rs");
    if properties == 0 {
        None
    } else if text.matches("#![proptest_config(long::cases(").count() != properties {
        Some(format!(
            "{name}: begin each `proptest!` with `#![proptest_config(long::cases(short, long, \"values\"))]`"
        ))
    } else if !is_found {
        Some(format!(
            "{name}: put the properties into `mod properties {{ … }}`"
        ))
    } else {
        None
    }
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, each);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            each(&path);
        }
    }
}

#[test]
fn every_property_is_found_by_the_long_run() {
    let (mut files, mut all) = (0, Vec::new());
    for folder in ["crates", "demo", "examples", "docs", "benches"] {
        walk(&Path::new(ROOT).join(folder), &mut |path| {
            let text = std::fs::read_to_string(path).expect("a source");
            files += usize::from(text.contains("proptest! {\n"));
            all.extend(wrong(&path.display().to_string(), &text));
        });
    }
    assert!(files > 10, "only {files} files with properties were found");
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_property_of_its_own_amount_or_place_is_told() {
    let config = "    #![proptest_config(long::cases(256, 1_000, \"values\"))]\n";
    let inside = |config: &str| format!("mod properties {{\n proptest::proptest! {{\n{config}}}\n}}\n");
    assert_eq!(wrong("a.rs", &inside(config)), None);
    assert_eq!(wrong("a.rs", "fn f() {}"), None);
    for bad in [inside(""), format!("proptest! {{\n{config}}}\n")] {
        assert!(wrong("a.rs", &bad).is_some(), "{bad}");
    }
}
