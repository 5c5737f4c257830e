//! Who may read when: cheap reads do not wait for costly ones (CWE-400, CWE-770).
//!
//! What a read cost is remembered by its statement and by how deep it goes into the rows, so that it is known the next
//! time. Two rules follow. The cheapest that waits is next, whoever came first; and a read that costs much is in the
//! deep lane, which never has the last reader. So however many ask for deep pages, page 1 waits for at most one of
//! them. A read that nobody knows begins in the short lane, with little work allowed, and begins again in the deep one
//! if that was not enough: once, not each time. Waiting is bounded in time and in number; if too many wait, the
//! costliest is turned away.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::backend::lock;
use crate::error::{Error, Result};

/// Reads that may wait for each reader.
const WAITING: usize = 64;
/// Statements whose cost is remembered.
const KNOWN: usize = 4096;

#[derive(Debug)]
pub(crate) struct Lanes {
    state: Mutex<State>,
    most: usize,
}

#[derive(Debug)]
struct State {
    /// Readers at rest.
    readers: usize,
    /// Deep reads that may begin.
    deep: usize,
    /// Who waits: the cheapest first, and among equals who came first.
    waiting: BTreeMap<(i64, u64), Waiter>,
    came: u64,
    /// Steps that a read took last.
    costs: HashMap<u64, i64>,
}

#[derive(Debug)]
struct Waiter {
    lane: Lane,
    called: oneshot::Sender<Turn>,
}

/// A reader's turn; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    lanes: Arc<Lanes>,
    lane: Lane,
}

/// Which lane a read is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Short,
    Deep,
}

impl Lanes {
    /// At least two readers: with one, a deep read would have the last one.
    pub(crate) fn new(readers: usize) -> Arc<Self> {
        let readers = readers.max(2);
        Arc::new(Self {
            state: Mutex::new(State {
                readers,
                deep: readers - 1,
                waiting: BTreeMap::new(),
                came: 0,
                costs: HashMap::new(),
            }),
            most: readers * WAITING,
        })
    }

    /// Steps that this read took last; none if it is not known.
    pub(crate) fn cost(&self, read: u64) -> i64 {
        lock(&self.state).costs.get(&read).copied().unwrap_or(0)
    }

    /// Remembers what a read took.
    pub(crate) fn took(&self, read: u64, steps: i64) {
        let costs = &mut lock(&self.state).costs;
        if costs.len() >= KNOWN {
            costs.clear();
        }
        costs.insert(read, steps);
    }

    /// Waits for a turn, for at most `wait`.
    ///
    /// # Errors
    /// [`Error::Busy`]: too many wait, or for too long.
    pub(crate) async fn turn(self: &Arc<Self>, lane: Lane, cost: i64, wait: Duration) -> Result<Turn> {
        let (called, turn) = oneshot::channel();
        {
            let mut state = lock(&self.state);
            state.came += 1;
            let place = (cost, state.came);
            state.waiting.insert(place, Waiter { lane, called });
            if state.waiting.len() > self.most {
                state.waiting.retain(|_, waiter| !waiter.called.is_closed());
            }
            if state.waiting.len() > self.most {
                state.waiting.pop_last();
            }
        }
        self.call();
        match tokio::time::timeout(wait, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(Error::Busy("too many reads wait already")),
            Err(_) => Err(Error::Busy("all readers are at work")),
        }
    }

    /// Gives every free reader to who is next.
    fn call(self: &Arc<Self>) {
        loop {
            let mut state = lock(&self.state);
            if state.readers == 0 {
                return;
            }
            let deep = state.deep > 0;
            // Who has gone away is passed over.
            state.waiting.retain(|_, waiter| !waiter.called.is_closed());
            let next = state
                .waiting
                .iter()
                .find(|(_, waiter)| deep || waiter.lane == Lane::Short);
            let Some(place) = next.map(|(place, _)| *place) else {
                return;
            };
            let Some(Waiter { lane, called }) = state.waiting.remove(&place) else {
                return;
            };
            state.readers -= 1;
            state.deep -= usize::from(lane == Lane::Deep);
            drop(state);
            let lanes = Arc::clone(self);
            // One who went away this very moment gives it back by dropping it.
            drop(called.send(Turn { lanes, lane }));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.lanes.state);
            state.readers += 1;
            state.deep += usize::from(self.lane == Lane::Deep);
        }
        self.lanes.call();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(60);

    /// CWE-400. Attack: deep reads wait already when a cheaper one comes.
    #[tokio::test]
    async fn the_cheapest_is_next_and_the_last_reader_is_not_for_deep_ones() {
        let lanes = Lanes::new(2);
        let running = lanes.turn(Lane::Deep, 9, WAIT).await.unwrap();
        let settle = || tokio::time::sleep(Duration::from_millis(20));
        let wait = |lane, cost| {
            let lanes = Arc::clone(&lanes);
            tokio::spawn(async move { lanes.turn(lane, cost, WAIT).await })
        };
        let costly = wait(Lane::Deep, 9);
        settle().await;
        let cheaper = wait(Lane::Deep, 5);
        settle().await;
        // The other reader is free all the time, for short ones alone.
        drop(lanes.turn(Lane::Short, 1, WAIT).await.unwrap());
        assert!(!costly.is_finished() && !cheaper.is_finished());
        drop(running);
        let turn = cheaper.await.unwrap().unwrap();
        assert!(!costly.is_finished());
        drop(turn);
        drop(costly.await.unwrap().unwrap());
        // Who went away holds nothing.
        let held = lanes.turn(Lane::Deep, 9, WAIT).await.unwrap();
        let gone = wait(Lane::Deep, 1);
        settle().await;
        gone.abort();
        drop(held);
        settle().await;
        let all = (
            lanes.turn(Lane::Deep, 9, WAIT).await,
            lanes.turn(Lane::Short, 9, WAIT).await,
        );
        assert!(all.0.is_ok() && all.1.is_ok());
    }

    /// CWE-770. Attack: the queue is full of costly reads.
    #[tokio::test]
    async fn if_too_many_wait_the_costliest_is_turned_away() {
        let lanes = Lanes::new(2);
        let running = lanes.turn(Lane::Deep, 9, WAIT).await.unwrap();
        let many: Vec<_> = (0..200)
            .map(|_| {
                let lanes = Arc::clone(&lanes);
                tokio::spawn(async move { lanes.turn(Lane::Deep, 9, WAIT).await.map(drop) })
            })
            .collect();
        // On a busy machine a moment is no measure: all of them have come, and those beyond the bound are gone.
        let come = async |count: u64| {
            while lock(&lanes.state).came < count {
                tokio::task::yield_now().await;
            }
        };
        come(1 + 200).await;
        let cheap = {
            let lanes = Arc::clone(&lanes);
            tokio::spawn(async move { lanes.turn(Lane::Deep, 5, WAIT).await.map(drop) })
        };
        come(1 + 200 + 1).await;
        drop(running);
        cheap.await.unwrap().unwrap();
        let mut refused = 0;
        for task in many {
            refused += usize::from(task.await.unwrap().is_err());
        }
        assert_eq!(refused, 200 - (2 * WAITING - 1));
    }
}
