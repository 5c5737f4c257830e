//! No answer leaves before its commit is synced: seen in the trace, and by killing a program that answers.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    deprecated,
    reason = "a test that starts itself"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Event, Metadata, Subscriber, span};
use vauban_macros::Model;
use vauban_orm::engine::{Database, Options};
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub(crate) struct Entry {
    pub id: Id<Entry>,
    #[field(unique)]
    pub number: i64,
}
impl Policy for Entry {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

fn options() -> Options {
    Options {
        models: vec![Entry::meta()],
        ..Options::default()
    }
}

async fn write(database: &Database, number: i64) {
    let unit = database.bind(Actor::nobody());
    Entry::create(NewEntry { number }).save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
}

/// COMMITs and the units in them, as the trace tells.
static UNITS: AtomicUsize = AtomicUsize::new(0);

struct Trace;

impl Subscriber for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "vauban::commit"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        struct Units;
        impl tracing::field::Visit for Units {
            fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
                if field.name() == "units" {
                    UNITS.fetch_add(value as usize, Ordering::SeqCst);
                }
            }
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
        }
        event.record(&mut Units);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// At every moment at most as many answers as units whose commit was traced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_says_synced_before_any_answer() {
    tracing::subscriber::set_global_default(Trace).unwrap();
    let database = Database::open("sqlite::memory:", options()).unwrap();
    database.create_all(&[Entry::meta()]).unwrap();
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let database = database.clone();
            tokio::spawn(async move {
                for i in 0..20 {
                    write(&database, task * 100 + i).await;
                    let answers = ANSWERS.fetch_add(1, Ordering::SeqCst) + 1;
                    let synced = UNITS.load(Ordering::SeqCst);
                    assert!(answers <= synced, "{answers} answers, {synced} synced");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(
        (ANSWERS.load(Ordering::SeqCst), UNITS.load(Ordering::SeqCst)),
        (320, 320)
    );
}

const CHILD: &str = "VAUBAN_TEST_CRASH_DATABASE";

/// The program that is killed: writes from many tasks and says each number once it is saved.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = Database::open(&url, options()).unwrap();
        let start = {
            let unit = database.bind(Actor::nobody());
            Entry::objects().count(&unit.read_db()).await.unwrap() as i64 * 1_000_000
        };
        let tasks: Vec<_> = (0..16)
            .map(|task| {
                let database = database.clone();
                tokio::spawn(async move {
                    for i in 0.. {
                        let number = start + task * 10_000 + i;
                        write(&database, number).await;
                        let line = format!("saved {number}\n");
                        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// kill -9 under load loses no acknowledged write, and the next start works; three times over.
#[test]
fn a_killed_program_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("crash.sqlite3").display());
    Database::open(&url, options())
        .unwrap()
        .create_all(&[Entry::meta()])
        .unwrap();
    let mut acknowledged = BTreeSet::new();
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(CHILD, &url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let before = acknowledged.len();
        let mut saved = |line: std::io::Result<String>| {
            if let Some(number) = line.unwrap().split("saved ").nth(1) {
                acknowledged.insert(number.parse::<i64>().unwrap());
            }
        };
        lines.by_ref().take(300).for_each(&mut saved);
        child.kill().unwrap(); // SIGKILL
        // What it had said before it died counts too.
        lines.for_each(&mut saved);
        child.wait().unwrap();
        assert!(acknowledged.len() >= before + 250, "it wrote under load");
    }
    let database = Database::open(&url, options()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stored: BTreeSet<i64> = runtime.block_on(async {
        let unit = database.bind(Actor::nobody());
        let all = Entry::objects().all(&unit.read_db()).await.unwrap();
        all.into_iter().map(|entry| entry.number).collect()
    });
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}
