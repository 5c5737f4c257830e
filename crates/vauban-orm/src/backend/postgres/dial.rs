//! Opening a connection: the socket, TLS, the sign-in, the session's settings.

use std::future::poll_fn;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config, NoTls};

use super::address::{Address, Host, Tls};
use super::failure::Failure;
use super::stream::{Bounded, Socket};
use super::tls::Verified;
use crate::sql::marks;
use crate::tree::folding::ICU;

/// The oldest version that is asked: older ones are not maintained.
const OLDEST: u32 = 14;

/// How a session is set up.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// How long a statement may take.
    pub(crate) statement: Duration,
    /// How long a statement may wait for a row or a table that another transaction holds.
    pub(crate) lock: Duration,
    /// How long a transaction may do nothing.
    pub(crate) idle: Duration,
    /// Bytes of a message that PostgreSQL sends: a row, whole.
    pub(crate) message: usize,
}

/// What it takes to open connections to one database.
pub(super) struct Dial {
    host: Host,
    database: String,
    role: String,
    config: Config,
    tls: Option<Verified>,
    setup: String,
    /// What takes back what a statement set for its session.
    forget: String,
    message: usize,
}

/// Never the configuration: the password is in it (CWE-532).
impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Dial {
    /// The server and the database, for messages.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", shown(&self.host), self.database)
    }

    pub(super) fn role(&self) -> &str {
        &self.role
    }

    pub(super) fn new(address: &Address, session: &Session) -> Result<Self, Failure> {
        let mut config = Config::new();
        config.user(&address.user).dbname(&address.database);
        config.application_name(address.application.as_deref().unwrap_or("vauban"));
        if let Some(password) = &address.password {
            config.password(password);
        }
        let tls = match (&address.tls, &address.host) {
            (Tls::Verified(file), Host::Tcp(host, _)) => {
                Some(Verified::new(host, file.as_deref(), session.message)?)
            }
            _ => None,
        };
        // Never "prefer": who stands between would say that the server has none (CWE-757).
        config.ssl_mode(if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        config.channel_binding(if tls.is_some() {
            ChannelBinding::Prefer
        } else {
            ChannelBinding::Disable
        });
        Ok(Self {
            host: address.host.clone(),
            database: address.database.clone(),
            role: address.user.clone(),
            config,
            tls,
            setup: setup(address, session),
            forget: forget(address),
            message: session.message,
        })
    }

    /// The statements that take back what one set for its session.
    pub(super) fn forget(&self) -> &str {
        &self.forget
    }

    async fn socket(&self) -> Result<Socket, Failure> {
        let told = |error: std::io::Error| Failure::Lost(format!("{}: {error}", shown(&self.host)));
        match &self.host {
            Host::Socket(folder, number) => {
                let path: PathBuf = folder.join(format!(".s.PGSQL.{number}"));
                Ok(Socket::new(UnixStream::connect(path).await.map_err(told)?))
            }
            Host::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(told)?;
                stream.set_nodelay(true).map_err(told)?;
                // A server that vanished is noticed, also between two statements.
                let alive = socket2::TcpKeepalive::new()
                    .with_time(Duration::from_secs(60))
                    .with_interval(Duration::from_secs(10));
                socket2::SockRef::from(&stream)
                    .set_tcp_keepalive(&alive)
                    .map_err(told)?;
                Ok(Socket::new(stream))
            }
        }
    }

    /// Opens a connection; its task runs until the client is dropped.
    pub(super) async fn open(&self) -> Result<Client, Failure> {
        self.open_hearing(None).await
    }

    /// The same, which gives on what it is notified of: the channel's text.
    pub(super) async fn open_hearing(&self, hears: Option<Hears>) -> Result<Client, Failure> {
        let socket = self.socket().await?;
        let (client, facts) = match &self.tls {
            None => {
                let stream = Bounded::new(socket, self.message);
                let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
                let facts = Facts::of(|name| connection.parameter(name));
                drive(connection, hears);
                (client, facts)
            }
            Some(tls) => {
                let (client, connection) = self.config.connect_raw(socket, tls.clone()).await?;
                let facts = Facts::of(|name| connection.parameter(name));
                drive(connection, hears);
                (client, facts)
            }
        };
        facts.check()?;
        let done = client.batch_execute(&self.setup).await;
        done.map_err(|error| match error.code() {
            Some(&SqlState::UNDEFINED_OBJECT) => Failure::Configuration(format!(
                "the server has no collation \"{ICU}\", by which `search` folds letters: take a PostgreSQL that is built with ICU, as \
                 packages are, and run `SELECT pg_import_system_collations('pg_catalog')` if it came later"
            )),
            _ => Failure::from(error),
        })?;
        Ok(client)
    }

    /// Asks PostgreSQL to end what the connection runs.
    pub(super) async fn cancel(&self, token: CancelToken) -> Result<(), Failure> {
        let socket = self.socket().await?;
        match &self.tls {
            None => token.cancel_query_raw(socket, NoTls).await?,
            Some(tls) => token.cancel_query_raw(socket, tls.clone()).await?,
        }
        Ok(())
    }
}

