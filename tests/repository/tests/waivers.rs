//! The framework's own crates sign like everybody: `waivers.lock` of each is what its sources hold (CWE-1059). A development
//! build does not look; without this, the first release of a site would say so.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use vauban_waiver::lock::Lock;
use vauban_waiver::scan::scan;

const CRATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates");

/// How the lock of the crate in `dir` differs from its sources, a line each.
fn differences(dir: &Path) -> Vec<String> {
    let scan = scan(dir).expect("sources");
    let lock = std::fs::read_to_string(dir.join("waivers.lock")).unwrap_or_default();
    let found = Lock::of(scan.places.iter().map(|place| &place.entry));
    let differences = Lock::parse(&lock).differences(&found);
    let name = dir.file_name().expect("a name").to_string_lossy();
    differences
        .iter()
        .map(|difference| format!("{name}: {difference}"))
        .collect()
}

#[test]
fn cwe_1059_the_crates_sign_what_they_waive() {
    let mut told = Vec::new();
    for entry in std::fs::read_dir(CRATES).expect("crates") {
        let dir = entry.expect("an entry").path();
        if dir.join("Cargo.toml").exists() {
            told.extend(differences(&dir));
        }
    }
    assert!(
        told.is_empty(),
        "write these lines into `waivers.lock` of their crates:\n{}",
        told.join("\n")
    );
}
