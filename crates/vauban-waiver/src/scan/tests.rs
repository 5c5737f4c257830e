//! What the scan finds, and what it refuses.

#![allow(clippy::unwrap_used)]

use std::fs;

use super::attributes::{DEPRECATED, STRING_IN_ATTRIBUTE};
use super::generic::GENERIC;
use super::literal::*;
use super::manifest::*;
use super::refused::*;
use super::scan;

fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("Cargo.toml"),
        "[package]\nname = \"my-app\"\nedition = \"2024\"\n",
    )
    .unwrap();
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
         impl Plain for Loud { const __OURS: Ours<Self> = loop {}; }\n\
         #[derive(Template)] #[template(\"open.html\", piece)] struct Open;\n\
         #[derive(Template)] #[template(\"piece.html\")] struct Piece { piece: u8 }\n\
         #[cfg(test)] impl Template for Page { const __DERIVED: () = (); }\n",
    )]);
    let mut expected: Vec<_> = (1..=6)
        .map(|line| format!("src/lib.rs:{line} {SEALED_BY_HAND}"))
        .collect();
    expected.push(format!("src/lib.rs:7 {PIECE}"));
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
        "macro_rules! m { () => { #[path = \"odd.rs\"] mod inline { } } }",
    ] {
        refused(source, MOVED);
    }
    fine("#[cfg(feature = \"path\")] #[serde(path = \"x\")] struct A { path: u8 }");
}

/// CWE-436: the attack is code that rustc reads and the scan does not.
#[test]
fn code_is_read_as_rustc_reads_it() {
    for source in [
        "#! [allow(deprecated)]",
        "#! /* c */ [allow(deprecated)]",
        "#[allow\u{200e}(deprecated)] mod inner {}",
        "#[allow\u{200f}(deprecated)] mod inner {}",
    ] {
        refused(source, LINT);
    }
    refused("mod inner { include\u{200e}!(\"mark.txt\"); }", INCLUDED);
    refused(
        "nop!(\"a\"r\"\\\" \"); fn f() { __hidden() } nop!('\"');",
        BY_HAND,
    );
    refused("pass!(pub (__hidden()));", BY_HAND);
    refused("pass!(pub(in __hidden()));", BY_HAND);
    refused("---\n---\nfn f() {}", FRONT);
    for edition in [
        "",
        "edition = \"2015\"",
        "edition = \"2018\"",
        "edition.workspace = true",
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
        write(
            "app/Cargo.toml",
            &format!("[package]\nname = \"app\"\n{edition}\n"),
        );
        for (shared, told) in [("2018", true), ("2021", false)] {
            write(
                "Cargo.toml",
                &format!("[workspace.package]\nedition = \"{shared}\"\n"),
            );
            let trouble = scan(&dir.path().join("app")).unwrap().trouble;
            let told = told || !edition.contains("workspace");
            assert_eq!(
                trouble.iter().any(|t| t.what == EDITION),
                told,
                "{edition} {shared}"
            );
        }
    }
    let target = "[[bin]]\nname = \"x\"\nedition = \"2018\"\n";
    assert_eq!(built_with("", target, ""), [format!("Cargo.toml:1 {EDITION}")]);
}

/// CWE-436: the attack is a condition that takes away less than the scan leaves out.
#[test]
fn a_test_attribute_leaves_out_its_item_only() {
    for source in [
        "fn f<#[cfg(test)] T>(t: String) { __hidden() }",
        "fn f(#[cfg(test)] t: String) { __hidden() }",
        "fn f(t: fn(#[cfg(test)] fn(u8)) -> u8) { __hidden() }",
        "struct S { #[cfg(test)] a: u8, b: [u8; { __hidden() }] }",
        "struct S(#[cfg(test)] u8, [u8; { __hidden() }]);",
        "enum E { #[cfg(test)] A, B = { __hidden() } }",
        "enum E { #[cfg(test)] r#fn, B = { __hidden() } }",
        "fn f() { match x { #[cfg(test)] A => a(), B => { __hidden() } } }",
        "fn f() { match x { #[cfg(test)] r#use => a(), B => { __hidden() } } }",
        "fn f() { S { #[cfg(test)] a: b, c: { __hidden() } } }",
        "fn f() { g(#[cfg(test)] a, { __hidden() }) }",
        "impl<#[cfg(test)] T> S { fn f() { __hidden() } }",
        "strip! { #[cfg(test)] fn f() { __hidden() } }",
        "strip! { #![cfg(test)] fn f() { __hidden() } }",
        "#[keep] mod m { #[cfg(test)] fn f() { __hidden() } }",
        "#[keep] #[cfg(test)] fn f() { __hidden() }",
        "#[cfg_attr(all(), keep)] impl S { #[cfg(test)] fn f() { __hidden() } }",
        "strip!(; #[cfg(test)] let x = { __hidden() });",
    ] {
        refused(source, BY_HAND);
    }
    fine(
        "#[view(get)] fn v() {} #[cfg(test)] #[tokio::test] async fn h() { __a() } \
         fn f() { #[cfg(test)] { __a() } #[cfg(test)] let x = __a(); #[cfg(test)] a::b!(__a); } \
         #[cfg(test)] pub(crate) unsafe fn g() { __a() } impl S { #[cfg(test)] #[inline] async fn f() { __a() } } \
         #[cfg(test)] macro_rules! m { () => { __a() } } #[cfg(test)] const A: u8 = __a();",
    );
}

