//! What is refused, is refused with what to write, and nothing is written.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs the tool without a terminal: whether it did what it was asked for, and what it said.
fn tool(folder: &Path, words: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_cargo-vauban"))
        .arg("vauban")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

/// Every file and folder below, with its bytes.
fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
            found.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(path, bytes);
        }
    }
    found
}

fn refused(folder: &Path, words: &[&str], told: &str) {
    let before = all(folder);
    let (done, said) = tool(folder, words);
    assert!(!done, "{words:?} was done: {said}");
    assert!(said.contains(told), "{words:?} said: {said}");
    assert_eq!(before, all(folder), "{words:?} wrote something");
}

#[test]
fn a_site_that_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    fs::create_dir(here.join("taken")).unwrap();
    fs::write(here.join("file"), "mine").unwrap();
    refused(here, &["new", "taken"], "`taken` is there already");
    refused(here, &["new", "file"], "`file` is there already");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", here.join("link")).unwrap();
        refused(here, &["new", "link"], "`link` is there already");
    }
    refused(here, &["new", "My Site"], "`cargo vauban new my-site`");
    refused(here, &["new", "std"], "`cargo vauban new my-std`");
    refused(here, &["new", "vauban-x"], "the framework's");
    refused(here, &["new", ".."], "`cargo vauban new my-site`");
    refused(here, &["new", "no/such/site"], "`mkdir -p no/such`");
    refused(here, &["new"], "`cargo vauban new my-site`");
    refused(here, &["new", "a", "b"], "what is `b`?");
    refused(here, &["new", "a", "--blog"], "knows no `--blog`");
    refused(here, &["new", "a", "--plain", "--accounts"], "of one kind");
    refused(here, &["new", "a", "--vauban", "taken"], "`crates/vauban`");
    refused(here, &["new", "a", "--vauban"], "--vauban needs a folder");
    refused(here, &["invent"], "no command");
    refused(
        here,
        &["add", "model", "book", "title:string"],
        "cargo vauban new",
    );
}

#[test]
fn a_model_that_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (made, said) = tool(dir.path(), &["new", "shop"]);
    assert!(made, "{said}");
    let site = dir.path().join("shop");
    let add = |words: &[&str], told: &str| refused(&site, &[&["add", "model"], words].concat(), told);
    add(&[], "cargo vauban add model product");
    add(&["user", "name:string"], "the_user");
    add(&["type", "name:string"], "the_type");
    add(&["form", "name:string"], "the_form");
    add(&["2nd", "name:string"], "no model's name");
    add(&["../evil", "name:string"], "no model's name");
    add(&["product"], "The types are string,");
    add(&["product", "price:quantum"], "The types are string,");
    add(&["product", "price:money"], "`price:decimal`");
    add(&["product", "name"], "`name:string`");
    add(&["product", "type:string"], "`type_is:string`");
    add(&["product", "id:integer"], "`the_id:integer`");
    add(&["product", "a:string", "a:text"], "two fields `a`");
    add(&["product", "maker:reference:Maker"], "no model `Maker`");
    add(
        &["product", "buyer:reference:User"],
        "`impl std::fmt::Display for User`",
    );
    add(&["product", "a:string", "--plural", "../x"], "--plural people");
    add(
        &["product", "a:string", "--plural", "product"],
        "--plural product_list",
    );
    add(
        &["product", "a:string", "--plural", "people"],
        "--plural product_list",
    );

    add(
        &["tools", "name:string"],
        "`cargo vauban add model tool …` writes `src/tools/`",
    );
    add(
        &["OrderLines", "name:string"],
        "`cargo vauban add model order_line …`",
    );
    for one in ["news", "series", "order_status", "address"] {
        let (made, said) = tool(&site, &["add", "model", one, "name:string"]);
        assert!(made, "{said}");
    }
    let (made, said) = tool(
        &site,
        &["add", "model", "goods", "name:string", "--plural", "goods_list"],
    );
    assert!(made && site.join("src/goods_list/mod.rs").is_file(), "{said}");

    let (made, said) = tool(&site, &["add", "model", "product", "name:string"]);
    assert!(made, "{said}");
    add(
        &["product", "name:string"],
        "There is a model `Product` in `crate::products`",
    );
    add(
        &["Product", "name:string", "--plural", "wares"],
        "There is a model `Product`",
    );
    add(&["new_product", "name:string"], "another model's new rows");

    // What people have rebuilt is told by name, with the lines that would stand there.
    let urls = fs::read_to_string(site.join("src/urls.rs")).unwrap();
    fs::write(site.join("src/urls.rs"), urls.replace("routes! {", "routes! [")).unwrap();
    add(&["maker", "name:string"], "maker_save => makers::views::save,");
    fs::remove_file(site.join("src/urls.rs")).unwrap();
    add(&["maker", "name:string"], "src/urls.rs cannot be read");
}

