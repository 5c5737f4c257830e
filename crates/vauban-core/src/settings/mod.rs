//! Every setting: its value, where the value came from, and what start checks about it.
//!
//! Settings are read once, from weakest to strongest: Vauban's defaults, `vauban.toml`, `.env` (development
//! only), then the environment (`VAUBAN_ADDR`, …) or secret files (`VAUBAN_SECRET_KEY_FILE`). An unknown name is
//! an error with a suggestion; a bad value says which setting, where it was read, what was found and what to
//! write. The list stands in `table.rs`; the command `settings` prints it with the values in force.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

mod module;
pub(crate) mod problem;
mod raw;
mod read;
mod secret;
mod secret_file;
mod strength;
mod table;
mod text;
mod values;

pub use module::{ModuleSettings, SettingRow, SettingValue, SettingsSection};
pub use problem::{InvalidSetting, InvalidSettings, Source};
pub use read::Places;
pub use secret::{Secret, SecretKey};
pub use table::{Setting, documentation, without_password};
pub use values::{HostPattern, LogFormat, Network, Origin};
pub use vauban_orm::engine::Synchronous;

pub(crate) use values::host_and_port;

/// What the program was built for. Decided by the build, never by a setting (CWE-489).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Built with `debug_assertions`: answers on loopback only, shows a debug page.
    Development,
    /// Everything else: refuses to serve while a check fails.
    Release,
}

impl Mode {
    /// The mode of this build.
    pub const fn of_this_build() -> Self {
        if cfg!(debug_assertions) {
            Self::Development
        } else {
            Self::Release
        }
    }

    /// Whether this is development.
    pub const fn is_development(self) -> bool {
        matches!(self, Self::Development)
    }
}

/// The settings in force, typed.
#[non_exhaustive]
pub struct Settings {
    /// What the program was built for.
    pub mode: Mode,
    /// The address to listen on.
    pub addr: SocketAddr,
    /// Hosts that the site answers for.
    pub allowed_hosts: Vec<HostPattern>,
    /// The site's own origins; empty means derived from `allowed_hosts`, see [`Settings::own_origins`].
    pub origins: Vec<Origin>,
    /// Proxies whose forwarding headers are believed; they terminate TLS.
    pub trusted_proxies: Vec<Network>,
    /// Signs cookies and tokens.
    pub secret_key: SecretKey,
    /// Earlier keys, which still verify but no longer sign.
    pub secret_key_fallbacks: Vec<SecretKey>,
    /// Where the rows are.
    pub database_url: Secret<String>,
    /// As whom tables are made and changed, if not as whoever asks.
    pub database_migration_url: Option<Secret<String>>,
    /// Whether PostgreSQL has the models' rules as policies of its own as well.
    pub database_row_security: bool,
    /// How much SQLite waits for the disk.
    pub sqlite_synchronous: Synchronous,
    /// Threads that read what is too much for a request's own.
    pub database_readers: usize,
    /// Connections to a database server, at most.
    pub database_connections: usize,
    /// Whether a database server on another machine may be asked without TLS.
    pub database_plain_text: bool,
    /// The folder of the development database and key.
    pub data_dir: PathBuf,
    /// Threads that run requests; 0 means one per core.
    pub worker_threads: usize,
    /// Strict-Transport-Security.
    pub hsts: Hsts,
    /// Bounds on what one client may send.
    pub limits: RequestLimits,
    /// Bounds on how long things may take.
    pub timeouts: Timeouts,
    /// The log.
    pub log: Log,
    /// A development build that others may reach: what shows its insides is off.
    pub(crate) shared: bool,
    /// What was found in the settings' places and left alone: told at start and by the command `settings`.
    pub(crate) ignored: Vec<String>,
    /// A test of the program.
    pub(crate) test: bool,
    modules: module::Sections,
    sections: Vec<SettingsSection>,
    sources: BTreeMap<String, Source>,
}

/// Strict-Transport-Security (RFC 6797). Raise `max_age` step by step: browsers do not forget it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Hsts {
    /// How long browsers insist on HTTPS.
    pub max_age: Duration,
    /// Whether every subdomain has HTTPS too.
    pub include_subdomains: bool,
    /// Whether browsers may build the site into their list.
    pub preload: bool,
}

/// Bounds on what one client may send (CWE-400, CWE-770).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of the bodies of all requests that are in memory at once.
    pub bodies: usize,
    /// Fields of a form or a query.
    pub fields: usize,
    /// Bytes of all header lines together.
    pub header_bytes: usize,
    /// Number of header lines.
    pub headers: usize,
    /// Bytes of the request target.
    pub target: usize,
    /// Connections open at once.
    pub connections: usize,
    /// Connections open at once from one address prefix (/32, /64); loopback and trusted proxies are not counted.
    pub connections_per_client: usize,
}

