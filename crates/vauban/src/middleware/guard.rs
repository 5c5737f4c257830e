//! A future that may not run for ever and may not take the process with it: a deadline (CWE-400), and
//! panics caught (CWE-248). The timer is made only if the future has to wait.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

/// How a guarded future ended, if not with its own result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its time is over.
    Overrun,
    /// It panicked, with this message.
    Panicked(String),
}

pub(crate) struct Guarded<F> {
    future: F,
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F: Future + Unpin> Guarded<F> {
    pub(crate) fn new(future: F, limit: Duration) -> Self {
        Self {
            future,
            limit,
            timer: None,
        }
    }
}

impl<F: Future + Unpin> Future for Guarded<F> {
    type Output = Result<F::Output, Stopped>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.future).poll(cx))) {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {}
            Err(panic) => return Poll::Ready(Err(Stopped::Panicked(message(&*panic)))),
        }
        let limit = this.limit;
        let timer = this
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        timer.as_mut().poll(cx).map(|()| Err(Stopped::Overrun))
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_stopped_and_what_panics_is_caught() {
        let limit = Duration::from_secs(1);
        assert_eq!(
            Guarded::new(Box::pin(std::future::pending::<()>()), limit).await,
            Err(Stopped::Overrun)
        );
        let panics = Box::pin(async { panic!("boom") });
        assert_eq!(
            Guarded::<Pin<Box<dyn Future<Output = ()>>>>::new(panics, limit).await,
            Err(Stopped::Panicked("boom".into()))
        );
        assert_eq!(Guarded::new(Box::pin(async { 1 }), limit).await, Ok(1));
    }
}
