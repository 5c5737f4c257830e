//! What the scan finds, and what it refuses.

#![allow(clippy::unwrap_used)]

use std::fs;

use super::refused::*;
use super::scan;

fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"my-app\"\n").unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let dir = package(files);
    let scan = scan(dir.path()).unwrap();
    (
        scan.places
            .iter()
            .map(|p| format!("{}:{} {}", p.file.display(), p.line, p.entry))
            .collect(),
        scan.trouble
            .iter()
            .map(|t| format!("{}:{} {}", t.file.display(), t.line, t.what))
            .collect(),
    )
}

#[test]
fn module_paths_are_those_of_rustc() {
    let (places, trouble) = found(&[
        (
            "src/main.rs",
            "mod a;\nmod inline { mod deep; fn f() { waiver!(W, \"one\") } }\nfn main() { x(waiver!(W, \"root\")) }",
        ),
        ("src/a/mod.rs", "mod b;"),
        (
            "src/a/b.rs",
            "mod below; const X: W = vauban::waiver!{W, r#\"ra\"w\"#};",
        ),
        ("src/a/b/below.rs", "\n\nwaiver![W, \"two\"]"),
        ("src/inline/deep.rs", "waiver!(W, \"four\")"),
        ("src/bin/tool.rs", "fn main() { waiver!(W, \"five\") }"),
    ]);
    assert_eq!(trouble, Vec::<String>::new());
    assert_eq!(
        places,
        [
            "src/a/b/below.rs:3 W | my_app::a::b::below | two",
            "src/a/b.rs:1 W | my_app::a::b | ra\"w",
            "src/bin/tool.rs:1 W | tool | five",
            "src/inline/deep.rs:1 W | my_app::inline::deep | four",
            "src/main.rs:2 W | my_app::inline | one",
            "src/main.rs:3 W | my_app | root",
        ]
    );
}

#[test]
fn test_code_is_left_out_and_nothing_else() {
    let (places, trouble) = found(&[
        (
            "src/lib.rs",
            "#[cfg(test)] mod tests { fn f() { waiver!(W, \"t1\") } }\n\
             #[cfg(test)] pub(crate) mod file;\n\
             #[cfg(test)] fn helper(a: [u8; 2]) -> u8 { waiver!(W, \"t2\") }\n\
             #[cfg(all(test, unix))] use x::{y, z};\n\
             #[cfg(not(test))] fn real() { waiver!(W, \"r1\") }\n\
             #[cfg(any(test, feature = \"x\"))] fn both() { waiver!(W, \"r2\") }\n\
             #[view(get, csp = waiver!(W, \"r3\"))] fn view() {}\n\
             mod off;",
        ),
        ("src/file.rs", "mod inner; waiver!(W, \"t3\")"),
        ("src/file/inner.rs", "waiver!(W, \"t4\")"),
        ("src/off.rs", "#![cfg(test)]\nwaiver!(W, \"t5\")"),
        ("tests/it.rs", "waiver!(W, \"t6\")"),
    ]);
    assert_eq!(trouble, Vec::<String>::new());
    let reasons: Vec<_> = places.iter().filter_map(|p| p.rsplit(" | ").next()).collect();
    assert_eq!(reasons, ["r1", "r2", "r3"], "{places:?}");
}

#[test]
fn what_would_hide_a_waiver_is_told() {
    let (places, trouble) = found(&[
        (
            "src/lib.rs",
            "use vauban::waiver as w;\n\
             macro_rules! m { () => { waiver!(W, \"hidden in a macro\") } }\n\
             fn f() { waiver!(W, $reason) }\n\
             fn g() { Waiver::<walls::W>::__new(\"a\", \"b\", 1) }\n\
             make_mod!(hidden);\n",
        ),
        ("src/hidden.rs", "waiver!(W, \"unreached\")"),
    ]);
    assert_eq!(places, Vec::<String>::new());
    assert_eq!(
        trouble,
        [
            format!("src/hidden.rs:1 {UNREACHED}"),
            format!("src/lib.rs:1 {RENAMED}"),
            format!("src/lib.rs:2 {MACRO_MADE}"),
            format!("src/lib.rs:3 {NOT_LITERAL}"),
            format!("src/lib.rs:4 {SIGNS_FOR_OTHERS}"),
            format!("src/lib.rs:4 {BY_HAND}"),
        ]
    );
}

