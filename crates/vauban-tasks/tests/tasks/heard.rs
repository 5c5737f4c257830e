//! What becomes of tasks when LISTEN is lost: they run by polling, that is told, and LISTEN comes back. Pitfall 10 (pgbus#236,
//! pg-boss#850).

use std::fmt::{Debug, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use vauban_site::testing::TestApp;

use super::{app, enqueue, notes};

/// A program on this database, which looks so often by itself.
fn program(url: &str, poll: &'static str) -> TestApp {
    let url: &'static str = Box::leak(url.to_owned().into_boxed_str());
    TestApp::with(
        app,
        Box::leak(Box::new([("database_url", url), ("tasks.poll", poll)])),
    )
}

/// Waits for something that comes, or for a minute.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let comes = async {
        // Boxed: the compiler does not go as deep as all of it is.
        while !Box::pin(is_so()).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(60), comes).await;
    assert!(came.is_ok(), "{what}");
}

/// What becomes of connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// Ended.
    Cut,
    /// Nothing comes through any more, and nobody says so.
    Silent,
}

/// Between a program and PostgreSQL: what becomes of the connection that listens is decided here.
struct Between {
    folder: PathBuf,
    hearing: Arc<Mutex<Vec<watch::Sender<Line>>>>,
}

impl Between {
    /// Its folder holds a socket like PostgreSQL's.
    fn begin(server: &str) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("between-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let name = ".s.PGSQL.5432";
        let (server, hearing) = (Path::new(server).join(name), Arc::default());
        let between = Self {
            folder,
            hearing: Arc::clone(&hearing),
        };
        let (path, (bound, is_bound)) = (between.folder.join(name), std::sync::mpsc::channel());
        // In a thread of its own: a program opens its database before its test's own runtime goes on.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = UnixListener::bind(path).unwrap();
                bound.send(()).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&server).await.unwrap();
                    tokio::spawn(through(client, server, Arc::clone(&hearing)));
                }
            });
        });
        is_bound.recv().unwrap();
        between
    }

    fn url(&self, url: &str) -> String {
        let (before, _) = url.split_once("?host=").unwrap();
        format!("{before}?host={}", self.folder.display())
    }

    /// What becomes of the connections that listen; how many those are.
    fn hearing(&self, line: Line) -> usize {
        let all = self.hearing.lock().unwrap();
        let open = all.iter().filter(|one| *one.borrow() == Line::Open);
        open.map(|one| one.send_replace(line)).count()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Gives on what both say, as long as it may.
async fn through(client: UnixStream, server: UnixStream, hearing: Arc<Mutex<Vec<watch::Sender<Line>>>>) {
    let (say, line) = watch::channel(Line::Open);
    let mut say = Some(say);
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (vec![0; 16_384], vec![0; 16_384]);
    let mut changed = line.clone();
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let Ok(many @ 1..) = read else { return };
                if asked[..many].windows(7).any(|word| word == b"LISTEN ") && let Some(say) = say.take() {
                    hearing.lock().unwrap().push(say);
                }
                if *line.borrow() == Line::Open && to_server.write_all(&asked[..many]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut answered) => {
                let Ok(many @ 1..) = read else { return };
                if *line.borrow() == Line::Open && to_client.write_all(&answered[..many]).await.is_err() {
                    return;
                }
            }
            () = async { drop(changed.wait_for(|line| *line == Line::Cut).await) } => return,
        }
    }
}

/// What is logged of tasks.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn times(&self, words: &str) -> usize {
        let all = self.0.lock().unwrap();
        all.iter().filter(|line| line.contains(words)).count()
    }

    fn is_lost(&self) -> bool {
        self.times("WARN what other processes queue is not told any more") > 0
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "vauban::tasks"
    }
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn Debug) {
                let _ = write!(self.0, " {value:?}");
            }
        }
        let mut text = Text(event.metadata().level().to_string());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// A database with the table, the proxy before it, and its URL past the proxy.
fn database() -> (cluster::Database, Between, String) {
    let database = cluster::database();
    // The site of this test has no migrations of its own.
    database.run("CREATE TABLE note (id uuid PRIMARY KEY, text text NOT NULL, row_version bigint NOT NULL)");
    let url = database.url();
    let between = Between::begin(url.split_once("?host=").unwrap().1);
    (database, between, url)
}

/// Attack by the network: the connection that listens ends. What was queued meanwhile runs when it is back, long before the worker
/// looks by itself, and so does what is queued afterwards.
#[tokio::test]
async fn pitfall_10_a_listen_that_ends_comes_back() {
    let log = Log::default();
    let _logged = tracing::subscriber::set_default(log.clone());
    let (_database, between, url) = database();
    let worker = program(&between.url(&url), "60s");
    let other = program(&url, "60s");
    let ends = async {
        until("it listens", async || log.times("listening") == 1).await;
        enqueue(&other, "told").await;
        until("it is told", async || notes(&other).await == ["told"]).await;
        assert_eq!(between.hearing(Line::Cut), 1);
        until("that is logged", async || log.is_lost()).await;
        enqueue(&other, "meanwhile").await;
        until("it listens again", async || log.times("listening") == 2).await;
        until("it looks", async || notes(&other).await.len() == 2).await;
        enqueue(&other, "told again").await;
        until("it is told again", async || notes(&other).await.len() == 3).await;
    };
    worker.work_until(ends, Duration::from_secs(1)).await;
}

/// Attack by the network: the connection that listens is there, and nothing comes through it. Before anybody knows, tasks run by
/// polling; then that is logged, and LISTEN comes back. (It takes the half minute between two probes.)
#[tokio::test]
async fn pitfall_10_a_listen_that_falls_silent_is_noticed() {
    let log = Log::default();
    let _logged = tracing::subscriber::set_default(log.clone());
    let (_database, between, url) = database();
    let worker = program(&between.url(&url), "1s");
    let other = program(&url, "60s");
    let ends = async {
        until("it listens", async || log.times("listening") == 1).await;
        assert_eq!(between.hearing(Line::Silent), 1);
        enqueue(&other, "by polling").await;
        until("it looks", async || notes(&other).await == ["by polling"]).await;
        assert!(!log.is_lost(), "nobody knows yet");
        until("that is logged", async || log.is_lost()).await;
        until("it listens again", async || log.times("listening") == 2).await;
    };
    worker.work_until(ends, Duration::from_secs(1)).await;
}
