//! The keys of encrypted fields, as far as a process knows of them: what opens a ciphertext that is read, and what a search looks for.
//!
//! The secrets are the framework's ([`Cipher`]); which of them are in use says the database. A ciphertext names its root and its
//! key, so that it opens wherever the root is known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::sabotage::{Control, removed};

/// What names a `secret_key`, and does not tell it.
pub type RootId = [u8; 6];

/// A key of a label: the secret that it comes of, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyName {
    /// Of which `secret_key` it is derived.
    pub root: RootId,
    /// No two keys of a label have the same.
    pub id: u32,
}

/// Seals and opens, by keys that are derived of the site's secrets. Implemented by the framework.
pub trait Cipher: fmt::Debug + Send + Sync + 'static {
    /// The secrets that are known: that of `secret_key` first, then its fallbacks.
    fn roots(&self) -> Vec<RootId>;
    /// Seals for a place; `None` where the root is not known, or the system has no random bytes.
    fn seal(&self, label: &str, key: KeyName, row: &[u8], plain: &[u8]) -> Option<Vec<u8>>;
    /// Opens what was sealed for this place by the key that it names.
    fn open(&self, label: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
    /// What a value is found by; `None` where the root is not known.
    fn index(&self, label: &str, key: KeyName, plain: &[u8]) -> Option<[u8; 16]>;
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// What is written now is sealed by it.
    Active,
    /// It opens what it sealed, and seals nothing more.
    DecryptOnly,
    /// It opens nothing any more, though its secret may be there.
    Retired,
}

impl KeyState {
    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt-only",
            Self::Retired => "retired",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Active, Self::DecryptOnly, Self::Retired];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// Keys of a label that open, at most: so many values a search asks for.
pub(crate) const MOST_LIVE: usize = 5;

/// Keys that a search asks for besides: the one that another process may have made just now, under `secret_key` or under the first of
/// its fallbacks.
pub(crate) const MOST_NEXT: usize = 2;

/// Keys of a label that open, at most, when one more is asked for: there is room for those that a changed `secret_key` makes.
pub(crate) const MOST_ROTATED: usize = 3;

/// What stands before a ciphertext: its form, its root, its key.
pub(crate) const HEADER: usize = 1 + 6 + 4;

const FORM: u8 = 1;

/// Which key a ciphertext names.
pub(crate) fn key_of(sealed: &[u8]) -> Option<KeyName> {
    let (form, rest) = sealed.split_first()?;
    let (root, rest) = rest.split_first_chunk::<6>()?;
    let (id, _) = rest.split_first_chunk::<4>()?;
    (*form == FORM).then_some(KeyName {
        root: *root,
        id: u32::from_be_bytes(*id),
    })
}

/// How every ciphertext of a key begins.
pub(crate) fn header_of(key: KeyName) -> Vec<u8> {
    [&[FORM], &key.root[..], &key.id.to_be_bytes()].concat()
}

/// Why a ciphertext is not opened. Never what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unopened {
    /// It is no ciphertext.
    Malformed,
    /// The secret that it names is neither `secret_key` nor one of its fallbacks.
    UnknownRoot,
    /// Its key is retired.
    Retired,
    /// It was sealed for another row, column or table, or changed since (CWE-353).
    Foreign,
    /// What it holds is none of the field's values.
    OtherType,
    /// The database was opened without keys.
    NoKeys,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it is no ciphertext",
            Self::UnknownRoot => {
                "it names a secret that is neither `secret_key` nor in `secret_key_fallbacks`"
            }
            Self::Retired => "its key is retired",
            Self::Foreign => "it was sealed for another row or field, or changed since",
            Self::OtherType => "what it holds is none of the field's values",
            Self::NoKeys => "there are no keys",
        })
    }
}

/// What a label's keys are, as a process last saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key: KeyName,
    pub(crate) state: KeyState,
}

/// The ring of a database. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ring(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    cipher: OnceLock<Arc<dyn Cipher>>,
    known: RwLock<BTreeMap<String, Vec<Known>>>,
}

impl Ring {
    /// The first call decides.
    pub(crate) fn install(&self, cipher: Arc<dyn Cipher>) {
        let _ = self.0.cipher.set(cipher);
    }