/// Bounds on how long things may take (CWE-400).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until the request's headers are complete.
    pub headers: Duration,
    /// Until the request's body is complete.
    pub body: Duration,
    /// For a whole request.
    pub request: Duration,
    /// How long an idle connection is kept.
    pub idle: Duration,
    /// How long running requests may finish after a stop signal.
    pub shutdown: Duration,
}

/// The log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Log {
    /// Its form.
    pub format: LogFormat,
    /// What is logged, as `tracing_subscriber`'s filter: `info`, `vauban=debug,info`.
    pub filter: String,
}

impl Settings {
    /// Puts the modules' defaults in force.
    fn start(&mut self, sections: &[SettingsSection]) {
        self.sections = sections.to_vec();
        for section in sections {
            (section.start)(self);
        }
    }

    /// A data folder of one's own holds the database, too, unless that is named.
    fn place_database(&mut self) {
        let named = |name: &str| !matches!(self.source(name), Source::Default);
        if named("data_dir") && !named("database_url") {
            let root = if self.data_dir.is_absolute() { "//" } else { "" };
            let path = self.data_dir.join("db.sqlite3");
            self.database_url = Secret::new(format!("sqlite:{root}{}", path.display()));
        }
    }

    /// Vauban's own defaults for `mode`, before anything is read. In development a random key is set.
    pub fn defaults(mode: Mode) -> Self {
        let development = mode.is_development();
        let local = |host: &str| HostPattern::Exact(host.to_owned());
        Self {
            mode,
            addr: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            allowed_hosts: if development {
                vec![
                    local("localhost"),
                    HostPattern::Suffix("localhost".into()),
                    local("127.0.0.1"),
                    local("[::1]"),
                ]
            } else {
                Vec::new()
            },
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            secret_key: SecretKey::new(String::new()),
            secret_key_fallbacks: Vec::new(),
            database_url: Secret::new("sqlite:var/db.sqlite3".to_owned()),
            database_migration_url: None,
            database_row_security: false,
            sqlite_synchronous: Synchronous::Full,
            database_readers: 2,
            database_connections: 16,
            database_plain_text: false,
            data_dir: PathBuf::from("var"),
            worker_threads: 0,
            hsts: Hsts {
                max_age: Duration::from_secs(3600),
                include_subdomains: false,
                preload: false,
            },
            limits: RequestLimits {
                body: 1 << 20,
                bodies: 256 << 20,
                fields: 1000,
                header_bytes: 16 << 10,
                headers: 100,
                target: 8 << 10,
                connections: 16_384,
                connections_per_client: 256,
            },
            timeouts: Timeouts {
                headers: Duration::from_secs(10),
                body: Duration::from_secs(30),
                request: Duration::from_secs(60),
                idle: Duration::from_secs(15),
                shutdown: Duration::from_secs(10),
            },
            log: Log {
                format: if development {
                    LogFormat::Text
                } else {
                    LogFormat::Json
                },
                filter: "info".into(),
            },
            shared: false,
            test: false,
            modules: module::Sections::default(),
            sections: Vec::new(),
            ignored: Vec::new(),
            sources: BTreeMap::new(),
        }
    }

    /// The site's own origins when it listens on `port`: those configured, or else one for each exact allowed
    /// host, `https` in release and `http` with the port in development.
    ///
    /// CWE-352: never made from a request's Host header.
    pub fn own_origins(&self, port: u16) -> Vec<Origin> {
        if !self.origins.is_empty() {
            return self.origins.clone();
        }
        self.allowed_hosts
            .iter()
            .filter_map(|host| match host {
                HostPattern::Exact(host) if self.mode.is_development() => {
                    format!("http://{host}:{port}").parse().ok()
                }
                HostPattern::Exact(host) => format!("https://{host}").parse().ok(),
                _ => None,
            })
            .collect()
    }

    /// Whether the page with source, request and queries may be shown for an error: to the developer only
    /// (CWE-209, CWE-489).
    pub fn shows_insides(&self) -> bool {
        cfg!(debug_assertions) && self.mode.is_development() && !self.shared
    }

    /// Whether others than the developer may reach this development build (`--share-dev`): what shows its insides is
    /// off.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Lets others than the developer reach a development build.
    #[doc(hidden)]
    pub fn share(&mut self) {
        self.shared = true;
    }

    /// Whether a test runs the program.
    #[doc(hidden)]
    pub fn is_test(&self) -> bool {
        self.test
    }

    /// Every setting with its value, source and check, for the command `settings` and the debug page. Secrets
    /// are hidden.
    pub fn list(&self) -> Vec<Setting> {
        table::list(self)
    }

    /// Where the value of `name` came from.
    pub fn source(&self, name: &str) -> Source {
        self.sources.get(name).cloned().unwrap_or(Source::Default)
    }

    /// What was found where settings are read and is not used: lines of `.env` for other programs, a `.env` beside a
    /// release. One line each.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // CWE-532: through the list, which hides secrets.
        f.debug_map()
            .entries(
                self.list()
                    .iter()
                    .map(|setting| (setting.name.clone(), setting.value.clone())),
            )
            .finish()
    }
}
