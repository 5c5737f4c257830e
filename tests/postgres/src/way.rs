//! A way to a database that breaks where a test says.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::Database;

/// A socket through which a program reaches its database.
#[derive(Debug)]
pub struct Way {
    folder: PathBuf,
    name: String,
    breaks: Arc<Breaks>,
}

/// The text behind whose COMMIT the way breaks, until it has.
#[derive(Debug, Default)]
struct Breaks(Mutex<Option<Vec<u8>>>);

impl Breaks {
    fn text(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database {
    /// A way to this database.
    ///
    /// # Panics
    /// If there can be no socket.
    pub fn way(&self) -> Way {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        const SOCKET: &str = ".s.PGSQL.5432";
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("way-{}-{number}", std::process::id()));
        let mut builder = std::fs::DirBuilder::new();
        let listener = builder
            .mode(0o700)
            .create(&folder)
            .and_then(|()| UnixListener::bind(folder.join(SOCKET)))
            .unwrap_or_else(|problem| panic!("no socket in {}: {problem}", folder.display()));
        let server = self.cluster().socket_folder().join(SOCKET);
        let breaks = Arc::new(Breaks::default());
        let way = Way {
            folder,
            name: self.name().to_owned(),
            breaks: Arc::clone(&breaks),
        };
        thread::spawn(move || {
            for client in listener.incoming() {
                let Some(client) = client.ok() else { return };
                let _ = through(client, &server, &breaks);
            }
        });
        way
    }
}

impl Way {
    /// What a program connects to the database by.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@/{}?host={}",
            self.name,
            self.folder.display()
        )
    }

    /// The COMMIT of the transaction that has this text in it comes to the server, which does it; its answer does not come back.
    pub fn break_behind_the_commit_of(&self, text: &str) {
        *self.breaks.text() = Some(text.as_bytes().to_vec());
    }

    /// Whether it has broken since.
    pub fn is_broken(&self) -> bool {
        self.breaks.text().is_none()
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn through(client: UnixStream, server: &Path, breaks: &Arc<Breaks>) -> std::io::Result<()> {
    let server = UnixStream::connect(server)?;
    let (mut from_client, mut to_client) = (client.try_clone()?, client);
    let (mut from_server, mut to_server) = (server.try_clone()?, server);
    let (breaks, broken) = (Arc::clone(breaks), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&broken);
    thread::spawn(move || {
        let has = |part: &[u8], text: &[u8]| part.windows(text.len()).any(|found| found == text);
        let mut said = false;
        pump(&mut from_client, &mut to_server, |part| {
            let mut text = breaks.text();
            said |= text.as_ref().is_some_and(|text| has(part, text));
            if has(part, b"COMMIT") && std::mem::take(&mut said) {
                *text = None;
                broken.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    // An answer that has come is one to what is done.
    thread::spawn(move || pump(&mut from_server, &mut to_client, |_| !seen.load(Ordering::SeqCst)));
    Ok(())
}

/// Hands on what comes, as long as that may be.
fn pump(from: &mut UnixStream, to: &mut UnixStream, mut may: impl FnMut(&[u8]) -> bool) {
    let mut part = vec![0; 1 << 16];
    while let Ok(length) = from.read(&mut part)
        && length > 0
        && may(&part[..length])
        && to.write_all(&part[..length]).is_ok()
    {}
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}
