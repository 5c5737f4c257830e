//! Work beside serving, in the same process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

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
                .map(|work| tokio::spawn(work(Arc::clone(site), stopped.clone())))
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
                Ok(Ok(())) => {}
                // CWE-248: told where it happened by the panic's own hook.
                Ok(Err(_)) => {
                    tracing::error!(target: "vauban::background", "what a module does beside serving panicked");
                }
                Err(_) => {
                    work.abort();
                    tracing::warn!(target: "vauban::background", "what a module does beside serving did not end in time and was cut off");
                }
            }
        }
    }
}

impl fmt::Debug for BackgroundWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWork")
            .field("all", &self.all.len())
            .finish_non_exhaustive()
    }
}
