//! What a crash leaves of what is done in one piece: many rows of one request, and a migration. All of it or nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Client, Site, demo, sign_up};
use rusqlite::Connection;

/// Rows of each request.
const ROWS: usize = 200;
/// How many send such requests at once.
const WRITERS: usize = 4;

/// A request's rows: `Round 2 writer 1 bulk 7 line 1; Text.` and so on.
fn lines(bulk: &str) -> String {
    (0..ROWS)
        .map(|line| format!("{bulk} line {line}; Text.\n"))
        .collect()
}

fn send(client: &mut Client, token: &str, bulk: &str) -> std::io::Result<()> {
    let answer = client.post("/write/many/", token, &[("lines", &lines(bulk))])?;
    assert_eq!(answer.status, 303, "{bulk}: {}\n{}", answer.head, answer.body);
    Ok(())
}

fn rows_of(database: &Connection, bulk: &str) -> usize {
    let count = "SELECT count(*) FROM article WHERE substr(title, 1, length(?1)) = ?1";
    let bulk = format!("{bulk} line ");
    database
        .query_row(count, [bulk], |row| row.get::<_, i64>(0))
        .map(|rows| usize::try_from(rows).expect("a count"))
        .expect("a count")
}

/// ASVS 2.3.3, CWE-662: `kill -9` while many rows are written by each request, again and again. Of each request that was answered
/// with success all rows are there, of every other one all or none.
#[test]
fn a_killed_server_has_all_or_none_of_each_bulk() {
    let mut site = Site::start(demo());
    let mut author = sign_up(site.port(), "importer@example.com");
    let mut numbers = long::Numbers::new(long::seed(), 0);
    let rounds = long::amount(2, 20);
    let (mut kept, mut lost, mut halves, mut unanswered) = (0, Vec::new(), Vec::new(), 0);
    for round in 0..rounds {
        let enough = 2 + numbers.below(6);
        let pause = Duration::from_millis(numbers.below(60) as u64);
        let (begun, acknowledged) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let (stop, broken) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let mut client = author.clone();
                let (begun, acknowledged, stop, broken) = (&begun, &acknowledged, &stop, &broken);
                scope.spawn(move || {
                    let token = client.token("/write/many/", None).expect("the form");
                    for number in 0.. {
                        let bulk = format!("Round {round} writer {writer} bulk {number}");
                        begun.lock().expect("the list").push(bulk.clone());
                        match send(&mut client, &token, &bulk) {
                            Ok(()) => acknowledged.lock().expect("the list").push(bulk),
                            Err(_) => {
                                broken.fetch_add(1, Ordering::SeqCst);
                                return;
                            }
                        }
                        if stop.load(Ordering::SeqCst) {
                            return;
                        }
                    }
                });
            }
            let end = Instant::now() + Duration::from_secs(120);
            while acknowledged.lock().expect("the list").len() < enough {
                assert!(
                    Instant::now() < end || stop.swap(true, Ordering::SeqCst),
                    "the load does not get on"
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            // Anywhere in a request: while its rows are checked, written or synced.
            std::thread::sleep(pause);
            site.kill_9();
        });
        assert!(
            broken.load(Ordering::SeqCst) > 0,
            "nobody was writing when the server was killed"
        );
        site.start_again(demo());
        author = author.moved_to(site.port());
        let database = Connection::open(site.database()).expect("the database");
        let acknowledged = acknowledged.into_inner().expect("the list");
        for bulk in begun.into_inner().expect("the list") {
            match rows_of(&database, &bulk) {
                ROWS => kept += 1,
                0 if acknowledged.contains(&bulk) => lost.push(bulk),
                0 => unanswered += 1,
                rows => halves.push(format!("{bulk}: {rows} of {ROWS}")),
            }
        }
    }
    long::figure(rounds, "kill -9 in bulk writes");
    long::figure(kept, "bulks kept whole");
    long::figure(unanswered, "bulks of which nothing is there");
    long::figure(halves.len() + lost.len(), "bulks lost or torn");
    assert_eq!(halves, Vec::<String>::new(), "torn");
    assert_eq!(lost, Vec::<String>::new(), "acknowledged and gone");
}

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(demo());
    command
        .args(arguments)
        .current_dir(folder)
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/db.sqlite3", folder.display()),
        )
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    let output = command(arguments, folder).output().expect("the demo");
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    output
}

/// Tasks of the site before the migration that makes an index of them.
const TASKS: i64 = 60_000;
const LAST: &str = "demo/0006_alter_event_price";
const INDEX: &str = "0008_task_organisation_done_created";

fn before_the_index() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    run(&["migrate", LAST], folder.path());
    let database = Connection::open(folder.path().join("db.sqlite3")).expect("the database");
    let rows = format!(
        "INSERT INTO organisation VALUES (x'00112233445566778899aabbccddeeff', 'One', 0, 1);
         WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {TASKS})
         INSERT INTO task (id, organisation_id, title, notes, done, created, row_version)
         SELECT randomblob(16), x'00112233445566778899aabbccddeeff', 'Task ' || n, 'Notes.', n % 2, n, 1 FROM n"
    );
    database.execute_batch(&rows).expect("tasks");
    folder
}

/// Whether the migration is made: it says so, and so does what it makes. The rows are what they were.
fn is_made(folder: &Path) -> bool {
    let database = Connection::open(folder.join("db.sqlite3")).expect("the database");
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).expect("an answer") };
    let number = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).expect("a number") };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(number("SELECT count(*) FROM task"), TASKS);
    let said = number(&format!(
        "SELECT count(*) FROM vauban_migration WHERE name = '{INDEX}'"
    ));
    let there =
        number("SELECT count(*) FROM sqlite_schema WHERE name = 'task_organisation_id_done_created_idx'");
    assert_eq!(said, there, "half a migration");
    said == 1
}

/// CWE-662: `kill -9` anywhere in migrations: each is made or not, and the next run succeeds.
#[test]
fn a_killed_migration_is_made_or_not() {
    let base = before_the_index();
    assert!(!is_made(base.path()));
    let copy = || {
        let folder = tempfile::tempdir().expect("a folder");
        let from = base.path().join("db.sqlite3");
        std::fs::copy(from, folder.path().join("db.sqlite3")).expect("a copy");
        folder
    };
    let whole = copy();
    let begun = Instant::now();
    run(&["migrate"], whole.path());
    let takes = begun.elapsed();
    assert!(is_made(whole.path()));
    let mut numbers = long::Numbers::new(long::seed(), 1);
    let (kills, mut made) = (long::amount(4, 60), 0);
    for _ in 0..kills {
        let folder = copy();
        let mut migrating = command(&["migrate"], folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo");
        std::thread::sleep(takes * u32::try_from(numbers.below(100)).expect("a small number") / 100);
        migrating.kill().expect("it is killed");
        migrating.wait().expect("it has ended");
        made += usize::from(is_made(folder.path()));
        run(&["migrate"], folder.path());
        assert!(is_made(folder.path()));
    }
    long::figure(kills, "kill -9 in migrations");
    long::figure(made, "of them made before");
}
