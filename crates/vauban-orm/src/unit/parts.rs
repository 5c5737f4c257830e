//! What a unit has open besides its transaction, and what is done when it is saved.

use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use tokio::task::JoinHandle;

use crate::backend::lock;

/// What a unit has open and what follows it.
#[derive(Default)]
pub(super) struct Parts {
    /// Parts that are open.
    pub(super) depth: AtomicU32,
    then: Mutex<Thens>,
}

/// What is to be done when the unit is saved.
#[derive(Default)]
struct Thens {
    all: Vec<Then>,
    /// The unit has ended: nothing follows it any more but what was taken.
    closed: bool,
}

pub(super) type Then = Pin<Box<dyn Future<Output = ()> + Send>>;

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Parts {
    /// CWE-401: what is said when the unit has ended is dropped, and not kept: it may hold a handle of this very unit.
    pub(super) fn then(&self, then: Then) {
        let mut thens = lock(&self.then);
        if !thens.closed {
            thens.all.push(then);
        }
    }

    /// How much is to follow so far.
    pub(super) fn told(&self) -> usize {
        lock(&self.then).all.len()
    }

    /// Forgets what was said since there was so much.
    pub(super) fn forget(&self, told: usize) {
        // Dropped when the lock is let go: what is dropped is the app's own code.
        let forgotten = {
            let all = &mut lock(&self.then).all;
            all.split_off(told.min(all.len()))
        };
        drop(forgotten);
    }

    /// The unit has ended. Whoever does not do what was to follow drops it here.
    pub(super) fn close(&self) -> Vec<Then> {
        let mut thens = lock(&self.then);
        thens.closed = true;
        std::mem::take(&mut thens.all)
    }
}

/// Does what was to be done when the unit is saved, in the order in which it was said. A panic is that one's alone.
pub(super) async fn follow(all: Vec<Then>) {
    for then in all {
        if tokio::spawn(then).await.is_err() {
            tracing::error!(target: "vauban::orm", "what was to be done after a commit panicked");
        }
    }
}

/// What follows a unit that is saved. It is done, whether somebody waits for it or not.
#[derive(Debug)]
#[must_use = "the answer waits for what follows"]
pub struct Following(pub(super) Option<JoinHandle<()>>);

impl Following {
    /// Waits until it is done.
    pub async fn done(self) {
        if let Some(task) = self.0 {
            let _ = task.await;
        }
    }
}
