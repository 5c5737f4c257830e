//! The demo: where its program is, and what a visitor does there.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::Client;

/// A password that the rules accept.
pub const PASSWORD: &str = "nine lanterns over the harbour";

/// The demo's program in the development build, built if it is not up to date.
///
/// # Panics
/// If it does not build: with what the compiler said.
pub fn demo() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| built(&[]).display().to_string())
}

/// The same with more arguments for `cargo build`. The program has one place, whatever they are.
///
/// # Panics
/// If it does not build: with what the compiler said.
pub fn built(with: &[&str]) -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "-p", "demo"])
        .args(with)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    // target/debug/deps/this-test → target/debug/demo
    let mut path: PathBuf = std::env::current_exe().expect("this test's own path");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join("demo")
}

/// Makes an account and comes back signed in.
///
/// # Panics
/// If the site does not let one in.
pub fn sign_up(port: u16, email: &str) -> Client {
    let mut client = Client::new(port);
    let fields = [
        ("email", email),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let answer = client
        .submit("/accounts/signup/", None, &fields)
        .expect("the sign-up form");
    assert_eq!(answer.status, 303, "signing up: {}\n{}", answer.head, answer.body);
    client
}