/// CWE-1059: the attack is a file beside another root, which only a macro's `mod` leads to.
#[test]
fn the_folder_of_every_root_is_searched() {
    for target in [
        "[[bin]]\nname = \"x\"\npath = \"code/main.rs\"\n",
        "[lib]\npath = \"code/main.rs\"\n",
    ] {
        let manifest = format!("[package]\nname = \"app\"\nedition = \"2024\"\n{target}");
        let (_, trouble) = found(&[
            ("Cargo.toml", &manifest),
            ("code/main.rs", "all!(hidden);"),
            ("code/deep/hidden.rs", "fn f() { __hidden() }"),
        ]);
        assert_eq!(trouble, [format!("code/deep/hidden.rs:1 {UNREACHED}")]);
    }
    let manifest = "[package]\nname = \"app\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n";
    let (_, trouble) = found(&[
        ("Cargo.toml", manifest),
        ("lib.rs", ""),
        ("hidden.rs", "fn f() { __hidden() }"),
        ("tests/it.rs", "fn f() { __hidden() }"),
        ("other/Cargo.toml", ""),
        ("other/src/lib.rs", "fn f() { __hidden() }"),
    ]);
    assert_eq!(trouble, [format!("hidden.rs:1 {UNREACHED}")]);
    for source in [
        "macro_rules! part { ($n:ident) => { mod $n; } }",
        "macro_rules! part { () => { mod hidden; } }",
        "macro_rules! part { ($($t:tt)*) => { pub mod $($t)* } }",
        "part!(hidden, mod);",
        "fn f() { quote! { mod #name; } }",
    ] {
        refused(source, MODULE_MADE);
    }
    fine("macro_rules! part { ($n:ident) => { mod $n { } mod a { } } } fn f() { quote! { mod #name { } } }");
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
            &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}"),
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
         [build-dependencies]\nhelper = { path = \"../helper\" }\n\
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
    package("helper", "");
    package("macros", "[lib]\nproc-macro = true\n");
    // Reaches nothing of ours, and still writes code into what does.
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
        [
            "deep", "helper", "macros", "patched", "plain", "platform", "renamed", "shared"
        ]
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

/// CWE-436: the attack is a comment of one kind that opens one of another, for the scan alone.
#[test]
fn templates_are_read_as_the_compiler_reads_them() {
    let signed = "{% waiver CrossOriginForm \"why\" %}";
    for before in [
        "{# {% comment %} #}",
        "{# {% verbatim %} #}",
        "{% comment %}{% verbatim %}{% endcomment %}",
        "{% verbatim a %}{% endverbatim %}{% comment %}{% endverbatim a %}",
        "{{ a|default:\"{% comment %}\" }}",
        "{% if a == \"{% comment %}\" %}",
        "{ {# { #}",
        "{% comment x \"'{% y %}{% endcomment %}",
    ] {
        let text = format!("{before}{signed}");
        assert_eq!(found(&[("templates/a.html", &text)]).0.len(), 1, "{before}");
    }
    for around in [
        "{# {} #}",
        "{% verbatim %}{}{% endverbatim %}",
        "{% comment %}{}{% endcomment %}",
    ] {
        let text = around.replace(
            "{}",
            if around.starts_with("{#") {
                "waiver W 'why'"
            } else {
                signed
            },
        );
        assert_eq!(
            found(&[("templates/a.html", &text)]),
            (Vec::new(), Vec::new()),
            "{around}"
        );
    }
    for text in [
        "{{ page.__checked }}",
        "{% if a.__b %}",
        "{# {% comment %} #}{% include __a %}",
        "{{ a|f:\"__b\" }}",
    ] {
        let (_, trouble) = found(&[("templates/a.html", text)]);
        assert_eq!(trouble, [format!("templates/a.html:1 {TEMPLATE_NAME}")], "{text}");
    }
    assert!(
        found(&[(
            "templates/a.html",
            "__a {# __b #} {{ a__c }} {% verbatim %}{{ __d }}{% endverbatim %}"
        )])
        .1
        .is_empty()
    );
    for source in [
        "#[derive(Template)] #[template(source = \"{% waiver CrossOriginForm 'why' %}\")] struct A;",
        "#[derive(Template)] #[template(source = r#\"{# {% comment %} #}{%waiver W \"why\"%}\"#)] struct A;",
        "page!(\"{% waiver CrossOriginForm 'why' %}\");",
    ] {
        refused(source, INLINE_TEMPLATE);
    }
    fine("#[derive(Template)] #[template(source = \"{# {% waiver W 'why' %}{{ waiver }}\")] struct A;");
}

/// CWE-1059: the attack is a package that depends on nothing and exports a macro that writes hidden names.
#[test]
fn packages_without_dependencies_write_code_too() {
    let dir = package(&[
        ("src/main.rs", "fn main() {}"),
        (
            "vauban-orm/src/lib.rs",
            "#[macro_export] macro_rules! all { () => { ::vauban::orm::Binder::__for_the_sites_identity() } }",
        ),
    ]);
    let manifest =
        "[package]\nname = \"app\"\nedition = \"2024\"\n[dependencies]\nbeside = { path = \"vauban-orm\" }\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    // The name and the folder's name are ours, the place is not.
    for name in ["beside", "vauban-orm"] {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        fs::write(dir.path().join("vauban-orm/Cargo.toml"), manifest).unwrap();
        let found = super::program(dir.path()).unwrap();
        let told = found.iter().flat_map(|package| &package.scan.trouble);
        assert!(told.into_iter().any(|t| t.what == BY_HAND), "{name}");
    }
}

/// CWE-639: the attack is one signature that opens whichever model a caller names.
#[test]
fn a_waiver_for_one_model_stands_in_no_code_for_several() {
    const SIGNED: &str = "{ db.unscoped(waiver!(Unscoped, \"statistics count the rows of a model\")) }";
    for code in [
        "fn all<M: Policy>(db: &Db) BODY",
        "pub async fn all<'a, const N: usize, M>(db: &'a Db) -> Vec<M> where M: Policy BODY",
        "fn all<F: Fn(u8) -> Vec<u8>>(of: F) BODY",
        "fn all(of: impl Policy) BODY",
        "fn all<'a, #[allow(unused)] M: Policy>(db: &'a Db) BODY",
        "fn all(db: &Db, of: &[Box<impl Policy>]) BODY",
        "impl<M: Policy> Rows<M> { fn all(&self) BODY }",
        "impl<'a, M> All for Rows<'a, M> { fn all(&self) BODY }",
        "trait All: Policy { fn all(db: &Db) BODY }",
        "fn all<M: Policy>() { if true { let go = || BODY; } }",
        "mod inside { pub fn all<M>() BODY }",
    ] {
        refused(&code.replace("BODY", SIGNED), GENERIC);
        refused(
            &code.replace("BODY", &SIGNED.replace("Unscoped,", "UnscopedWrite,")),
            GENERIC,
        );
        fine(&code.replace("BODY", &SIGNED.replace("Unscoped,", "TrustHtml,")));
    }
    for code in [
        "fn all(db: &Db) BODY",
        "fn all<'a, 'b: 'a>(db: &'a Db) -> impl Iterator<Item = u8> BODY",
        "fn all<const N: usize>(db: &Db) BODY",
        "impl Rows<Task> { fn all(&self) BODY }",
        "impl<'a> Rows<'a> { fn all(&self) BODY }",
        "fn other<M: Policy>() {} fn all() BODY",
        "fn other(of: impl Policy) -> bool { true } fn all() BODY",
        "trait All { fn all(&self); } fn all() BODY",
        "fn all(then: fn(u8) -> u8) BODY",
    ] {
        fine(&code.replace("BODY", SIGNED));
    }
}

/// CWE-1059: the attack is a package beside the program that signs for itself: the program's reviewer reads the program's
/// lock.
#[test]
fn a_program_signs_for_what_lies_beside_it() {
    const LINE: &str = "TrustHtml | beside | the icons are written by us | 1";
    let dir = package(&[
        ("src/main.rs", "fn main() {}"),
        (
            "beside/src/lib.rs",
            "fn a() { b(waiver!(TrustHtml, \"the icons are written by us\")); }",
        ),
        ("beside/waivers.lock", LINE),
    ]);
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nedition = \"2024\"\n[dependencies]\nbeside = { path = \"beside\" }\n",
    );
    write(
        "beside/Cargo.toml",
        "[package]\nname = \"beside\"\nedition = \"2024\"\n",
    );
    let differences = || -> Vec<usize> {
        let found = super::program(dir.path()).unwrap();
        found.iter().map(|package| package.differences().len()).collect()
    };
    assert_eq!(
        differences(),
        [1, 0],
        "its own lock knows it, the program's does not"
    );
    write("waivers.lock", LINE);
    assert_eq!(differences(), [0, 0]);
}

