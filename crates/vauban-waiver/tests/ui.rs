//! Waivers that must not compile, each with its reviewed message (`NAME.stderr`) and a sibling that differs only in
//! the fix and compiles (`NAME_fixed.rs`).

use std::path::Path;

#[test]
fn ui() {
    let mut cases = 0;
    let t = trybuild::TestCases::new();
    for entry in std::fs::read_dir("tests/ui").unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".rs"))
        else {
            continue;
        };
        if name.ends_with("_fixed") {
            t.pass(&path);
        } else {
            let sibling = format!("tests/ui/{name}_fixed.rs");
            assert!(Path::new(&sibling).exists(), "{sibling} is missing");
            t.compile_fail(&path);
            cases += 1;
        }
    }
    assert_eq!(cases, 16);
}
