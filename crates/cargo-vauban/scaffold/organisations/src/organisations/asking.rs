//! How often somebody may name others by their address: who is added then stands in a list, so whoever adds members learns
//! who has an account (CWE-204, CWE-799). An invitation that the other accepts would tell nothing at all.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use vauban::http::StatusCode;
use vauban::prelude::*;

use crate::people::User;

/// So many in an hour.
const MOST: usize = 20;
const HOUR: Duration = Duration::from_secs(3600);
/// The most people that are counted at a time (CWE-770).
const PEOPLE: usize = 10_000;

/// Since when they are counted, and how often they asked.
type Counts = HashMap<Id<User>, (Instant, usize)>;

static COUNTS: LazyLock<Mutex<Counts>> = LazyLock::new(Mutex::default);

/// Counts that this user asks for somebody.
///
/// # Errors
/// 429 where that was too often.
pub(super) fn count(user: Id<User>) -> Result<()> {
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    if counted(&mut counts, user, Instant::now()) {
        return Ok(());
    }
    Err(Error::new(
        StatusCode::TOO_MANY_REQUESTS,
        "You have added many people. Try again in an hour.",
    ))
}

fn counted(counts: &mut Counts, user: Id<User>, now: Instant) -> bool {
    counts.retain(|_, (since, _)| now.duration_since(*since) < HOUR);
    if counts.len() >= PEOPLE && !counts.contains_key(&user) {
        return false;
    }
    let (_, asked) = counts.entry(user).or_insert((now, 0));
    *asked += 1;
    *asked <= MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_asks_so_often_in_an_hour() {
        let (mut counts, now) = (Counts::new(), Instant::now());
        let (ann, ben) = (Id::new(), Id::new());
        for _ in 0..MOST {
            assert!(counted(&mut counts, ann, now));
        }
        assert!(!counted(&mut counts, ann, now));
        assert!(counted(&mut counts, ben, now));
        assert!(counted(&mut counts, ann, now + HOUR));
    }
}