/// CWE-1059: the attack is a module of the registry that uses a hidden name: Cargo keeps rustc's warning to itself. What such a
/// module signs, the program signs for.
#[test]
fn modules_that_are_installed_are_read() {
    const SIGNED: &str = "fn a() { b(waiver!(TrustHtml, \"the icons are written by us\")); }";
    let dir = package(&[
        ("src/main.rs", "fn main() {}"),
        ("vendor/kit/src/lib.rs", SIGNED),
        ("vendor/web/src/lib.rs", ""),
        ("vendor/other/src/lib.rs", "fn a() { __private(); }"),
        ("vendor/vauban-core/src/lib.rs", "fn a() { __private(); }"),
        (
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\ndirectory = \"vendor\"\n",
        ),
    ]);
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    let manifest = |path: &str, name: &str, on: &str| {
        let text = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dependencies]\n{on}"
        );
        write(&format!("{path}Cargo.toml"), &text);
    };
    manifest("", "app", "kit = \"1\"\nother = \"1\"\n");
    manifest("vendor/kit/", "kit", "vauban-core = \"1\"\n");
    for name in ["other", "vauban-core", "web"] {
        manifest(&format!("vendor/{name}/"), name, "");
    }
    let locked = |name: &str, on: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\ndependencies = [{on}]\n"
        )
    };
    let own = "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n".to_owned();
    let lock = ["kit", "web", "other", "vauban-core"].map(|name| match name {
        // By what another module hands on.
        "kit" => locked(name, "\"other\", \"web\""),
        "web" => locked(name, "\"vauban-core 1.0.0\""),
        _ => locked(name, ""),
    });
    write("Cargo.lock", &(own + &lock.concat()));

    let told = || {
        let found = super::program(dir.path()).unwrap();
        let differences: Vec<usize> = found.iter().map(|package| package.differences().len()).collect();
        let trouble: Vec<&str> = found
            .iter()
            .flat_map(|package| &package.scan.trouble)
            .map(|trouble| trouble.what)
            .collect();
        (differences, trouble)
    };
    // Of the program and of the module; what does not depend on Vauban is not read, and ours is ours.
    assert_eq!(told(), (vec![1, 0, 0], vec![]));
    write(
        "waivers.lock",
        "TrustHtml | kit | the icons are written by us | 1",
    );
    assert_eq!(told(), (vec![0, 0, 0], vec![]));
    write(
        "vendor/kit/src/lib.rs",
        "fn a() { vauban::Binder::__for_the_sites_identity(); }",
    );
    assert_eq!(told().1, [BY_HAND]);
    // What is not there is not passed over.
    fs::remove_dir_all(dir.path().join("vendor/kit")).unwrap();
    let told = || super::program(dir.path()).unwrap_err().to_string();
    assert!(told().contains("`kit 1.0.0`"), "{}", told());
    // Nor is a lock that is another's.
    write("Cargo.lock", &lock.concat());
    assert!(told().contains("does not have this package"), "{}", told());
}