/// CWE-79, CWE-601: what the macros use is no way to make markup, addresses or waivers without a signature.
#[test]
fn hidden_constructors_are_told() {
    let (_, trouble) = found(&[(
        "src/lib.rs",
        "fn a(s: String) -> SafeHtml { SafeHtml::__checked(s) }\n\
         fn b() { let make = <SafeHtml>::__checked; make(s) }\n\
         fn c() { Url::__start(\"v\", 0).__literal(\"https://evil\") }\n\
         macro_rules! html { ($s:expr) => { SafeHtml::__checked($s) } }\n\
         fn __new() { __new() }\n",
    )]);
    let lines: Vec<_> = (1..=5)
        .map(|line| format!("src/lib.rs:{line} {BY_HAND}"))
        .collect();
    assert_eq!(trouble, lines);
}

/// CWE-79, CWE-601: the attack is a type whose text is written into the page as it is, with nothing signed.
#[test]
fn implementations_by_hand_are_told() {
    let (_, trouble) = found(&[(
        "src/lib.rs",
        "impl UrlTo for Evil { fn __write_url(&self, _: &dyn RenderContext, out: &mut String) {} }\n\
         impl Trusted<Text> for Raw { fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {} }\n\
         impl Template for Page { const __DERIVED: () = (); }\n\
         macro_rules! page { ($t:ty) => { impl Template for $t { const __DERIVED: () = (); } } }\n\
         impl RenderContext for Mine { fn __of_the_framework(&self) -> OfTheFramework { loop {} } }\n\
         #[derive(Template)] #[template(\"open.html\", piece)] struct Open;\n\
         #[derive(Template)] #[template(\"piece.html\")] struct Piece { piece: u8 }\n\
         #[cfg(test)] impl Template for Page { const __DERIVED: () = (); }\n",
    )]);
    let mut expected: Vec<_> = (1..=5)
        .map(|line| format!("src/lib.rs:{line} {SEALED_BY_HAND}"))
        .collect();
    expected.push(format!("src/lib.rs:6 {PIECE}"));
    assert_eq!(trouble, expected);
}

#[test]
fn words_in_comments_and_strings_are_not_waivers() {
    let (places, trouble) = found(&[(
        "src/lib.rs",
        "//! waiver!(W, \"doc\")\n/* waiver!(W, \"c\") */ const A: &str = \"waiver!(W, \\\"s\\\")\"; fn waiver() {}",
    )]);
    assert!(places.is_empty() && trouble.is_empty(), "{places:?} {trouble:?}");
}

#[track_caller]
fn refused(source: &str, what: &str) {
    let (places, trouble) = found(&[("src/lib.rs", source)]);
    assert_eq!(trouble, [format!("src/lib.rs:1 {what}")], "{source}: {places:?}");
}

#[track_caller]
fn fine(source: &str) {
    assert_eq!(
        found(&[("src/lib.rs", source)]).1,
        Vec::<String>::new(),
        "{source}"
    );
}

/// CWE-1059: the attack is a file that no `mod` of its name leads to, with a waiver or a hidden constructor in it.
#[test]
fn files_that_are_moved_about_are_told() {
    for source in [
        "include!(\"hidden.rs\");",
        "fn f() { std::include! { \"hidden.rs\" } }",
        "r#include!(concat!(\"hid\", \"den.rs\"));",
        "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));",
        "use std::include as bring;",
        "call!(include, \"hidden.rs\");",
        "macro_rules! m { ($f:literal) => { include!($f); } }",
    ] {
        refused(source, INCLUDED);
    }
    fine(
        "const A: &str = include_str!(\"a.txt\"); const B: &[u8] = include_bytes!(\"a\"); fn include() { include() }",
    );
    for source in [
        "#[path = \"odd.rs\"] mod inline { }",
        "#[cfg_attr(all(), path = \"odd.rs\")] mod inline { }",
        "#[cfg_attr(unix, cfg_attr(all(), allow(dead_code), path = \"odd.rs\"))] mod inline { }",
        "macro_rules! m { () => { #[path = \"odd.rs\"] mod inline; } }",
    ] {
        refused(source, MOVED);
    }
    fine("#[cfg(feature = \"path\")] #[serde(path = \"x\")] struct A { path: u8 }");
}

