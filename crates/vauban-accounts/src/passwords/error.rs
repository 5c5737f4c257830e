//! Why a hash is of no use.

use std::fmt;

/// A stored hash that cannot be used, or hashing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashError(pub(super) &'static str);

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "password hash: {}", self.0)
    }
}

impl std::error::Error for HashError {}
