//! Every layer, and what is told of each.

use std::ffi::OsStr;
use std::fs;

use super::places::lossy;
use super::*;
use crate::settings::{HostPattern, SecretKey};

fn places(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let environment = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let places = Places {
        folder: folder.path().to_owned(),
        environment,
    };
    (folder, places)
}

#[test]
fn the_environment_beats_dotenv_beats_toml_beats_defaults() {
    let (_folder, places) = places(
        &[
            (
                "vauban.toml",
                "addr = \"127.0.0.1:1\"\nallowed_hosts = [\"a.example\"]\n[limits]\nbody = 10\n",
            ),
            (
                ".env",
                "VAUBAN_ADDR=127.0.0.1:2\nexport VAUBAN_LIMITS_FIELDS=\"7\"\n",
            ),
        ],
        &[("VAUBAN_ADDR", "127.0.0.1:3")],
    );
    let settings = load(Mode::Development, &places, &[]).unwrap();
    assert_eq!(settings.addr.port(), 3);
    assert_eq!(settings.source("addr"), Source::Env("VAUBAN_ADDR".into()));
    assert_eq!(settings.allowed_hosts, [HostPattern::Exact("a.example".into())]);
    assert_eq!(settings.limits.body, 10);
    assert_eq!(
        settings.source("limits.body"),
        Source::Toml(places.folder.join("vauban.toml"), 4)
    );
    assert_eq!(settings.limits.fields, 7);
    assert_eq!(
        settings.source("limits.fields"),
        Source::DotEnv(places.folder.join(".env"), 2)
    );
    assert_eq!(settings.source("limits.headers"), Source::Default);
}

/// Editors begin a file with a byte order mark and end lines with CR and LF; both mean nothing.
#[test]
fn a_byte_order_mark_hides_no_line() {
    let (_folder, places) = places(
        &[
            (
                ".env",
                "\u{feff}VAUBAN_LIMITS_BODY=7\r\nVAUBAN_LIMITS_FIELDS=8\r\n",
            ),
            (
                "vauban.toml",
                "\u{feff}limits.headers = 9\r\nlimits.target = 99\r\n",
            ),
        ],
        &[],
    );
    let limits = load(Mode::Development, &places, &[]).unwrap().limits;
    assert_eq!(
        (limits.body, limits.fields, limits.headers, limits.target),
        (7, 8, 9, 99)
    );
}

#[test]
fn what_is_not_read_is_said() {
    let (_folder, places) = places(
        &[(".env", "POSTGRES_PASSWORD=hunter2\nVAUBAN_LIMITS_BODY=7\n")],
        &[("PATH", "/bin"), ("VAUBANESQUE", "1")],
    );
    let settings = load(Mode::Development, &places, &[]).unwrap();
    assert_eq!(settings.ignored().len(), 1);
    let told = &settings.ignored()[0];
    // CWE-532: its name, never its value.
    assert!(
        told.contains(".env:1") && told.contains("POSTGRES_PASSWORD") && !told.contains("hunter2"),
        "{told}"
    );
    let release = load(Mode::Release, &places, &[]).unwrap();
    assert!(release.ignored()[0].contains("`.env` is not read in a release"));
}

#[test]
fn nothing_of_ours_is_skipped_silently() {
    for (file, part) in [
        ("vauban_addr=127.0.0.1:1", "Did you mean `VAUBAN_ADDR`?"),
        ("VAUBAN-ADDR=127.0.0.1:1", "Did you mean `VAUBAN_ADDR`?"),
        ("\u{200b}VAUBAN_ADDR=127.0.0.1:1", "there is no such setting"),
        (
            "VAUBAN_ADDR=127.0.0.1:1\nVAUBAN_ADDR=127.0.0.1:2",
            "was set in line 1 already",
        ),
        ("VAUBAN_ADDR=\"127.0.0.1:1", "is not closed"),
        ("VAUBAN_ADDR='127.0.0.1:1' # mine", "is not closed"),
        ("VAUBAN_ADDR 127.0.0.1:1", "has no `=`"),
    ] {
        let (_folder, places) = places(&[(".env", file)], &[]);
        let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
        assert!(text.contains(part), "{file}: {text}");
    }
    let (_folder, places) = places(&[], &[("Vauban_Addr", "127.0.0.1:1")]);
    assert!(load(Mode::Release, &places, &[]).is_err());
}

#[test]
fn other_encodings_are_named() {
    let (folder, places) = places(&[], &[]);
    fs::write(folder.path().join(".env"), b"\xff\xfeV\0A\0").unwrap();
    let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
    assert!(text.contains("UTF-16"), "{text}");
    fs::write(folder.path().join(".env"), b"VAUBAN_ADDR=\xff").unwrap();
    let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
    assert!(text.contains("not UTF-8"), "{text}");
}

