//! Idea 3: outside development builds an unsigned waiver does not compile. A tiny package is compiled as a release
//! is, without debug assertions: unsigned, signed, and signed for another module (CWE-1059, CWE-863).

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Compiles a package with one waiver in its module `digest`; `Err` is what the compiler said.
fn compile(lock: Option<&str>, debug_assertions: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let waiver = Path::new(env!("CARGO_MANIFEST_DIR")).display();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(
        folder.path().join("Cargo.toml"),
        format!(
            "[package]\nname = \"signer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nvauban-waiver = {{ path = \"{waiver}\" }}\n"
        ),
    )
    .unwrap();
    fs::write(
        folder.path().join("src/lib.rs"),
        "pub mod digest {\n    pub fn sign() -> vauban_waiver::Waiver<vauban_waiver::walls::Unscoped> {\n        \
         vauban_waiver::waiver!(Unscoped, \"the nightly digest counts all tasks\")\n    }\n}\n",
    )
    .unwrap();
    if let Some(lock) = lock {
        fs::write(folder.path().join("waivers.lock"), lock).unwrap();
    }
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--manifest-path"])
        .arg(folder.path().join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_TERM_COLOR", "never")
        .env("RUSTFLAGS", format!("-C debug-assertions={debug_assertions}"))
        .output()
        .unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const ENTRY: &str = "Unscoped | signer::digest | the nightly digest counts all tasks | 1\n";

#[test]
fn unsigned_does_not_compile_and_signed_does() {
    let unsigned = compile(Some("# nothing signed\n"), "off").unwrap_err();
    assert!(
        unsigned.contains("this waiver is not in waivers.lock"),
        "{unsigned}"
    );
    assert!(
        unsigned.contains("waivers --accept"),
        "it says what to do: {unsigned}"
    );
    let snapshot = Path::new("tests/ui/waiver_unsigned.stderr");
    let message = unsigned
        .split("\nerror: could not compile")
        .next()
        .unwrap_or_default()
        .trim_end();
    if std::env::var("TRYBUILD").is_ok_and(|mode| mode == "overwrite") {
        fs::write(snapshot, format!("{message}\n")).unwrap();
    }
    assert_eq!(
        message,
        fs::read_to_string(snapshot).unwrap().trim_end(),
        "the reviewed message"
    );
    assert_eq!(compile(Some(ENTRY), "off"), Ok(()));
}

#[test]
fn a_signature_fits_one_module_and_one_wall() {
    for other in [
        ENTRY.replace("signer::digest", "signer"),
        ENTRY.replace("Unscoped", "UnscopedWrite"),
        ENTRY.replace("all tasks", "all tasks now"),
    ] {
        let message = compile(Some(&other), "off").unwrap_err();
        assert!(message.contains("not in waivers.lock"), "{other}: {message}");
    }
    assert!(
        compile(None, "off").unwrap_err().contains("waivers.lock"),
        "without a lock nothing is signed"
    );
}

#[test]
fn development_needs_no_signature() {
    assert_eq!(compile(None, "on"), Ok(()));
}
