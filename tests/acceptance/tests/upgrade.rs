//! A database that an earlier version made opens, migrates and is read by today's program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;
use std::process::{Command, Output};

use acceptance::{Answer, Client, PASSWORD, Site, demo, sign_up};

/// The site's database on 2026-11-28, as one vertical slice: see `fixtures/README.md`.
const SLICE: &[u8] = include_bytes!("../fixtures/slice-2026-11-28.sqlite3");

/// What the slice was configured with.
const SECRET: (&str, &str) = (
    "VAUBAN_SECRET_KEY",
    "a-fixture-of-the-slice-nine-slow-boats-and-one-red-lantern-4711",
);

/// Whose articles, organisation and tasks they are. Her password is [`PASSWORD`].
const FAY: &str = "fay@example.com";

/// A folder with a copy of the slice's database.
fn copy(database: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("db.sqlite3"), database).expect("a copy");
    folder
}

/// The demo's command on the database of a folder.
fn run(command: &str, folder: &Path) -> Output {
    Command::new(demo())
        .arg(command)
        .current_dir(folder)
        .env(SECRET.0, SECRET.1)
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

fn page(client: &mut Client, path: &str) -> Answer {
    client.get(path).expect("an answer")
}

/// The path that the link with this text leads to.
fn link(page: &str, text: &str) -> String {
    let before = page.split(text).next().filter(|before| *before != page);
    let before = before.unwrap_or_else(|| panic!("`{text}` is not in\n{page}"));
    let href = before.rsplit("href=").next().expect("a link");
    href.trim_start_matches('"')
        .split(['"', ' ', '>'])
        .next()
        .expect("its address")
        .to_owned()
}

#[test]
fn the_slices_database_migrates_and_nothing_is_pending_afterwards() {
    let folder = copy(SLICE);
    let first = run("migrate", folder.path());
    assert!(first.status.success(), "{}", said(&first));
    // What was applied then is the same file now: no name and no checksum has changed.
    for applied in ["vauban/0001_initial", "demo/0001_initial"] {
        assert!(!said(&first).contains(applied), "{}", said(&first));
    }
    let second = run("migrate", folder.path());
    assert!(second.status.success(), "{}", said(&second));
    assert!(
        said(&second).contains("has every migration already."),
        "{}",
        said(&second)
    );
    let check = run("check", folder.path());
    assert!(check.status.success(), "{}", said(&check));
}

/// The test above would see it: a migration that was edited since is refused by its checksum.
#[test]
fn a_migration_that_has_another_checksum_by_now_is_refused() {
    let folder = copy(SLICE);
    let mut database = SLICE.to_vec();
    let name = b"0001_initial";
    let at: Vec<usize> = (0..database.len() - name.len())
        .filter(|&at| database[at..].starts_with(name))
        .collect();
    assert!(!at.is_empty(), "the names of the applied migrations");
    // The checksum stands in the same row, behind the name.
    for at in at {
        let row = &mut database[at + name.len()..];
        let end = row.len().min(32);
        for byte in &mut row[..end] {
            *byte = match *byte {
                b'0'..=b'9' | b'a'..=b'f' => b'0',
                other => other,
            };
        }
    }
    std::fs::write(folder.path().join("db.sqlite3"), database).expect("the edited copy");
    let refused = run("migrate", folder.path());
    assert!(!refused.status.success(), "{}", said(&refused));
    assert!(said(&refused).contains("edited after"), "{}", said(&refused));
}

#[test]
fn people_of_the_slice_sign_in_and_find_their_rows() {
    let folder = copy(SLICE);
    let migrated = run("migrate", folder.path());
    assert!(migrated.status.success(), "{}", said(&migrated));
    let site = Site::start_in(folder, &[demo()], &[SECRET]);
    let mut fay = Client::new(site.port());
    let wrong = [("email", FAY), ("password", "nine lanterns over the hedges")];
    let refused = fay
        .submit("/accounts/login/", None, &wrong)
        .expect("the sign-in form");
    assert_ne!(refused.status, 303, "{}", refused.body);
    let right = [("email", FAY), ("password", PASSWORD)];
    let signed_in = fay
        .submit("/accounts/login/", None, &right)
        .expect("the sign-in form");
    assert_eq!(signed_in.status, 303, "{}\n{}", signed_in.head, signed_in.body);

    let draft = page(&mut fay, "/articles/kept-from-the-slice/");
    assert_eq!(draft.status, 200, "{}", draft.head);
    assert!(draft.body.contains("with an ümlaut"), "{}", draft.body);
    let organisations = page(&mut fay, "/organisations/");
    let organisation = link(&organisations.body, "Harbour Watch");
    assert_eq!(page(&mut fay, &organisation).status, 200, "{organisation}");
    let tasks = page(&mut fay, "/tasks/");
    let task = link(&tasks.body, "Trim the wick");
    assert!(page(&mut fay, &task).body.contains("Before dusk."), "{task}");

    // Hers alone, as before; what was published is everybody's, Ann's sample articles too.
    for mut other in [Client::new(site.port()), sign_up(site.port(), "gil@example.com")] {
        let hidden = page(&mut other, "/articles/kept-from-the-slice/");
        assert_eq!(hidden.status, 404, "{}", hidden.body);
        for open in [
            "/articles/published-by-the-slice/",
            "/articles/three-hundred-towns/",
        ] {
            assert_eq!(page(&mut other, open).status, 200, "{open}");
        }
    }
    let mut stranger = sign_up(site.port(), "hal@example.com");
    for hidden in [&organisation, &task] {
        assert_eq!(page(&mut stranger, hidden).status, 404, "{hidden}");
    }
    assert!(!page(&mut stranger, "/tasks/").body.contains("Trim the wick"));

    // And they can be written on.
    let edit = "/articles/kept-from-the-slice/edit/";
    let token = fay.token(edit, None).expect("the form");
    let form = page(&mut fay, edit).body;
    let version = form
        .split("name=\"version\"")
        .nth(1)
        .or_else(|| form.split("name=version").nth(1))
        .and_then(|rest| rest.split("value=").nth(1))
        .and_then(|rest| rest.trim_start_matches('"').split(['"', ' ', '>']).next())
        .expect("the row's version");
    let fields = [
        ("title", "Kept from the slice"),
        ("body", "Finished at last."),
        ("version", version),
    ];
    let saved = fay.post(edit, &token, &fields).expect("an answer");
    assert_eq!(saved.status, 303, "{}\n{}", saved.head, saved.body);
    let draft = page(&mut fay, "/articles/kept-from-the-slice/");
    assert!(draft.body.contains("Finished at last."), "{}", draft.body);
}
