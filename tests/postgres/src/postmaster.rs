//! A cluster: made, started, ended.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::certificates::Certificates;
use crate::folder::Held;
use crate::programs::Programs;
use crate::wire::Session;

/// How many seconds a shared cluster waits for the next test process: the runner starts one for each test.
const GRACE: u32 = 10;

/// The number in the socket's name; no port, as long as nothing listens for TCP.
const NUMBER: u16 = 5432;

/// A running PostgreSQL.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    number: u16,
    programs: Programs,
    tcp: Option<Certificates>,
    /// Whether it is this process's alone.
    own: bool,
    /// Whether what it commits is on the disk.
    durable: bool,
    /// Held: this process uses it.
    _users: File,
}

/// What a cluster listens to besides its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tcp {
    /// Nothing.
    No,
    /// A free port of 127.0.0.1, with TLS by a certificate of the test's own for these names (`IP:127.0.0.1,DNS:db.example`).
    Tls(&'static str),
}

impl Cluster {
    /// The one of this run, started by whoever comes first.
    pub(crate) fn shared() -> Result<Self, String> {
        // One for each copy of the sources, and never one that was made by other rules than these.
        let mut hasher = DefaultHasher::new();
        (env!("CARGO_MANIFEST_DIR"), include_str!("postmaster.rs")).hash(&mut hasher);
        let held = Held::take(&format!("{:08x}", hasher.finish() as u32))?;
        Self::within(&held, Tcp::No, GRACE, false, false)
    }

    /// One for this process alone, which may be ended and started again.
    ///
    /// # Panics
    /// If there is no PostgreSQL, or it does not start: says what to install.
    pub fn own(tcp: Tcp) -> Self {
        Self::alone(tcp, false)
    }

    /// One for this process alone that writes through to the disk, as one does that is in use: for measurements.
    ///
    /// # Panics
    /// See [`Cluster::own`].
    pub fn durable() -> Self {
        Self::alone(Tcp::No, true)
    }

