//! TLS to a destination: its certificate is verified, for its name, before anything is sent to it.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::{Destination, Failure};

/// Where operating systems keep the authorities that they trust: Debian and Alpine, Fedora, openSUSE, BSD and macOS.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Trusts the authorities of a file, or those of the operating system; `SSL_CERT_FILE` is not asked: whoever sets it reads what is sent.
pub(crate) fn connector(authorities: Option<&Path>) -> Result<TlsConnector, Failure> {
    let system = || SYSTEM.iter().map(Path::new).find(|path| path.is_file());
    let Some(path) = authorities.or_else(system) else {
        return Err(Failure::Authorities(
            "the operating system has no certificate authorities: install them (Debian: ca-certificates), or name a file with the \
             destination's"
                .to_owned(),
        ));
    };
    let wrong = |what: &dyn std::fmt::Display| {
        Failure::Authorities(format!("certificates in {}: {what}", path.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
        // One that rustls does not understand is one that is not trusted.
        let _ = roots.add(certificate.map_err(|error| wrong(&error))?);
    }
    if roots.is_empty() {
        return Err(wrong(&"there is none"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        // CWE-295, CWE-297: the authority and the name, both.
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Encrypts a connection.
pub(crate) async fn encrypt(
    connector: &TlsConnector,
    stream: TcpStream,
    to: &Destination,
) -> Result<TlsStream<TcpStream>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Tls(format!("{to}: {error}"));
    let name = ServerName::try_from(to.name()).map_err(|error| wrong(&error))?;
    connector
        .connect(name, stream)
        .await
        .map_err(|error| wrong(&error))
}
