//! A site under test: a process with a port and a database of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Client, Running};

/// A running site in an empty folder of its own. Dropped, it is killed and its folder deleted.
#[derive(Debug)]
pub struct Site {
    process: Running,
    port: u16,
    folder: tempfile::TempDir,
}

impl Site {
    /// Starts `program serve --addr 127.0.0.1:PORT` and waits until `/healthz/` answers.
    ///
    /// # Panics
    /// If it does not within a minute; with what the program said.
    pub fn start(program: &str) -> Self {
        Self::start_with(&[program], &[])
    }

    /// Like [`Site::start`], with a program before the program (`strace …`) and settings in the environment.
    ///
    /// # Panics
    /// If it does not answer within a minute; with what the program said.
    pub fn start_with(program: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::start_in(
            tempfile::tempdir().expect("a folder for the database"),
            program,
            settings,
        )
    }

    /// Like [`Site::start`], on a folder whose `db.sqlite3` is there already.
    ///
    /// # Panics
    /// If it does not answer within a minute; with what the program said.
    pub fn start_in(folder: tempfile::TempDir, program: &[&str], settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let process = launch(program, settings, folder.path(), port);
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
    pub fn start_again(&mut self, program: &str) {
        self.port = free_port();
        self.process = launch(&[program], &[], self.folder.path(), self.port);
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

    /// The folder that holds the database and what the site keeps beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("db.sqlite3")
    }

    /// The address of a page, on 127.0.0.1.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The server itself.
    pub fn process(&self) -> &Running {
        &self.process
    }

    /// What the server has logged so far.
    pub fn output(&mut self) -> String {
        self.process.output()
    }

    fn wait(&mut self) {
        let end = Instant::now() + Duration::from_secs(60);
        while Client::new(self.port)
            .get("/healthz/")
            .map_or(0, |answer| answer.status)
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

fn launch(program: &[&str], settings: &[(&str, &str)], folder: &Path, port: u16) -> Running {
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .args(["serve", "--addr", &format!("127.0.0.1:{port}")])
        .current_dir(folder)
        .env(
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/db.sqlite3", folder.display()),
        )
        // Another database, if they say one.
        .envs(settings.iter().copied());
    Running::start(&mut command)
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
