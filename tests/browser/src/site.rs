//! A site under test: a process with a port and a database of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Running;

/// A running site in an empty folder of its own. Dropped, it is killed and its folder deleted.
#[derive(Debug)]
pub struct Site {
    process: Running,
    port: u16,
    folder: tempfile::TempDir,
}

impl Site {
    /// Starts `program ARGS… serve --addr 127.0.0.1:PORT` and waits until `/healthz/` answers.
    ///
    /// # Panics
    /// If it does not within a minute; with what the program said.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let port = free_port();
        let process = launch(program, arguments, folder.path(), port);
        let mut site = Self {
            process,
            port,
            folder,
        };
        site.wait();
        site
    }

    /// Starts the same site again on the same folder, after [`Site::kill_9`].
    ///
    /// # Panics
    /// If it does not start: with what it said.
    pub fn start_again(&mut self, program: &str, arguments: &[&str]) {
        self.port = free_port();
        self.process = launch(program, arguments, self.folder.path(), self.port);
        self.wait();
    }

    /// Kills the server with `SIGKILL`: no destructor runs, nothing is flushed.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The folder that holds the database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("db.sqlite3")
    }

    /// The address of a page, on 127.0.0.1.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What the server has logged so far.
    pub fn output(&mut self) -> String {
        self.process.output()
    }

    /// One request outside the browser: status and body. `headers` are whole lines, each ended by `\r\n`.
    ///
    /// # Errors
    /// If the connection fails or the answer is not HTTP.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let (port, length) = (self.port, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status
            .map(|status| (status, answer))
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "no status line"))
    }

    fn wait(&mut self) {
        let end = Instant::now() + Duration::from_secs(60);
        while self
            .request("GET", "/healthz/", "", "")
            .map_or(0, |(status, _)| status)
            != 200
        {
            assert!(
                Instant::now() < end && self.process.is_alive(),
                "the site does not answer; it said:\n{}",
                self.process.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn launch(program: &str, arguments: &[&str], folder: &Path, port: u16) -> Running {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(["serve", "--addr", &format!("127.0.0.1:{port}")])
        .current_dir(folder)
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/db.sqlite3", folder.display()),
        );
    Running::start(&mut command)
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
