//! A connection, encrypted or on this machine.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::{Destination, Failure, tls};

/// What both are.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// For connecting to one address of a destination.
const CONNECTING: Duration = Duration::from_secs(4);
/// Addresses that are tried.
const ADDRESSES: usize = 4;

/// Connects to a destination, and encrypts where it is one with TLS.
pub(crate) async fn connect(connector: &TlsConnector, to: &Destination) -> Result<Box<dyn Stream>, Failure> {
    let stream = reach(to).await?;
    match to.is_tls {
        true => Ok(Box::new(tls::encrypt(connector, stream, to).await?)),
        false => Ok(Box::new(stream)),
    }
}

async fn reach(to: &Destination) -> Result<TcpStream, Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::Unreachable(format!("{to}: {error}"));
    let name = to.name();
    let found = lookup_host((name.as_str(), to.port)).await;
    let found = found.map_err(|error| cannot(&error))?;
    let mut why = cannot(&"its name has no address that may be used");
    // CWE-319: what a name server calls localhost may be elsewhere.
    for address in found
        .filter(|address| to.is_tls || address.ip().is_loopback())
        .take(ADDRESSES)
    {
        match tokio::time::timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => why = cannot(&error),
            Err(_) => why = Failure::TooSlow(to.to_string()),
        }
    }
    Err(why)
}