/// A secret that is not text is refused, not mended into another one.
#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = |bytes: &[u8]| lossy(OsStr::from_bytes(bytes));
    let (_folder, mut places) = places(&[], &[]);
    places.environment.extend([
        (bytes(b"VAUBAN_SECRET_KEY"), bytes(b"hunter2\xff")),
        (bytes(b"VAUBAN_ADDR\xff"), bytes(b"127.0.0.1:1")),
        (bytes(b"OTHER\xff"), bytes(b"\xff")),
    ]);
    let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
    assert!(
        text.contains("2 problems") && text.contains("VAUBAN_SECRET_KEY") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn release_does_not_read_dotenv() {
    // CWE-538.
    let (_folder, places) = places(&[(".env", "VAUBAN_ADDR=127.0.0.1:2\n")], &[]);
    assert_eq!(load(Mode::Release, &places, &[]).unwrap().addr.port(), 8000);
}

#[test]
fn every_problem_is_told_at_once_with_what_to_write() {
    let (_folder, places) = places(
        &[(
            "vauban.toml",
            "alowed_hosts = []\nsecret_key = \"abc\"\n[limit]\n",
        )],
        &[
            ("VAUBAN_ADDR", "8000"),
            ("VAUBAN_SECRETKEY", "x"),
            ("VAUBAN_LIMITS_BODY", "lots"),
        ],
    );
    let problems = load(Mode::Release, &places, &[]).unwrap_err();
    let text = problems.to_string();
    assert_eq!(problems.0.len(), 6, "{text}");
    for part in [
        "alowed_hosts",
        "vauban.toml:1",
        "Did you mean `allowed_hosts`?",
        "a secret stands in a file that is committed",
        "`8000` is not `ADDRESS:PORT`",
        "Did you mean `VAUBAN_SECRET_KEY`?",
        "`lots` is not a size",
    ] {
        assert!(text.contains(part), "{part} missing in {text}");
    }
}

#[test]
fn a_bad_secret_is_never_quoted() {
    // CWE-532.
    let (_folder, places) = places(&[], &[("VAUBAN_DATABASE_URL", "mysql://me:hunter2@db/x")]);
    let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
    assert!(
        text.contains("database_url") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn broken_toml_names_its_line() {
    let (_folder, places) = places(&[("vauban.toml", "addr = \"127.0.0.1:1\"\nlimits = = 3\n")], &[]);
    let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
    assert!(
        text.contains("vauban.toml:2") && !text.contains("quotes"),
        "{text}"
    );
}

#[test]
fn a_toml_value_without_its_quotes_is_told_with_them() {
    for (line, told) in [
        (
            "addr = 127.0.0.1:9000",
            "Put it in quotes: addr = \"127.0.0.1:9000\"",
        ),
        ("allowed_hosts = example.com", "allowed_hosts = \"example.com\""),
    ] {
        let (_folder, places) = places(&[("vauban.toml", &format!("# mine\n{line}\n"))], &[]);
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(text.contains("vauban.toml:2") && text.contains(told), "{text}");
    }
    // CWE-532: what may be a secret is not repeated.
    let (_folder, places) = places(&[("vauban.toml", "secret_key = hunter2\n")], &[]);
    let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
    assert!(!text.contains("hunter2"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_is_refused() {
    // CWE-732, ASVS v5.0.0-13.3.2.
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, places) = places(
        &[("key", "from the file\n")],
        &[("VAUBAN_SECRET_KEY_FILE", "key")],
    );
    let path = folder.path().join("key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
    assert!(text.contains("0644") && text.contains("chmod 600"), "{text}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let settings = load(Mode::Release, &places, &[]).unwrap();
    assert_eq!(settings.secret_key.text(), "from the file");
}

#[test]
fn the_default_database_lies_in_the_data_folder() {
    let url = |environment: &[(&str, &str)]| {
        let key = ("VAUBAN_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyzABCDEF");
        let (_folder, places) = places(&[], &[environment, &[key]].concat());
        load(Mode::Development, &places, &[])
            .unwrap()
            .database_url
            .expose()
            .clone()
    };
    assert_eq!(url(&[]), "sqlite:var/db.sqlite3");
    assert_eq!(url(&[("VAUBAN_DATA_DIR", "data")]), "sqlite:data/db.sqlite3");
    assert_eq!(
        url(&[("VAUBAN_DATA_DIR", "/srv/data")]),
        "sqlite:///srv/data/db.sqlite3"
    );
    let own = [
        ("VAUBAN_DATA_DIR", "data"),
        ("VAUBAN_DATABASE_URL", "sqlite:own.sqlite3"),
    ];
    assert_eq!(url(&own), "sqlite:own.sqlite3");
}

/// CWE-668, CWE-522. Attack: a module's `secret.key` is read from VAUBAN_SECRET_KEY, and `settings` prints it.
#[test]
fn no_module_reads_a_variable_of_somebody_else() {
    #[derive(Clone, Default)]
    struct Thief(String);
    impl crate::settings::ModuleSettings for Thief {
        const SECTION: &'static str = "secret";
        fn rows() -> Vec<crate::settings::SettingRow<Self>> {
            vec![crate::settings::SettingRow::new(
                "key",
                "the site's",
                |s: &mut Self| &mut s.0,
            )]
        }
    }
    let (_folder, places) = places(&[], &[]);
    let sections = [SettingsSection::of::<Thief>()];
    let refused = load(Mode::Development, &places, &sections)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("secret.key") && refused.contains("VAUBAN_SECRET_KEY, too"),
        "{refused}"
    );
    let twice = [SettingsSection::of::<Thief>(), SettingsSection::of::<Thief>()];
    assert!(load(Mode::Development, &places, &twice).is_err());
}

#[cfg(unix)]
#[test]
fn the_development_key_is_made_once_and_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, places) = places(&[], &[]);
    let first = load(Mode::Development, &places, &[]).unwrap();
    let again = load(Mode::Development, &places, &[]).unwrap();
    assert_eq!(first.secret_key.text(), again.secret_key.text());
    let path = folder.path().join("var/secret_key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(folder.path().join("var/.gitignore").exists());
    assert!(
        load(Mode::Release, &places, &[])
            .unwrap()
            .secret_key
            .text()
            .is_empty(),
        "not used in release"
    );
}

#[test]
fn the_list_hides_secrets() {
    // CWE-532, CWE-200.
    let mut settings = Settings::defaults(Mode::Development);
    settings.secret_key = SecretKey::new("top-secret-value".into());
    settings.secret_key_fallbacks = vec![SecretKey::new("old-secret-value".into())];
    let shown = format!("{settings:?} {:?}", settings.list());
    assert!(!shown.contains("secret-value"), "{shown}");
}
