//! Work beside serving, in the same process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::Site;

pub(super) type Background =
    Arc<dyn Fn(Arc<Site>, Stop) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What modules do beside serving: a part of the site.
pub(super) struct BesideServing(pub(super) Vec<Background>);

/// Whether the program is to end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Whoever is to stop, and the one who says so: `true`, or dropped.
    pub fn pair() -> (watch::Sender<bool>, Self) {
        let (say, hear) = watch::channel(false);
        (say, Self(hear))
    }

    /// Whether it is to end.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Ready when it is to end.
    pub async fn asked(&mut self) {
        // An error: whoever would say it is gone.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// The modules' work beside serving, on its way.
#[must_use = "ended when the program stops: `work.end().await`"]
pub struct BackgroundWork {
    stop: watch::Sender<bool>,
    all: Vec<JoinHandle<()>>,
    bound: Duration,
}

impl BackgroundWork {
    /// Begins it. Inside a runtime.
    pub fn begin(site: &Arc<Site>) -> Self {
        let (stop, stopped) = Stop::pair();
        let modules = site.part::<BesideServing>();
        let all = modules.map_or(&[][..], |modules| &modules.0).iter();
        Self {
            stop,
            all: all
                .map(|work| {
                    let (work, site, stop) = (Arc::clone(work), Arc::clone(site), stopped.clone());
                    tokio::spawn(keep_up(move |stop| work(Arc::clone(&site), stop), stop))
                })
                .collect(),
            bound: site.settings().timeouts.shutdown,
        }
    }

    /// Tells it to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Tells it to stop, and waits for it; what does not end in time is cut off.
    pub async fn end(self) {
        self.stop();
        let until = tokio::time::Instant::now() + self.bound;
        for mut work in self.all {
            match tokio::time::timeout_at(until, &mut work).await {
                // Done, or cut off by whoever ends the runtime.
                Ok(_) => {}
                Err(_) => {
                    work.abort();
                    tracing::warn!(target: "vauban::background", "what a module does beside serving did not end in time and was cut off");
                }
            }
        }
    }
}

/// The first pause before what has panicked is begun again, and the longest.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Work that ends when it is done or told to. CWE-248, CWE-778: where it panics that is told at once, and it is begun again: a program
/// that still serves and does nothing beside it is seen by nobody.
async fn keep_up<F: Future<Output = ()> + Send + 'static>(work: impl Fn(Stop) -> F, mut stop: Stop) {
    let mut pause = AGAIN.0;
    loop {
        let begun = Instant::now();
        // Ended with this.
        let mut once = JoinSet::new();
        let told = stop.clone();
        once.spawn(work(told));
        match once.join_next().await {
            Some(Err(error)) if error.is_panic() => {}
            _ => return,
        }
        if begun.elapsed() > AGAIN.1 {
            pause = AGAIN.0;
        }
        // What and where is told by the panic's own hook.
        tracing::error!(target: "vauban::background", again_in = pause.as_secs(), "what a module does beside serving panicked: it is begun again");
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(AGAIN.1);
    }
}

impl fmt::Debug for BackgroundWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWork")
            .field("all", &self.all.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// CWE-248. Attack on everybody who waits for a task: what runs tasks panics, once or again and again, and the program serves on.
    #[tokio::test(start_paused = true)]
    async fn cwe_248_what_panics_is_begun_again() {
        let times = Arc::new(AtomicUsize::new(0));
        let (say, stop) = Stop::pair();
        let work = {
            let times = Arc::clone(&times);
            move |mut stop: Stop| {
                let first = times.fetch_add(1, Ordering::SeqCst) < 3;
                async move {
                    assert!(!first, "boom");
                    stop.asked().await;
                }
            }
        };
        let begun = Instant::now();
        let kept = tokio::spawn(keep_up(work, stop));
        while times.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // With pauses that grow.
        assert!(begun.elapsed() >= Duration::from_secs(1 + 2 + 4));
        say.send_replace(true);
        kept.await.unwrap();
        assert_eq!(times.load(Ordering::SeqCst), 4);
    }

    /// What is told to stop while it waits for its next beginning stops, and what ends by itself has ended.
    #[tokio::test(start_paused = true)]
    async fn what_ends_is_not_begun_again() {
        let (say, stop) = Stop::pair();
        keep_up(|_| async {}, stop.clone()).await;
        let kept = tokio::spawn(keep_up(
            |stop: Stop| async move { assert!(stop.is_asked(), "boom") },
            stop,
        ));
        tokio::time::sleep(Duration::from_millis(500)).await;
        say.send_replace(true);
        kept.await.unwrap();
    }
}
