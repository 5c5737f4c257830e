//! TLS to a mail server: its certificate is verified, for its name, before anything is sent to it.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Server, Unsent, said};

/// Where operating systems keep the authorities that they trust: Debian and Alpine, Fedora, openSUSE, BSD and macOS.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What a server may say before TLS, in bytes (CWE-770).
const MOST: usize = 4096;

/// The authorities of a file, or those that the operating system trusts; `SSL_CERT_FILE` is not asked: whoever sets it reads the
/// mails.
fn authorities(file: Option<&Path>) -> Result<RootCertStore, Unsent> {
    let system = || SYSTEM.iter().map(Path::new).find(|path| path.is_file());
    let Some(path) = file.or_else(system) else {
        return Err(Unsent::Later(
            "the operating system has no certificate authorities, so that no mail server is trusted: install them (Debian: \
             ca-certificates), or name the server's in `mail.url` by ?sslrootcert=FILE"
                .to_owned(),
        ));
    };
    let wrong = |what: &dyn std::fmt::Display| {
        Unsent::Later(said(&format!("certificates in {}: {what}", path.display())))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
        // One that rustls does not understand is one that is not trusted.
        let _ = roots.add(certificate.map_err(|error| wrong(&error))?);
    }
    match roots.is_empty() {
        true => Err(wrong(&"there is none")),
        false => Ok(roots),
    }
}

/// Encrypts a connection to a server.
pub(super) async fn encrypt(stream: TcpStream, server: &Server) -> Result<TlsStream<TcpStream>, Unsent> {
    let host = server.host.as_str();
    let wrong = |error: &dyn std::fmt::Display| {
        Unsent::Later(said(&format!("TLS with {host}: {error}; nothing was sent")))
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        // CWE-295, CWE-297: the authority and the name, both.
        .with_root_certificates(authorities(server.authorities.as_deref())?)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| wrong(&error))?;
    let connector = TlsConnector::from(Arc::new(config));
    connector
        .connect(name, stream)
        .await
        .map_err(|error| wrong(&error))
}

/// Has the server begin TLS. CWE-319: a server that does not offer it, or whose offer somebody took out of the way, gets
/// nothing, no name and no password.
pub(super) async fn start(mut stream: TcpStream, host: &str, own_name: &str) -> Result<TcpStream, Unsent> {
    let refused = |what: &str, line: &str| {
        Unsent::Later(said(&format!(
            "{host} {what} (it said: {line}); nothing was sent"
        )))
    };
    let greeting = reply(&mut stream, host).await?;
    if !greeting.starts_with("220") {
        return Err(refused("does not greet", &greeting));
    }
    tell(&mut stream, host, &format!("EHLO {own_name}\r\n")).await?;
    let offers = reply(&mut stream, host).await?;
    let has_it = offers.starts_with("250")
        && offers.lines().any(|line| {
            line.get(4..)
                .is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))
        });
    if !has_it {
        return Err(refused(
            "does not offer STARTTLS, which `smtp+starttls://` asks for",
            &offers,
        ));
    }
    tell(&mut stream, host, "STARTTLS\r\n").await?;
    let ready = reply(&mut stream, host).await?;
    match ready.starts_with("220") {
        true => Ok(stream),
        false => Err(refused("refuses STARTTLS", &ready)),
    }
}

async fn tell(stream: &mut TcpStream, host: &str, line: &str) -> Result<(), Unsent> {
    let written = stream.write_all(line.as_bytes()).await;
    written.map_err(|error| Unsent::Later(said(&format!("{host}: {error}"))))
}

/// One reply, of one line or several. CWE-924: read byte by byte, so that nothing behind it is taken for what comes later,
/// encrypted; what is behind it goes into the handshake, and ends it.
async fn reply(stream: &mut TcpStream, host: &str) -> Result<String, Unsent> {
    let broken = |what: &dyn std::fmt::Display| {
        Unsent::Later(said(&format!("{host} before TLS: {what}; nothing was sent")))
    };
    let (mut all, mut line) = (String::new(), Vec::new());
    loop {
        let byte = stream.read_u8().await.map_err(|error| broken(&error))?;
        if all.len() + line.len() >= MOST {
            return Err(broken(&"it says too much"));
        }
        line.push(byte);
        if byte != b'\n' {
            continue;
        }
        let is_last = line.get(3) != Some(&b'-');
        all.push_str(&String::from_utf8_lossy(&line));
        line.clear();
        if is_last {
            return Ok(all);
        }
    }
}
