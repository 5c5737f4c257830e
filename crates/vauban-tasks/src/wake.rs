//! Waking: whoever runs tasks is told that there are some, in this process and in others.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use vauban::units::Units;

/// What processes tell one another.
const TOPIC: &str = "vauban_tasks";
/// On PostgreSQL, NOTIFY waits for every other one at its commit: so often, at most.
const BETWEEN: Duration = Duration::from_millis(100);
/// How often is looked whether what is told arrives.
const PROBE: Duration = Duration::from_secs(30);
/// The first pause before LISTEN is tried again, and the longest.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Who is told when something was queued.
#[derive(Debug, Clone)]
pub(crate) struct Wake {
    units: Units,
    here: Arc<Notify>,
    told: Arc<Mutex<Option<Instant>>>,
}

impl Wake {
    pub(crate) fn new(units: Units) -> Self {
        Self {
            units,
            here: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Tells this process.
    pub(crate) fn here(&self) {
        self.here.notify_one();
    }

    /// Tells this process and all others, when what was queued is saved. Of many within a tenth of a second the others hear once, and
    /// once more at its end.
    pub(crate) async fn all(self) {
        self.here();
        let now = Instant::now();
        let first = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            match *told {
                // Somebody waits already to tell them.
                Some(next) if next > now => return,
                Some(last) if now < last + BETWEEN => {
                    *told = Some(last + BETWEEN);
                    Some(last + BETWEEN)
                }
                _ => {
                    *told = Some(now);
                    None
                }
            }
        };
        match first {
            None => self.tell().await,
            Some(at) => drop(tokio::spawn(async move {
                tokio::time::sleep_until(at).await;
                self.tell().await;
            })),
        }
    }

    async fn tell(&self) {
        // Who is not told looks by itself.
        let told = tokio::time::timeout(BETWEEN, self.units.tell(TOPIC)).await;
        if let Ok(Err(error)) = told {
            tracing::debug!(target: "vauban::tasks", %error, "other processes could not be told");
        }
    }

    /// Ready when this process is told.
    pub(crate) async fn woken(&self) {
        self.here.notified().await;
    }

    /// Gives on what other processes tell, as long as it is polled. What is lost meanwhile, polling finds.
    pub(crate) async fn hear(self) {
        let mut pause = AGAIN.0;
        loop {
            match self.units.hear(TOPIC).await {
                Ok(None) => return,
                Ok(Some(mut heard)) => {
                    tracing::debug!(target: "vauban::tasks", "listening");
                    // What was told before.
                    self.here();
                    loop {
                        tokio::select! {
                            is_there = heard.told() => match is_there {
                                true => {
                                    pause = AGAIN.0;
                                    self.here();
                                }
                                false => break,
                            },
                            () = tokio::time::sleep(PROBE) => match heard.is_heard().await {
                                true => {
                                    pause = AGAIN.0;
                                    // What was told while only the probe was waited for.
                                    self.here();
                                }
                                false => break,
                            },
                        }
                    }
                    tracing::warn!(target: "vauban::tasks", "what other processes queue is not told any more (LISTEN is lost, or a pooler does not let it through): it is found by polling; connecting again");
                }
                Err(error) => {
                    tracing::warn!(target: "vauban::tasks", %error, "what other processes queue is not told (LISTEN): it is found by polling; trying again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(AGAIN.1);
        }
    }
}
