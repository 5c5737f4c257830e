//! What a unit has open besides its transaction, and what is done when it is saved.

use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use crate::backend::lock;

/// What a unit has open and what follows it.
#[derive(Default)]
pub(super) struct Parts {
    /// Parts that are open.
    pub(super) depth: AtomicU32,
    pub(super) then: Mutex<Vec<Then>>,
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
    pub(super) fn then(&self, then: Then) {
        lock(&self.then).push(then);
    }

    /// Does what was to be done when the unit is saved, in the order in which it was said. A panic is that one's alone.
    pub(super) async fn saved(&self) {
        let all = std::mem::take(&mut *lock(&self.then));
        for then in all {
            if tokio::spawn(then).await.is_err() {
                tracing::error!(target: "vauban::orm", "what was to be done after a commit panicked");
            }
        }
    }
}
