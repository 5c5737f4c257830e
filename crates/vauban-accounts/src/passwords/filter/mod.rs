//! Passwords that are known to be stolen (ASVS 6.2.12, CWE-521), as a binary fuse filter: 18 bits for each, whatever its length,
//! and nothing of it can be read back. What was put in is always found; of what was not, one in 65,536 is taken for it.
//!
//! An entry is the beginning of the password's SHA-1, because lists are published so (Have I Been Pwned). Nothing is protected by
//! that digest: whoever can choose what collides only gets a password of their own refused.

mod build;
mod file;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use xorf::{BinaryFuse16, Filter as _};

use super::password::Password;
pub(crate) use build::{FilterBuilder, NotALine, Taken};
pub(crate) use file::{FilterError, Target};

/// The filter that a site has. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PasswordFilter(Arc<BinaryFuse16>);

impl PasswordFilter {
    /// The filter of a setting: a path, or nothing.
    ///
    /// # Errors
    /// If the file is not there, or is not whole.
    pub(crate) fn of_setting(path: &str) -> Result<Option<Self>, FilterError> {
        match path.trim() {
            "" => Ok(None),
            path => Ok(Some(Self(Arc::new(file::read(Path::new(path))?)))),
        }
    }

    /// What is wrong with the filter of a setting, as far as its header and length tell: start reads all of it, and `check` need not.
    pub(crate) fn look(path: &str) -> Result<(), FilterError> {
        match path.trim() {
            "" => Ok(()),
            path => file::look(Path::new(path)),
        }
    }

    /// Whether the password is, or is taken for, one of those.
    pub(crate) fn contains(&self, password: &Password) -> bool {
        self.0.contains(&key(password.reveal().as_bytes()))
    }
}

impl fmt::Debug for PasswordFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordFilter").finish_non_exhaustive()
    }
}

/// What stands for a password in the filter.
fn key(password: &[u8]) -> u64 {
    key_of_digest(&Sha1::digest(password).into())
}

fn key_of_digest(digest: &[u8; 20]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
