//! The attacker's web server: pages by path, and a record of what was asked for.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// One request that reached the attacker's server.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path with query, as in `GET /stolen?c=1`.
    pub line: String,
    /// The header lines as sent.
    pub headers: Vec<String>,
    /// The body, at most 64 kB of it.
    pub body: String,
}

/// A small HTTP/1.1 server on a free port of 127.0.0.1, which `localhost` reaches as well. Dropped, it stops.
#[derive(Debug)]
pub struct Attacker {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    pages: Mutex<HashMap<String, (String, String)>>,
    seen: Mutex<Vec<Seen>>,
    stop: AtomicBool,
}

impl Attacker {
    /// Starts the server, with no pages yet.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        let for_thread = shared.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = for_thread.clone();
                // One thread a connection: a browser opens some ahead and says nothing on them.
                std::thread::spawn(move || drop(answer(stream, &shared)));
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    /// Puts an HTML page at `path`. `headers` are whole lines, each ended by `\r\n`.
    pub fn page(&self, path: &str, headers: &str, html: &str) {
        let page = (headers.to_owned(), html.to_owned());
        self.shared
            .pages
            .lock()
            .expect("pages")
            .insert(path.to_owned(), page);
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address under the host name `localhost`: another *site* than `127.0.0.1`.
    pub fn cross_site(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// The address under `127.0.0.1`: the same site as one there on another port, but another *origin*.
    pub fn same_site(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.address.port())
    }

    /// What has reached the server so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("seen").clone()
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn answer(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut start = String::new();
    reader.read_line(&mut start)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        headers.push(line.trim_end().to_owned());
    }
    let length = headers
        .iter()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(|n| n.trim().to_owned())
        })
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(0);
    let mut body = vec![0; length.min(65_536)];
    reader.read_exact(&mut body)?;

    let line = start.rsplit_once(' ').map_or("", |(line, _)| line).to_owned();
    if line.is_empty() {
        return Ok(());
    }
    let path = line.split_once(' ').map_or("/", |(_, path)| path);
    let path = path.split_once('?').map_or(path, |(path, _)| path).to_owned();
    shared.seen.lock().expect("seen").push(Seen {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let page = shared.pages.lock().expect("pages").get(&path).cloned();
    let (status, extra, html) = match page {
        Some((extra, html)) => ("200 OK", extra, html),
        None => ("404 Not Found", String::new(), String::new()),
    };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("css") => "text/css",
        _ => "text/html; charset=utf-8",
    };
    let length = html.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n{extra}\r\n"
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(html.as_bytes())
}
