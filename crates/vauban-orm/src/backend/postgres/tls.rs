//! TLS to PostgreSQL: the server's certificate is verified, for its name, before anything is sent to it.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, client};

use super::failure::Failure;
use super::stream::Bounded;

/// Where operating systems keep the authorities that they trust: Debian and Alpine, Fedora, openSUSE, BSD and macOS.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The authorities of a file. One that rustls does not understand is one that is not trusted.
fn read(path: &Path) -> Result<RootCertStore, String> {
    let told = |what: &dyn std::fmt::Display| {
        format!(
            "certificates in {}: {what}: name a file of them in PEM",
            path.display()
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| told(&error))? {
        let _ = roots.add(certificate.map_err(|error| told(&error))?);
    }
    if roots.is_empty() {
        return Err(told(&"there is none"));
    }
    Ok(roots)
}

/// What the server has to show.
#[derive(Clone)]
pub(super) struct Verified {
    connector: TlsConnector,
    name: ServerName<'static>,
    /// Bytes of a message, at most.
    most: usize,
}

impl Verified {
    /// For a server of this name, whose certificate an authority of `file` signed, or one that the operating system trusts.
    pub(super) fn new(host: &str, file: Option<&Path>, most: usize) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Configuration(format!("`database_url`: {what}"));
        let roots = match file {
            Some(path) => read(path).map_err(|told| wrong(format!("`sslrootcert`: {told}")))?,
            None => {
                let there = SYSTEM.iter().map(Path::new).find(|path| path.is_file());
                let path = there.ok_or_else(|| {
                    wrong(
                        "the operating system has no certificate authorities: install them (Debian: ca-certificates), or \
                         name the server's by `sslrootcert`"
                            .to_owned(),
                    )
                })?;
                read(path).map_err(wrong)?
            }
        };
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            // CWE-295, CWE-297: the authority and the name, both.
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| wrong(format!("`{}` is no host name", host.escape_debug())))?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
            most,
        })
    }
}

type Shaking<S> = Pin<Box<dyn Future<Output = io::Result<Secured<S>>> + Send>>;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Verified {
    type Stream = Secured<S>;
    type Error = io::Error;
    type Future = Shaking<S>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let stream = self.connector.connect(self.name, stream).await?;
            Ok(Secured(Bounded::new(stream, self.most)))
        })
    }
}

/// A stream whose other end has shown who it is.
pub(super) struct Secured<S>(Bounded<client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Secured<S> {
    /// The password's proof speaks of this certificate: whoever passes it on to the server that it is for has another.
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.0.inner.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        match certificate.and_then(|certificate| end_point(certificate)) {
            Some(hash) => ChannelBinding::tls_server_end_point(hash),
            None => ChannelBinding::none(),
        }
    }
}

/// `tls-server-end-point` (RFC 5929): the certificate's hash, by the function that it is signed with, SHA-256 for those of
/// old; nothing where that function is not known to us.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { OID, … }, … }
    let (outer, _) = element(certificate, 0x30)?;
    let (_, behind) = element(outer, 0x30)?;
    let (algorithm, _) = element(behind, 0x30)?;
    let (oid, _) = element(algorithm, 0x06)?;
    match oid {
        // RSA with MD5, SHA-1, SHA-256; ECDSA with SHA-1, SHA-256
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04 | 0x05 | 0x0b]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => Some(Sha256::digest(certificate).to_vec()),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => Some(Sha384::digest(certificate).to_vec()),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// The content of the DER element that the bytes begin with, and what is behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = bytes.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (
                digits
                    .iter()
                    .fold(0, |length, digit| length << 8 | usize::from(*digit)),
                rest,
            )
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