/// What is in the way of one file stops all of them.
#[test]
fn a_file_in_the_way_stops_everything() {
    let dir = tempfile::tempdir().unwrap();
    assert!(tool(dir.path(), &["new", "shop", "--plain"]).0);
    let site = dir.path().join("shop");
    fs::write(site.join("tests/site/books.rs"), "mine").unwrap();
    let words = ["add", "model", "book", "title:string"];
    refused(&site, &words, "`tests/site/books.rs` is there already");
}

/// Without a terminal nothing is asked: the kind is the one with accounts.
#[test]
fn the_defaults_are_taken_without_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let (made, said) = tool(dir.path(), &["new", "shop"]);
    assert!(made && said.contains("cd shop"), "{said}");
    let site = dir.path().join("shop");
    assert!(site.join("src/people.rs").is_file());
    assert!(!site.join("src/organisations").exists());
    for file in [
        "clippy.toml",
        "deny.toml",
        ".gitignore",
        ".env.example",
        "Dockerfile",
        "AGENTS.md",
        "scripts/ci",
    ] {
        assert!(site.join(file).is_file(), "{file}");
    }
    assert!(site.join(".github/workflows/ci.yml").is_file() && site.join("deploy/shop.service").is_file());
    // Nothing else was left beside it.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// The framework's path stands in Cargo.toml, and no other path of this machine anywhere.
#[test]
fn no_path_of_this_machine_is_written_but_the_frameworks() {
    let dir = tempfile::tempdir().unwrap();
    assert!(tool(dir.path(), &["new", "shop", "--organisations"]).0);
    let site = dir.path().join("shop");
    let framework = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../vauban")
        .canonicalize()
        .unwrap();
    let framework = framework.to_str().unwrap();
    let clone = framework.trim_end_matches("/crates/vauban");
    for (path, bytes) in all(&site) {
        let text = String::from_utf8(bytes).unwrap();
        let told = text.contains(clone) || text.contains(dir.path().to_str().unwrap());
        assert_eq!(told, path.ends_with("Cargo.toml"), "{}", path.display());
    }
    let manifest = fs::read_to_string(site.join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches(framework).count(), 2, "{manifest}");
}

/// Whoever reads only the head of what is said has closed the pipe: the work is done, and nobody hears of a panic.
#[test]
fn a_closed_pipe_is_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        vec!["new", "shop", "--plain"],
        vec!["--help"],
        vec!["invent"],
        vec!["templates", "check", "shop"],
    ] {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_cargo-vauban"));
        let (reader, writer) = std::io::pipe().unwrap();
        tool.arg("vauban")
            .args(&words)
            .current_dir(dir.path())
            .stdin(Stdio::null());
        tool.stdout(writer.try_clone().unwrap()).stderr(writer);
        // Whoever reads is gone before the first word.
        drop(reader);
        let mut child = tool.spawn().unwrap();
        // A panic is 101.
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 2)), "{words:?}: {code:?}");
    }
    assert!(dir.path().join("shop/src/lib.rs").is_file());
}