/// Who is told what a connection is notified of.
pub(super) type Hears = mpsc::Sender<String>;

/// Runs a connection, in a task of its own.
fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, hears: Option<Hears>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(hears) = hears else {
        tokio::spawn(connection);
        return;
    };
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                // CWE-770: whoever hears too slowly has been told already.
                Ok(AsyncMessage::Notification(told)) => drop(hears.try_send(told.payload().to_owned())),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    });
}

fn shown(host: &Host) -> String {
    match host {
        Host::Socket(folder, number) => format!("{}/.s.PGSQL.{number}", folder.display()),
        Host::Tcp(host, port) => format!("{host}:{port}"),
    }
}

/// What a server says of itself at the beginning.
struct Facts {
    version: Option<u32>,
    encoding: Option<String>,
}

impl Facts {
    fn of<'a>(parameter: impl Fn(&str) -> Option<&'a str>) -> Self {
        let version = parameter("server_version").and_then(|text| {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..digits].parse().ok()
        });
        Self {
            version,
            encoding: parameter("server_encoding").map(str::to_owned),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(version) = self.version
            && version < OLDEST
        {
            return Err(Failure::Configuration(format!(
                "PostgreSQL {version} is older than {OLDEST}, the oldest that is supported: upgrade it"
            )));
        }
        // CWE-176: in a database of another encoding not every text can be stored, and in SQL_ASCII anything can.
        match self.encoding.as_deref() {
            None | Some("UTF8") => Ok(()),
            Some(other) => Err(Failure::Configuration(format!(
                "the database's encoding is {other}: create it with UTF8 (`createdb` takes the encoding, and `template0` as template)"
            ))),
        }
    }
}

/// What holds for every statement of a session, whatever the server's or the role's own settings say.
fn setup(address: &Address, session: &Session) -> String {
    format!(
        "{}; SET idle_in_transaction_session_timeout = {};\
         SET TimeZone = 'UTC'; SET standard_conforming_strings = on; SET client_min_messages = warning;\
         SET default_transaction_isolation = 'read committed';\
         SET jit = off;\
         {};\
         SELECT '' COLLATE \"{ICU}\"",
        timeouts(session.statement, session.lock),
        millis(session.idle),
        search_path(address),
    )
}

/// CWE-426, CWE-89: names are looked up in one schema, and in nobody's temporary one before it.
fn search_path(address: &Address) -> String {
    format!(
        "SET search_path = \"{}\", pg_temp",
        address.schema.replace('"', "\"\"")
    )
}

/// CWE-488: who asks, and where names are looked up, is said by nobody who had the connection before.
fn forget(address: &Address) -> String {
    // `user` is a word of SQL's.
    let marks = marks::NAMES.map(|name| format!("RESET {}\"; ", name.replace('.', ".\"")));
    format!("{}{}", marks.concat(), search_path(address))
}

/// How long statements may take and wait from here on. CWE-400: nothing takes or holds for ever.
pub(super) fn timeouts(statement: Duration, lock: Duration) -> String {
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {}",
        millis(statement),
        millis(lock)
    )
}

fn millis(time: Duration) -> u128 {
    time.as_millis().clamp(1, i32::MAX as u128)
}
