//! What a crash leaves: every write that was acknowledged, and a database that the next start takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Client, Site, demo, sign_up};

/// How many write at once.
const WRITERS: usize = 8;

fn write_article(client: &mut Client, token: &str, title: &str) -> std::io::Result<String> {
    let answer = client.post("/write/", token, &[("title", title), ("body", "Text.")])?;
    assert_eq!(
        answer.status, 303,
        "writing {title}: {}\n{}",
        answer.head, answer.body
    );
    Ok(answer
        .header("location")
        .expect("where the article is")
        .to_owned())
}

/// ASVS 2.3.3, CWE-662: `kill -9` in the middle of the load, again and again. What was answered with success is
/// there after the next start; what was not answered may be there or not.
#[test]
fn a_killed_server_has_kept_every_acknowledged_write() {
    let mut site = Site::start(demo());
    let mut author = sign_up(site.port(), "writer@example.com");
    let mut numbers = long::Numbers::new(long::seed(), 0);
    let rounds = long::amount(3, 25);
    let (mut kept, mut lost) = (0, Vec::new());
    for round in 0..rounds {
        // After how many writes it is killed: a checkpoint of the log may come before, after, or right then.
        let enough = (20 + numbers.below(40)) * WRITERS;
        let acknowledged = Mutex::new(Vec::new());
        let (stop, broken) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let mut client = author.clone();
                let (acknowledged, stop, broken) = (&acknowledged, &stop, &broken);
                scope.spawn(move || {
                    let token = client.token("/write/", None).expect("the form");
                    for number in 0.. {
                        let title = format!("Round {round} writer {writer} number {number}");
                        match write_article(&mut client, &token, &title) {
                            Ok(location) => acknowledged.lock().expect("the list").push((title, location)),
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
            let end = Instant::now() + Duration::from_secs(60);
            while acknowledged.lock().expect("the list").len() < enough {
                assert!(
                    Instant::now() < end || stop.swap(true, Ordering::SeqCst),
                    "the load does not get on"
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            site.kill_9();
        });
        assert!(
            broken.load(Ordering::SeqCst) > 0,
            "nobody was writing when the server was killed"
        );

        site.start_again(demo());
        author = author.moved_to(site.port());
        let acknowledged = acknowledged.into_inner().expect("the list");
        for (title, location) in &acknowledged {
            let page = author.get(location).expect("an answer");
            if page.status == 200 && page.body.contains(title.as_str()) {
                kept += 1;
            } else {
                lost.push(format!("{title} at {location}: {}", page.status));
            }
        }
    }
    long::figure(rounds, "kill -9");
    long::figure(kept, "acknowledged writes kept");
    long::figure(lost.len(), "acknowledged writes lost");
    assert_eq!(
        lost,
        Vec::<String>::new(),
        "acknowledged and gone, {kept} are there"
    );
}

/// What the kernel was asked to do, in order, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
struct Trace {
    /// Answers to the client that say 303, and that left after their commit was on the disk.
    synced: usize,
    /// … and that left before.
    early: usize,
}

/// Reads the output of strace. The write-ahead log is *dirty* from the first write to it until a sync of it has
/// come back; an answer counts when its first byte is handed to the kernel.
fn read_trace(text: &str) -> Trace {
    let (mut trace, mut dirty, mut syncs) = (Trace::default(), false, 0);
    let mut syncs_at_last_answer = 0;
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let is_sync = |call: &str| call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if call.starts_with("pwrite64(") && call.contains("-wal>") {
            dirty = true;
        } else if is_sync(call) && call.contains("-wal>") {
            if call.contains("<unfinished") {
                unfinished.insert(thread, call);
            } else {
                (dirty, syncs) = (false, syncs + 1);
            }
        } else if call.starts_with("<... ") && call.contains("sync resumed") {
            if unfinished.remove(thread).is_some() {
                (dirty, syncs) = (false, syncs + 1);
            }
        } else if call.contains("\"HTTP/1.1 303") {
            if !dirty && syncs > syncs_at_last_answer {
                trace.synced += 1;
            } else {
                trace.early += 1;
            }
            syncs_at_last_answer = syncs;
        }
    }
    trace
}

fn trace_of_ten_writes(email: &str, settings: &[(&str, &str)]) -> Trace {
    let folder = tempfile::tempdir().expect("a folder for the trace");
    let file = folder.path().join("trace");
    let file = file.to_str().expect("UTF-8");
    let calls = "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync";
    let program = ["strace", "-f", "-y", "-s", "40", "-e", calls, "-o", file, demo()];
    let site = Site::start_with(&program, settings);
    let mut author = sign_up(site.port(), email);
    let token = author.token("/write/", None).expect("the form");
    std::thread::sleep(Duration::from_secs(1));
    let before = std::fs::read_to_string(file).expect("the trace").len();
    for number in 0..10 {
        write_article(&mut author, &token, &format!("Traced {number}")).expect("an answer");
    }
    std::thread::sleep(Duration::from_millis(500));
    let trace = std::fs::read_to_string(file).expect("the trace");
    read_trace(&trace[before..])
}

/// ASVS 2.3.3: no answer leaves before its commit is on the disk. One request after the other, so that every
/// write to the log belongs to the answer that comes next.
#[test]
fn no_answer_leaves_before_its_commit_is_synced() {
    let trace = trace_of_ten_writes("durable@example.com", &[]);
    assert_eq!(trace, Trace { synced: 10, early: 0 });
    // Seen to fail with the control off: SQLite then writes without waiting for the disk.
    let trace = trace_of_ten_writes("hasty@example.com", &[("VAUBAN_SQLITE_SYNCHRONOUS", "normal")]);
    assert_eq!(trace, Trace { synced: 0, early: 10 });
}

#[test]
fn the_reader_of_traces_tells_early_from_synced() {
    let write = "7 pwrite64(9</x/db.sqlite3-wal>, \"\", 24, 0) = 24\n";
    let sync = "7 fdatasync(9</x/db.sqlite3-wal>) = 0\n";
    let answer = "8 writev(5<socket:[1]>, [{iov_base=\"HTTP/1.1 303 See Other\\r\\n\"...}], 2) = 200\n";
    let (begun, ended) = (
        "7 fdatasync(9</x/db.sqlite3-wal> <unfinished ...>\n",
        "7 <... fdatasync resumed>) = 0\n",
    );
    let cases = [
        (format!("{write}{sync}{answer}"), 1, 0),
        (format!("{write}{begun}{ended}{answer}"), 1, 0),
        (format!("{write}{answer}{sync}"), 0, 1),
        (format!("{write}{begun}{answer}{ended}"), 0, 1),
        (format!("{write}{sync}{write}{answer}"), 0, 1),
        (format!("{write}{sync}{answer}{answer}"), 1, 1),
    ];
    for (text, synced, early) in cases {
        assert_eq!(read_trace(&text), Trace { synced, early }, "{text}");
    }
}