#[test]
fn our_own_packages_are_those_of_the_workspace() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for entry in fs::read_dir(home).unwrap() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        if dir.join("Cargo.toml").is_file() {
            assert!(super::packages::is_ours(&dir, &name), "{name}");
            assert!(!super::packages::is_ours(&dir, "vauban-extra"));
        }
    }
    assert!(!super::packages::is_ours(&home.join("../demo"), "vauban"));
}

/// CWE-1059: the attack is a macro whose output is a string until it is parsed.
#[test]
fn strings_of_procedural_macros_are_source() {
    let dir = package(&[
        ("src/main.rs", "fn main() { \"Binder::__hidden()\"; }"),
        ("derive/src/lib.rs", "mod more;"),
        ("parts/src/lib.rs", ""),
    ]);
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nedition = \"2024\"\n[dependencies]\nderive = { path = \"derive\" }\n",
    );
    let told = |source: &str, file: &str, lib: &str| {
        write("derive/src/more.rs", "");
        write(
            "derive/Cargo.toml",
            &format!(
                "[package]\nname = \"derive\"\nedition = \"2024\"\n[dependencies]\nparts = {{ path = \"../parts\" }}\n[lib]\n{lib}\n"
            ),
        );
        write(
            "parts/Cargo.toml",
            "[package]\nname = \"parts\"\nedition = \"2024\"\n",
        );
        write("parts/src/lib.rs", "");
        write(file, source);
        let found = super::program(dir.path()).unwrap();
        found
            .iter()
            .flat_map(|package| package.scan.trouble.iter().map(|t| t.what))
            .collect::<Vec<_>>()
    };
    for text in [
        "\"impl X { fn f() { Binder::__for_the_sites_identity() } }\"",
        "r#\"Binder :: r#__hidden\"#",
        "b\"vauban::waiver!(W, why)\"",
        "\"# [ allow ( unused , deprecated ) ]\"",
        "\"#[allow({})]\"",
        "\"include ! (x)\"",
        "\"\\\" __hidden\"",
        "\"\\x5f_hidden\"",
    ] {
        let source = format!("fn f() -> TokenStream {{ {text}.parse() }}");
        for lib in [
            "proc-macro = true",
            "proc_macro = true",
            "crate-type = [\"proc-macro\"]",
        ] {
            assert_eq!(
                told(&source, "derive/src/more.rs", lib),
                [STRING_SOURCE],
                "{text}"
            );
        }
        assert_eq!(
            told(&source, "parts/src/lib.rs", "proc-macro = true"),
            [STRING_SOURCE],
            "{text}"
        );
        assert!(told(&source, "derive/src/more.rs", "").is_empty(), "{text}");
    }
    let fine = "fn f() { g(\"does not include it; we warn (twice) that this is deprecated, allow(dead_code) ____ a__b\") }";
    assert!(told(fine, "derive/src/more.rs", "proc-macro = true").is_empty());
}

