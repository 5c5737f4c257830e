//! A future that may not run for ever and may not take the process with it: a deadline (CWE-400), and
//! panics caught (CWE-248). The timer is made only if the future has to wait.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

/// How a guarded future ended, if not with its own result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its time is over.
    Overrun,
    /// It panicked.
    Panicked(Panic),
}

/// What is known of a panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    pub(crate) message: String,
    /// File and line, if [`watch_panics`] was called.
    pub(crate) at: Option<(String, u32)>,
}

thread_local! {
    static LAST_PANIC: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// From now on every panic's place is remembered until its request is answered; the program's own hook runs as well.
pub(crate) fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let at = panic.location().map(|at| (at.file().to_owned(), at.line()));
            LAST_PANIC.with_borrow_mut(|last| *last = at);
            before(panic);
        }));
    });
}

/// Runs what does not wait, and catches its panic (CWE-248).
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Stopped> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let at = LAST_PANIC.with_borrow_mut(Option::take);
        Stopped::Panicked(Panic {
            message: message(&*panic),
            at,
        })
    })
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

    /// Gives the future more time, from now on. After [`Stopped::Overrun`] only.
    pub(crate) fn extend(&mut self, limit: Duration) {
        self.limit = limit;
        self.timer = None;
    }
}

impl<F: Future + Unpin> Future for Guarded<F> {
    type Output = Result<F::Output, Stopped>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match caught(|| Pin::new(&mut this.future).poll(cx)) {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {}
            Err(stopped) => return Poll::Ready(Err(stopped)),
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
        let stopped = Guarded::<Pin<Box<dyn Future<Output = ()>>>>::new(panics, limit).await;
        assert!(matches!(stopped, Err(Stopped::Panicked(panic)) if panic.message == "boom"));
        assert_eq!(Guarded::new(Box::pin(async { 1 }), limit).await, Ok(1));
    }
}
