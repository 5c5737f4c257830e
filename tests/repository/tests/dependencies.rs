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
        .args(["metadata", "--locked", "--format-version=1"])
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
    const KNOWN: &[(&str, &str)] = &[(
        "syn",
        "version 2 is never built: jiff names its macro crate for no target at all, to pin its version",
    )];
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