/// CWE-1059: the attack is a lint's name, or a whole attribute, that a macro is handed by whoever uses it.
#[test]
fn attributes_handed_to_macros_are_told() {
    for source in [
        "macro_rules! q { ($l:ident, $e:expr) => { match () { #[allow($l)] () => $e } } }",
        "macro_rules! q { ($($l:path),*) => { #![expect(unused, $($l),*)] } }",
        "macro_rules! q { ($l:ident) => { #[cfg_attr(all(), warn($l))] fn f() {} } }",
        "macro_rules! q { ($m:meta) => { #[$m] fn f() {} } }",
        "macro_rules! q { ($m:meta) => { #![$m] fn f() {} } }",
        "macro_rules! q { ($($m:tt)*) => { #[$($m)*] fn f() {} } }",
        "macro_rules! q { ($m:tt) => { # $m fn f() {} } }",
        "macro_rules! q { ($l:ident) => { #[$l(deprecated)] fn f() {} } }",
        "macro_rules! q { ($m:meta) => { #[cfg_attr(all(), $m)] fn f() {} } }",
        "fn f(lint: Ident) { quote! { #[allow(#lint)] fn f() {} } }",
    ] {
        refused(source, LINT_HANDED);
    }
    fine(
        "macro_rules! q { ($i:item, $d:literal, $n:literal) => { $i #[doc = $d] #[$crate::mark] #[serde(rename = $n)] \
         #[allow(dead_code)] fn f() { x.expect($d) } } }",
    );
}

/// CWE-1059: the attack is a hidden name, a lint's name or `include` put together by a pasting macro of the registry, so
/// that neither rustc nor the scan sees the word.
#[test]
fn names_of_pieces_are_told() {
    for source in [
        "paste::paste! { fn f(h: String) -> SafeHtml { SafeHtml::[<_ _checked>](h) } }",
        "paste! { #[allow([<depre cated>])] fn f() {} }",
        "paste! { [<in clude>]!(\"there.rs\"); }",
        "paste! { [<\"__\" checked>](h) }",
        "macro_rules! m { ($a:tt $b:tt) => { paste! { SafeHtml::[<$a $b>](h) } } }",
        "paste! { [<get_ name:lower>]() }",
    ] {
        refused(source, PIECED);
    }
    fine("f!([<[u8; 32]>::from_hex(s)?]); vec![<[u8; 2]>::default()]; m!([<[T] as ToOwned>::Owned; 2]);");
    fine(
        "m! { let a: [<T as Trait>::Item; 2] = f(); let b: &[<T as A>::B<C>] = &[]; x[0] < y; a[i] > b[j] }",
    );
    fine(
        "fn f() -> Vec<[<T as Trait>::Item; 2]> { vec![] } macro_rules! m { ($t:ty) => { [<$t as A<fn() -> B>>::C; 1] } }",
    );
}

/// CWE-1059: the attack is a hidden name in a string from which a derive of the registry writes a call, and a
/// `#[deprecated]` that has it switch the lint off round that call.
#[test]
fn what_derives_read_is_told() {
    for source in [
        "#[derive(Deserialize)] struct W { #[serde(skip, default = \"Binder::__for_the_sites_identity\")] b: Binder }",
        "#[derive(Deserialize)] #[serde(remote = r#\"__Hidden\"#)] struct W;",
        "#[cfg_attr(all(), serde(default = \"a :: r#__b\"))] struct W;",
        "#![other(\"Binder::\\x5f_hidden\")]",
        "macro_rules! m { () => { #[serde(default = \"Binder::__x\")] struct W; } }",
        "m! { #[serde(default = \"Binder::__x\")] struct W; }",
        "m!(default, \"Binder::__x\");",
        "#[builder(default = \"vauban::waiver!(Unscoped, why)\")] struct W;",
        "#[builder(default = \"include!(f)\")] struct W;",
    ] {
        refused(source, STRING_IN_ATTRIBUTE);
    }
    fine(
        "#[doc = \"__init__\"] #[serde(rename = \"a__b\")] #[field(help = \"signs a waiver; ____ include it\")] struct W; \
         fn f() { println!(\"a::b {}: __ready__\", \"Binder::__x()\"); }",
    );
    for source in [
        "#[derive(Deserialize)] enum W { A, #[deprecated] B }",
        "#[derive(Deserialize)] struct W<T, U> { #[deprecated = \"old\"] a: T, b: U }",
        "#[derive(Deserialize)] struct W<const N: u8 = { 1 }> { #[deprecated(since = \"1\")] a: u8 }",
        "#[derive(Deserialize)] struct W(u8, #[deprecated] u8);",
        "#[derive(Deserialize)] #[deprecated] struct W;",
        "#[deprecated] #[must_use] #[derive(Deserialize)] struct W;",
        "#[cfg_attr(all(), derive(Deserialize))] enum W { #[deprecated] A }",
        "#[derive(Deserialize)] enum W { #[cfg_attr(all(), deprecated)] A }",
        "#[serde_as] mod m { enum W { #[deprecated] A } }",
        "macro_rules! m { () => { enum W { #[deprecated] A } } }",
        "m! { A, #[deprecated] B }",
    ] {
        refused(source, DEPRECATED);
    }
    fine(
        "#[derive(Debug)] struct A; #[deprecated] #[must_use] fn g() {} #[deprecated(note = \"x\")] struct B { a: u8 } \
         #[derive(Debug)] struct C { a: u8 } enum D { #[deprecated] A }",
    );
}

