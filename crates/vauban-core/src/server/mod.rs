//! The server: connections, their number and their pace, and an orderly end (ASVS 15.2.2, CWE-400).

mod heads;
mod open_files;
mod pace;

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use self::heads::Heads;
use self::pace::{Pace, Phase};
use crate::http::{RequestBody, SecurityEvent};
use crate::pipeline::{self, Guarded, Stopped, watch_panics, whole_request};
use crate::routing::ClientIp;
use crate::site::Site;

/// How often a connection's pace is looked at: limits are kept to within this.
const TICK: Duration = Duration::from_secs(2);

/// Serves until `stop` is ready; then requests that run may finish, for as long as the settings say.
///
/// # Errors
/// If the listener cannot be used at all.
#[doc(hidden)]
#[deprecated(
    note = "only the framework serves: write `vauban::main(app)`; in a test ask with `vauban::testing::Client`"
)]
pub async fn serve(site: Arc<Site>, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    watch_panics();
    let limits = site.settings.limits;
    let connections = open_files::most_connections(limits.connections);
    let slots = Arc::new(Semaphore::new(connections));
    let prefixes = Arc::new(Prefixes::default());
    let longest = whole_request(&site);
    let (stopping, stopped) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        // CWE-770: without a free slot nobody is accepted; the system's queue is bounded, too.
        let slot = tokio::select! {
            () = &mut stop => break,
            slot = Arc::clone(&slots).acquire_owned() => slot.map_err(io::Error::other)?,
        };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(target: "vauban::server", %error, "a connection could not be accepted");
                    // Out of file handles: wait for some to be closed.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Some(place) = prefixes.take(&site, peer.ip(), limits.connections_per_client) else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(
            Arc::clone(&site),
            stream,
            peer.ip(),
            longest,
            stopped.clone(),
            (slot, place),
        ));
    }
    drop(listener);
    let _ = stopping.send(true);
    drop(stopped);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let rest = tokio::time::timeout(site.settings.timeouts.shutdown, slots.acquire_many(all)).await;
    if rest.is_err() {
        tracing::warn!(target: "vauban::server", "some requests did not end in time and were cut off");
    }
    Ok(())
}

/// Ready when the process is asked to stop: by Ctrl-C, or by SIGTERM.
pub async fn asked_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

#[allow(deprecated)] // ours to call
async fn connection(
    site: Arc<Site>,
    stream: TcpStream,
    peer: IpAddr,
    longest: Duration,
    mut stopping: watch::Receiver<bool>,
    _held: (OwnedSemaphorePermit, Option<Place>),
) {
    let pace = Arc::new(Pace::new());
    let service = service_fn(|request: ::http::Request<hyper::body::Incoming>| {
        pace.set(Phase::Answering);
        let (site, pace) = (&site, &pace);
        async move {
            let answer = std::pin::pin!(pipeline::answer(
                site,
                peer,
                false,
                request.map(RequestBody::Network)
            ));
            // CWE-248: a panic outside the view, in a layer or a session store, ends one request and not more.
            let answer = Guarded::new(answer, longest).await.unwrap_or_else(|stopped| {
                log(peer, &stopped);
                pipeline::bare(site)
            });
            pace.set(Phase::Idle);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(site.settings.limits.header_bytes.max(8192))
        .half_close(false);
    // Up to hyper's own 100 it keeps the fields on the stack.
    if site.settings.limits.headers > 100 {
        builder.max_headers(site.settings.limits.headers);
    }
    let io = TokioIo::new(Watched {
        stream,
        peer,
        pace: Arc::clone(&pace),
        heads: Heads::new(),
    });
    let mut serving = std::pin::pin!(builder.serve_connection(io, service));
    let mut ticks = tokio::time::interval(TICK);
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            // A broken request is answered by hyper with 400 and closed; there is nothing to add.
            _ = serving.as_mut() => return,
            _ = ticks.tick() => {
                if pace.overdue(&site.settings.timeouts) {
                    return;
                }
            }
            _ = stopping.changed(), if !told => {
                told = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// CWE-778: what no page tells of is in the log.
fn log(peer: IpAddr, stopped: &Stopped) {
    let (error, at) = match stopped {
        Stopped::Overrun => ("it took longer than all its parts may", None),
        Stopped::Panicked(panic) => (panic.message.as_str(), panic.at.as_ref()),
    };
    tracing::error!(
        target: "vauban::error",
        event = SecurityEvent::INTERNAL_ERROR.name(),
        %peer,
        at = at.map(|(file, line)| format!("{file}:{line}")),
        error,
        "a request ended without its answer"
    );
}

/// A stream whose pace and heads are watched.
struct Watched {
    stream: TcpStream,
    peer: IpAddr,
    pace: Arc<Pace>,
    heads: Heads,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.heads.broken() {
            // CWE-444: nothing more is read. CWE-400: nor does anybody wait for it.
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        let poll = Pin::new(&mut this.stream).poll_read(cx, buf);
        if poll.is_ready() && buf.filled().len() > before {
            this.pace.read_some();
            if let Some(at) = this.heads.look(&buf.filled()[before..]) {
                tracing::warn!(
                    target: "vauban::security",
                    event = SecurityEvent::MALFORMED_REQUEST.name(),
                    peer = %this.peer,
                    "security event"
                );
                buf.filled_mut()[before + at] = 0;
                buf.set_filled(before + at + 1);
            }
        }
        poll
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pace.wrote(written(&poll));
        poll
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pace.wrote(written(&poll));
        poll
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What went out; `None` while nothing does.
fn written(poll: &Poll<io::Result<usize>>) -> Option<usize> {
    match poll {
        Poll::Ready(result) => Some(result.as_ref().map_or(0, |bytes| *bytes)),
        Poll::Pending => None,
    }
}

/// Connections by address prefix, so that one client cannot take all (CWE-770).
#[derive(Debug, Default)]
struct Prefixes {
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A place taken; given back when dropped.
struct Place {
    prefixes: Arc<Prefixes>,
    prefix: IpAddr,
}

impl Prefixes {
    /// `None` if the prefix has no place left. Loopback and trusted proxies are not counted: behind them is
    /// everybody.
    fn take(self: &Arc<Self>, site: &Site, peer: IpAddr, most: usize) -> Option<Option<Place>> {
        let peer = peer.to_canonical();
        if peer.is_loopback()
            || site
                .settings
                .trusted_proxies
                .iter()
                .any(|proxy| proxy.contains(peer))
        {
            return Some(None);
        }
        let prefix = ClientIp(peer).network();
        let mut open = self
            .open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = open.entry(prefix).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Some(Place {
            prefixes: Arc::clone(self),
            prefix,
        }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .prefixes
            .open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.prefix);
            }
        }
    }
}
