//! Hashing off the request's threads: bounded, fair, and with its memory kept.
//!
//! Argon2 is expensive on purpose, which makes it a lever for whoever wants to stop the site (CWE-400). So at
//! most [`HasherOptions::workers`] hashes run at once, in the order in which they were asked for; at most
//! [`HasherOptions::queue`] wait, of them [`HasherOptions::queue_per_client`] for one client; everybody else
//! is told to come back. Touching fresh memory costs as much as the hash itself, so the blocks are kept while
//! log-ins come, and given back after a quiet minute.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::Block;
use tokio::sync::Semaphore;

use super::password::Password;
use super::phc::{self, Cost, Hash, HashError};

/// How long unused blocks are kept.
const KEEP: Duration = Duration::from_secs(60);

/// What hashing may take.
#[derive(Debug, Clone)]
pub struct HasherOptions {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Hashes at once. Default: half of the processors, at least one, at most four.
    pub workers: usize,
    /// Callers that may wait or run at the same time. Default 64: about a second of work.
    pub queue: usize,
    /// Of them, callers with the same client key. Default 8.
    pub queue_per_client: usize,
}

impl Default for HasherOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            cost: Cost::default(),
            workers: (processors / 2).clamp(1, 4),
            queue: 64,
            queue_per_client: 8,
        }
    }
}

/// Too many log-ins at once. Answer 503 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many passwords are being checked; try again in a moment")
    }
}

impl std::error::Error for Busy {}

/// What verifying found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The password is right.
    pub(crate) matches: bool,
    /// It is right, and its hash was made with other parameters than new ones: hash it anew.
    pub(crate) outdated: bool,
}

/// The one place that runs Argon2. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    options: HasherOptions,
    /// Fair: permits are handed out in the order of asking.
    turns: Arc<Semaphore>,
    /// Callers in the queue or at work, by client.
    places: Mutex<HashMap<u64, usize>>,
    blocks: Mutex<Vec<Vec<Block>>>,
    /// Counts uses, to tell a quiet minute.
    uses: AtomicU64,
    /// The hash that is verified where there is no account.
    nobody: Hash,
}

impl Hasher {
    /// Makes a hasher. Runs one hash, for the unknown account.
    ///
    /// # Errors
    /// [`HashError`] where the cost is outside what Argon2 allows.
    pub fn new(options: HasherOptions) -> Result<Self, HashError> {
        let mut blocks = vec![Block::default(); phc::block_count(options.cost)];
        let nobody = phc::hash(options.cost, b"nobody has this password", &mut blocks)?;
        Ok(Self(Arc::new(Inner {
            turns: Arc::new(Semaphore::new(options.workers.max(1))),
            places: Mutex::default(),
            blocks: Mutex::default(),
            uses: AtomicU64::new(0),
            nobody,
            options,
        })))
    }

    /// Hashes a new password. `client` is any number that stands for who asks, such as a hash of the address
    /// prefix.
    pub(crate) async fn hash(&self, password: &Password, client: u64) -> Result<Hash, HasherFailure> {
        let (cost, password) = (self.0.options.cost, password.clone());
        let made = self.run(client, phc::block_count(cost), move |blocks| {
            phc::hash(cost, password.reveal().as_bytes(), blocks)
        });
        Ok(made.await??)
    }

    /// Verifies a password. Without a stored hash the same work is done, and the answer is no.
    pub(crate) async fn verify(
        &self,
        password: &Password,
        stored: Option<&Hash>,
        client: u64,
    ) -> Result<Verdict, HasherFailure> {
        // CWE-208, ASVS 6.3.8: unknown accounts cost as much as known ones.
        let known = stored.is_some();
        let hash = stored.unwrap_or(&self.0.nobody).clone();
        let outdated = hash.is_outdated(self.0.options.cost);
        let password = password.clone();
        let verified = self.run(client, hash.blocks(), move |blocks| {
            phc::verify(&hash, password.reveal().as_bytes(), blocks)
        });
        let matches = verified.await?? && known;
        Ok(Verdict {
            matches,
            outdated: matches && outdated,
        })
    }

    /// How many hashes were run.
    #[cfg(test)]
    pub(crate) fn hashes_run(&self) -> u64 {
        self.0.uses.load(Ordering::Relaxed)
    }

    /// Waits for a turn and runs the work on a blocking thread. Dropping the future frees the place in the
    /// queue; work that has begun goes on to its end and holds its turn until then.
    async fn run<T: Send + 'static>(
        &self,
        client: u64,
        need: usize,
        work: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, HasherFailure> {
        let place = Place::take(&self.0, client).ok_or(Busy)?;
        let turn = Arc::clone(&self.0.turns)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let (_turn, _place) = (turn, place);
            let mut blocks = inner.borrow_blocks(need);
            let result = work(&mut blocks);
            inner.give_back(blocks);
            result
        });
        let result = done.await.map_err(|_| HasherFailure::Broken)?;
        self.forget_blocks_later();
        Ok(result)
    }

    fn forget_blocks_later(&self) {
        let seen = self.0.uses.load(Ordering::Relaxed);
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(KEEP).await;
            if let Some(inner) = inner.upgrade()
                && inner.uses.load(Ordering::Relaxed) == seen
            {
                inner
                    .blocks
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clear();
            }
        });
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Kept blocks where they are enough, else fresh ones.
    fn borrow_blocks(&self, need: usize) -> Vec<Block> {
        self.uses.fetch_add(1, Ordering::Relaxed);
        let kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match kept {
            Some(blocks) if blocks.len() >= need => blocks,
            _ => vec![Block::default(); need.max(phc::block_count(self.options.cost))],
        }
    }

    /// Keeps blocks of the usual size only, one set per worker.
    fn give_back(&self, blocks: Vec<Block>) {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < self.options.workers && blocks.len() == phc::block_count(self.options.cost) {
            kept.push(blocks);
        }
    }
}

