//! Idea 3: outside development builds an unsigned waiver does not compile, and no build compiles one that no list
//! finds. Tiny packages are compiled as an attacker would write them (CWE-1059, CWE-863, CWE-489).

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// A package to compile.
struct Package {
    manifest: String,
    files: Vec<(String, String)>,
    arguments: Vec<&'static str>,
    flags: &'static str,
}

const WAIVER: &str = "vauban_waiver::waiver!(Unscoped, \"the nightly digest counts all tasks\")";
const ENTRY: &str = "Unscoped | signer::digest | the nightly digest counts all tasks | 1\n";

/// Calls a wall with a waiver in its module `digest`.
fn signer() -> Package {
    let source = format!(
        "pub fn unscoped(_: vauban_waiver::Waiver<'_, vauban_waiver::walls::Unscoped>) {{}}\n\
         pub mod digest {{\n    pub fn count() {{\n        super::unscoped({WAIVER});\n    }}\n}}\n"
    );
    package(&[("src/lib.rs", &source)])
}

fn package(files: &[(&str, &str)]) -> Package {
    Package {
        manifest: String::new(),
        files: files
            .iter()
            .map(|(path, text)| ((*path).into(), (*text).into()))
            .collect(),
        arguments: Vec::new(),
        flags: "",
    }
}

impl Package {
    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    fn manifest(mut self, more: &str) -> Self {
        self.manifest.push_str(more);
        self
    }

    fn release(mut self) -> Self {
        self.arguments.push("--release");
        self
    }

    fn argument(mut self, argument: &'static str) -> Self {
        self.arguments.push(argument);
        self
    }

    fn flags(mut self, flags: &'static str) -> Self {
        self.flags = flags;
        self
    }

