//! A way to a database on which answers are held back: what waits for one before it sends the next does not come to its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A database behind such a way, for one connection.
pub(crate) struct Held {
    pub(crate) url: String,
    /// So many statements are still to be sent before anything more is answered.
    pub(crate) hold: Arc<AtomicUsize>,
    /// When it was sent which of these words.
    pub(crate) sent: Arc<Mutex<Vec<(&'static str, Instant)>>>,
    _folder: tempfile::TempDir,
}

pub(crate) async fn held(database: &cluster::Database) -> Held {
    let folder = tempfile::tempdir().unwrap();
    let url = database.url();
    let (before, socket) = url.split_once("?host=").unwrap();
    let name = ".s.PGSQL.5432";
    let hold = Arc::new(AtomicUsize::new(0));
    let sent = Arc::default();
    let server = std::path::Path::new(socket).join(name);
    tokio::spawn(proxy(
        folder.path().join(name),
        server,
        Arc::clone(&hold),
        Arc::clone(&sent),
    ));
    tokio::task::yield_now().await;
    Held {
        url: format!("{before}?host={}", folder.path().display()),
        hold,
        sent,
        _folder: folder,
    }
}

/// Passes everything on, and from `hold` on holds PostgreSQL's answers back until it was sent so many statements.
async fn proxy(
    path: PathBuf,
    server: PathBuf,
    hold: Arc<AtomicUsize>,
    words: Arc<Mutex<Vec<(&'static str, Instant)>>>,
) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::UnixListener::bind(path).unwrap();
    let (client, _) = listener.accept().await.unwrap();
    let server = tokio::net::UnixStream::connect(server).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let held = Arc::clone(&hold);
    let answers = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
            while held.load(Ordering::Acquire) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            to_client.write_all(&buffer[..n]).await.unwrap();
        }
    };
    let statements = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
            to_server.write_all(&buffer[..n]).await.unwrap();
            for word in ["SAVEPOINT s0\0", "ROLLBACK\0", "BEGIN "] {
                if buffer[..n]
                    .windows(word.len())
                    .any(|bytes| bytes == word.as_bytes())
                {
                    words.lock().unwrap().push((word, Instant::now()));
                }
            }
            // Each statement ends with a message `Sync`.
            let sent = buffer[..n]
                .windows(5)
                .filter(|bytes| *bytes == b"S\0\0\0\x04")
                .count();
            let left = hold.load(Ordering::Acquire).saturating_sub(sent);
            hold.store(left, Ordering::Release);
        }
    };
    tokio::join!(answers, statements);
}
