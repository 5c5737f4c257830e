//! A password hash as it is stored: ours, or one that was brought from another program.

use std::fmt;

use super::error::HashError;
use super::imported::{self, Imported};
use super::password::Password;
use super::pepper::{Pepper, Peppers};
use super::phc::{self, Cost, Parsed};
use super::work::{Kind, Work};
use argon2::Block;

/// The longest text of a hash, in bytes: the column's.
pub(crate) const MAX_HASH_BYTES: usize = 500;

/// A password hash: a PHC string, or one in a form of Django's. Neither printed by `Debug` nor serialisable.
#[derive(Clone)]
pub struct Hash(String);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: hashes can be guessed at offline, so they stay out of logs.
        f.write_str("Hash(…)")
    }
}

impl Hash {
    /// A hash as it stands in the database.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it stands in the database: a PHC string, or one that Django wrote (`argon2$argon2id$…`, `pbkdf2_sha256$…`).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Why nobody could sign in with it, if so: it is cut off, costs too much, is guessed at once, or is of no known kind.
    #[cfg(test)]
    pub(crate) fn check(&self) -> Result<(), HashError> {
        Stored::read(&self.0).map(|_| ())
    }

    /// Why it is not imported, if so: nobody could sign in with it; it is guessed cheaply (CWE-916), which a row that is there already
    /// may be; or it needs a pepper that is not here.
    pub(crate) fn check_import(&self, peppers: &Peppers) -> Result<(), HashError> {
        let stored = Stored::read(&self.0)?;
        if stored.work().is_cheap() {
            return Err(HashError(
                "is guessed cheaply: below 10,000 iterations of PBKDF2, 10 of bcrypt, 512 KiB and two passes of Argon2, 8 MiB of scrypt; \
                 let its owner ask for a link to a new password",
            ));
        }
        match stored {
            Stored::Ours(parsed) | Stored::OfDjango(parsed) => parsed.pepper(peppers).map(|_| ()),
            Stored::Imported(_) => Ok(()),
        }
    }

    /// Whether only the beginning of this password was hashed: whoever knows that much opens it.
    pub(crate) fn cuts(&self, password: &Password) -> bool {
        match Stored::read(&self.0) {
            Ok(Stored::Imported(imported)) => imported.cuts(password.as_typed().as_bytes()),
            _ => false,
        }
    }

    /// Whether it says that there is no password, as Django does it.
    pub(crate) fn is_unusable(&self) -> bool {
        self.0.starts_with('!')
    }

    /// Whether it was made otherwise than new ones are, so that the next log-in replaces it. CWE-208: also one that costs more,
    /// since every sign-in takes as long as the dearest; what a site's hashes cost at least is bounded elsewhere (CWE-916).
    pub(super) fn is_outdated(&self, cost: Cost, peppers: &Peppers) -> bool {
        match Stored::read(&self.0) {
            Ok(Stored::Ours(parsed)) => parsed.is_outdated(cost, peppers),
            _ => true,
        }
    }

    /// What is done to verify it; nothing if it cannot be read.
    pub(super) fn work(&self) -> Option<Work> {
        Stored::read(&self.0).ok().map(|stored| stored.work())
    }

    /// How many of Argon2's memory blocks verifying takes.
    pub(super) fn blocks(&self) -> usize {
        match Stored::read(&self.0) {
            Ok(Stored::Ours(parsed) | Stored::OfDjango(parsed)) => parsed.blocks(),
            _ => 0,
        }
    }
}

/// Hashes a new password.
pub(super) fn make(
    cost: Cost,
    password: &Password,
    pepper: Option<&Pepper>,
    blocks: &mut [Block],
) -> Result<Hash, HashError> {
    phc::hash(cost, password.reveal().as_bytes(), pepper, blocks).map(Hash)
}

/// Whether the password is the one that was hashed.
pub(super) fn verify(
    hash: &Hash,
    password: &Password,
    peppers: &Peppers,
    blocks: &mut [Block],
) -> Result<bool, HashError> {
    match Stored::read(&hash.0)? {
        Stored::Ours(parsed) => parsed.verify(password.reveal().as_bytes(), peppers, blocks),
        // Django takes what was typed, and normalises nothing.
        Stored::OfDjango(parsed) => parsed.verify(password.as_typed().as_bytes(), peppers, blocks),
        Stored::Imported(imported) => imported.verify(password.as_typed().as_bytes()),
    }
}

/// Does as much work, and forgets what came of it.
pub(super) fn spend(
    work: Work,
    cost: Cost,
    password: &Password,
    blocks: &mut [Block],
) -> Result<(), HashError> {
    let password = password.as_typed().as_bytes();
    match work.kind {
        Kind::Argon2 => phc::spend(cost, work.amount, password, blocks),
        _ => imported::spend(work, password),
    }
}

/// A stored hash, read.
enum Stored {
    Ours(Parsed),
    /// Argon2 with Django's name before it.
    OfDjango(Parsed),
    Imported(Imported),
}

impl Stored {
    fn read(text: &str) -> Result<Self, HashError> {
        // CWE-400: no form is longer, whoever wrote it.
        if text.len() > MAX_HASH_BYTES {
            return Err(HashError("is longer than 500 bytes"));
        }
        if text.starts_with('!') {
            return Err(HashError("says that there is no password"));
        }
        let (algorithm, rest) = text.split_once('$').ok_or(UNKNOWN)?;
        match algorithm {
            "" => Parsed::read(text).map(Self::Ours),
            // What stands behind Django's name is a PHC string but for its first sign.
            "argon2" => Parsed::read(&text["argon2".len()..]).map(Self::OfDjango),
            _ => Imported::read(algorithm, rest)
                .ok_or(UNKNOWN)?
                .map(Self::Imported),
        }
    }
}

impl Stored {
    fn work(&self) -> Work {
        match self {
            Self::Ours(parsed) | Self::OfDjango(parsed) => parsed.work(),
            Self::Imported(imported) => imported.work(),
        }
    }
}

const UNKNOWN: HashError = HashError("is of no kind that is verified");
