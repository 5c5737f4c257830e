//! How long a session lives.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How often at most a session's last request is written down.
pub(crate) const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// For how long after a proof the rule `Reauthenticated` asks for no other (ASVS 7.5.1).
const JUST_PROVED: SignedDuration = SignedDuration::from_mins(10);

/// Whether a session that began then, which is with a proof, has just been proved. One from the future has not.
pub(crate) fn is_just_proved(created: Timestamp, now: Timestamp) -> bool {
    let ago = now.duration_since(created);
    ago >= -TOUCH_EVERY && ago < JUST_PROVED
}

/// How long a session lives (ASVS 7.1.1, 7.3.1, 7.3.2; CWE-613).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request. Default 30 minutes: somebody who leaves a shared computer is signed out before long.
    pub idle: Duration,
    /// Since signing in, whatever happens. Default 12 hours: a stolen cookie dies overnight.
    pub absolute: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 3600),
        }
    }
}

/// What becomes of a session at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// Alive, and seen less than a minute ago.
    Fresh,
    /// Alive; its last request should be written down.
    Touch,
    /// It would be over, but its owner asked to be remembered: it goes on under another token.
    Renew,
    /// Over.
    Expired,
}

impl SessionLimits {
    /// What becomes of a session that began and was last seen then. A time in the future is over as well: the
    /// clock went back, or the row was not written by us.
    pub(crate) fn age(&self, created: Timestamp, seen: Timestamp, now: Timestamp) -> Age {
        let signed = |d: Duration| SignedDuration::try_from(d).unwrap_or(SignedDuration::MAX);
        let lived = now.duration_since(created);
        // What was seen is written only once a minute, so it may lie that much behind.
        let unseen = now.duration_since(seen) - TOUCH_EVERY;
        // CWE-613: neither time may lie ahead; a row seen next year would live until then.
        let skewed = lived < -TOUCH_EVERY || now.duration_since(seen) < -TOUCH_EVERY;
        // CWE-613: both ends, checked on the server at every request.
        if skewed || lived >= signed(self.absolute) || unseen >= signed(self.idle) {
            Age::Expired
        } else if now.duration_since(seen) >= TOUCH_EVERY {
            Age::Touch
        } else {
            Age::Fresh
        }
    }

    /// The same of a session whose owner asked to be remembered until then. Sitting idle does not end it, and it is renewed where
    /// another would be over: after the first limit, and each time the second one has passed since it began.
    pub(crate) fn age_of_remembered(
        &self,
        created: Timestamp,
        seen: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Age {
        // CWE-613: its own end, and no time may lie ahead.
        if now >= until || now.duration_since(created).min(now.duration_since(seen)) < -TOUCH_EVERY {
            return Age::Expired;
        }
        let period = |at: Timestamp| {
            let length = i64::try_from(self.absolute.as_secs()).unwrap_or(i64::MAX).max(1);
            at.duration_since(created).as_secs() / length
        };
        if period(seen) != period(now) {
            return Age::Renew;
        }
        // Since the period began it is as young as another.
        match self.age(seen, seen, now) {
            Age::Expired => Age::Renew,
            age => age,
        }
    }

    /// What was begun or seen later than this is over.
    pub(crate) fn newest(&self, now: Timestamp) -> Timestamp {
        now.checked_add(TOUCH_EVERY).unwrap_or(Timestamp::MAX)
    }

    /// Sessions last seen before this, or begun before the other, are over.
    pub(crate) fn oldest(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let before = |d: Duration| {
            SignedDuration::try_from(d)
                .ok()
                .and_then(|d| now.checked_sub(d).ok())
                .unwrap_or(Timestamp::MIN)
        };
        (
            before(self.idle.saturating_add(Duration::from_secs(60))),
            before(self.absolute),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn age(created: i64, seen: i64, now: i64) -> Age {
        SessionLimits::default().age(at(created), at(seen), at(now))
    }

    /// ASVS 7.3.1: 30 minutes, and the minute by which the written time may lie behind.
    #[test]
    fn an_idle_session_ends() {
        assert_eq!(age(0, 0, 59), Age::Fresh);
        assert_eq!(age(0, 0, 60), Age::Touch);
        assert_eq!(age(0, 0, 30 * 60 + 59), Age::Touch);
        assert_eq!(age(0, 0, 31 * 60), Age::Expired);
    }

    /// ASVS 7.3.2: 12 hours, however busy it is.
    #[test]
    fn a_busy_session_ends_too() {
        assert_eq!(age(0, 12 * 3600 - 2, 12 * 3600 - 1), Age::Fresh);
        assert_eq!(age(0, 12 * 3600 - 1, 12 * 3600), Age::Expired);
    }

    /// ASVS 7.3.1, 7.3.2: who is remembered goes on where others end, under a token that is another one each time, and not for ever.
    #[test]
    fn a_remembered_session_is_renewed_where_another_ends() {
        let limits = SessionLimits::default();
        let month = 30 * 86_400;
        let age = |seen, now| limits.age_of_remembered(at(0), at(seen), at(month), at(now));
        assert_eq!(age(0, 59), Age::Fresh);
        assert_eq!(age(0, 30 * 60 + 59), Age::Touch);
        assert_eq!(age(0, 31 * 60), Age::Renew);
        assert_eq!(age(86_400 * 3, 86_400 * 20), Age::Renew);
        // However busy it is.
        assert_eq!(age(12 * 3600 - 10, 12 * 3600 - 1), Age::Fresh);
        assert_eq!(age(12 * 3600 - 10, 12 * 3600), Age::Renew);
        assert_eq!(age(12 * 3600, 12 * 3600 + 10), Age::Fresh);
        assert_eq!(age(month - 10, month - 1), Age::Fresh);
        assert_eq!(age(month - 10, month), Age::Expired);
        assert_eq!(age(200, 100), Age::Expired);
        assert_eq!(
            limits.age_of_remembered(at(200), at(0), at(month), at(100)),
            Age::Expired
        );
    }

    #[test]
    fn a_session_from_the_future_is_over() {
        assert_eq!(age(3600, 3600, 0), Age::Expired);
        // Either time, also where sitting idle ends nothing.
        let endless = SessionLimits {
            idle: Duration::MAX,
            ..SessionLimits::default()
        };
        assert_eq!(endless.age(at(0), at(365 * 24 * 3600), at(60)), Age::Expired);
        assert_eq!(endless.age(at(0), at(61), at(0)), Age::Expired);
        assert_eq!(endless.age(at(61), at(0), at(0)), Age::Expired);
        // Two computers' clocks differ a little.
        assert_eq!(endless.age(at(60), at(60), at(0)), Age::Fresh);
    }
}
