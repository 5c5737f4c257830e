//! Hashes that another program wrote, in the forms in which Django keeps them: verified, never made, and replaced by ours when
//! their owner signs in next.
//!
//! Each has a bound of what it may cost: a row does not decide how long a sign-in takes or how much memory it needs (CWE-400,
//! CWE-789). What is fast or not salted is not verified at all (CWE-328, CWE-759, CWE-916): such hashes are guessed, not attacked.

#[cfg(feature = "import-hashes")]
mod bcrypt;
mod parts;
mod pbkdf2;
#[cfg(feature = "import-hashes")]
mod scrypt;

use super::work::{Kind, Work};
use crate::passwords::error::HashError;

/// A hash of another program's, read and within its bound.
#[derive(Debug)]
pub(super) enum Imported {
    Pbkdf2(pbkdf2::Pbkdf2),
    #[cfg(feature = "import-hashes")]
    Bcrypt(bcrypt::Bcrypt),
    #[cfg(feature = "import-hashes")]
    Scrypt(scrypt::Scrypt),
}

impl Imported {
    /// The hash behind the name of its algorithm; `None` if no other program's is called so.
    pub(super) fn read(algorithm: &str, rest: &str) -> Option<Result<Self, HashError>> {
        Some(match algorithm {
            "pbkdf2_sha256" => pbkdf2::Pbkdf2::read(pbkdf2::Digest::Sha256, rest).map(Self::Pbkdf2),
            "pbkdf2_sha1" => pbkdf2::Pbkdf2::read(pbkdf2::Digest::Sha1, rest).map(Self::Pbkdf2),
            #[cfg(feature = "import-hashes")]
            "bcrypt" => bcrypt::Bcrypt::read(bcrypt::Input::Itself, rest).map(Self::Bcrypt),
            #[cfg(feature = "import-hashes")]
            "bcrypt_sha256" => bcrypt::Bcrypt::read(bcrypt::Input::Sha256, rest).map(Self::Bcrypt),
            #[cfg(feature = "import-hashes")]
            "scrypt" => scrypt::Scrypt::read(rest).map(Self::Scrypt),
            #[cfg(not(feature = "import-hashes"))]
            "bcrypt" | "bcrypt_sha256" | "scrypt" => Err(HashError(
                "bcrypt and scrypt are verified by a program with the feature `import-hashes` only",
            )),
            "md5" | "sha1" | "unsalted_md5" | "unsalted_sha1" | "crypt" => Err(HashError(
                "a fast hash (MD5, SHA-1, crypt), which is guessed at once: it is not verified; let its owner ask for a link to a \
                 new password",
            )),
            _ => return None,
        })
    }

    /// Whether only the beginning of this password was hashed.
    #[cfg_attr(not(feature = "import-hashes"), expect(clippy::unused_self, unused_variables))]
    pub(super) fn cuts(&self, typed: &[u8]) -> bool {
        #[cfg(feature = "import-hashes")]
        if let Self::Bcrypt(hash) = self {
            return hash.cuts(typed);
        }
        false
    }

    /// What verifying it takes.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Pbkdf2(hash) => hash.work(),
            #[cfg(feature = "import-hashes")]
            Self::Bcrypt(hash) => hash.work(),
            #[cfg(feature = "import-hashes")]
            Self::Scrypt(hash) => hash.work(),
        }
    }

    /// Whether the password is the one that was hashed: as it was typed, for nobody normalised it.
    pub(super) fn verify(&self, typed: &[u8]) -> Result<bool, HashError> {
        match self {
            Self::Pbkdf2(hash) => Ok(hash.verify(typed)),
            #[cfg(feature = "import-hashes")]
            Self::Bcrypt(hash) => hash.verify(typed),
            #[cfg(feature = "import-hashes")]
            Self::Scrypt(hash) => hash.verify(typed),
        }
    }
}

/// Does as much work of a kind that is not ours, and forgets what came of it.
pub(super) fn spend(work: Work, password: &[u8]) -> Result<(), HashError> {
    match work.kind {
        Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha1 => pbkdf2::spend(work, password),
        #[cfg(feature = "import-hashes")]
        Kind::Bcrypt => bcrypt::spend(work.amount, password)?,
        #[cfg(feature = "import-hashes")]
        Kind::Scrypt => scrypt::spend(work.amount, password)?,
        _ => {}
    }
    Ok(())
}
