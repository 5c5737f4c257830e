//! Vauban's side: a task that does nothing, and a row with the same columns as a task's.

use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;
use vauban::App;
use vauban::commands::{Failure, Run};
use vauban::prelude::*;
use vauban::testing::TestApp;

use crate::done;

/// The columns, the index and the constraint of a task's row.
#[derive(Model)]
#[model(table = "bare", unique(name, key), index(queue, priority, due))]
pub(crate) struct Bare {
    pub(crate) id: Id<Self>,
    #[field(max_length = 60)]
    pub(crate) name: String,
    #[field(max_length = 60)]
    pub(crate) queue: String,
    pub(crate) priority: i16,
    pub(crate) due: DateTime,
    #[field(default = 0)]
    pub(crate) attempt: i64,
    pub(crate) worker: Option<Uuid>,
    pub(crate) asker: Option<Uuid>,
    #[field(max_length = 200)]
    pub(crate) key: Option<String>,
    #[field(max_length = 70_000)]
    pub(crate) args: Vec<u8>,
    #[field(default = false)]
    pub(crate) sealed: bool,
    #[field(max_length = 2_000)]
    pub(crate) error: Option<String>,
    pub(crate) created: DateTime,
}

impl Policy for Bare {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

vauban::service! {
    /// Writes the rows, and runs the task.
    pub(crate) Bench: Add<Bare>;
    waiver!(ServiceRights, "rows that are counted and belong to nobody")
}

static COMMITTED: Mutex<Option<Instant>> = Mutex::new(None);
static STARTED: Mutex<Option<Instant>> = Mutex::new(None);
/// Microseconds of one bare INSERT and of one enqueueing, turn by turn.
static INSERTED: Mutex<Vec<(f64, f64)>> = Mutex::new(Vec::new());

#[task(name = "empty")]
async fn empty(_: AsService<Bench>, _: Db<Write>) -> Result<()> {
    Ok(())
}

/// Says when it began.
#[task(name = "first")]
async fn first(_: AsService<Bench>, _: Db<Write>) -> Result<()> {
    *STARTED.lock().unwrap() = Some(Instant::now());
    println!("began {}", nanoseconds());
    Ok(())
}

fn nanoseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

fn app() -> App {
    let queue = vauban::commands::Command::new("queue", "Queues tasks", queue)
        .option("many", "how many; 0: the one that tells");
    let insert = vauban::commands::Command::new("insert", "Measures", insert).option("how", "keyed");
    let bench = Module::new("bench")
        .model::<Bare>()
        .service::<Bench>()
        .task::<empty>()
        .task::<first>();
    App::new(vauban::package!())
        .module(vauban::tasks::module())
        .module(bench.command(queue).command(insert))
}

/// The program on this database.
pub(crate) fn app_on(url: &str) -> TestApp {
    let url: &'static str = Box::leak(url.to_owned().into_boxed_str());
    TestApp::with(app, Box::leak(Box::new([("database_url", url)])))
}

async fn queue(run: Run) -> Result<(), Failure> {
    let many: usize = run.option("many").and_then(|text| text.parse().ok()).unwrap_or(1);
    let queued = run.unit(|db| async move {
        db.on_commit(async { *COMMITTED.lock().unwrap() = Some(Instant::now()) });
        if many == 0 {
            first::enqueue(&db, ()).await?;
        }
        for _ in 0..many {
            empty::enqueue(&db, ()).await?;
        }
        Ok::<_, Failure>(())
    });
    queued.await
}

/// In one unit, which fails at its end.
async fn insert(run: Run) -> Result<(), Failure> {
    const TURNS: u32 = 10;
    const EACH: u32 = 20;
    let keyed = run.option("how") == Some("keyed");
    let measured = run.unit(|db| async move {
        let one = |since: Instant| since.elapsed().as_secs_f64() * 1e6 / f64::from(EACH);
        for turn in 0..TURNS {
            let begun = Instant::now();
            for number in 0..EACH {
                let key = keyed.then(|| format!("{turn} {number}"));
                let now = DateTime::now();
                let new = NewBare {
                    name: "empty".to_owned(),
                    queue: "default".to_owned(),
                    priority: 1,
                    due: now,
                    worker: None,
                    asker: None,
                    key,
                    args: b"null".to_vec(),
                    error: None,
                    created: now,
                };
                Bare::create(new).save(&db.acting::<Bench>()).await?;
            }
            let bare = one(begun);
            let begun = Instant::now();
            for number in 0..EACH {
                match keyed {
                    true => empty::enqueue(&db, ()).key(format!("{turn} {number}")).await?,
                    false => empty::enqueue(&db, ()).await?,
                };
            }
            // The first one prepares.
            if turn > 0 {
                INSERTED.lock().unwrap().push((bare, one(begun)));
            }
        }
        Err::<(), _>(Failure::new("undone"))
    });
    measured.await
}

/// Of all turns since it was asked last.
pub(crate) fn inserted() -> Vec<(f64, f64)> {
    std::mem::take(&mut INSERTED.lock().unwrap())
}

/// A worker beside, as `serve` has one.
pub(crate) struct Ours {
    app: Arc<TestApp>,
    stop: Arc<Notify>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Ours {
    pub(crate) fn begin(app: &Arc<TestApp>) -> Self {
        let stop = Arc::new(Notify::new());
        let worker = tokio::spawn({
            let (app, stop) = (Arc::clone(app), Arc::clone(&stop));
            async move { app.work_until(stop.notified(), Duration::from_secs(1)).await }
        });
        Self {
            app: Arc::clone(app),
            stop,
            worker: Mutex::new(Some(worker)),
        }
    }

    /// Microseconds of each from the commit until the last is done.
    pub(crate) async fn run(&self, many: usize, times: u32) -> f64 {
        let mut all = Duration::ZERO;
        for _ in 0..times {
            done::expect(many);
            self.app
                .command("queue", &["--many", &many.to_string()])
                .await
                .unwrap();
            let end = done::all().await;
            all += end - COMMITTED.lock().unwrap().unwrap();
        }
        all.as_secs_f64() * 1e6 / f64::from(times) / many as f64
    }

    /// Milliseconds from the commit to the start, in this process, which had nothing to do.
    pub(crate) async fn start(&self) -> f64 {
        tokio::time::sleep(Duration::from_millis(120)).await;
        done::expect(1);
        self.tell().await;
        done::all().await;
        let began = STARTED.lock().unwrap().unwrap();
        (began - COMMITTED.lock().unwrap().unwrap()).as_secs_f64() * 1e3
    }

    /// Queues the task that says when it began.
    pub(crate) async fn tell(&self) {
        self.app.command("queue", &["--many", "0"]).await.unwrap();
    }

    pub(crate) async fn stop(&self) {
        let worker = self.worker.lock().unwrap().take();
        self.stop.notify_one();
        if let Some(worker) = worker {
            worker.await.unwrap();
        }
    }

    pub(crate) async fn end(self) {
        self.stop().await;
    }
}

/// What the other process does.
pub(crate) async fn work_alone(url: String) {
    let app = app_on(&url);
    println!("ready");
    app.work_until(std::future::pending(), Duration::from_secs(1))
        .await;
}

/// A worker in a process of its own; it ends with this.
pub(crate) struct Alone {
    process: Mutex<Child>,
    lines: Mutex<std::io::Lines<std::io::BufReader<ChildStdout>>>,
}

impl Alone {
    pub(crate) fn begin(url: &str) -> Self {
        use std::io::BufRead as _;
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["worker", url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(process.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        // It listens.
        std::thread::sleep(Duration::from_millis(1_000));
        Self {
            process: Mutex::new(process),
            lines: Mutex::new(lines),
        }
    }

    /// Milliseconds from the end of this, which commits, to the start.
    pub(crate) async fn start(&self, queue: impl AsyncFn()) -> f64 {
        // At any moment of the second between two looks.
        tokio::time::sleep(Duration::from_millis(150 + rand_below(1_000))).await;
        *COMMITTED.lock().unwrap() = None;
        queue().await;
        let committed = match *COMMITTED.lock().unwrap() {
            Some(at) => nanoseconds() - at.elapsed().as_nanos(),
            None => nanoseconds(),
        };
        let line = tokio::task::block_in_place(|| self.lines.lock().unwrap().next().unwrap().unwrap());
        let began: u128 = line.strip_prefix("began ").unwrap().parse().unwrap();
        began.saturating_sub(committed) as f64 / 1e6
    }
}

fn rand_below(most: u64) -> u64 {
    u64::from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .subsec_nanos(),
    ) / 1_000
        % most
}

impl Drop for Alone {
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        let _ = process.wait();
    }
}
