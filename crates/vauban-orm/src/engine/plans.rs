//! Plans by the shape of their statement: so many of them and so many bytes, whoever asks for what (CWE-770). What was not
//! used for the longest time goes first, and its prepared statement with it: one bound for both.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};

use crate::tree::value::Value;

/// Plans of a connection.
pub(super) const MOST: usize = 1024;
/// Their bytes, with what SQLite keeps of each.
const MOST_BYTES: usize = 8 << 20;
/// Bytes of a plan that is kept: a larger one would push many others out, and whoever writes long requests all of them.
const LARGEST: usize = MOST_BYTES / 32;
/// Bytes of a prepared statement: for each byte of its text, and the least there are (measured: 14 to 16, and 4 KiB).
const PREPARED: usize = 16;
const PREPARED_LEAST: usize = 4096;

/// A statement's text, with the constants of the policies in it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sql: String,
    pub(crate) constants: Vec<Value>,
    /// How often it goes to a reader thread at once, after having been too much for the request's own.
    pub(super) heavy: AtomicU32,
    /// Whether the connection has a prepared statement of it.
    pub(super) prepared: AtomicBool,
}

impl Plan {
    pub(crate) fn new(sql: String, constants: Vec<Value>) -> Self {
        Self {
            sql,
            constants,
            heavy: AtomicU32::new(0),
            prepared: AtomicBool::new(false),
        }
    }

    fn bytes(&self) -> usize {
        let constants: usize = self.constants.iter().map(value_bytes).sum();
        self.sql.len() * (1 + PREPARED) + PREPARED_LEAST + constants + size_of::<Self>()
    }

    /// Whether it is kept for the next time.
    pub(super) fn is_kept(&self) -> bool {
        self.bytes() <= LARGEST
    }
}

fn value_bytes(value: &Value) -> usize {
    let owned = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        _ => 0,
    };
    size_of::<Value>() + owned
}

#[derive(Debug)]
struct Kept {
    plan: Arc<Plan>,
    bytes: usize,
    /// Since it was last passed over.
    used: Cell<bool>,
}

#[derive(Debug, Default)]
pub(super) struct Plans {
    by_shape: HashMap<Arc<[u8]>, Kept, BuildHasherDefault<ShapeHasher>>,
    /// Who goes next, unless used meanwhile.
    order: VecDeque<Arc<[u8]>>,
    bytes: usize,
}

impl Plans {
    pub(super) fn get(&self, shape: &[u8]) -> Option<Arc<Plan>> {
        let kept = self.by_shape.get(shape)?;
        kept.used.set(true);
        Some(Arc::clone(&kept.plan))
    }

    /// Keeps a plan, if it is not too large; returns those that go for it.
    #[must_use]
    pub(super) fn keep(&mut self, shape: &[u8], plan: &Arc<Plan>) -> Vec<Arc<Plan>> {
        let mut gone = Vec::new();
        if !plan.is_kept() {
            return gone;
        }
        let bytes = shape.len() * 2 + plan.bytes();
        while self.by_shape.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            match self.oldest() {
                Some(plan) => gone.push(plan),
                None => break,
            }
        }
        let shape: Arc<[u8]> = shape.into();
        self.order.push_back(Arc::clone(&shape));
        self.bytes += bytes;
        let kept = Kept {
            plan: Arc::clone(plan),
            bytes,
            used: Cell::new(false),
        };
        self.by_shape.insert(shape, kept);
        gone
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes out the first that was not used since it was last passed over.
    fn oldest(&mut self) -> Option<Arc<Plan>> {
        loop {
            let shape = self.order.pop_front()?;
            if self.by_shape.get(&shape)?.used.replace(false) {
                self.order.push_back(shape);
                continue;
            }
            let kept = self.by_shape.remove(&shape)?;
            self.bytes -= kept.bytes;
            return Some(kept.plan);
        }
    }
}

/// Fast and unkeyed: shapes are made of addresses and operators, nothing from outside (no CWE-407).
#[derive(Debug, Default)]
pub(super) struct ShapeHasher(u64);

impl Hasher for ShapeHasher {
    fn write(&mut self, bytes: &[u8]) {
        const K: u64 = 0x517c_c1b7_2722_0a95;
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(K);
        }
        for byte in chunks.remainder() {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(K);
        }
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: usize) -> Arc<Plan> {
        Arc::new(Plan::new("x".repeat(text), Vec::new()))
    }

    /// CWE-770. Attack: a new text for each number of words, for ever.
    #[test]
    fn plans_are_bounded_in_number_and_in_bytes_and_the_oldest_go_first() {
        for text in [10, 2_000] {
            let mut plans = Plans::default();
            let common = plan(text);
            assert!(plans.keep(b"common", &common).is_empty());
            let mut gone = 0;
            for i in 0..5_000_u32 {
                gone += plans.keep(&i.to_le_bytes(), &plan(text)).len();
                assert!(plans.get(b"common").is_some(), "what is used stays");
                assert!(plans.bytes <= MOST_BYTES && plans.by_shape.len() <= MOST);
            }
            assert_eq!(gone + plans.by_shape.len(), 5_001);
            assert_eq!(plans.order.len(), plans.by_shape.len());
            assert!(plans.get(&4_999_u32.to_le_bytes()).is_some());
            assert!(plans.get(&0_u32.to_le_bytes()).is_none());
        }
    }

    /// CWE-770. Attack: requests that are so long that a few of them push everybody else's statements out.
    #[test]
    fn a_large_plan_is_not_kept() {
        let mut plans = Plans::default();
        let large = plan(LARGEST);
        assert!(plans.keep(b"large", &large).is_empty());
        assert!(plans.get(b"large").is_none() && plans.bytes == 0);
    }
}
