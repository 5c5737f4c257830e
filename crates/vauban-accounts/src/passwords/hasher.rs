//! Hashing off the request's threads: bounded, fair, and with its memory kept.
//!
//! Argon2 is expensive on purpose, which makes it a lever for whoever wants to stop the site (CWE-400). So at
//! most [`HasherOptions::workers`] hashes run at once, in the order in which they were asked for; at most
//! [`HasherOptions::queue`] wait, of them [`HasherOptions::queue_per_client`] for one client and half for one IPv6 site;
//! everybody else is told to come back. Whoever has places already has fewer the fuller the queue is, so that there is
//! room for whoever comes next. A [`Place`] is taken before anything else is done, so that whoever is told to come back
//! has cost nothing and lost nothing. Touching fresh memory costs as much as the hash itself, so the blocks are kept while
//! log-ins come, and given back after a quiet minute.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::Block;
use tokio::sync::Semaphore;

use super::error::HashError;
use super::hash::{self, Hash};
use super::password::Password;
use super::pepper::Peppers;
use super::phc::{self, Cost};
#[cfg(test)]
use super::work::DONE;
use super::work::Levels;

/// What is before somebody in the queue takes no longer than this. CWE-400: with dearer hashes than ours (Django's 1,500,000 iterations)
/// a full queue would be many seconds of work, and everybody in it has long gone when their turn comes.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long unused blocks are kept.
const KEEP: Duration = Duration::from_secs(60);

/// What hashing may take.
#[derive(Debug, Clone)]
pub struct HasherOptions {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Hashes at once. Default: half of the processors, at least one, at most four.
    pub workers: usize,
    /// Callers that may wait or run at the same time. Default 64: about a second of work, while all hashes are of [`cost`](Self::cost).
    /// Where dearer ones make each sign-in slower, there are fewer places, so that nobody waits for more than some five seconds.
    pub queue: usize,
    /// Of them, callers from one IPv4 address or IPv6 /64. Default 8.
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
    /// Callers in the queue or at work.
    places: Mutex<Places>,
    blocks: Mutex<Vec<Vec<Block>>>,
    /// Counts uses, to tell a quiet minute.
    uses: AtomicU64,
    /// How long a hash takes of late, in microseconds.
    pace: AtomicU64,
    levels: Levels,
    peppers: Peppers,
    #[cfg(test)]
    worked: [AtomicU64; 5],
}

impl Hasher {
    /// Makes a hasher.
    ///
    /// # Errors
    /// [`HashError`] where the cost is outside what Argon2 allows, or more than is verified.
    pub fn new(options: HasherOptions) -> Result<Self, HashError> {
        Self::with(options, Peppers::default())
    }

    /// Makes a hasher that adds a pepper.
    pub(crate) fn with(options: HasherOptions, peppers: Peppers) -> Result<Self, HashError> {
        let levels = Levels::of(phc::work(options.cost)?);
        Ok(Self(Arc::new(Inner {
            turns: Arc::new(Semaphore::new(options.workers.max(1))),
            places: Mutex::default(),
            blocks: Mutex::default(),
            uses: AtomicU64::new(0),
            pace: AtomicU64::new(0),
            levels,
            peppers,
            #[cfg(test)]
            worked: Default::default(),
            options,
        })))
    }

    pub(crate) fn peppers(&self) -> &Peppers {
        &self.0.peppers
    }

    /// A place in the queue, for one hash after the other.
    pub(crate) fn place(&self, client: Client) -> Result<Place, Busy> {
        Place::take(&self.0, client).ok_or(Busy)
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &Password, place: &Place) -> Result<Hash, HasherFailure> {
        let (cost, password, inner) = (self.0.options.cost, password.clone(), Arc::clone(&self.0));
        let made = self.run(place, phc::block_count(cost), move |blocks| {
            let pepper = inner.peppers.current();
            hash::make(cost, &password, pepper, blocks)
        });
        Ok(made.await??)
    }

