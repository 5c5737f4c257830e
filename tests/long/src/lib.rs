//! How much a random test does, with which seed, and the figures that it tells: one place for all of them.
//!
//! Every test with chance in it (properties, judges, soaks) is short in the suite and long in `scripts/test --long`,
//! which sets these:
//!
//! | variable | |
//! |---|---|
//! | `TEST_LONG=1` | the long form |
//! | `TEST_SEED=N` | the run with that seed once more; a failed test shows its own |
//! | `TEST_FIGURES=FILE` | where figures are added, a line each; those of one name add up |
//!
//! (None begins with `VAUBAN_`: programs under test inherit them, and take what does for a setting.)
//!
//! Properties stand in modules called `properties`: by that the long run finds them.

use std::fmt::Display;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::sync::OnceLock;

use proptest::test_runner::{Config, RngSeed};

/// `short` in the suite, `long` in the long run.
pub fn amount<T>(short: T, long: T) -> T {
    if std::env::var_os("TEST_LONG").is_some_and(|set| set == "1") {
        long
    } else {
        short
    }
}

/// The seed of this run: the one that was asked for, or another each time.
///
/// A test says it, and the runner shows what a test has said when it fails.
///
/// # Panics
/// If the one that was asked for is no number.
pub fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed = *SEED.get_or_init(|| match std::env::var("TEST_SEED") {
        Ok(asked) => asked
            .parse()
            .unwrap_or_else(|_| panic!("TEST_SEED is `{asked}`: write the number that the failed run told")),
        // The standard library's maps have a random key each time.
        Err(_) => RandomState::new().build_hasher().finish(),
    });
    eprintln!("seed {seed}; with TEST_SEED={seed} this run is repeated");
    seed
}

/// For `#![proptest_config(long::cases(short, long, "values"))]`: so many cases of that, from [`seed`].
pub fn cases(short: u32, long: u32, of: &str) -> Config {
    let cases = amount(short, long);
    figure(1, "properties");
    figure(cases, of);
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed()),
        // The seed repeats a failure; nothing is written into the sources.
        failure_persistence: None,
        ..Config::default()
    }
}

/// Adds a figure to the table of the long run: `figure(100_000, "requests")`.
///
/// # Panics
/// If the file cannot be written.
pub fn figure(number: impl Display, of: &str) {
    let Some(file) = std::env::var_os("TEST_FIGURES") else {
        return;
    };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
    // One write a line: tests run side by side.
    let written = file.and_then(|mut file| file.write_all(format!("{number}\t{of}\n").as_bytes()));
    written.unwrap_or_else(|error| panic!("the figure `{number} {of}` is not written: {error}"));
}

/// A small generator of numbers (xorshift), the same for the same seed. Not for secrets.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// Those of the seed, and of a stream: each thread of a test has one of its own.
    pub fn new(seed: u64, stream: u64) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self((seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1))
    }

    /// The next number, below `below` (0 if that is 0).
    pub fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half: the lowest bits of neighbours are alike.
        usize::try_from((self.0 >> 16) % below.max(1) as u64).unwrap_or(0)
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_repeat_and_streams_differ() {
        let first = |stream| {
            let mut numbers = Numbers::new(7, stream);
            (0..50).map(|_| numbers.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        let all: std::collections::BTreeSet<_> = first(0).into_iter().collect();
        assert_eq!(all.len(), 10, "every number comes up");
        assert_eq!(Numbers::new(0, 0).below(0), 0);
    }
}
