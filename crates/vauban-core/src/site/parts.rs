//! Parts of a site, by type: what modules bring for their own views, layers and commands.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

/// Values by type: at most one of a type, and of each type of contribution a list.
///
/// Whoever can name a type can fetch it, so what nobody but the framework may reach (the engine, the keys) is no
/// part.
#[derive(Default)]
pub struct Parts {
    one: HashMap<TypeId, Box<dyn Any + Send + Sync>, BuildHasherDefault<IdHash>>,
    names: Vec<&'static str>,
}

impl Parts {
    /// The part of this type, if a module brought it.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.one
            .get(&TypeId::of::<T>())
            .and_then(|part| part.downcast_ref())
    }

    pub(crate) fn has(&self, id: TypeId) -> bool {
        self.one.contains_key(&id)
    }

    /// Adds a part. `false` if there is one of this type already, which stays.
    pub fn insert<T: Any + Send + Sync>(&mut self, part: T) -> bool {
        let free = !self.one.contains_key(&TypeId::of::<T>());
        if free {
            self.one.insert(TypeId::of::<T>(), Box::new(part));
            self.names.push(type_name::<T>());
        }
        free
    }

    /// Adds to the list of what modules contributed of this type.
    pub fn contribute<T: Any + Send + Sync>(&mut self, one: T) {
        let list = self
            .one
            .entry(TypeId::of::<Vec<T>>())
            .or_insert_with(|| Box::new(Vec::<T>::new()));
        if let Some(list) = list.downcast_mut::<Vec<T>>() {
            list.push(one);
        }
    }

    /// What modules contributed of this type, in the order of the modules.
    pub fn contributed<T: Any>(&self) -> &[T] {
        self.get::<Vec<T>>().map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.names).finish()
    }
}

/// A `TypeId` is a hash already: hashing it once more costs 6 ns a look-up.
#[derive(Default)]
struct IdHash(u64);

impl Hasher for IdHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_its_type_and_stands_once() {
        let mut parts = Parts::default();
        assert!(parts.insert(7_u32) && parts.insert("seven"));
        assert!(!parts.insert(8_u32));
        assert_eq!(parts.get::<u32>(), Some(&7));
        assert_eq!(parts.get::<u64>(), None);
    }

    #[test]
    fn contributions_keep_their_order() {
        let mut parts = Parts::default();
        parts.contribute(1_u8);
        parts.contribute(2_u8);
        assert_eq!(parts.contributed::<u8>(), [1, 2]);
        assert!(parts.contributed::<u16>().is_empty());
    }
}