/// A place in the queue, given back when dropped.
struct Place {
    inner: Arc<Inner>,
    client: u64,
}

impl Place {
    /// None where the queue, or the client's part of it, is full.
    fn take(inner: &Arc<Inner>, client: u64) -> Option<Self> {
        let mut places = inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        // CWE-400: the sum runs over at most `queue` entries.
        let taken: usize = places.values().sum();
        let own = places.get(&client).copied().unwrap_or(0);
        if taken >= inner.options.queue || own >= inner.options.queue_per_client {
            return None;
        }
        places.insert(client, own + 1);
        Some(Self {
            inner: Arc::clone(inner),
            client,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = places.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.client);
            }
        }
    }
}

/// Why there is no answer about a password.
#[derive(Debug)]
pub(crate) enum HasherFailure {
    /// Too many at once.
    Busy,
    /// A stored hash that nothing can be compared with, or no memory.
    Hash(HashError),
    /// The worker panicked.
    Broken,
}

impl From<Busy> for HasherFailure {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<HashError> for HasherFailure {
    fn from(error: HashError) -> Self {
        Self::Hash(error)
    }
}

impl fmt::Display for HasherFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => Busy.fmt(f),
            Self::Hash(error) => error.fmt(f),
            Self::Broken => f.write_str("the password worker stopped unexpectedly"),
        }
    }
}

impl std::error::Error for HasherFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(workers: usize, queue: usize, queue_per_client: usize) -> Hasher {
        let cost = Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        Hasher::new(HasherOptions {
            cost,
            workers,
            queue,
            queue_per_client,
        })
        .unwrap()
    }

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[tokio::test]
    async fn verifies_what_it_hashed() {
        let hasher = small(1, 4, 4);
        let hash = hasher.hash(&password("secret"), 1).await.unwrap();
        let verdict = |text: &'static str| {
            let (hasher, hash) = (hasher.clone(), hash.clone());
            async move { hasher.verify(&password(text), Some(&hash), 1).await.unwrap() }
        };
        assert_eq!(
            verdict("secret").await,
            Verdict {
                matches: true,
                outdated: false
            }
        );
        assert!(!verdict("Secret").await.matches);
    }

    /// Even the text behind the stand-in hash opens nothing.
    #[tokio::test]
    async fn nobody_cannot_sign_in() {
        let hasher = small(1, 4, 4);
        let verdict = hasher
            .verify(&password("nobody has this password"), None, 1)
            .await
            .unwrap();
        assert!(!verdict.matches);
    }

    /// ASVS 6.3.8, CWE-208: an unknown account costs one hash of the usual cost, like a known one.
    #[tokio::test]
    async fn an_unknown_account_is_as_much_work_as_a_known_one() {
        let hasher = small(1, 4, 4);
        let hash = hasher.hash(&password("secret"), 1).await.unwrap();
        let runs = || hasher.0.uses.load(Ordering::Relaxed);
        let before = runs();
        hasher.verify(&password("wrong"), Some(&hash), 1).await.unwrap();
        let known = runs() - before;
        hasher.verify(&password("wrong"), None, 1).await.unwrap();
        assert_eq!((known, runs() - before - known), (1, 1));
        assert_eq!(hash.blocks(), hasher.0.nobody.blocks());
    }

    /// CWE-400: more than the queue holds is refused at once, and one client cannot fill it.
    #[tokio::test]
    async fn the_queue_is_bounded_and_shared() {
        let hasher = small(1, 4, 2);
        let _turn = Arc::clone(&hasher.0.turns).acquire_owned().await.unwrap();
        let wait = |client: u64| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.hash(&password("secret"), client).await.map(|_| ()) })
        };
        // Without the bound these would wait for ever.
        let now = |client: u64| {
            let hasher = hasher.clone();
            async move {
                let text = password("x");
                let asked = tokio::time::timeout(Duration::from_secs(2), hasher.hash(&text, client));
                matches!(asked.await, Ok(Err(HasherFailure::Busy)))
            }
        };
        let waiting = [wait(1), wait(1)];
        tokio::task::yield_now().await;
        assert!(now(1).await, "own part is full");
        let others = [wait(2), wait(3)];
        tokio::task::yield_now().await;
        assert!(now(4).await, "all places taken");
        drop(_turn);
        for task in waiting.into_iter().chain(others) {
            task.await.unwrap().unwrap();
        }
        assert!(hasher.0.places.lock().unwrap().is_empty());
    }

    /// The memory goes back after a quiet minute.
    #[tokio::test(start_paused = true)]
    async fn blocks_are_kept_and_then_freed() {
        let hasher = small(1, 4, 4);
        hasher.hash(&password("secret"), 1).await.unwrap();
        assert_eq!(hasher.0.blocks.lock().unwrap().len(), 1);
        tokio::time::sleep(KEEP + Duration::from_secs(1)).await;
        assert_eq!(hasher.0.blocks.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn older_costs_are_outdated_once_they_match() {
        let old = small(1, 4, 4).hash(&password("secret"), 1).await.unwrap();
        let cost = Cost {
            memory_kib: 128,
            passes: 1,
            lanes: 1,
        };
        let new = Hasher::new(HasherOptions {
            cost,
            ..HasherOptions::default()
        })
        .unwrap();
        let right = new.verify(&password("secret"), Some(&old), 1).await.unwrap();
        assert_eq!(
            right,
            Verdict {
                matches: true,
                outdated: true
            }
        );
        let wrong = new.verify(&password("wrong"), Some(&old), 1).await.unwrap();
        assert_eq!(
            wrong,
            Verdict {
                matches: false,
                outdated: false
            }
        );
    }
}