    /// Verifies a password. Without a stored hash, or with one that cannot be read, the answer is no.
    ///
    /// CWE-208, ASVS 6.3.8: the work is the same, whatever is stored. A hash that was made more cheaply is made up for. One
    /// that was made more dearly, or by another program's algorithm, cannot be: the first of each kind that is looked at tells of
    /// its account, once; from then on everybody does as much work of that kind as the dearest. So an account whose hash was
    /// imported from PBKDF2 or bcrypt is not told from one with a hash of ours, or from none.
    ///
    /// What is left: that first one; that whoever proves such a password waits for the new hash, and sees it; and that as much work
    /// is not as much time in memory of another size. An Argon2 hash that takes more memory than ours (Django's take 100 MiB, which
    /// are touched for it alone), or scrypt of another shape than is made up in, can be told by the time until it is replaced.
    pub(crate) async fn verify(
        &self,
        password: &Password,
        stored: Option<&Hash>,
        place: &Place,
    ) -> Result<Verdict, HasherFailure> {
        let cost = self.0.options.cost;
        let own = stored.and_then(Hash::work);
        if own.is_some_and(|own| self.0.levels.raise(own)) {
            tracing::warn!(
                target: "vauban::accounts",
                "a stored password hash costs more than new ones: until the program starts again every sign-in takes as long \
                 as with it, so that nothing is told by the time"
            );
        }
        let outdated = stored.is_some_and(|hash| hash.is_outdated(cost, &self.0.peppers));
        let need = stored.map_or(0, Hash::blocks).max(phc::block_count(cost));
        let (password, hash, inner) = (password.clone(), stored.cloned(), Arc::clone(&self.0));
        let verified = self.run(place, need, move |blocks| {
            let verify = |hash: Hash| hash::verify(&hash, &password, &inner.peppers, blocks);
            let verified = hash.map(verify).transpose();
            for work in inner.levels.left(own.filter(|_| verified.is_ok())) {
                hash::spend(work, cost, &password, blocks)?;
            }
            verified
        });
        let matches = verified.await??.unwrap_or(false);
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

    /// Takes every turn: until it is dropped nothing is hashed.
    #[cfg(test)]
    pub(crate) async fn hold_up(&self) -> tokio::sync::OwnedSemaphorePermit {
        let all = u32::try_from(self.0.options.workers).unwrap();
        Arc::clone(&self.0.turns).acquire_many_owned(all).await.unwrap()
    }

    /// Waits for a turn and runs the work on a blocking thread. Dropping the future and its place frees the place in the
    /// queue; work that has begun goes on to its end and holds turn and place until then.
    async fn run<T: Send + 'static>(
        &self,
        place: &Place,
        need: usize,
        work: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, HasherFailure> {
        let turn = Arc::clone(&self.0.turns)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        let inner = Arc::clone(&self.0);
        place.0.worked.store(true, Ordering::Relaxed);
        let held = place.clone();
        let done = tokio::task::spawn_blocking(move || {
            let (_turn, _place) = (turn, held);
            let begun = Instant::now();
            let mut blocks = inner.borrow_blocks(need);
            let result = work(&mut blocks);
            #[cfg(test)]
            for (all, done) in inner.worked.iter().zip(DONE.take()) {
                all.fetch_add(done, Ordering::Relaxed);
            }
            inner.give_back(blocks);
            inner.note_pace(begun.elapsed());
            result
        });
        let Ok(result) = done.await else {
            place.0.worked.store(false, Ordering::Relaxed);
            return Err(HasherFailure::Broken);
        };
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

    fn note_pace(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let before = self.pace.load(Ordering::Relaxed);
        // One that is slow by chance changes little.
        let now = match before {
            0 => took,
            _ => before - before / 8 + took / 8,
        };
        self.pace.store(now, Ordering::Relaxed);
    }

    /// How many places there are at the pace of late: two for each worker at least.
    fn places(&self) -> usize {
        let workers = self.options.workers.max(1);
        let pace = u128::from(self.pace.load(Ordering::Relaxed).max(1));
        let in_time = LONGEST_WAIT.as_micros() * workers as u128 / pace;
        let in_time = usize::try_from(in_time).unwrap_or(usize::MAX);
        self.options.queue.min(in_time.max(2 * workers))
    }

    /// Keeps blocks of the usual size only, one set per worker.
    fn give_back(&self, blocks: Vec<Block>) {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < self.options.workers && blocks.len() == phc::block_count(self.options.cost) {
            kept.push(blocks);
        }
    }
}

/// Who asks, as far as places go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The IPv4 address, or the /64.
    near: u64,
    /// The /48.
    site: Option<u64>,
}

impl Client {
    /// The program itself.
    pub(crate) const OURS: Self = Self { near: 0, site: None };
}

impl From<IpAddr> for Client {
    fn from(client: IpAddr) -> Self {
        match client.to_canonical() {
            // Below 2^32, which no IPv6 prefix in use is.
            IpAddr::V4(v4) => Self {
                near: u64::from(v4.to_bits()),
                site: None,
            },
            IpAddr::V6(v6) => Self {
                near: (v6.to_bits() >> 64) as u64,
                site: Some((v6.to_bits() >> 80) as u64),
            },
        }
    }
}

/// How many places are taken: in all, by each client and by each site. None of the maps has more entries than there are
/// places.
#[derive(Default)]
struct Places {
    taken: usize,
    near: HashMap<u64, usize>,
    sites: HashMap<u64, usize>,
}

/// A place in the queue, given back when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Place(Arc<Held>);

struct Held {
    inner: Arc<Inner>,
    client: Client,
    /// Whether a hash was begun.
    worked: AtomicBool,
}

impl Place {
    /// None where the queue, or the client's or its site's part of it, is full.
    fn take(inner: &Arc<Inner>, client: Client) -> Option<Self> {
        let mut places = inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        let (most, per_client) = (inner.places(), inner.options.queue_per_client);
        // CWE-400: a bound for all,
        let free = most.saturating_sub(places.taken);
        if free == 0 {
            return None;
        }
        // for one client: with places already, no more than half of what is free, so that several clients together leave
        // room for whoever has none;
        let own = places.near.get(&client.near).copied().unwrap_or(0);
        if own >= per_client || own >= free.div_ceil(2) {
            return None;
        }
        // and for a site: whoever has a /48 has 65,536 of what counts as a client.
        if let Some(site) = client.site {
            let count = places.sites.entry(site).or_default();
            if *count >= most.div_ceil(2) {
                return None;
            }
            *count += 1;
        }
        places.taken += 1;
        places.near.insert(client.near, own + 1);
        Some(Self(Arc::new(Held {
            inner: Arc::clone(inner),
            client,
            worked: AtomicBool::new(false),
        })))
    }

