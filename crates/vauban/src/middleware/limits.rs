//! Limits of size, count and time (ASVS 15.2.2, CWE-400, CWE-770).

use std::time::Duration;

/// The limits that hold for every connection and request. The defaults are meant to be kept.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest request head, in bytes (431 above).
    pub head_bytes: usize,
    /// Most header fields in a request (431 above).
    pub head_fields: usize,
    /// Longest request target, in bytes (414 above).
    pub target_bytes: usize,
    /// Time for a whole request head to arrive, and for an idle connection to send the next one.
    pub head_time: Duration,
    /// Time for a body to begin to flow; afterwards it must come at `body_rate`.
    pub body_grace: Duration,
    /// Slowest accepted body after the grace, in bytes per second (408 below).
    pub body_rate: u64,
    /// Longest time that a client may take no byte of the answer.
    pub write_stall: Duration,
    /// Most connections at a time; further ones wait in the system's queue.
    pub connections: usize,
    /// Most connections at a time from one address (IPv6: one /64), so that one client cannot take all.
    pub connections_per_prefix: usize,
    /// Time for requests to end after the signal to stop.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 16 * 1024,
            head_fields: 100,
            target_bytes: 8 * 1024,
            head_time: Duration::from_secs(15),
            body_grace: Duration::from_secs(5),
            body_rate: 1024,
            write_stall: Duration::from_secs(30),
            connections: 12_000,
            connections_per_prefix: 256,
            shutdown: Duration::from_secs(10),
        }
    }
}
