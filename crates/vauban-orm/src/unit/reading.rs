//! In whose answer something is done, whether that only reads, whoever begins its units, and how long it may take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

tokio::task_local! {
    static ANSWER: Answer;
}

/// The answer to one request.
#[derive(Debug, Clone, Copy)]
struct Answer {
    number: u64,
    reads: bool,
    /// When whoever asked is answered without it.
    until: Option<Instant>,
}

impl Answer {
    /// This part of it; what stands inside another part belongs to the same request.
    fn part(is_safe: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        match ANSWER.try_with(|answer| *answer) {
            Ok(outer) => Self {
                reads: outer.reads || is_safe,
                ..outer
            },
            Err(_) => Self {
                number: NEXT.fetch_add(1, Ordering::Relaxed),
                reads: is_safe,
                until: None,
            },
        }
    }
}

/// Runs a part of the answer to a request: if its method is safe, its units read, whichever way it came by
/// them (CWE-352, CWE-650: a link does not change anything). What it leaves to a task of its own is not done
/// by who follows the link, and may write.
pub async fn answering<F: Future>(is_safe: bool, answer: F) -> F::Output {
    ANSWER.scope(Answer::part(is_safe), answer).await
}

/// The same, for a part that is given so much time: what it asks of a database is not worked on for longer (CWE-400).
pub async fn answering_within<F: Future>(limit: Duration, is_safe: bool, answer: F) -> F::Output {
    let part = Answer::part(is_safe);
    let own = Instant::now() + limit;
    let until = Some(part.until.map_or(own, |outer| outer.min(own)));
    ANSWER.scope(Answer { until, ..part }, answer).await
}

/// The same for what is made at once, as a page is.
pub fn rendering<T>(is_safe: bool, page: impl FnOnce() -> T) -> T {
    ANSWER.sync_scope(Answer::part(is_safe), page)
}

pub(super) fn is_reading() -> bool {
    ANSWER.try_with(|answer| answer.reads).unwrap_or(false)
}

/// The request that is answered; `None` in a task of its own.
pub(super) fn request() -> Option<u64> {
    ANSWER.try_with(|answer| answer.number).ok()
}

/// How much time is left of what the answer was given; `None` where it was given no bound.
pub(crate) fn left() -> Option<Duration> {
    let until = ANSWER.try_with(|answer| answer.until).ok()??;
    Some(until.saturating_duration_since(Instant::now()))
}