    /// Whether a hash was begun from this place: then a password was looked at.
    pub(crate) fn has_worked(&self) -> bool {
        self.0.worked.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut places = self.inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.taken = places.taken.saturating_sub(1);
        leave(&mut places.near, self.client.near);
        if let Some(site) = self.client.site {
            leave(&mut places.sites, site);
        }
    }
}

fn leave(counts: &mut HashMap<u64, usize>, key: u64) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
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

    fn client(near: u64) -> Client {
        Client { near, site: None }
    }

    async fn hash(hasher: &Hasher, text: &str, near: u64) -> Result<Hash, HasherFailure> {
        let place = hasher.place(client(near))?;
        hasher.hash(&password(text), &place).await
    }

    async fn verify(hasher: &Hasher, text: &str, stored: Option<&Hash>) -> Verdict {
        let place = hasher.place(client(1)).unwrap();
        hasher.verify(&password(text), stored, &place).await.unwrap()
    }

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[tokio::test]
    async fn verifies_what_it_hashed() {
        let hasher = small(1, 4, 4);
        let hash = hash(&hasher, "secret", 1).await.unwrap();
        let verdict = |text: &'static str| {
            let (hasher, hash) = (hasher.clone(), hash.clone());
            async move { verify(&hasher, text, Some(&hash)).await }
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

    /// ASVS 6.3.8, CWE-208. Attack: telling from the time who has an account, and since when: by hashes that were made
    /// before the parameters changed, by one that cannot be read, by none.
    #[tokio::test]
    async fn asvs_6_3_8_the_work_does_not_depend_on_what_is_stored() {
        let of = async |memory_kib, passes| {
            let cost = Cost {
                memory_kib,
                passes,
                lanes: 1,
            };
            let hasher = Hasher::new(HasherOptions {
                cost,
                ..HasherOptions::default()
            });
            let hasher = hasher.unwrap();
            (hash(&hasher, "secret", 1).await.unwrap(), hasher)
        };
        let (present, hasher) = of(128, 3).await;
        let cheaper = [of(64, 1).await.0, of(100, 2).await.0, of(32, 8).await.0];
        let unreadable = Hash::from_stored("pbkdf2_sha256$1000000$salt$aGFzaA==");
        let planted =
            Hash::from_stored("$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzYWx0$gwQOXSNhxiOxPOA0+PY10A");
        let done = |hasher: &Hasher| hasher.0.worked.each_ref().map(|one| one.load(Ordering::Relaxed));
        let all_work = async |text: &str, stored: Option<&Hash>| {
            let before = (done(&hasher), hasher.0.uses.load(Ordering::Relaxed));
            let place = hasher.place(client(1)).unwrap();
            let verdict = hasher.verify(&password(text), stored, &place).await;
            assert!(verdict.map_or(true, |verdict| verdict.matches == (text == "secret")));
            assert_eq!(hasher.0.uses.load(Ordering::Relaxed), before.1 + 1);
            let after = done(&hasher);
            std::array::from_fn::<_, 5, _>(|kind| after[kind] - before.0[kind])
        };
        let work = async |text: &str, stored: Option<&Hash>| all_work(text, stored).await[0];
        let dearer = of(256, 3).await.0;
        let readable: Vec<&Hash> = cheaper.iter().chain([&present]).collect();
        for stored in &readable {
            assert_eq!(work("secret", Some(stored)).await, 128 * 3);
        }
        let mut all: Vec<Option<&Hash>> = readable.into_iter().map(Some).collect();
        all.extend([None, Some(&unreadable), Some(&planted)]);
        for stored in &all {
            assert_eq!(work("wrong", *stored).await, 128 * 3, "{stored:?}");
        }
        // The parameters were lowered: from the first such hash on, all are as much work as that.
        for stored in [Some(&dearer)].iter().chain(&all) {
            assert_eq!(work("wrong", *stored).await, 256 * 3, "{stored:?}");
        }
        // A hash was imported: from the first one on, all are as much work of its kind, too; and of the dearest.
        let sha256 = |iterations: u32| {
            let hash =
                format!("pbkdf2_sha256${iterations}$salt$bBoT3HnJrIEzKoKv8DV1Wyb1VZ9bEjC5T7LqAF1iqeE=");
            Hash::from_stored(&hash)
        };
        let sha1 = Hash::from_stored("pbkdf2_sha1$70$salt$6dFmuKhZQPgOxETMlxUroIqypQg=");
        let (small, large) = (sha256(100), sha256(900));
        let mut all: Vec<Option<&Hash>> = all;
        for (one, expected) in [
            (&small, [768, 100, 0, 0, 0]),
            (&sha1, [768, 100, 70, 0, 0]),
            (&large, [768, 900, 70, 0, 0]),
        ] {
            all.push(Some(one));
            assert_eq!(all_work("wrong", Some(one)).await, expected);
            for stored in &all {
                assert_eq!(all_work("wrong", *stored).await, expected, "{stored:?}");
            }
        }
    }

    /// ASVS 6.3.8, CWE-208: the same of bcrypt and scrypt.
    #[cfg(feature = "import-hashes")]
    #[tokio::test]
    async fn asvs_6_3_8_nor_on_bcrypt_and_scrypt() {
        let hasher = small(1, 4, 4);
        let bcrypt = |cost: u32| {
            let hash = format!("bcrypt$$2b${cost:02}$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK");
            Hash::from_stored(&hash)
        };
        let scrypt = |n: u32, p: u32| {
            let hash = format!(
                "scrypt${n}$salt$8${p}$T0m2KuDsO+npGEaqQsEJ62hkF2h23RYSoKtUdXIpEvhJiIPmasDxFpqL6xoEyg0boAYD24HVf0E4L/jk2TEkCQ=="
            );
            Hash::from_stored(&hash)
        };
        let all = [bcrypt(4), bcrypt(7), scrypt(16, 3), scrypt(64, 1), scrypt(32, 1)];
        for hash in &all {
            hash.check().unwrap();
            verify(&hasher, "wrong", Some(hash)).await;
        }
        let done = |hasher: &Hasher| hasher.0.worked.each_ref().map(|one| one.load(Ordering::Relaxed));
        for stored in all.iter().map(Some).chain([None]) {
            let before = done(&hasher);
            verify(&hasher, "wrong", stored).await;
            let after = done(&hasher);
            let work = std::array::from_fn::<_, 5, _>(|kind| after[kind] - before[kind]);
            assert_eq!(work, [64, 0, 0, 1 << 7, 64 * 8], "{stored:?}");
        }
    }

    /// CWE-400: more than the queue holds is refused at once, and one client cannot fill it.
    #[tokio::test]
    async fn the_queue_is_bounded_and_shared() {
        let hasher = small(1, 4, 2);
        let _turn = Arc::clone(&hasher.0.turns).acquire_owned().await.unwrap();
        let wait = |client: u64| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hash(&hasher, "secret", client).await.map(|_| ()) })
        };
        // Without the bound these would wait for ever.
        let now = |client: u64| {
            let hasher = hasher.clone();
            async move {
                let asked = tokio::time::timeout(Duration::from_secs(2), hash(&hasher, "x", client));
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
        let places = hasher.0.places.lock().unwrap();
        assert_eq!((places.taken, places.near.len()), (0, 0));
    }

    /// CWE-400. Attack: nine clients, each with all the places that one may have, fill a queue that is shorter than that.
    /// Somebody else finds room.
    #[tokio::test]
    async fn cwe_400_nine_clients_do_not_fill_the_queue() {
        let hasher = small(1, 64, 8);
        let mut held = Vec::new();
        for _ in 0..8 {
            held.extend((1..=9).filter_map(|near| hasher.place(client(near)).ok()));
        }
        assert!(held.len() >= 45, "{}", held.len());
        let honest: Vec<_> = (100..108).map(|near| hasher.place(client(near))).collect();
        assert!(honest.iter().all(Result::is_ok));
        // A quiet queue gives one client all of its part.
        drop((held, honest));
        let alone: Vec<_> = (0..9).map_while(|_| hasher.place(client(1)).ok()).collect();
        assert_eq!(alone.len(), 8);
    }

    /// CWE-400. Attack: hashes that were imported make each sign-in four hundred milliseconds of work; a queue of 64 of them keeps everybody
    /// waiting until they are gone.
    #[tokio::test]
    async fn cwe_400_dear_hashes_make_the_queue_shorter() {
        let hasher = small(1, 64, 8);
        let places = |pace: u64| {
            hasher.0.pace.store(pace, Ordering::Relaxed);
            let held: Vec<_> = (1..=200)
                .filter_map(|near| hasher.place(client(near)).ok())
                .collect();
            held.len()
        };
        assert_eq!([0, 20_000, 400_000, 60_000_000].map(places), [64, 64, 12, 2]);
        hasher.0.pace.store(0, Ordering::Relaxed);
        hash(&hasher, "secret", 1).await.unwrap();
        let first = hasher.0.pace.load(Ordering::Relaxed);
        assert!(first > 0);
        hasher.0.note_pace(Duration::from_micros(9 * first));
        assert!((first..3 * first).contains(&hasher.0.pace.load(Ordering::Relaxed)));
    }

    /// CWE-400. Attack: a whole IPv6 /48 asks, from as many /64 as there are places.
    #[tokio::test]
    async fn cwe_400_one_site_does_not_fill_the_queue() {
        let hasher = small(1, 64, 8);
        let of = |text: String| Client::from(text.parse::<IpAddr>().unwrap());
        let ask = |i: usize| hasher.place(of(format!("2001:db8:7:{i:x}::1")));
        let held: Vec<_> = (0..640).filter_map(|i| ask(i).ok()).collect();
        assert_eq!(held.len(), 32);
        assert!(hasher.place(of("2001:db8:8::1".into())).is_ok(), "another site");
        assert!(hasher.place(of("192.0.2.1".into())).is_ok());
        drop(held);
        assert!(hasher.0.places.lock().unwrap().sites.is_empty());
        assert_eq!(of("::ffff:192.0.2.1".into()), of("192.0.2.1".into()));
    }

    /// The memory goes back after a quiet minute.
    #[tokio::test(start_paused = true)]
    async fn blocks_are_kept_and_then_freed() {
        let hasher = small(1, 4, 4);
        hash(&hasher, "secret", 1).await.unwrap();
        assert_eq!(hasher.0.blocks.lock().unwrap().len(), 1);
        tokio::time::sleep(KEEP + Duration::from_secs(1)).await;
        assert_eq!(hasher.0.blocks.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn older_costs_are_outdated_once_they_match() {
        let old = hash(&small(1, 4, 4), "secret", 1).await.unwrap();
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
        let right = verify(&new, "secret", Some(&old)).await;
        assert_eq!(
            right,
            Verdict {
                matches: true,
                outdated: true
            }
        );
        let wrong = verify(&new, "wrong", Some(&old)).await;
        assert_eq!(
            wrong,
            Verdict {
                matches: false,
                outdated: false
            }
        );
    }
}