/// CWE-1059: the attack is a signature in no list, by a name that the list does not look for.
#[test]
fn names_handed_about_are_told() {
    for source in [
        "named!(waiver, Unscoped, \"why\");",
        "named! { { waiver } }",
        "#[named(waiver)] fn f() {}",
    ] {
        refused(source, PASSED);
    }
    for source in [
        "use vauban::waiver as w;",
        "use vauban::{Db, waiver as sign};",
        "use vauban::Waiver as W;",
        "use vauban::walls as w;",
    ] {
        refused(source, RENAMED);
    }
    refused(
        "macro_rules! m { ($($t:tt)*) => { vauban::waiver!($($t)*) } }",
        MACRO_MADE,
    );
    refused(
        "macro_rules! m { ($name:ident $rest:ident) => { $name!(\"hidden.rs\") } }",
        CALLS_WHAT_IT_IS_HANDED,
    );
    fine("vauban::routes! { include accounts at \"/a/\" = vauban::accounts::urls }");
    refused("fn f() { waiver!($wall, \"why\") }", NOT_LITERAL);
    refused("fn f() { waiver!(W, concat!(\"a\", \"b\")) }", NOT_LITERAL);
    fine("fn f(waiver: u8) -> u8 { if !(waiver > 1) { g(waiver) } else { waiver } }");
    assert_eq!(
        found(&[(
            "src/lib.rs",
            "service! { pub A: View<M>; r#waiver!(W, \"why\",) }"
        )])
        .0,
        ["src/lib.rs:1 W | my_app | why"]
    );
}

/// CWE-1059: the attack is one signature for whatever is handed in.
#[test]
fn waivers_for_whoever_comes_are_told() {
    for source in [
        "fn s<R>(f: impl FnOnce(Waiver<'_, W>) -> R) -> R { x(f) }",
        "fn s<R, F: FnOnce(vauban::Waiver<'_, W>) -> R>(f: F) -> R { x(f) }",
        "fn s(f: fn(Waiver<'_, W>)) { x(f) }",
        "fn s(f: &dyn Fn(u8, vauban::Waiver<'_, W>)) { x(f) }",
        "fn s<T>() where T: for<'a> From<Waiver<'a, W>> { }",
        "type Signed<'a> = Waiver<'a, W>;",
        "trait Job { fn run(signed: Waiver<'_, W>); }",
        "impl From<Waiver<'_, W>> for Job { }",
        "fn s(f: Option<Waiver<'_, W>>) { }",
        "macro_rules! m { () => { fn f(w: Waiver<'_, W>) {} } }",
    ] {
        refused(source, SIGNS_FOR_OTHERS);
    }
    fine("use vauban::{Db, Waiver, walls}; fn f(n: u8, signed: vauban::Waiver<'_, walls::W>) { g(signed) }");
}

/// CWE-1059: the attack is the compiler's report switched off, or code that only looks like a test.
#[test]
fn switched_off_lints_and_false_tests_are_told() {
    for source in [
        "#![allow(deprecated)]",
        "#[expect(unused, deprecated)] fn f() {}",
        "#[warn(deprecated)] fn f() {}",
        "#![allow(warnings)]",
        "#![cfg_attr(all(), allow(deprecated, reason = \"old\"))]",
        "#![allow(explicit_builtin_cfgs_in_flags)]",
        "fn f() { #[allow(deprecated)] { g() } }",
        "macro_rules! m { ($i:item) => { #[allow(deprecated)] $i } }",
        "quiet!(allow(deprecated));",
    ] {
        refused(source, LINT);
    }
    fine("#![allow(dead_code)] fn f() { x.expect(\"deprecated\"); } #[deprecated] fn g() {}");
    refused("use nothing::noop as test;", TEST_RENAMED);
    for source in [
        "#[cfg(test = \"x\")] fn f() { waiver!(W, \"why\") }",
        "#[cfg(all(test = \"x\", unix))] fn f() { waiver!(W, \"why\") }",
        "#[test] fn f() { waiver!(W, \"why\") }",
    ] {
        assert_eq!(found(&[("src/lib.rs", source)]).0.len(), 1, "{source}");
    }
}

