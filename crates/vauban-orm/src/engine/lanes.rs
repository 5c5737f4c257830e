//! Who may read when: short reads do not wait for deep ones (CWE-400, CWE-770).
//!
//! Every read on a reader thread begins in the short lane, with little work allowed. Most end there. One that needs more
//! begins again in the deep lane, which never has the last reader. So however many ask for a deep page, a reader is left
//! for everybody else, and what was done twice is a small part of a deep read. Waiting is bounded in time and in number.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// Reads that may wait for each reader.
const WAITING: usize = 64;

#[derive(Debug)]
pub(crate) struct Lanes {
    readers: Semaphore,
    deep: Semaphore,
    waiting: AtomicUsize,
    most: usize,
}

/// A reader's turn; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _reader: SemaphorePermit<'a>,
    _deep: Option<SemaphorePermit<'a>>,
}

/// Which lane a read is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Short,
    Deep,
}

impl Lanes {
    /// At least two readers: with one, a deep read would have the last one.
    pub(crate) fn new(readers: usize) -> Self {
        let readers = readers.max(2);
        Self {
            readers: Semaphore::new(readers),
            deep: Semaphore::new(readers - 1),
            waiting: AtomicUsize::new(0),
            most: readers * WAITING,
        }
    }

    /// Waits for a turn, for at most `wait`.
    ///
    /// # Errors
    /// [`Error::Busy`]: too many wait, or for too long.
    pub(crate) async fn turn(&self, lane: Lane, wait: Duration) -> Result<Turn<'_>> {
        let _place = Place::take(&self.waiting, self.most)?;
        let turn = tokio::time::timeout(wait, async {
            let deep = match lane {
                Lane::Short => None,
                Lane::Deep => Some(self.deep.acquire().await.ok()?),
            };
            let reader = self.readers.acquire().await.ok()?;
            Some(Turn {
                _reader: reader,
                _deep: deep,
            })
        });
        match turn.await {
            Ok(Some(turn)) => Ok(turn),
            _ => Err(Error::Busy("all readers are at work")),
        }
    }
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= most {
            return Err(Error::Busy("too many reads wait already"));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
