//! What must not compile, with its message, and beside each case its sibling with the fix, which compiles.
#![allow(missing_docs)]

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    let mut names: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect();
    names.sort();
    let (fixed, broken): (Vec<_>, Vec<_>) = names
        .into_iter()
        .partition(|p| p.to_string_lossy().ends_with("_fixed.rs"));
    assert_eq!(fixed.len(), broken.len());
    for path in broken {
        let sibling = path.to_string_lossy().replace(".rs", "_fixed.rs");
        assert!(
            fixed.iter().any(|f| f.to_string_lossy() == sibling),
            "{sibling} is missing"
        );
        cases.compile_fail(path);
    }
    for path in fixed {
        cases.pass(path);
    }
}