/// CWE-1059: the attack is a waiver in a package beside the program's.
#[test]
fn packages_beside_the_program_are_part_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let package = |name: &str, rest: &str| {
        write(
            &format!("{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\n{rest}"),
        );
        write(
            &format!("{name}/src/lib.rs"),
            &format!("fn f() {{ unscoped(waiver!(Unscoped, \"why {name} may do it\")) }}"),
        );
    };
    write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"app\"]\n[workspace.dependencies]\nshared = { path = \"shared\" }\n\
         [patch.crates-io]\npatched = { path = \"patched\" }\n",
    );
    let vauban = "[dependencies]\nvauban = \"1\"\n";
    package(
        "app",
        "[dependencies]\nvauban = \"1\"\nshared.workspace = true\n\
         other-name = { package = \"renamed\", path = \"../renamed\" }\nplain = { path = \"../plain\" }\n\
         [target.'cfg(unix)'.dependencies]\nplatform = { path = \"../platform\" }\n\
         [dev-dependencies]\nfor-tests = { path = \"../for-tests\" }\n",
    );
    package(
        "shared",
        "[dependencies]\ndeep = { path = \"../deep\", optional = true }\n",
    );
    package(
        "deep",
        "[dependencies]\nv = { package = \"vauban-orm\", version = \"1\" }\n",
    );
    package("renamed", vauban);
    package("platform", vauban);
    package("patched", vauban);
    package("for-tests", vauban);
    package("macros", "[lib]\nproc-macro = true\n");
    // Reaches nothing of ours: it may include what it likes.
    package("plain", "[dependencies]\nmacros = { path = \"../macros\" }\n");
    let lock = "Unscoped | deep | why deep may do it | 2\n";
    write("deep/waivers.lock", lock);
    let found = super::program(&dir.path().join("app")).unwrap();
    let mut names: Vec<_> = found
        .iter()
        .flat_map(|package| {
            package
                .scan
                .places
                .iter()
                .map(|place| place.entry.module.as_str())
        })
        .collect();
    assert_eq!(names.remove(0), "app", "the program's own comes first");
    names.sort_unstable();
    assert_eq!(
        names,
        ["deep", "macros", "patched", "platform", "renamed", "shared"]
    );
    let differences = |name: &str| {
        let package = found
            .iter()
            .find(|p| p.scan.places[0].entry.module == name)
            .unwrap();
        package
            .differences()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        differences("deep"),
        ["~ Unscoped | deep | why deep may do it  (signed for 2 places, found in 1 place)"]
    );
    assert_eq!(differences("renamed").len(), 1, "each has a lock of its own");
}

/// CWE-1059, CWE-352: the attack is a form to elsewhere in a template, signed in no list.
#[test]
fn waivers_of_templates_are_found_in_their_files() {
    let (places, trouble) = found(&[
        ("src/lib.rs", ""),
        (
            "templates/shop/pay.html",
            "<p>\n{% waiver CrossOriginForm \"the bank takes % } the money\" %}<form>\n{%waiver CrossOriginForm 'it is \"our\" bank' %}\n\
             {% comment %}{% waiver CrossOriginForm \"not\" %}{% endcomment %}{{ waiver }} {% if waiver %}{% endif %}",
        ),
        ("templates/odd.html", "{% waiver CrossOriginForm \"a\\\"b\" %}"),
    ]);
    assert_eq!(
        places,
        [
            "templates/shop/pay.html:2 CrossOriginForm | templates/shop/pay.html | the bank takes % } the money",
            "templates/shop/pay.html:3 CrossOriginForm | templates/shop/pay.html | it is \"our\" bank",
        ]
    );
    assert_eq!(trouble, [format!("templates/odd.html:1 {TEMPLATE_REASON}")]);
}
