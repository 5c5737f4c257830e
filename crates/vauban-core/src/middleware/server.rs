//! The server: connections, their number and their pace, and an orderly end (ASVS 15.2.2, CWE-400).

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::guard::watch_panics;
use super::{Guarded, RequestBody, Site};

/// How often a connection's pace is looked at: limits are kept to within this.
const TICK: Duration = Duration::from_secs(2);
/// Longest time for everything; the view and the body have shorter limits of their own.
const WHOLE_REQUEST: Duration = Duration::from_secs(300);
/// Longest time that a client may take no byte of an answer.
const WRITE_STALL: Duration = Duration::from_secs(30);

/// Serves until `stop` is ready; then requests that run may finish, for as long as the settings say.
///
/// # Errors
/// If the listener cannot be used at all.
pub async fn serve(site: Arc<Site>, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    watch_panics();
    let limits = site.settings.limits;
    let slots = Arc::new(Semaphore::new(limits.connections));
    let prefixes = Arc::new(Prefixes::default());
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
            stopped.clone(),
            (slot, place),
        ));
    }
    drop(listener);
    let _ = stopping.send(true);
    drop(stopped);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let rest = tokio::time::timeout(site.settings.timeouts.shutdown, slots.acquire_many(all)).await;
    if rest.is_err() {
        tracing::warn!(target: "vauban::server", "some requests did not end in time and were cut off");
    }
    Ok(())
}

async fn connection(
    site: Arc<Site>,
    stream: TcpStream,
    peer: IpAddr,
    mut stopping: watch::Receiver<bool>,
    _held: (OwnedSemaphorePermit, Option<Place>),
) {
    let pace = Arc::new(Pace::new());
    let service = service_fn(|request: ::http::Request<hyper::body::Incoming>| {
        pace.set(Phase::Answering);
        let (site, pace) = (&site, &pace);
        async move {
            let answer = std::pin::pin!(super::answer(
                site,
                peer,
                false,
                request.map(RequestBody::Network)
            ));
            // CWE-248: a panic outside the view, in a layer or a session store, ends one request and not more.
            let answer = match Guarded::new(answer, WHOLE_REQUEST).await {
                Ok(answer) => answer,
                Err(_) => super::finish::bare(site),
            };
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
    let io = TokioIo::new(Paced {
        stream,
        pace: Arc::clone(&pace),
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

/// What a connection is doing, and since when.
struct Pace {
    start: Instant,
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when the client has taken nothing, plus one; 0 if it takes.
    blocked: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// Waiting for a request.
    Idle = 0,
    /// A request's head is arriving.
    Head = 1,
    /// A request is being answered; it has time limits of its own.
    Answering = 2,
}

impl Pace {
    fn new() -> Self {
        // A connection begins with a head: who connects and says nothing has no more time than that.
        Self {
            start: Instant::now(),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn set(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        if phase != Phase::Answering {
            self.since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn read_some(&self) {
        if self.phase.load(Ordering::Relaxed) == Phase::Idle as u8 {
            self.set(Phase::Head);
        }
    }

    fn wrote(&self, pending: bool) {
        let blocked = self.blocked.load(Ordering::Relaxed);
        if pending && blocked == 0 {
            self.blocked.store(self.now() + 1, Ordering::Relaxed);
        } else if !pending && blocked != 0 {
            self.blocked.store(0, Ordering::Relaxed);
            // An answer that flows is no idleness.
            if self.phase.load(Ordering::Relaxed) == Phase::Idle as u8 {
                self.since.store(self.now(), Ordering::Relaxed);
            }
        }
    }

    /// CWE-400: slow heads (slowloris), idle connections, and clients that do not read.
    fn overdue(&self, timeouts: &crate::settings::Timeouts) -> bool {
        let now = self.now();
        let over = |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) > limit.as_millis();
        let blocked = self.blocked.load(Ordering::Relaxed);
        if blocked != 0 {
            return over(blocked - 1, WRITE_STALL);
        }
        let since = self.since.load(Ordering::Relaxed);
        match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Idle as u8 => over(since, timeouts.idle),
            phase if phase == Phase::Head as u8 => over(since, timeouts.headers),
            _ => false,
        }
    }
}

/// A stream whose pace is watched.
struct Paced {
    stream: TcpStream,
    pace: Arc<Pace>,
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if poll.is_ready() && buf.filled().len() > before {
            self.pace.read_some();
        }
        poll
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pace.wrote(poll.is_pending());
        poll
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pace.wrote(poll.is_pending());
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
        let prefix = prefix(peer);
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

/// An IPv4 address, or the /64 of an IPv6 address.
fn prefix(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}
