//! A connection's pace: slow heads (slowloris), silence, and clients that take an answer too slowly (CWE-400,
//! ASVS 15.2.2).

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::settings::Timeouts;

/// How long a client may make an answer wait, all its pauses together,
const WRITE_GRACE: Duration = Duration::from_secs(30);
/// and for each so many bytes that it takes after the first pause, a second more.
const WRITE_RATE: u64 = 1024;

/// What a connection is doing, and since when. Times are milliseconds since its start.
pub(super) struct Pace {
    start: Instant,
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when the client has taken nothing, plus one; 0 if it takes.
    blocked: AtomicU64,
    /// How long it made this answer wait before.
    waited: AtomicU64,
    /// What it took after its first pause.
    taken: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Waiting for a request.
    Idle = 0,
    /// A request's head is arriving.
    Head = 1,
    /// A request is being answered; it has time limits of its own.
    Answering = 2,
}

impl Pace {
    pub(super) fn new() -> Self {
        // A connection begins with a head: who connects and says nothing has no more time than that.
        Self {
            start: Instant::now(),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn set(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        if phase != Phase::Answering {
            self.since.store(self.now(), Ordering::Relaxed);
        } else if self.blocked.load(Ordering::Relaxed) == 0 {
            self.waited.store(0, Ordering::Relaxed);
            self.taken.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn read_some(&self) {
        if self.phase.load(Ordering::Relaxed) == Phase::Idle as u8 {
            self.set(Phase::Head);
        }
    }

    /// So many bytes went out; `None`: the client takes none now.
    pub(super) fn wrote(&self, bytes: Option<usize>) {
        // The clock is only asked where somebody waits.
        match bytes {
            None => self.wrote_at(None, self.now()),
            Some(_)
                if self.blocked.load(Ordering::Relaxed) == 0 && self.waited.load(Ordering::Relaxed) == 0 => {}
            some => self.wrote_at(some, self.now()),
        }
    }

    fn wrote_at(&self, bytes: Option<usize>, now: u64) {
        let blocked = self.blocked.load(Ordering::Relaxed);
        let Some(bytes) = bytes else {
            if blocked == 0 {
                self.blocked.store(now + 1, Ordering::Relaxed);
            }
            return;
        };
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        if blocked == 0 {
            return;
        }
        self.blocked.store(0, Ordering::Relaxed);
        // At least one: that it waited at all is remembered.
        let wait = now.saturating_sub(blocked - 1).max(1);
        self.waited.fetch_add(wait, Ordering::Relaxed);
        // An answer that flows is no idleness.
        if self.phase.load(Ordering::Relaxed) == Phase::Idle as u8 {
            self.since.store(now, Ordering::Relaxed);
        }
    }

    pub(super) fn overdue(&self, timeouts: &Timeouts) -> bool {
        self.overdue_at(timeouts, self.now())
    }

    fn overdue_at(&self, timeouts: &Timeouts, now: u64) -> bool {
        let over = |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) > limit.as_millis();
        let blocked = self.blocked.load(Ordering::Relaxed);
        if blocked != 0 {
            // CWE-400: a client that takes a byte now and then keeps an answer in memory and a connection open.
            let pause = now.saturating_sub(blocked - 1);
            let earned = Duration::from_secs(self.taken.load(Ordering::Relaxed) / WRITE_RATE);
            let waited = self.waited.load(Ordering::Relaxed) + pause;
            return u128::from(pause) > WRITE_GRACE.as_millis()
                || u128::from(waited) > (WRITE_GRACE + earned).as_millis();
        }
        let since = self.since.load(Ordering::Relaxed);
        match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Idle as u8 => over(since, timeouts.idle),
            phase if phase == Phase::Head as u8 => over(since, timeouts.headers),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Mode, Settings};

    /// After how many seconds a reader is cut off that takes so many bytes every so many seconds.
    fn cut_off(bytes: usize, every: u64) -> Option<u64> {
        let pace = Pace::new();
        let timeouts = Settings::defaults(Mode::Release).timeouts;
        pace.set(Phase::Answering);
        pace.wrote_at(None, 0);
        for second in 1..4000 {
            if second % every == 0 {
                pace.wrote_at(Some(bytes), second * 1000);
                pace.wrote_at(None, second * 1000);
            }
            if pace.overdue_at(&timeouts, second * 1000) {
                return Some(second);
            }
        }
        None
    }

    /// CWE-400: what trickles ends soon; a slow line does not.
    #[test]
    fn a_reader_that_trickles_is_cut_off() {
        assert_eq!(cut_off(1, 100), Some(31), "nothing at all");
        assert!(cut_off(49, 1).unwrap() < 35);
        assert!(cut_off(49 * 29, 29).unwrap() < 60);
        assert_eq!(cut_off(2048, 1), None);
        assert_eq!(cut_off(20 * 2048, 20), None);
    }

    /// What waited is forgotten with the next request, not before the client has taken the rest.
    #[test]
    fn the_next_answer_begins_anew() {
        let pace = Pace::new();
        let timeouts = Settings::defaults(Mode::Release).timeouts;
        pace.set(Phase::Answering);
        pace.wrote_at(None, 0);
        pace.set(Phase::Answering);
        assert!(pace.overdue_at(&timeouts, 31_000), "a request more buys no time");
        pace.wrote_at(Some(1), 29_000);
        pace.set(Phase::Answering);
        pace.wrote_at(None, 30_000);
        assert!(!pace.overdue_at(&timeouts, 59_000));
    }
}
