//! What a unit has open besides its transaction, and what is done when it is saved.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use crate::backend::lock;
use crate::error::{Error, Result};
use crate::sabotage::{Control, removed};

/// What a unit has open and what follows it.
#[derive(Default)]
pub(super) struct Parts(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    /// Parts that are open, one in the other.
    depth: u32,
    /// What is to be done when the unit is saved.
    then: Vec<Then>,
    /// The unit has ended: nothing follows it any more but what was taken.
    closed: bool,
}

pub(super) type Then = Pin<Box<dyn Future<Output = ()> + Send>>;

tokio::task_local! {
    /// Set while what stands in a part is polled, and not while its neighbours are.
    static WITHIN: Arc<Within>;
}

/// The part of a unit in which something is done, and those around it.
struct Within {
    unit: usize,
    depth: u32,
    around: Option<Arc<Self>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Parts").field(&lock(&self.0).depth).finish()
    }
}

impl Parts {
    /// Does what stands in the part of this depth.
    pub(super) async fn within<T>(&self, depth: u32, work: impl Future<Output = T>) -> T {
        let within = Within {
            unit: self.unit(),
            depth,
            around: WITHIN.try_with(Arc::clone).ok(),
        };
        WITHIN.scope(Arc::new(within), work).await
    }

    /// Which unit this is, while a part of it is open.
    fn unit(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The depth at which whoever asks stands.
    fn own_depth(&self) -> u32 {
        let own = WITHIN.try_with(|within| {
            let mut next = Some(within);
            while let Some(within) = next {
                if within.unit == self.unit() {
                    return within.depth;
                }
                next = within.around.as_ref();
            }
            0
        });
        own.unwrap_or(0)
    }

    /// CWE-460: what is done beside an open part would be undone with it, although who did it was told that it is done. So would
    /// one part with another that does not end before it.
    ///
    /// # Errors
    /// Where whoever asks does not stand in the innermost part, or the part that `ends` is not that one.
    pub(super) fn check(&self, ends: Option<u32>) -> Result<()> {
        let depth = self.depth();
        if ends.unwrap_or_else(|| self.own_depth()) == depth || removed(Control::Beside) {
            return Ok(());
        }
        Err(Error::Internal(
            "something of a unit was done beside a `nested` part of it that was still open, and would be undone with it: do one \
             after the other, or both in one part; what a part leaves to a task of its own (`spawn`) is beside it, too"
                .into(),
        ))
    }

    pub(super) fn depth(&self) -> u32 {
        lock(&self.0).depth
    }

    /// Another part is open; how much is to follow so far.
    pub(super) fn opened(&self, depth: u32) -> usize {
        let mut inside = lock(&self.0);
        inside.depth = depth;
        inside.then.len()
    }

    /// The part has ended; what was said since there was so much, if it is undone: whoever drops it runs the app's own code.
    pub(super) fn ended(&self, depth: u32, undone_from: Option<usize>) -> Vec<Then> {
        let mut inside = lock(&self.0);
        inside.depth = depth.saturating_sub(1);
        let from = undone_from.unwrap_or(usize::MAX).min(inside.then.len());
        inside.then.split_off(from)
    }

    /// Notes what follows. CWE-401: what is said when the unit has ended is dropped, and not kept: it may hold a handle of this
    /// very unit.
    ///
    /// # Errors
    /// See [`check`](Self::check).
    pub(super) fn then(&self, then: Then) -> Result<()> {
        self.check(None)?;
        let mut inside = lock(&self.0);
        if !inside.closed {
            inside.then.push(then);
        }
        Ok(())
    }

    /// The unit has ended. Whoever does not do what was to follow drops it here.
    pub(super) fn close(&self) -> Vec<Then> {
        let mut inside = lock(&self.0);
        inside.closed = true;
        std::mem::take(&mut inside.then)
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
