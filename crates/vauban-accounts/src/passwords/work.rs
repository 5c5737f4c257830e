//! What verifying a password costs, by kind.

use std::sync::atomic::{AtomicU64, Ordering};

/// What there is to do. Kinds are not converted into each other: how long one takes against another is the machine's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blocks of memory that are filled.
    Argon2,
    /// Iterations.
    Pbkdf2Sha256,
    /// Iterations.
    Pbkdf2Sha1,
    /// Expansions of the key.
    Bcrypt,
    /// Blocks of 128 bytes that are filled.
    Scrypt,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Argon2,
        Self::Pbkdf2Sha256,
        Self::Pbkdf2Sha1,
        Self::Bcrypt,
        Self::Scrypt,
    ];
}

/// So much of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) kind: Kind,
    pub(super) amount: u64,
}

impl Work {
    /// Whether hashes that cost so little are guessed cheaply (CWE-916): below what Django's were ten years ago.
    pub(super) fn is_cheap(self) -> bool {
        let least = match self.kind {
            // 512 KiB in two passes; two to the tenth.
            Kind::Argon2 | Kind::Bcrypt => 1 << 10,
            Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha1 => 10_000,
            Kind::Scrypt => (8 << 20) / 128,
        };
        self.amount < least
    }
}

/// How much of each kind is done for whoever signs in, whatever hash is stored, and whether one is.
#[derive(Debug)]
pub(super) struct Levels([AtomicU64; 5]);

impl Levels {
    /// Of a site whose own hashes are so much work.
    pub(super) fn of(own: Work) -> Self {
        let levels = Self(Default::default());
        levels.raise(own);
        levels
    }

    /// From now on it is as much as this; says whether it was less.
    pub(super) fn raise(&self, to: Work) -> bool {
        self.0[to.kind as usize].fetch_max(to.amount, Ordering::Relaxed) < to.amount
    }

    /// What is left to do of each kind for who has done this.
    pub(super) fn left(&self, done: Option<Work>) -> Vec<Work> {
        let left = Kind::ALL.into_iter().map(|kind| {
            let level = self.0[kind as usize].load(Ordering::Relaxed);
            let done = done
                .filter(|done| done.kind == kind)
                .map_or(0, |done| done.amount);
            Work {
                kind,
                amount: level.saturating_sub(done),
            }
        });
        left.filter(|work| work.amount > 0).collect()
    }
}

#[cfg(test)]
thread_local! {
    /// What this thread has done of each kind.
    pub(super) static DONE: std::cell::Cell<[u64; 5]> = const { std::cell::Cell::new([0; 5]) };
}

/// Notes what is being done. Tests only.
#[cfg_attr(not(test), allow(unused_variables))]
pub(super) fn note(work: Work) {
    #[cfg(test)]
    DONE.with(|done| {
        let mut all = done.get();
        all[work.kind as usize] += work.amount;
        done.set(all);
    });
}
