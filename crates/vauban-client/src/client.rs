//! The door: one request, one connection, one answer.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::{Destination, Failure, stream, tls};

/// Bytes of an answer's body.
const BODY: usize = 1024 * 1024;
/// Bytes of an answer's head, and its fields.
const HEAD: usize = 64 * 1024;
const FIELDS: usize = 100;
/// For a name, a connection, TLS, the request and the whole answer together.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sends requests to the destinations that it was made for, and to no other.
#[derive(Clone)]
pub struct Client {
    destinations: Vec<Destination>,
    connector: TlsConnector,
    body: usize,
    deadline: Duration,
}

impl Client {
    /// A client for these destinations, which trusts the authorities of the operating system.
    ///
    /// # Errors
    /// If the operating system has none.
    pub fn new(destinations: impl IntoIterator<Item = Destination>) -> Result<Self, Failure> {
        Self::trusting(destinations, None)
    }

    /// The same, for destinations whose certificates an authority of this PEM file has signed.
    ///
    /// # Errors
    /// If the file cannot be read, or has no certificate in it.
    pub fn trusting(
        destinations: impl IntoIterator<Item = Destination>,
        authorities: Option<&Path>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            destinations: destinations.into_iter().collect(),
            connector: tls::connector(authorities)?,
            body: BODY,
            deadline: DEADLINE,
        })
    }

    /// Other bounds than 1 MiB of body and 10 seconds in all.
    #[must_use]
    pub fn bounded(self, body: usize, deadline: Duration) -> Self {
        Self {
            body,
            deadline,
            ..self
        }
    }

    /// Sends a request with an absolute address, and gives the whole answer.
    ///
    /// # Errors
    /// If the address is of no destination of this client; if there is no answer, a redirect, or more than is taken.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let (parts, body) = request.into_parts();
        let url =
            Url::parse(&parts.uri.to_string()).map_err(|error| Failure::NoDestination(error.to_string()))?;
        let to = Destination::of(&url)?;
        // CWE-918, ASVS 1.3.6: this is the wall. Where a request goes was configured; no answer, and nobody who asks us, adds to it.
        if !self.destinations.contains(&to) {
            return Err(Failure::NotConfigured(to.to_string()));
        }
        // CWE-400: one deadline over everything, so that nobody is slow step by step.
        let answered = tokio::time::timeout(self.deadline, self.exchange(&to, &url, parts, body)).await;
        answered.unwrap_or_else(|_| Err(Failure::TooSlow(to.to_string())))
    }

    async fn exchange(
        &self,
        to: &Destination,
        url: &Url,
        mut parts: http::request::Parts,
        body: Vec<u8>,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let stream = stream::connect(&self.connector, to).await?;
        let broken = |error: &dyn fmt::Display| Failure::Broken(format!("{to}: {error}"));
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD)
            .max_headers(FIELDS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        // CWE-444: the path and the host as they were read here, whatever was written.
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        parts.uri = http::uri::PathAndQuery::try_from(path)
            .map_err(http::Error::from)?
            .into();
        let host = match url.port() {
            Some(port) => format!("{}:{port}", to.host),
            None => to.host.to_string(),
        };
        let host = HeaderValue::try_from(host).map_err(http::Error::from)?;
        parts.headers.insert(header::HOST, host);
        parts
            .headers
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
        let request = Request::from_parts(parts, Full::new(Bytes::from(body)));
        let answer = async {
            let answer = sender
                .send_request(request)
                .await
                .map_err(|error| broken(&error))?;
            let (head, body) = answer.into_parts();
            // CWE-918, CWE-601: nobody leads us elsewhere.
            if head.status.is_redirection() {
                return Err(Failure::Redirects(to.to_string()));
            }
            // CWE-770: what is beyond the bound is not read.
            let body = Limited::new(body, self.body)
                .collect()
                .await
                .map_err(|error| match error.is::<LengthLimitError>() {
                    true => Failure::TooLarge(to.to_string()),
                    false => broken(&error),
                })?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        // The connection is driven here, in this future: dropped with it, and on nobody's task list.
        tokio::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            ended = connection => match ended {
                Ok(()) => answer.await,
                Err(error) => Err(broken(&error)),
            },
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("destinations", &self.destinations)
            .finish_non_exhaustive()
    }
}
