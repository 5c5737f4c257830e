//! When a task is done, as the log says: its unit is saved then.

use std::fmt::Debug;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

static DONE: AtomicUsize = AtomicUsize::new(0);
static LAST: Mutex<Option<Instant>> = Mutex::new(None);
static TOLD: Notify = Notify::const_new();
/// How many are waited for.
static WANTED: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Reads the log from here on.
pub(crate) fn watch() {
    tracing::subscriber::set_global_default(Log).unwrap();
}

/// From here on so many are waited for.
pub(crate) fn expect(many: usize) {
    DONE.store(0, Ordering::SeqCst);
    WANTED.store(many, Ordering::SeqCst);
}

/// When the last of them was done.
pub(crate) async fn all() -> Instant {
    TOLD.notified().await;
    LAST.lock().unwrap().unwrap()
}

struct Log;

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        use std::fmt::Write;
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            _ => Ok(()),
        };
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match metadata.target() {
            "vauban::tasks" => *metadata.level() <= Level::DEBUG,
            _ => *metadata.level() <= Level::ERROR,
        }
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        if message.0 == "done" {
            if DONE.fetch_add(1, Ordering::SeqCst) + 1 == WANTED.load(Ordering::SeqCst) {
                *LAST.lock().unwrap() = Some(Instant::now());
                TOLD.notify_one();
            }
        } else if *event.metadata().level() <= Level::WARN {
            eprintln!("{}: {}", event.metadata().target(), message.0);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