/// What is told of a package `app` in a workspace.
fn built_with(workspace: &str, manifest: &str, config: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("app/.cargo")).unwrap();
    let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    write("Cargo.toml", &format!("[workspace]\n{workspace}"));
    // No library: there is nothing but what it is built with.
    write(
        "app/Cargo.toml",
        &format!("package = {{ name = \"app\", edition = \"2024\" }}\n\n{manifest}"),
    );
    write("app/.cargo/config.toml", config);
    scan(&dir.path().join("app"))
        .unwrap()
        .trouble
        .iter()
        .map(|t| format!("{}:{} {}", t.file.display(), t.line, t.what))
        .collect()
}

/// CWE-1059: the attack is the compiler's report switched off, outside the sources.
#[test]
fn lints_that_manifests_switch_off_are_told() {
    for lints in [
        "deprecated = \"allow\"",
        "deprecated = \"warn\"",
        "warnings = \"allow\"",
        "deprecated = { level = \"allow\", priority = 1 }",
        "explicit-builtin-cfgs-in-flags = \"allow\"",
    ] {
        let own = format!("[lints.rust]\n{lints}\n");
        assert_eq!(
            built_with("", &own, ""),
            [format!("Cargo.toml:4 {LINT_LEVEL}")],
            "{lints}"
        );
        let shared = format!("[workspace.lints.rust]\n{lints}\n");
        assert_eq!(
            built_with(&shared, "[lints]\nworkspace = true\n", ""),
            [format!("../Cargo.toml:3 {LINT_LEVEL}")],
            "{lints}"
        );
        assert!(built_with(&shared, "", "").is_empty(), "not inherited: {lints}");
    }
    assert!(
        built_with(
            "",
            "[lints.rust]\ndeprecated = \"deny\"\nunused = \"allow\"\n",
            ""
        )
        .is_empty()
    );
    let profile = "[profile.dev]\nrustflags = [\"-Adeprecated\"]\n";
    assert_eq!(built_with(profile, "", ""), [format!("../Cargo.toml:3 {FLAGS}")]);
}

/// CWE-1059: the same by Cargo's configuration.
#[test]
fn configuration_that_switches_lints_off_is_told() {
    for config in [
        "[build]\nrustflags = [\"-A\", \"deprecated\"]",
        "[build]\nrustflags = \"-C opt-level=1 -Adeprecated\"",
        "[target.'cfg(all())']\nrustflags = [\"--allow=warnings\"]",
        "[target.x86_64-unknown-linux-gnu]\nrustflags = [\"--cap-lints\", \"allow\"]",
        "[build]\nrustflags = [\"--cap-lints=warn\"]",
        "[build]\nrustflags = [\"--force-warn\", \"deprecated\"]",
        "[build]\nrustflags = [\"--cfg\", \"test\"]",
        "[build]\nrustflags = [\"@flags.txt\"]",
        "[build]\nrustflags = [\"-Zcrate-attr=allow(deprecated)\"]",
        "[env]\nX = { value = \"-A deprecated\", force = true }",
        "[alias]\nrun = \"run --config build.rustflags=['-Adeprecated']\"",
    ] {
        assert_eq!(
            built_with("", "", config),
            [format!(".cargo/config.toml:2 {FLAGS}")],
            "{config}"
        );
    }
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_PKG_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "UNSTABLE_RUSTDOC_TEST_PATH",
    ] {
        let config = format!("[env]\n{name} = \"x\"");
        assert_eq!(
            built_with("", "", &config),
            [format!(".cargo/config.toml:2 {ENVIRONMENT}")]
        );
    }
    assert_eq!(
        built_with("", "", "[build]\nrustc-wrapper = \"./wrap\""),
        [format!(".cargo/config.toml:2 {COMPILER}")]
    );
    assert_eq!(
        built_with("", "", "[build\n"),
        [format!(".cargo/config.toml:1 {NO_TOML}")]
    );
    let fine = "[build]\nrustflags = [\"-D\", \"deprecated\", \"-Aunused\", \"--cfg\", \"tokio_unstable\"]\n\
                rustc-wrapper = \"sccache\"\n[env]\nCARGO_WORKSPACE_DIR = \"\"\n";
    assert_eq!(built_with("", "", fine), Vec::<String>::new());
}

