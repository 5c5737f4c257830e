//! The demo: where its program is, and what a visitor does there.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

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

/// Makes an account, by the link in the mail that the development server has kept, and comes back signed in.
///
/// # Panics
/// If the site does not let one in.
pub fn sign_up(port: u16, email: &str) -> Client {
    let mut client = Client::new(port);
    let answer = client
        .submit("/accounts/signup/", None, &[("email", email)])
        .expect("the sign-up form");
    assert_eq!(answer.status, 200, "signing up: {}\n{}", answer.head, answer.body);
    let link = mailed_link(&mut client, email);
    let answer = client
        .submit(&link, None, &[("password", PASSWORD)])
        .expect("the page behind the link");
    assert_eq!(answer.status, 303, "signing up: {}\n{}", answer.head, answer.body);
    client
}

/// The path of the link to an account in a mail to this address, which leaves as a task a moment later.
fn mailed_link(client: &mut Client, email: &str) -> String {
    let list = format!("<tr><td>{email}</td><td><a href=\"");
    for _ in 0..200 {
        let mails = client.get("/dev/mail/").expect("the list of mails").body;
        if let Some((_, rest)) = mails.split_once(&list) {
            let (path, _) = rest.split_once('"').expect("a link");
            let mail = client.get(path).expect("a mail").body;
            let at = mail.find("/accounts/signup/").expect("a link in the mail");
            let end = mail[at..].find(char::is_whitespace).expect("its end");
            return mail[at..at + end].to_owned();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no mail to {email} came");
}