    pub(crate) fn cipher(&self) -> Option<&Arc<dyn Cipher>> {
        self.0.cipher.get()
    }

    /// What the database says of a label's keys.
    pub(crate) fn learn(&self, label: &str, keys: Vec<Known>) {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(label.to_owned(), keys);
    }

    fn known<T>(&self, label: &str, look: impl FnOnce(&[Known]) -> T) -> T {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        look(known.get(label).map_or(&[], Vec::as_slice))
    }

    /// Opens a cell of this row.
    pub(crate) fn open(&self, label: &str, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let cipher = self.cipher().ok_or(Unopened::NoKeys)?;
        let key = key_of(sealed).ok_or(Unopened::Malformed)?;
        if !cipher.roots().contains(&key.root) {
            return Err(Unopened::UnknownRoot);
        }
        // CWE-324: what the database calls retired opens nothing, though its secret may be there still.
        let is_retired = |known: &Known| known.key.id == key.id && known.state == KeyState::Retired;
        if self.known(label, |known| known.iter().any(is_retired)) && !removed(Control::Retired) {
            return Err(Unopened::Retired);
        }
        let label = if removed(Control::SealedForLabel) {
            ""
        } else {
            label
        };
        let row = if removed(Control::SealedForRow) { &[] } else { row };
        cipher.open(label, row, sealed).ok_or(Unopened::Foreign)
    }

    /// Seals a cell of this row by a key.
    pub(crate) fn seal(&self, label: &str, key: KeyName, row: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let label = if removed(Control::SealedForLabel) {
            ""
        } else {
            label
        };
        let row = if removed(Control::SealedForRow) { &[] } else { row };
        self.cipher()?.seal(label, key, row, plain)
    }

    /// What a value is stored by to be found: its key's number, then what follows from it.
    pub(crate) fn index(&self, label: &str, key: KeyName, plain: &[u8]) -> Option<Vec<u8>> {
        let found_by = self.cipher()?.index(label, key, plain)?;
        Some([&key.id.to_be_bytes()[..], &found_by].concat())
    }

    /// What to look for by the `nth` of a label's keys that open. Where there are fewer, and of those whose secret is not known, it is
    /// a value that no row has.
    ///
    /// The first is the newest and the last are those that would come next: of a rotation that another process has just made, and of a
    /// secret that it has before this one's, this one need not have heard.
    pub(crate) fn sought(&self, label: &str, nth: usize, plain: &[u8]) -> Vec<u8> {
        let Some(cipher) = self.cipher() else {
            return Vec::new();
        };
        let key = self.known(label, |known| {
            if let Some(next) = nth.checked_sub(MOST_LIVE) {
                let newest = known.iter().map(|one| one.key.id).max().unwrap_or(0);
                let root = cipher.roots().get(next).copied()?;
                let id = newest.checked_add(1)?;
                return Some(KeyName { root, id });
            }
            let mut live: Vec<_> = known
                .iter()
                .filter(|one| one.state != KeyState::Retired)
                .collect();
            live.sort_by_key(|one| std::cmp::Reverse(one.key.id));
            live.get(nth).map(|one| one.key)
        });
        key.and_then(|key| self.index(label, key, plain))
            .unwrap_or_default()
    }
}

/// A value on its way into an encrypted column, before it is sealed for its row; or on its way into a search. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsealed {
    plain: Arc<[u8]>,
    sought: Option<(&'static str, usize)>,
}

impl Unsealed {
    pub(crate) fn new(plain: Vec<u8>) -> Self {
        Self {
            plain: plain.into(),
            sought: None,
        }
    }

    /// To be looked for by the `nth` key of a label.
    pub(crate) fn sought(&self, label: &'static str, nth: usize) -> Self {
        Self {
            plain: Arc::clone(&self.plain),
            sought: Some((label, nth)),
        }
    }

    pub(crate) fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// What is bound for it in a search; `None` for what was to be sealed: CWE-311, it does not leave as it is.
    pub(crate) fn bound(&self, ring: &Ring) -> Option<Vec<u8>> {
        let (label, nth) = self.sought?;
        Some(ring.sought(label, nth, &self.plain))
    }
}

/// Nothing of what it holds (CWE-532).
impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsealed(…)")
    }
}
