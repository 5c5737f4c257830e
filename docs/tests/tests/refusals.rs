//! Every finding of the checks that run at start is explained in the guide.

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

/// The names in `Finding::error("name", …)` and its siblings.
fn findings(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for level in ["error", "warning", "note"] {
        for call in source.split(&format!("Finding::{level}(")).skip(1) {
            let argument = call.trim_start();
            if let Some(name) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_finding_is_explained() {
    let guide = fs::read_to_string(root().join("docs/src/deploying.md")).unwrap();
    let mut found = BTreeSet::new();
    for file in [
        "vauban/src/checks/deployment.rs",
        "vauban/src/checks/locks.rs",
        "vauban/src/checks/program.rs",
        "vauban-accounts/src/settings.rs",
    ] {
        found.extend(findings(
            &fs::read_to_string(root().join("crates").join(file)).unwrap(),
        ));
    }
    let orm = fs::read_to_string(root().join("crates/vauban-orm/src/checks/mod.rs")).unwrap();
    found.extend(
        orm.split("id: \"")
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
    );
    assert!(
        found.iter().any(|name| name.starts_with("orm.")),
        "the checks of models have moved"
    );
    assert!(found.len() > 15, "the checks have moved: {found:?}");
    let missing: Vec<_> = found
        .iter()
        .filter(|name| !guide.contains(&format!("`{name}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/src/deploying.md does not explain {missing:?}"
    );
}
