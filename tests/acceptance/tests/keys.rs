//! The keys of encrypted fields, as whoever runs the demo has them: renewed, retired, and under another `secret_key`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;
use std::process::{Command, Output};

use acceptance::demo;

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
