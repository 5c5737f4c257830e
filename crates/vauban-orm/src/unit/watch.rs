//! The bound on how long a unit may hold the writer's turn.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

use crate::backend::lock;
use crate::backend::sqlite::OnDisk;

/// Who may hold the turn.
pub(super) trait Holds: Debug + Send + Sync {
    /// Its time is over.
    fn expire(&self);
}

/// Who holds the turn, and since when.
#[derive(Debug, Default)]
pub(crate) struct Holder {
    current: Mutex<Option<(Instant, Weak<dyn Holds>)>>,
    watching: OnceLock<()>,
}

impl Holder {
    pub(super) fn takes(&self, unit: Weak<dyn Holds>) {
        *lock(&self.current) = Some((Instant::now(), unit));
    }

    pub(super) fn lets_go(&self) {
        *lock(&self.current) = None;
    }

    /// From the first call on, takes the turn away from who holds it too long.
    pub(super) fn watch(self: &Arc<Self>, hold: Duration, on_disk: &Arc<OnDisk>) {
        self.watching.get_or_init(|| {
            tokio::spawn(watch(Arc::downgrade(self), hold, Arc::clone(on_disk)));
        });
    }
}

async fn watch(holder: Weak<Holder>, hold: Duration, on_disk: Arc<OnDisk>) {
    loop {
        {
            let Some(holder) = holder.upgrade() else {
                return;
            };
            // So that readers know, too, and health is told.
            on_disk.intact();
            let overdue = match &*lock(&holder.current) {
                Some((since, unit)) if since.elapsed() > hold => unit.upgrade(),
                _ => None,
            };
            if let Some(unit) = overdue {
                unit.expire();
            }
        }
        let pause = (hold / 10).clamp(Duration::from_millis(5), Duration::from_millis(250));
        tokio::time::sleep(pause).await;
    }
}
