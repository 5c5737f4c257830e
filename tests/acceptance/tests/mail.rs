//! The demo's mails at a mail server that is not ours (aiosmtpd), read by a reader that is not ours (Python's `email`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs
)]

use std::process::{Command, Output};

use acceptance::{Client, Running, Site, demo};
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A server that does what its arguments say, and the port at which it does.
fn server(arguments: &[&str]) -> (Running, u16) {
    let folder = format!("{ROOT}/target/aiosmtpd");
    assert!(
        std::path::Path::new(&folder).is_dir(),
        "run `scripts/test acceptance`: it installs aiosmtpd"
    );
    let mut command = Command::new("python3");
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mail_server.py"))
        .args(arguments)
        .env("PYTHONPATH", folder);
    let mut server = Running::start(&mut command);
    let line = server.wait_for_line(30, |line| line.starts_with("port "));
    let port = line["port ".len()..].parse().unwrap();
    (server, port)
}

/// What the server says of the next mail.
fn next(server: &mut Running) -> Value {
    let line = server.wait_for_line(60, |line| line.starts_with('{'));
    serde_json::from_str(&line).unwrap()
}

fn command(site: &Site, arguments: &[&str], url: &str) -> Output {
    Command::new(demo())
        .args(arguments)
        .current_dir(site.folder())
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}", site.database().display()),
        )
        .env("VAUBAN_MAIL_URL", url)
        .output()
        .unwrap()
}

/// A mail leaves the serving process by itself, over TLS, and is what was written.
#[test]
fn a_notice_reaches_its_reader_and_is_left_by_one_click() {
    let samples = format!("{ROOT}/crates/vauban-mail/tests/samples");
    let (certificate, key) = (format!("{samples}/server.pem"), format!("{samples}/server.key"));
    let (mut server, port) = server(&["starttls", &certificate, &key]);
    let url = format!("smtp+starttls://localhost:{port}?sslrootcert={samples}/ca.pem");
    let settings = [
        ("VAUBAN_MAIL_URL", url.as_str()),
        ("VAUBAN_MAIL_FROM", "Die Baustelle <site@example.com>"),
    ];
    let site = Site::start_with(&[demo()], &settings);
    let mut ann = Client::new(site.port());
    let answer = ann
        .submit("/accounts/look-as/", None, &[("email", "ann@example.com")])
        .unwrap();
    assert_eq!(answer.status, 303, "{}", answer.head);
    let form = ann.get("/tasks/new/").unwrap().body;
    let organisation = form
        .split("<option value=\"")
        .map(|rest| rest.split('"').next().unwrap());
    let organisation = organisation
        .filter(|value| value.len() == 36)
        .last()
        .unwrap()
        .to_owned();
    let fields = [
        ("organisation", organisation.as_str()),
        ("title", "Fenster <streichen> für Zoë 🪟"),
        ("notes", "Erst\r\n.\r\nMAIL FROM:<evil@example.com>\r\ndann"),
    ];
    let answer = ann.submit("/tasks/new/", None, &fields).unwrap();
    assert_eq!(answer.status, 303, "{}\n{}", answer.head, answer.body);
    let mail = next(&mut server);
    assert_eq!(mail["defects"], Value::Array(Vec::new()), "{mail}");
    assert_eq!(mail["tls"], true, "{mail}");
    assert_eq!(mail["from"], "Die Baustelle <site@example.com>");
    assert_eq!(mail["to"].as_array().unwrap().len(), 1, "{mail}");
    let subject = mail["subject"].as_str().unwrap();
    assert!(subject.ends_with(": Fenster <streichen> für Zoë 🪟"), "{subject}");
    let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
    assert!(
        text.contains("Fenster <streichen> für Zoë 🪟")
            && text.contains("\n  .\n  MAIL FROM:<evil@example.com>\n  dann\n"),
        "{text}"
    );
    assert!(
        mail["html"]
            .as_str()
            .unwrap()
            .contains("Fenster &lt;streichen&gt;"),
        "{mail}"
    );
    assert!(
        !mail["lone"].as_bool().unwrap() && mail["longest"].as_u64().unwrap() <= 998,
        "{mail}"
    );
    for wanted in [
        "message-id",
        "date",
        "auto-submitted",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ] {
        let headers = mail["headers"].as_array().unwrap();
        assert!(headers.iter().any(|name| name == wanted), "{wanted}: {mail}");
    }
    // RFC 8058: as a mail program does.
    assert_eq!(mail["one_click"], "List-Unsubscribe=One-Click");
    let link = mail["unsubscribe"].as_str().unwrap().trim_matches(['<', '>']);
    let path = &link[link.find("/accounts/").unwrap()..];
    assert!(text.contains(link), "{text}");
    let mut program = Client::new(site.port());
    let head = "Content-Type: application/x-www-form-urlencoded\r\n";
    let answer = program
        .send("POST", path, head, "List-Unsubscribe=One-Click")
        .unwrap();
    assert_eq!(answer.status, 200, "{}\n{}", answer.head, answer.body);
}

/// What a server refuses is said by the command, and never the password.
#[test]
fn a_test_mail_tells_what_the_server_said() {
    let site = Site::start(demo());
    for (mode, code) in [("451 4.3.0 later", "451"), ("550 5.7.1 never", "550")] {
        let (_server, port) = server(&[mode]);
        let done = command(
            &site,
            &["sendtestmail", "ann@example.com"],
            &format!("smtp://localhost:{port}"),
        );
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            !done.status.success() && said.contains(code) && said.contains("not sent"),
            "{said}"
        );
    }
    let (mut taking, port) = server(&["ok"]);
    let done = command(
        &site,
        &["sendtestmail", "ann@example.com"],
        &format!("smtp://localhost:{port}"),
    );
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mail = next(&mut taking);
    assert!(
        mail["subject"].as_str().unwrap().starts_with("A test mail"),
        "{mail}"
    );
    // It asks for TLS, and that server has none: nothing is sent.
    let url = format!("smtp+starttls://user:hunter2@localhost:{port}");
    let done = command(&site, &["sendtestmail", "ann@example.com"], &url);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("STARTTLS") && !said.contains("hunter2"), "{said}");
    // And to another machine nothing goes in clear.
    let done = command(
        &site,
        &["sendtestmail", "ann@example.com"],
        "smtp://user:hunter2@mail.example.com",
    );
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        !done.status.success() && said.contains("unencrypted") && !said.contains("hunter2"),
        "{said}"
    );
}