    /// `Err` is what the compiler said.
    fn check(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let waiver = Path::new(env!("CARGO_MANIFEST_DIR")).display();
        let manifest = format!(
            "[package]\nname = \"signer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nvauban-waiver = {{ path = \"{waiver}\" }}\n{}",
            self.manifest
        );
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        for (path, text) in &self.files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        // The packages are called alike: each has a target folder of its own.
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--quiet", "--manifest-path"])
            .arg(folder.path().join("Cargo.toml"))
            .args(&self.arguments)
            .env("CARGO_TARGET_DIR", folder.path().join("target"))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TERM_COLOR", "never")
            .env("RUSTFLAGS", self.flags)
            .output()
            .unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    #[track_caller]
    fn refused(&self, with: &str) {
        let said = self.check().unwrap_err();
        assert!(said.contains(with), "{said}");
    }
}

const UNSIGNED: &str = "this waiver is not in waivers.lock";

#[test]
fn unsigned_does_not_compile_and_signed_does() {
    let off = || signer().flags("-C debug-assertions=off");
    let unsigned = off()
        .file("waivers.lock", "# nothing signed\n")
        .check()
        .unwrap_err();
    assert!(unsigned.contains(UNSIGNED), "{unsigned}");
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
    assert_eq!(off().file("waivers.lock", ENTRY).check(), Ok(()));
}

#[test]
fn a_signature_fits_one_module_and_one_wall() {
    for other in [
        ENTRY.replace("signer::digest", "signer"),
        ENTRY.replace("Unscoped", "UnscopedWrite"),
        ENTRY.replace("all tasks", "all tasks now"),
    ] {
        signer().release().file("waivers.lock", &other).refused(UNSIGNED);
    }
    // Without a lock nothing is signed.
    signer().release().refused("waivers.lock");
}

#[test]
fn development_needs_no_signature() {
    assert_eq!(signer().check(), Ok(()));
}

/// CWE-489: the attack is a release whose profile says that it is none.
#[test]
fn no_profile_makes_a_release_a_development_build() {
    for profile in [
        "[profile.release]\ndebug-assertions = true\n",
        "[profile.release.package.signer]\ndebug-assertions = true\n",
        "[profile.release]\ndebug-assertions = true\nopt-level = 0\n",
        "[profile.release.package.vauban-waiver]\ndebug-assertions = true\nopt-level = 0\n",
    ] {
        signer()
            .manifest(profile)
            .release()
            .file("waivers.lock", "")
            .refused(UNSIGNED);
    }
    let profile = "[profile.release]\ndebug-assertions = true\n";
    assert_eq!(
        signer()
            .manifest(profile)
            .release()
            .file("waivers.lock", ENTRY)
            .check(),
        Ok(())
    );
    let shipped = "[profile.shipped]\ninherits = \"release\"\ndebug-assertions = true\n";
    signer()
        .manifest(shipped)
        .argument("--profile=shipped")
        .file("waivers.lock", "")
        .refused(UNSIGNED);
    // The compiler's own words are not set by hand.
    signer()
        .file("build.rs", "fn main() { println!(\"cargo::rustc-cfg=test\"); }")
        .file("waivers.lock", "")
        .release()
        .refused("`cfg(test)` was set by hand");
}

const NO_MODULE: &str = "no `mod` of its own name leads to";

fn wall(rest: &str) -> String {
    format!("pub fn unscoped(_: vauban_waiver::Waiver<'_, vauban_waiver::walls::Unscoped>) {{}}\n{rest}")
}

/// CWE-1059: the attack is a waiver in a file that no list of modules leads to.
#[test]
fn files_that_are_moved_about_hold_no_waiver() {
    let odd = format!("pub fn f() {{ crate::unscoped({WAIVER}); }}");
    for (source, file) in [
        ("include!(\"hidden.rs\");", "src/hidden.rs"),
        ("#[path = \"odd.rs\"] pub mod quiet;", "src/odd.rs"),
        (
            "#[cfg_attr(all(), path = \"odd.rs\")] pub mod quiet;",
            "src/odd.rs",
        ),
        (
            "macro_rules! m { ($a:meta) => { #[$a] pub mod quiet; } } m!(path = \"odd.rs\");",
            "src/odd.rs",
        ),
        ("#[path = \"x/mod.rs\"] pub mod quiet;", "src/x/mod.rs"),
    ] {
        package(&[("src/lib.rs", &wall(source)), (file, &odd)]).refused(NO_MODULE);
    }
    let twice = "pub mod a { include!(\"main.rs\"); } pub mod b { include!(\"main.rs\"); }";
    package(&[("src/lib.rs", &wall(twice)), ("src/main.rs", "")])
        .file("src/sub/main.rs", &odd)
        .file("src/lib.rs", &wall(&twice.replace("main.rs", "sub/main.rs")))
        .refused("compiled in more than one place");
    // What a build script writes, under whatever name.
    package(&[(
        "src/lib.rs",
        &wall("include!(concat!(env!(\"OUT_DIR\"), \"/lib.rs\"));"),
    )])
    .file(
        "build.rs",
        &format!(
            "fn main() {{ let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(out + \"/lib.rs\", {odd:?}).unwrap(); }}"
        ),
    )
    .refused("stands in the sources of its own package");
}

/// All that Cargo and `mod` allow, and generated code without a waiver.
#[test]
fn usual_places_hold_waivers() {
    let f = format!("pub fn f() {{ crate::unscoped({WAIVER}); }}");
    let main = wall(&format!(
        "fn main() {{ unscoped({WAIVER}); inline::f(); }} mod inline {{ {f} }}"
    ));
    let made = "println!(\"cargo::rerun-if-changed=build.rs\"); \
                std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/made.rs\", \"pub fn made() {}\").unwrap();";
    let library = "pub mod a; pub mod r#type; pub mod inline { pub mod deep { FUNCTION } pub mod file; }\n\
                   include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n\
                   #[cfg(test)] mod tests { macro_rules! twice { () => { crate::unscoped(WAIVER) } }\n\
                   #[test] fn t() { twice!(); twice!(); } }\n\
                   pub async fn later(_: vauban_waiver::Waiver<'_, vauban_waiver::walls::Unscoped>) {}\n\
                   pub async fn calls() { later(WAIVER).await; }\n\
                   pub fn send() { fn is<T: Send>(_: T) {} is(calls()); }"
        .replace("FUNCTION", &f)
        .replace("WAIVER", WAIVER);
    let files = [
        ("src/lib.rs", wall(&library)),
        ("src/a/mod.rs", format!("pub mod b; {f}")),
        ("src/a/b.rs", format!("pub mod below; {f}")),
        ("src/a/b/below.rs", f.clone()),
        ("src/type.rs", f.clone()),
        ("src/inline/file.rs", f.clone()),
        ("src/bin/my-tool.rs", main.clone()),
        ("src/bin/other/main.rs", main.clone()),
        ("programs/named.rs", main.clone()),
        ("examples/shown.rs", main.clone()),
        ("tests/it.rs", main.replace("fn main()", "#[test] fn it()")),
        ("build.rs", format!("fn main() {{ {made} }}")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let package = package(&files)
        .manifest("[[bin]]\nname = \"another-name\"\npath = \"programs/named.rs\"\n")
        .argument("--all-targets");
    assert_eq!(package.check(), Ok(()));
}

/// CWE-540: what reads sources, and the path of the machine that built it, is in no release.
#[test]
fn the_scan_is_in_no_release() {
    let reads = || {
        package(&[("src/lib.rs", "pub use vauban_waiver::scan::program;")])
            .manifest("[features]\ndefault = [\"vauban-waiver/scan\"]\n")
    };
    assert_eq!(reads().check(), Ok(()));
    reads()
        .release()
        .refused("could not find `scan` in `vauban_waiver`");
}

/// CWE-1059: the attack is a crate called `core`, whose `env!` names a folder with another lock, whose `assert!` holds
/// whatever is asked, and whose `compile_error!` says nothing.
#[test]
fn another_core_signs_nothing() {
    for lie in [
        "(\"CARGO_MANIFEST_DIR\") => { $crate::real::concat!($crate::real::env!(\"CARGO_MANIFEST_DIR\"), \"/beside\") };",
        "",
    ] {
        let kit = format!(
            "pub use ::std::*; pub mod real {{ pub use ::core::*; }}\n\
             #[macro_export] macro_rules! env {{ {lie} ($($t:tt)*) => {{ $crate::real::env!($($t)*) }}; }}\n{}",
            if lie.is_empty() {
                "#[macro_export] macro_rules! assert { ($($t:tt)*) => { () }; }"
            } else {
                ""
            }
        );
        let lying = |package: Package| {
            let root = package.files[0].1.clone();
            package
                .manifest("kit = { path = \"kit\" }\n")
                .file("src/lib.rs", &format!("extern crate kit as core;\n{root}"))
                .file(
                    "kit/Cargo.toml",
                    "[package]\nname = \"kit\"\nedition = \"2024\"\n",
                )
                .file("kit/src/lib.rs", &kit)
                .file("beside/waivers.lock", ENTRY)
        };
        lying(signer().release())
            .file("waivers.lock", "# nothing signed\n")
            .refused(UNSIGNED);
        assert_eq!(
            lying(signer().release()).file("waivers.lock", ENTRY).check(),
            Ok(())
        );
    }
    let renamed = package(&[(
        "src/lib.rs",
        "extern crate kit as core; use vauban_waiver::waiver as sign;\n\
         pub fn unscoped(_: vauban_waiver::Waiver<'_, vauban_waiver::walls::Unscoped>) {}\n\
         pub fn count() { unscoped(sign!(Unscoped, \"the nightly digest counts all tasks\")) }",
    )]);
    renamed
        .manifest("kit = { path = \"kit\" }\n")
        .file(
            "kit/Cargo.toml",
            "[package]\nname = \"kit\"\nedition = \"2024\"\n",
        )
        .file(
            "kit/src/lib.rs",
            "pub use ::std::*; #[macro_export] macro_rules! compile_error { ($($t:tt)*) => {}; }",
        )
        .refused("under its own name");
}
