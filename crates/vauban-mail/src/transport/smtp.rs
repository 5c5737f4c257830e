//! SMTP (RFC 5321), spoken by lettre over a connection of ours, within a deadline of ours: lettre's own covers connecting only.
//! Each mail has its own connection, so that none waits on a dead one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::{TcpStream, lookup_host};

use super::stream::Greeted;
use super::{Security, Server, Unsent, said};
use crate::letter::Wire;

/// For connecting, TLS and sending, together.
const DEADLINE: Duration = Duration::from_secs(40);
/// For connecting to one address of a server.
const CONNECTING: Duration = Duration::from_secs(10);

/// Sends what is on the wire.
pub(super) async fn send(
    server: &Server,
    wire: &Wire,
    before: impl Future<Output = Result<(), Unsent>>,
) -> Result<(), Unsent> {
    send_within(server, wire, before, DEADLINE).await
}

pub(super) async fn send_within(
    server: &Server,
    wire: &Wire,
    before: impl Future<Output = Result<(), Unsent>>,
    deadline: Duration,
) -> Result<(), Unsent> {
    let has_all = AtomicBool::new(false);
    match tokio::time::timeout(deadline, speak(server, wire, before, &has_all)).await {
        Ok(done) => done,
        Err(_) => {
            let told = format!("{} did not answer within {} s", server.host, deadline.as_secs());
            Err(match has_all.load(Ordering::Relaxed) {
                true => Unsent::Unsure(told),
                false => Unsent::Later(told),
            })
        }
    }
}

async fn speak(
    server: &Server,
    wire: &Wire,
    before: impl Future<Output = Result<(), Unsent>>,
    has_all: &AtomicBool,
) -> Result<(), Unsent> {
    // Of our own domain, for servers ask for a name.
    let own_name = ClientId::Domain(wire.from.domain().to_owned());
    let stream = connect(server, &own_name).await?;
    let host = server.host.as_str();
    let opened = AsyncSmtpConnection::connect_with_transport(stream, &own_name).await;
    let mut connection = opened.map_err(|error| told(host, "greets", &error))?;
    if let Some((user, password)) = &server.login {
        // CWE-319: the connection is encrypted, or does not leave this machine.
        let credentials = Credentials::new(user.clone(), password.clone());
        let signed_in = connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await;
        signed_in.map_err(|error| not_signed_in(host, &error))?;
    }
    // lettre refuses what is not ASCII here; a letter is.
    let from = Mail::new(Some(wire.from.clone()), Vec::new());
    connection
        .command(from)
        .await
        .map_err(|error| told(host, "the sender", &error))?;
    let mut refused = Vec::new();
    for address in &wire.to {
        let to = Rcpt::new(address.clone(), Vec::new());
        match connection.command(to).await {
            Ok(_) => {}
            // One who is not there any more keeps the mail from nobody else (RFC 5321 §3.3: each RCPT is answered by itself).
            Err(error) if error.is_permanent() => refused.push(told(host, "a recipient", &error)),
            // For now: nobody has the mail yet, and all of them get it later.
            Err(error) => return Err(told(host, "a recipient", &error)),
        }
    }
    if refused.len() == wire.to.len() {
        let nobody = || Unsent::Never("the mail is to nobody".to_owned());
        return Err(refused.pop().unwrap_or_else(nobody));
    }
    for unsent in &refused {
        tracing::warn!(target: "vauban::mail", error = unsent.told(), "a recipient is refused: the others get the mail");
    }
    before.await?;
    connection
        .command(Data)
        .await
        .map_err(|error| told(host, "the mail", &error))?;
    has_all.store(true, Ordering::Relaxed);
    let answered = connection.message(&wire.bytes).await;
    match answered {
        Ok(_) => {
            // It has the mail, whatever it says now.
            let _ = tokio::time::timeout(Duration::from_secs(2), connection.quit()).await;
            Ok(())
        }
        Err(error) if error.status().is_some() => Err(told(host, "the mail", &error)),
        Err(error) => Err(Unsent::Unsure(said(&format!(
            "{host} had the whole mail and did not say what became of it: {error}"
        )))),
    }
}

/// A connection as the URL says, and no other.
async fn connect(server: &Server, own_name: &ClientId) -> Result<Box<dyn AsyncTokioStream>, Unsent> {
    let (stream, peer) = reach(server).await?;
    Ok(match server.security {
        Security::Loopback => Box::new(Greeted::by_server(stream, peer)),
        #[cfg(feature = "tls")]
        Security::Tls => Box::new(Greeted::by_server(
            super::tls::encrypt(stream, server).await?,
            peer,
        )),
        #[cfg(feature = "tls")]
        Security::StartTls => {
            let stream = super::tls::start(stream, &server.host, &own_name.to_string()).await?;
            Box::new(Greeted::already(super::tls::encrypt(stream, server).await?, peer))
        }
        #[cfg(not(feature = "tls"))]
        Security::Tls | Security::StartTls => {
            let _ = own_name;
            return Err(Unsent::Never("this program is built without TLS".to_owned()));
        }
    })
}

async fn reach(server: &Server) -> Result<(TcpStream, SocketAddr), Unsent> {
    let (host, port) = (server.host.as_str(), server.port);
    let cannot = |error: &dyn std::fmt::Display| {
        Unsent::Later(said(&format!("{host}:{port} cannot be reached: {error}")))
    };
    let found = lookup_host((host, port)).await.map_err(|error| cannot(&error))?;
    // CWE-319: what a name server calls localhost may be elsewhere.
    let is_allowed =
        |address: &SocketAddr| server.security != Security::Loopback || address.ip().is_loopback();
    let mut last = cannot(&"it has no address");
    for address in found.filter(is_allowed).take(8) {
        match tokio::time::timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => last = cannot(&error),
            Err(_) => last = cannot(&"it does not answer"),
        }
    }
    Err(last)
}

/// What follows from a server's answer: 4xx is tried again, 5xx never, and so is what cannot be understood tried again.
fn told(host: &str, of: &str, error: &Error) -> Unsent {
    let text = said(&format!("{host}, of {of}: {error}"));
    match error.is_permanent() {
        true => Unsent::Never(text),
        false => Unsent::Later(text),
    }
}

/// A wrong password is the operator's to mend, and the mails are not lost meanwhile. CWE-532: nothing of what was sent is told.
fn not_signed_in(host: &str, error: &Error) -> Unsent {
    let code = error
        .status()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    Unsent::Later(format!(
        "{host} does not let us sign in{code}: look at user and password in `mail.url`"
    ))
}