/// CWE-1059: the attack is a package that only Cargo's configuration names.
#[test]
fn packages_that_configuration_brings_are_part_of_the_program() {
    for config in [
        "paths = [\"beside\"]",
        "[patch.crates-io]\nbeside = { path = \"beside\" }",
    ] {
        let dir = package(&[
            ("beside/src/lib.rs", "fn f() { __hidden() }"),
            (".cargo/config.toml", config),
        ]);
        fs::write(
            dir.path().join("beside/Cargo.toml"),
            "[package]\nname = \"beside\"\nedition = \"2024\"\n",
        )
        .unwrap();
        let found = super::program(dir.path()).unwrap();
        assert!(
            found
                .iter()
                .any(|p| p.scan.trouble.iter().any(|t| t.what == BY_HAND)),
            "{config}"
        );
    }
}

/// CWE-1059: the attack is a package in the place of one of ours, for what the macros write.
#[test]
fn our_names_are_no_one_elses() {
    for manifest in [
        "[lib]\nname = \"vauban_accounts\"",
        "[[bin]]\nname = \"vauban\"",
        "[dependencies]\nvauban = { package = \"evil\", version = \"1\" }",
        "[target.'cfg(unix)'.dependencies]\nvauban_core = { package = \"evil\", version = \"1\" }",
        "[dependencies]\nvauban-core.workspace = true",
    ] {
        assert_eq!(
            built_with(
                "[workspace.dependencies]\nvauban-core = { package = \"evil\", version = \"1\" }",
                manifest,
                ""
            ),
            [format!("Cargo.toml:4 {OUR_NAME}")],
            "{manifest}"
        );
    }
    let used = "[dependencies]\nvauban = { package = \"vauban-core\", version = \"1\" }\nv = { package = \"vauban-orm\", version = \"1\" }\nvauban-core.workspace = true";
    let shared = "[workspace.dependencies]\nvauban-core = \"1\"";
    assert_eq!(built_with(shared, used, ""), Vec::<String>::new());
    let dir = package(&[(
        "Cargo.toml",
        "[package]\nname = \"vauban-accounts\"\nedition = \"2024\"\n",
    )]);
    assert_eq!(scan(dir.path()).unwrap().trouble[0].what, OUR_NAME);
    refused("extern crate evil as vauban;", OUR_NAME);
    refused("use evil as vauban_core;", OUR_NAME);
    refused("extern crate self as vauban;", OUR_NAME);
    fine("extern crate vauban_core as vauban;");
    fine("use vauban::Db; extern crate vauban; fn vauban() {}");
}

/// CWE-1059: the attack is `::std::env!("CARGO_MANIFEST_DIR")` of another's, which names a folder with other locks.
#[test]
fn rusts_names_are_no_one_elses() {
    for name in ["std", "core", "alloc", "proc_macro"] {
        refused(&format!("extern crate kit as {name};"), RUSTS_NAME);
        refused(&format!("extern crate kit as r#{name};"), RUSTS_NAME);
        refused(&format!("use kit as {name};"), RUSTS_NAME);
        refused(&format!("use kit::{{a, b as {name}}};"), RUSTS_NAME);
        refused(
            &format!("all! {{ extern crate kit as {name}; }}").replace("extern crate", "x"),
            RUSTS_NAME,
        );
        for manifest in [
            format!("[dependencies]\n{name} = {{ package = \"kit\", version = \"1\" }}"),
            format!("[target.'cfg(unix)'.dependencies]\n{name} = {{ path = \"kit\" }}"),
            format!("[dependencies]\n{name}.workspace = true"),
            format!("[lib]\nname = \"{name}\""),
        ] {
            assert_eq!(
                built_with("", &manifest, ""),
                [format!("Cargo.toml:4 {RUSTS_NAME}")],
                "{manifest}"
            );
        }
    }
    refused("extern crate kit as test;", TEST_RENAMED);
    for source in [
        "macro_rules! m { ($n:ident) => { extern crate kit as $n; } }",
        "macro_rules! m { ($($t:tt)*) => { extern $($t)*; } }",
        "m!(extern, kit);",
    ] {
        refused(source, CRATE_HANDED);
    }
    fine("extern crate alloc; use core::alloc as alloc; m! { extern \"C\" { } extern fn f() {} }");
}

