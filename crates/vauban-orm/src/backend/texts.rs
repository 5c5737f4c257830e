//! Texts by the shape of their statement: so many of them and so many bytes, whoever asks for what (CWE-770). What was not
//! used for the longest time goes first, and its prepared statement with it: one bound for both.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

use super::lock;
use super::watched::Watched;
use crate::error::Result;
use crate::sql::statement::Text;
use crate::tree::ring::Ring;
use crate::tree::value::Value;

/// Texts of a connection.
pub(super) const MOST: usize = 1024;
/// Their bytes, with what SQLite keeps of each.
const MOST_BYTES: usize = 8 << 20;
/// Bytes of a text that is kept: a larger one would push many others out, and whoever writes long requests all of them.
const LARGEST: usize = MOST_BYTES / 32;
/// Bytes of a prepared statement: for each byte of its text, and the least there are (measured: 14 to 16, and 4 KiB).
const PREPARED: usize = 16;
const PREPARED_LEAST: usize = 4096;

/// What a text takes, with what a database keeps of it.
fn bytes(text: &Text) -> usize {
    let constants: usize = text.constants.iter().map(value_bytes).sum();
    text.sql.len() * (1 + PREPARED) + PREPARED_LEAST + constants + size_of::<Text>()
}

/// Whether it is kept for the next time.
pub(super) fn is_kept(text: &Text) -> bool {
    bytes(text) <= LARGEST
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
    text: Arc<Text>,
    bytes: usize,
    /// Since it was last passed over.
    used: Cell<bool>,
}

#[derive(Debug, Default)]
pub(super) struct Texts {
    by_shape: HashMap<Arc<[u8]>, Kept, BuildHasherDefault<ShapeHasher>>,
    /// Who goes next, unless used meanwhile.
    order: VecDeque<Arc<[u8]>>,
    bytes: usize,
}

impl Texts {
    pub(super) fn get(&self, shape: &[u8]) -> Option<Arc<Text>> {
        let kept = self.by_shape.get(shape)?;
        kept.used.set(true);
        Some(Arc::clone(&kept.text))
    }

    /// Keeps a text, if it is not too large; returns those that go for it.
    #[must_use]
    pub(super) fn keep(&mut self, shape: &[u8], text: &Arc<Text>) -> Vec<Arc<Text>> {
        let mut gone = Vec::new();
        if !is_kept(text) {
            return gone;
        }
        let bytes = shape.len() * 2 + bytes(text);
        while self.by_shape.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            match self.oldest() {
                Some(text) => gone.push(text),
                None => break,
            }
        }
        let shape: Arc<[u8]> = shape.into();
        self.order.push_back(Arc::clone(&shape));
        self.bytes += bytes;
        let kept = Kept {
            text: Arc::clone(text),
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
    fn oldest(&mut self) -> Option<Arc<Text>> {
        loop {
            let shape = self.order.pop_front()?;
            if self.by_shape.get(&shape)?.used.replace(false) {
                self.order.push_back(shape);
                continue;
            }
            let kept = self.by_shape.remove(&shape)?;
            self.bytes -= kept.bytes;
            return Some(kept.text);
        }
    }
}

/// The texts of a database, for all its connections. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptTexts(Arc<Mutex<Texts>>, Watched, Ring);

impl KeptTexts {
    /// Who watches the statements that are run.
    pub(crate) fn watched(&self) -> &Watched {
        &self.1
    }

    /// The keys of what is sealed in it.
    pub(crate) fn ring(&self) -> &Ring {
        &self.2
    }

    /// The text for a shape, made at its first use.
    pub(in crate::backend) fn text(
        &self,
        shape: &[u8],
        make: impl FnOnce() -> Result<Text>,
    ) -> Result<Arc<Text>> {
        #[cfg(test)]
        if crate::sabotage::any_removed() {
            return make().map(Arc::new);
        }
        if let Some(text) = lock(&self.0).get(shape) {
            return Ok(text);
        }
        let text = Arc::new(make()?);
        let mut texts = lock(&self.0);
        // Another connection may have made it meanwhile.
        if let Some(text) = texts.get(shape) {
            return Ok(text);
        }
        drop(texts.keep(shape, &text));
        Ok(text)
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

    fn text(bytes: usize) -> Arc<Text> {
        Arc::new(Text::new("x".repeat(bytes), Vec::new(), Vec::new()))
    }

    /// CWE-770. Attack: a new text for each number of words, for ever.
    #[test]
    fn texts_are_bounded_in_number_and_in_bytes_and_the_oldest_go_first() {
        for bytes in [10, 2_000] {
            let mut texts = Texts::default();
            let common = text(bytes);
            assert!(texts.keep(b"common", &common).is_empty());
            let mut gone = 0;
            for i in 0..5_000_u32 {
                gone += texts.keep(&i.to_le_bytes(), &text(bytes)).len();
                assert!(texts.get(b"common").is_some(), "what is used stays");
                assert!(texts.bytes <= MOST_BYTES && texts.by_shape.len() <= MOST);
            }
            assert_eq!(gone + texts.by_shape.len(), 5_001);
            assert_eq!(texts.order.len(), texts.by_shape.len());
            assert!(texts.get(&4_999_u32.to_le_bytes()).is_some());
            assert!(texts.get(&0_u32.to_le_bytes()).is_none());
        }
    }

    /// CWE-770. Attack: requests that are so long that a few of them push everybody else's statements out.
    #[test]
    fn a_large_text_is_not_kept() {
        let mut texts = Texts::default();
        let large = text(LARGEST);
        assert!(texts.keep(b"large", &large).is_empty());
        assert!(texts.get(b"large").is_none() && texts.bytes == 0);
    }
}
