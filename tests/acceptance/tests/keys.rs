//! The keys of encrypted fields, as whoever runs the demo has them: renewed, retired, and under another `secret_key`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;
use std::process::{Command, Output};

use acceptance::{Client, Running, Site, demo};

const FIRST: &str = "nine-slow-boats-and-one-red-lantern-over-the-harbour-4711-Kq";
const SECOND: &str = "two-quiet-owls-beside-the-winter-road-and-a-brass-bell-90210-Zx";
/// What the sample data seals.
const TAX_ID: &[u8] = b"DE111222333";

/// The demo's command on the database of a folder, with these secrets.
fn run(folder: &Path, (secret, fallbacks): (&str, &str), command: &[&str]) -> Output {
    Command::new(demo())
        .args(command)
        .current_dir(folder)
        .env("VAUBAN_SECRET_KEY", secret)
        .env("VAUBAN_SECRET_KEY_FALLBACKS", fallbacks)
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/db.sqlite3", folder.display()),
        )
        .output()
        .expect("the demo")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    said(output)
}

/// ASVS 11.2.2, 13.3.4, CWE-311, CWE-324: the commands, one after the other.
#[test]
fn a_key_is_renewed_and_retired_and_a_lost_secret_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let own = (FIRST, "");
    done(&run(folder, own, &["migrate"]));
    done(&run(folder, own, &["sampledata"]));
    let keys = done(&run(folder, own, &["keys", "list", "--json"]));
    let start = keys.find('[').expect("a list");
    let keys: serde_json::Value = serde_json::from_str(&keys[start..]).expect("JSON");
    assert_eq!(keys[0]["label"], "organisation.tax_id", "{keys}");
    assert_eq!((&keys[0]["id"], &keys[0]["state"]), (&1.into(), &"active".into()));
    assert_eq!(keys[0]["used"], true);
    for file in ["db.sqlite3", "db.sqlite3-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        assert!(!bytes.windows(TAX_ID.len()).any(|part| part == TAX_ID), "{file}");
    }

    let label = "organisation.tax_id";
    assert!(done(&run(folder, own, &["keys", "rotate", label])).contains("key 2 seals"));
    let told = refused(&run(folder, own, &["keys", "retire", label, "1"]));
    assert!(
        told.contains("3 rows use it") && told.contains("reencrypt"),
        "{told}"
    );
    assert!(done(&run(folder, own, &["reencrypt"])).contains("3 of 3 row(s)"));
    done(&run(folder, own, &["keys", "retire", label, "1"]));
    refused(&run(folder, own, &["keys", "rotate", "organisation.none"]));

    // CWE-320. The attack on oneself: the secret is changed, and the former one thrown away.
    let lost = refused(&run(folder, (SECOND, ""), &["check"]));
    assert!(lost.contains("keys.lost") && lost.contains(label), "{lost}");
    let both = (SECOND, FIRST);
    assert!(!said(&run(folder, both, &["check"])).contains("keys.lost"));
    assert!(done(&run(folder, both, &["reencrypt"])).contains("3 of 3 row(s)"));
    assert!(!said(&run(folder, (SECOND, ""), &["check"])).contains("keys.lost"));
    let listed = done(&run(folder, (SECOND, ""), &["keys", "list"]));
    assert!(
        listed.contains("decrypt-only") && listed.contains("retired"),
        "{listed}"
    );
}

/// ASVS 13.3.4, CWE-320, CWE-324: what the framework seals by itself is seen by the same commands. Letters wait, their key is renewed and
/// retired, the secret is changed, and moving them is killed at random moments: none is lost.
#[test]
fn cwe_320_letters_on_their_way_are_seen_by_the_keys() {
    const LETTERS: usize = 12;
    let label = "vauban.mail.letter";
    let held = [("VAUBAN_SECRET_KEY", FIRST), ("VAUBAN_TASKS_IN_SERVE", "false")];
    let mut site = Site::start_with(&[demo()], &held);
    for number in 0..LETTERS {
        let email = format!("person{number}@example.com");
        let mut person = Client::new(site.port());
        let answer = person.submit("/accounts/signup/", None, &[("email", &email)]);
        assert_eq!(answer.unwrap().status, 200);
    }
    site.kill_9();
    let folder = site.folder();
    let own = (FIRST, "");
    assert!(done(&run(folder, own, &["keys", "list"])).contains(label));
    done(&run(folder, own, &["keys", "rotate", label]));
    let told = refused(&run(folder, own, &["keys", "retire", label, "1"]));
    assert!(told.contains("12 rows use it"), "{told}");

    for pause in [0, 10, 30, 60, 100] {
        let mut moving = Command::new(demo());
        moving
            .args(["reencrypt", label])
            .current_dir(folder)
            .env("VAUBAN_SECRET_KEY", FIRST)
            .env(
                "VAUBAN_DATABASE_URL",
                format!("sqlite://{}/db.sqlite3", folder.display()),
            );
        let mut moving = Running::start(&mut moving);
        std::thread::sleep(std::time::Duration::from_millis(pause));
        moving.kill_9();
    }
    done(&run(folder, own, &["reencrypt", label]));
    done(&run(folder, own, &["keys", "retire", label, "1"]));

    let lost = refused(&run(folder, (SECOND, ""), &["check"]));
    assert!(lost.contains("keys.lost") && lost.contains(label), "{lost}");
    assert!(lost.contains("secret_key_fallbacks"), "{lost}");
    done(&run(folder, (SECOND, FIRST), &["reencrypt"]));
    assert!(!said(&run(folder, (SECOND, ""), &["check"])).contains("keys.lost"));

    // And each leaves, under the new secret alone.
    let mails = folder.join("mails");
    std::fs::create_dir(&mails).unwrap();
    let mut worker = Command::new(demo());
    worker
        .arg("worker")
        .current_dir(folder)
        .env("VAUBAN_SECRET_KEY", SECOND)
        .env("VAUBAN_MAIL_URL", format!("file:{}", mails.display()))
        .env("VAUBAN_MAIL_FROM", "site@example.com")
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/db.sqlite3", folder.display()),
        );
    let mut worker = Running::start(&mut worker);
    let count = || std::fs::read_dir(&mails).unwrap().count();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while count() < LETTERS {
        assert!(
            std::time::Instant::now() < until,
            "{} left: {}",
            count(),
            worker.output()
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