/// CWE-489: the attack is a session or an actor of anybody's, which a feature for tests makes.
#[test]
fn features_for_tests_outside_tests_are_told() {
    let shared = "[workspace.dependencies]\nvauban-orm = { version = \"1\", features = [\"testing\"] }\n\
                  vauban-core = \"1\"\nv = { package = \"vauban\", version = \"1\" }\n";
    for manifest in [
        "[dependencies]\nvauban = { version = \"1\", features = [\"testing\"] }",
        "[dependencies]\nx = { package = \"vauban-core\", version = \"1\", features = [\"a\", \"__test_switches\"] }",
        "[target.'cfg(unix)'.dependencies]\nvauban = { version = \"1\", features = [\"testing\"] }",
        "[build-dependencies]\nvauban-accounts = { version = \"1\", features = [\"testing\"] }",
        "[dependencies]\nvauban-orm.workspace = true",
        "[dependencies]\nvauban-core = { workspace = true, features = [\"testing\"] }",
        "[dependencies]\nv = { workspace = true, features = [\"testing\"] }",
        "[features]\ndefault = [\"vauban/testing\"]",
        "[features]\ndefault = [\"vauban-core?/__test_switches\"]",
        "[features]\ndefault = [\"x/testing\"]\n[dev-dependencies]\nx = { package = \"vauban\", version = \"1\" }",
        "[features]\ndefault = [\"v/testing\"]\n[target.'cfg(unix)'.dependencies]\nv.workspace = true",
    ] {
        assert_eq!(
            built_with(shared, manifest, ""),
            [format!("Cargo.toml:4 {TESTING}")],
            "{manifest}"
        );
    }
    let fine = "[dev-dependencies]\nvauban = { version = \"1\", features = [\"testing\"] }\nvauban-orm.workspace = true\n\
                [dependencies]\nvauban = { version = \"1\", features = [\"markdown\"] }\nother = { version = \"1\", features = [\"testing\"] }\n\
                [features]\ntesting = [\"other/testing\"]\n";
    let resolver = |number: u8| format!("resolver = \"{number}\"\n{shared}");
    assert_eq!(built_with(&resolver(2), fine, ""), Vec::<String>::new());
    // Features of dependencies for tests are everybody's there.
    for workspace in [&resolver(1), shared] {
        let told = format!("Cargo.toml:5 {RESOLVER}");
        assert!(built_with(workspace, fine, "").contains(&told));
    }
}

/// CWE-1059: the attack is a build script that says which package is compiled, or that it is a test.
#[test]
fn build_scripts_that_speak_for_cargo_are_told() {
    for text in [
        "cargo::rustc-env=CARGO_MANIFEST_DIR=/elsewhere",
        "cargo:rustc-env=CARGO_PKG_NAME=vauban-accounts",
        "cargo::rustc-env=CARGO_PRIMARY_PACKAGE=",
        "cargo::rustc-env=UNSTABLE_RUSTDOC_TEST_PATH=x",
        "cargo::rustc-env=RUST_ANALYZER_INTERNALS_DO_NOT_USE=x",
        "x\\ncargo::rustc-env=\\x43ARGO_MANIFEST_DIR=/elsewhere",
        "cargo::rustc-env={name}=x",
        "cargo::rustc-env={}",
        "cargo::rustc-env=",
        "rustc-env",
        "cargo::rustc-cfg=test",
        "cargo::rustc-cfg= test",
        "cargo::rustc-cfg={}",
        "cargo::rustc-cfg=te{}",
        "cargo::rustc-flags=-l x",
        "cargo::{}={}",
        "cargo:",
    ] {
        for literal in [
            format!("println!(\"{text}\")"),
            format!("out.write_all(b\"{text}\")"),
        ] {
            let script = format!("fn main() {{ {literal}; }}");
            let named = "[package]\nname = \"app\"\nedition = \"2024\"\nbuild = \"make/it.rs\"\n";
            for files in [
                vec![("build.rs", script.as_str())],
                vec![
                    ("build.rs", "mod more; fn main() {}"),
                    ("more.rs", script.as_str()),
                ],
                vec![("Cargo.toml", named), ("make/it.rs", script.as_str())],
            ] {
                let trouble = found(&files).1;
                assert_eq!(trouble.len(), 1, "{text}: {trouble:?}");
                assert!(trouble[0].ends_with(BUILD_SETS), "{text}");
            }
        }
    }
    let script = "fn main() { println!(\"cargo::rustc-env=STATIC_FILES_WATCHED={x}\"); println!(\"cargo:rustc-cfg=feature=\\\"x\\\"\"); \
                  println!(\"cargo::rustc-check-cfg=cfg(mine)\"); println!(\"cargo::rustc-cfg=mine\"); f(waiver!(W, \"why\")) }";
    assert_eq!(found(&[("build.rs", script)]), (Vec::new(), Vec::new()));
    // A library that a build script calls.
    refused(
        "pub fn f() { println!(\"cargo::rustc-env=CARGO_PKG_NAME=x\") }",
        BUILD_SETS,
    );
    for config in [
        "[target.x86_64-unknown-linux-gnu.z]\nrustc-cfg = [\"test\"]",
        "[target.x86_64-unknown-linux-gnu.z.rustc-env]\nCARGO_MANIFEST_DIR = \"x\"",
    ] {
        assert_eq!(built_with("", "", config).len(), 1, "{config}");
    }
}

/// What this repository shows is what the scan lets through.
#[test]
fn our_own_sites_are_without_trouble() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for site in ["demo", "examples/hello", "examples/guestbook", "docs/first-site"] {
        for found in super::program(&home.join(site)).unwrap() {
            assert_eq!(found.scan.trouble, [], "{}", found.dir.display());
        }
    }
}
