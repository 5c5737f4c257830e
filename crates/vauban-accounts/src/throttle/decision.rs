//! When one more attempt may be made: the arithmetic, without any storage.

use jiff::{SignedDuration, Timestamp};

/// What one kind of bucket allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Attempts that cost no waiting.
    pub(crate) free: u32,
    /// The first wait, in seconds; each further one is twice as long.
    pub(crate) first: i64,
    /// The longest wait, in seconds. Never for ever: a lock-out could be abused (ASVS 6.1.1, CWE-645).
    pub(crate) longest: i64,
    /// Attempts from one of the longest waits to the next. One, and whoever tries once as each of them ends keeps everybody
    /// else out for good (CWE-645); more, and there is time for others.
    pub(crate) window: u32,
    /// After how many quiet seconds half of the attempts are forgotten.
    pub(crate) half_life: i64,
}

/// What a bucket remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Attempts counted.
    pub(crate) count: u32,
    /// No attempt before this.
    pub(crate) until: Timestamp,
    /// When the last attempt was counted.
    pub(crate) updated: Timestamp,
}

impl Level {
    /// A bucket that nobody used.
    pub(crate) fn empty(now: Timestamp) -> Self {
        Self {
            count: 0,
            until: now,
            updated: now,
        }
    }

    /// How long to wait until the next attempt; `None`: not at all. Never longer than the longest wait: what says so
    /// was written while the clock was ahead (CWE-645).
    pub(crate) fn wait(&self, allowance: Allowance, now: Timestamp) -> Option<SignedDuration> {
        let wait = self.until.duration_since(now);
        let longest = SignedDuration::from_secs(allowance.longest);
        wait.is_positive().then(|| wait.min(longest))
    }

    /// The bucket after one more attempt.
    ///
    /// CWE-307: the attempt is counted *before* it is known to be wrong, so that guesses made at the same time
    /// do not slip through; the wait doubles with each one beyond the free ones.
    pub(crate) fn count(&self, allowance: Allowance, now: Timestamp) -> Self {
        let count = self.remembered(allowance, now).saturating_add(1);
        let beyond = count.saturating_sub(allowance.free);
        let wait = match beyond {
            0 => 0,
            n => wait_beyond(n, allowance),
        };
        let after = |seconds| {
            now.checked_add(SignedDuration::from_secs(seconds))
                .unwrap_or(Timestamp::MAX)
        };
        Self {
            count,
            until: after(wait).max(self.until.min(after(allowance.longest))),
            updated: now,
        }
    }

    /// The bucket after an attempt that turned out to be honest: its count is given back, waits stay.
    pub(crate) fn give_back(&self) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            ..*self
        }
    }

    fn remembered(&self, allowance: Allowance, now: Timestamp) -> u32 {
        let quiet = now.duration_since(self.updated).as_secs().max(0);
        u32::try_from(quiet / allowance.half_life.max(1))
            .ok()
            .and_then(|halves| self.count.checked_shr(halves))
            .unwrap_or(0)
    }
}

/// The wait after so many attempts beyond the free ones, in seconds.
fn wait_beyond(beyond: u32, allowance: Allowance) -> i64 {
    // What overflows is longer than any.
    let doubled = |n: u32| {
        let factor = 1_i64 << (n - 1).min(62);
        allowance.first.max(1).saturating_mul(factor)
    };
    if doubled(beyond) < allowance.longest {
        return doubled(beyond);
    }
    let first = (1..).find(|n| doubled(*n) >= allowance.longest.min(1 << 62));
    let since = beyond - first.unwrap_or(beyond);
    // CWE-645: the door is shut for no longer than the longest wait, and then it is open until several have tried.
    if since.is_multiple_of(allowance.window.max(1)) {
        allowance.longest
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Allowance = Allowance {
        free: 4,
        first: 1,
        longest: 900,
        window: 1,
        half_life: 3600,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// CWE-307, ASVS 6.3.1: the wait after the fifth attempt is a second and doubles up to a quarter of an hour.
    #[test]
    fn waits_double_from_the_fifth_attempt() {
        let mut level = Level::empty(at(0));
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..20 {
            level = level.count(FIVE, now);
            let wait = level.wait(FIVE, now).map_or(0, |w| w.as_secs());
            waits.push(wait);
            now += SignedDuration::from_secs(wait);
        }
        let expected = [
            0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900, 900,
        ];
        assert_eq!(waits, expected);
    }

    /// CWE-645. Attack: one try whenever the longest wait ends. Others find the door open before the next one begins.
    #[test]
    fn cwe_645_the_longest_wait_is_followed_by_a_window() {
        let four = Allowance { window: 4, ..FIVE };
        let (mut level, mut now) = (Level::empty(at(0)), at(0));
        let mut waits = Vec::new();
        for _ in 0..27 {
            level = level.count(four, now);
            let wait = level.wait(four, now).map_or(0, |w| w.as_secs());
            waits.push(wait);
            now += SignedDuration::from_secs(wait);
        }
        assert_eq!(waits[..14], [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        assert_eq!(waits[14..], [900, 0, 0, 0, 900, 0, 0, 0, 900, 0, 0, 0, 900]);
        // However long it goes on.
        level.count = u32::MAX;
        assert!(
            level
                .count(four, now)
                .wait(four, now)
                .is_none_or(|w| w.as_secs() == 900)
        );
    }

    /// ASVS 6.1.1: it ends, and it is forgotten.
    #[test]
    fn nobody_is_locked_out_for_good() {
        let mut level = Level::empty(at(0));
        for _ in 0..1_000 {
            level = level.count(FIVE, at(0));
        }
        assert_eq!(level.wait(FIVE, at(0)).unwrap().as_secs(), 900);
        assert!(level.wait(FIVE, at(900)).is_none());
        assert!(level.count(FIVE, at(3600)).count > 400);
        assert_eq!(level.count(FIVE, at(36_000)).count, 1);
    }

    /// CWE-645. The clock was ten years ahead for a moment, and somebody tried then.
    #[test]
    fn a_bucket_from_the_future_waits_no_longer_than_another() {
        let ahead = at(10 * 365 * 86_400);
        let mut level = Level::empty(ahead);
        for _ in 0..50 {
            level = level.count(FIVE, ahead);
        }
        assert_eq!(level.wait(FIVE, at(0)).unwrap().as_secs(), 900);
        let next = level.count(FIVE, at(900));
        assert_eq!(next.wait(FIVE, at(900)).unwrap().as_secs(), 900);
        assert_eq!(
            next.updated,
            at(900),
            "from here on it is forgotten as others are"
        );
    }

    #[test]
    fn an_honest_attempt_is_given_back_but_a_wait_stays() {
        let mut level = Level::empty(at(0));
        for _ in 0..5 {
            level = level.count(FIVE, at(0));
        }
        let after = level.give_back();
        assert_eq!((after.count, after.until), (4, level.until));
    }
}
