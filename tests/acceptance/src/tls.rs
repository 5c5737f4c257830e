//! Other origins over HTTPS, which a policy can name: a server of [`Attacker`]'s behind `openssl s_server`, which costs no
//! dependency. The browser finds it under whatever name it is told (`Browser::start_knowing`), and takes its certificate.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Attacker;

/// An [`Attacker`] that is asked over TLS. Dropped, it stops.
#[derive(Debug)]
pub struct Elsewhere {
    server: Attacker,
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _certificate: tempfile::TempDir,
}

impl Elsewhere {
    /// Starts it, with no pages yet.
    ///
    /// # Panics
    /// If there is no `openssl` (`scripts/test acceptance` installs it), or no port is free.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the certificate");
        let (key, certificate) = (folder.path().join("key"), folder.path().join("certificate"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=elsewhere.example",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Attacker::start();
        let plain = server.port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (key, certificate) = (key.clone(), certificate.clone());
                std::thread::spawn(move || drop(pass(stream, plain, &key, &certificate)));
            }
        });
        Self {
            server,
            port,
            stop,
            thread: Some(thread),
            _certificate: folder,
        }
    }

    /// The server: its pages, and what has reached it.
    pub fn server(&self) -> &Attacker {
        &self.server
    }

    /// The port of 127.0.0.1 that speaks TLS.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// An `openssl` that takes one connection. Dropped, it is killed by its id.
struct OneConnection(Child, u16);

impl OneConnection {
    fn start(key: &Path, certificate: &Path) -> std::io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-naccept",
                "1",
                "-accept",
                &format!("127.0.0.1:{port}"),
            ])
            .args([
                PathBuf::from("-key"),
                key.into(),
                "-cert".into(),
                certificate.into(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child, port))
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let mut last = Err(std::io::ErrorKind::TimedOut.into());
        for _ in 0..500 {
            last = TcpStream::connect((Ipv4Addr::LOCALHOST, self.1));
            if last.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        last
    }
}

impl Drop for OneConnection {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// One connection: the browser's bytes to `openssl`, what it reads in them to the server at `plain`, and back.
fn pass(browser: TcpStream, plain: u16, key: &Path, certificate: &Path) -> std::io::Result<()> {
    let mut tls = OneConnection::start(key, certificate)?;
    let encrypted = tls.connect()?;
    let (Some(to_tls), Some(from_tls)) = (tls.0.stdin.take(), tls.0.stdout.take()) else {
        return Ok(());
    };
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, plain))?;
    copy(browser.try_clone()?, encrypted.try_clone()?);
    copy(from_tls, server.try_clone()?);
    let back = copy(encrypted, browser);
    // The server closes each connection behind its answer.
    drop(copy(server, to_tls).join());
    // Until what it wrote has reached the browser, who closes as well, having all that was announced.
    let end = std::time::Instant::now() + Duration::from_secs(2);
    while !back.is_finished() && std::time::Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn copy(mut from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).and_then(|()| to.flush()).is_err() {
                return;
            }
        }
    })
}
