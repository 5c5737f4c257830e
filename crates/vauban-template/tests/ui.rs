//! What must not compile, with its message. The siblings with the fix are in `ui_siblings.rs`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // All of them fail, so trybuild checks them in one go.
        if name.ends_with(".rs") && !name.ends_with("_fixed.rs") {
            cases.compile_fail(path);
        }
    }
}