    fn alone(tcp: Tcp, durable: bool) -> Self {
        static OWN: AtomicU32 = AtomicU32::new(0);
        let number = OWN.fetch_add(1, Ordering::Relaxed);
        Held::take(&format!("own-{}-{number}", std::process::id()))
            .and_then(|held| Self::within(&held, tcp, 0, true, durable))
            .unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn within(held: &Held, tcp: Tcp, grace: u32, own: bool, durable: bool) -> Result<Self, String> {
        let mut cluster = Self {
            folder: held.path.clone(),
            number: NUMBER,
            programs: Programs::find()?,
            tcp: None,
            own,
            durable,
            _users: held.used()?,
        };
        held.watch(grace)?;
        if own || cluster.session("postgres").is_err() {
            // What a run left behind that was killed together with its watcher.
            cluster.end()?;
            cluster.make()?;
            if let Tcp::Tls(names) = tcp {
                cluster.number = free_port()?;
                cluster.tcp = Some(Certificates::make(&cluster.folder, names, &cluster.programs)?);
            }
            cluster.begin()?;
        }
        Ok(cluster)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn socket_folder(&self) -> PathBuf {
        self.at("socket")
    }

    /// A connection through the socket.
    ///
    /// # Errors
    /// If PostgreSQL does not answer, or refuses.
    pub fn session(&self, database: &str) -> Result<Session, String> {
        let socket = self.socket_folder().join(format!(".s.PGSQL.{}", self.number));
        Session::open(&socket, database)
    }

    /// The port of 127.0.0.1 and the certificates, of one with TLS.
    pub fn tls(&self) -> Option<(u16, &Certificates)> {
        self.tcp.as_ref().map(|certificates| (self.number, certificates))
    }

    /// The process id, if it runs.
    pub fn pid(&self) -> Option<u32> {
        let file = std::fs::read_to_string(self.at("data/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    fn make(&self) -> Result<(), String> {
        for name in ["data", "socket"] {
            let path = self.at(name);
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            match std::fs::remove_dir_all(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(told(error)),
                _ => std::fs::DirBuilder::new()
                    .mode(0o700)
                    .create(&path)
                    .map_err(told)?,
            }
            self.programs.hand_over(&path)?;
        }
        let mut initdb = self.programs.command("initdb");
        initdb
            .args([
                "--username=postgres",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
            ])
            .args(["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]);
        if self.programs.version >= 15 {
            // An order that is not the code points': what relies on that one has to ask for it.
            initdb.args(["--locale-provider=icu", "--icu-locale=en-US"]);
        }
        let told = initdb
            .arg("-D")
            .arg(self.at("data"))
            .current_dir("/")
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !told.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&told.stderr)));
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), String> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.at("log"))
            .map_err(|error| format!("{}: {error}", self.at("log").display()))?;
        let twice = log.try_clone().map_err(|error| error.to_string())?;
        let mut postgres = self.programs.command("postgres");
        postgres
            .arg("-D")
            .arg(self.at("data"))
            .arg("-k")
            .arg(self.socket_folder());
        postgres.args(["-p", &self.number.to_string()]);
        let disk = match self.durable {
            true => ["fsync=on", "full_page_writes=on"],
            false => ["fsync=off", "full_page_writes=off"],
        };
        for setting in disk {
            postgres.args(["-c", setting]);
        }
        for setting in [
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_connections=100",
            "shared_buffers=32MB",
            "autovacuum=off",
            "log_line_prefix=%m %d [%p] ",
            // Whoever needs UTC has to ask for it.
            "timezone=Asia/Kathmandu",
        ] {
            postgres.args(["-c", setting]);
        }
        match &self.tcp {
            None => {
                postgres.args(["-c", "listen_addresses="]);
            }
            Some(certificates) => {
                postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"]);
                let file = |setting: &str, path: &Path| format!("{setting}={}", path.display());
                postgres.args(["-c", &file("ssl_cert_file", &certificates.certificate)]);
                postgres.args(["-c", &file("ssl_key_file", &certificates.key)]);
            }
        }
        let mut child = postgres
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(twice)
            .spawn()
            .map_err(|error| format!("postgres: {error}"))?;
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let Err(problem) = self.session("postgres") else {
                return Ok(());
            };
            if Instant::now() > until || child.try_wait().is_ok_and(|ended| ended.is_some()) {
                let log = std::fs::read_to_string(self.at("log")).unwrap_or_default();
                return Err(format!("PostgreSQL does not start: {problem}\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again after [`stop`](Self::stop).
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(&self) {
        self.begin().unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// Ends it at once, as a crash would; its databases stay.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&self) {
        assert!(self.own, "the others' tests need it: take Cluster::own");
        self.end().unwrap_or_else(|problem| panic!("{problem}"));
    }

    fn end(&self) -> Result<(), String> {
        let Some(pid) = self.pid() else { return Ok(()) };
        // A number that another process has by now is left alone.
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let data = self.at("data");
        if !String::from_utf8_lossy(&command).contains(&*data.to_string_lossy()) {
            return Ok(());
        }
        let script = "kill -QUIT \"$1\"; n=0; while kill -0 \"$1\" 2>/dev/null; do n=$((n+1)); [ $n -lt 500 ] || exit 1; \
                      case $(cut -d' ' -f3 \"/proc/$1/stat\" 2>/dev/null) in Z) exit 0;; esac; sleep 0.02; done";
        let ended = Command::new("sh")
            .args(["-c", script, "sh", &pid.to_string()])
            .status();
        match ended {
            Ok(ended) if ended.success() => Ok(()),
            _ => Err(format!("PostgreSQL (process {pid}) does not end")),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The watcher does the rest, here and wherever this does not run.
        if self.own {
            let _ = self.end();
        }
    }
}

fn free_port() -> Result<u16, String> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}
