//! `kill -9` of what runs tasks, at random moments: what they write is there once, and no task is left.

// In a test a panic is an answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TASKS: usize = 1_000;
const KILLS: usize = 5;

/// The demo on a database, in a folder of its own.
struct Demo {
    folder: std::path::PathBuf,
    url: String,
}

impl Demo {
    fn new(url: Option<String>) -> Self {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let name = format!("{}-{number}", std::process::id());
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let url = url.unwrap_or_else(|| format!("sqlite://{}/db.sqlite3", folder.display()));
        Self { folder, url }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("VAUBAN_DATABASE_URL", &self.url)
            // So soon another takes over what the killed one had.
            .env("VAUBAN_TASKS_LEASE", "3s")
            // Slow enough that something is left to kill.
            .env("VAUBAN_TASKS_QUEUES", "burst=2")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }

    fn rows(&self) -> usize {
        self.run(&["burst", "--count"]).trim().parse().unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Kills all that run tasks, five times in a thousand of them.
fn killed(demo: &Demo, runs_tasks: &[&str], processes: usize) {
    demo.run(&["migrate"]);
    let rounds = long::amount(1, 20);
    let mut numbers = long::Numbers::new(long::seed(), 0);
    let mut midway = 0;
    for round in 1..=rounds {
        demo.run(&["burst", &TASKS.to_string()]);
        let (before, all) = ((round - 1) * TASKS, round * TASKS);
        for kill in 1..=KILLS {
            let started: Vec<Child> = (0..processes).map(|_| demo.start(runs_tasks)).collect();
            // Each time some of what is left is done.
            let wanted = before + TASKS * kill / (KILLS + 2);
            let end = Instant::now() + Duration::from_secs(60);
            while demo.rows() < wanted && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(numbers.below(40) as u64));
            for mut process in started {
                process.kill().unwrap();
                process.wait().unwrap();
            }
            let rows = demo.rows();
            midway += usize::from(rows > before && rows < all);
        }
        let mut last: Vec<Child> = (0..processes).map(|_| demo.start(runs_tasks)).collect();
        let end = Instant::now() + Duration::from_secs(60);
        let left = || demo.run(&["tasks", "list", "--json", "--name", "burst"]);
        while left().trim() != "[]" && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(100));
        }
        for process in &mut last {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        assert_eq!((demo.rows(), left().trim()), (all, "[]"));
    }
    long::figure(rounds * KILLS, "kill -9 of what runs tasks");
    long::figure(midway, "of them amid the tasks");
    assert!(midway > 0, "nothing was killed amid the tasks");
}

/// CWE-662, CWE-672. Attack on the queue: its process dies again and again.
#[test]
fn a_killed_server_has_done_each_task_once() {
    killed(&Demo::new(None), &["serve", "--addr", "127.0.0.1:0"], 1);
}

#[cfg(feature = "postgres")]
#[test]
fn a_killed_server_has_done_each_task_once_on_postgresql() {
    let database = cluster::database();
    killed(
        &Demo::new(Some(database.url())),
        &["serve", "--addr", "127.0.0.1:0"],
        1,
    );
}

/// Three workers at once, all killed.
#[cfg(feature = "postgres")]
#[test]
fn a_killed_worker_has_done_each_task_once() {
    let database = cluster::database();
    killed(&Demo::new(Some(database.url())), &["worker"], 3);
}
