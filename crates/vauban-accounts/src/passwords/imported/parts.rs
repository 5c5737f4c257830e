//! The parts of which Django's hashes are made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use subtle::ConstantTimeEq as _;

use crate::passwords::error::HashError;

/// The longest salt of another program's. Django's own have 22 characters.
const MAX_SALT: usize = 128;

/// A number as Django writes it: digits without anything before them.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A salt as Django writes it.
pub(super) fn salt(text: &str) -> Result<String, HashError> {
    // CWE-759
    if text.is_empty() {
        return Err(HashError("has no salt"));
    }
    if text.len() > MAX_SALT {
        return Err(HashError("its salt is longer than 128 bytes"));
    }
    // No database has to take what Django does not write: PostgreSQL has no zero byte in a text.
    if text.chars().any(char::is_control) {
        return Err(HashError("its salt has what is no letter, digit or sign"));
    }
    Ok(text.to_owned())
}

/// An output of exactly so many bytes: a shorter one would match many passwords.
pub(super) fn output<const N: usize>(text: &str) -> Result<[u8; N], HashError> {
    let cut = HashError("is cut off, or longer than its algorithm makes it");
    BASE64.decode(text).map_err(|_| cut)?.try_into().map_err(|_| cut)
}

/// CWE-208: in constant time.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
