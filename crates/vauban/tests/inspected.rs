//! `inspectdb`: what it writes of other programs' databases is compiled here, as it is.

#![allow(
    dead_code,
    deprecated,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "nobody uses these models, and the test opens the database itself"
)]

use vauban_orm::engine::Database;

#[path = "inspected/django.rs"]
#[allow(unreachable_pub, reason = "its models are private to this test")]
mod django;

fn inspected(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    let before = std::fs::read(&path).unwrap();
    let url = format!("sqlite://{}", path.display());
    let source = Database::inspected(&url).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file is only read");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    source
}

/// `INSPECTED=accept` writes the file anew.
#[test]
fn a_django_database_becomes_models() {
    let source = inspected(include_str!("inspected/django.sql"));
    if std::env::var("INSPECTED").as_deref() == Ok("accept") {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inspected/django.rs"),
            &source,
        )
        .unwrap();
        return;
    }
    assert_eq!(source, include_str!("inspected/django.rs"));
    // CWE-276: nobody may anything, until somebody says who.
    assert_eq!(
        source.matches("pub struct ").count(),
        source.matches("        Rules::none()\n").count()
    );
}

/// CWE-94: the attack is a database whose names are a program.
#[test]
fn a_name_is_never_code() {
    let evil = "x`\\\n#[allow(unused)] fn evil() {}\r// \u{2028}fn evil() {} */";
    let quoted = format!("\"{evil}\"");
    let sql = format!(
        "CREATE TABLE {quoted} (id integer PRIMARY KEY, {quoted} {quoted}, b text);
         CREATE TABLE t (id integer PRIMARY KEY, a integer REFERENCES {quoted} ({quoted}))"
    );
    let source = inspected(&sql);
    let code: Vec<&str> = source
        .lines()
        .filter(|line| line.contains("evil()"))
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    assert_eq!(code, [""; 0], "{source}");
    assert!(
        source
            .chars()
            .all(|c| c == '\n' || !(c.is_control() || c == '\u{2028}')),
        "{source}"
    );
}

#[test]
fn what_is_no_database_says_so() {
    let error = Database::inspected("sqlite:///nowhere/at/all")
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere/at/all"), "{error}");
}
