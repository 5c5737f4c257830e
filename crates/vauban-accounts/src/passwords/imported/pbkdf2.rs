//! PBKDF2 (RFC 8018) as Django keeps it: `iterations$salt$base64`.

use ::pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::parts::{number, output, salt, same};
use crate::passwords::error::HashError;
use crate::passwords::work::{Kind, Work, note};

/// CWE-400: Django's own are at 1,500,000 (6.1), and grow by a fifth with every version.
const MAX_ITERATIONS: u32 = 5_000_000;

/// What the iterations are of. CWE-328 is not about HMAC: SHA-1 is weak against collisions, which nobody needs here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Digest {
    Sha256,
    Sha1,
}

#[derive(Debug)]
pub(crate) struct Pbkdf2 {
    iterations: u32,
    salt: String,
    output: Output,
}

/// One block of the digest each.
#[derive(Debug)]
enum Output {
    Sha256([u8; 32]),
    Sha1([u8; 20]),
}

impl Pbkdf2 {
    pub(super) fn read(digest: Digest, rest: &str) -> Result<Self, HashError> {
        let mut parts = rest.split('$');
        let (Some(iterations), Some(with), Some(hash), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(HashError("is not of PBKDF2's form, `iterations$salt$hash`"));
        };
        let iterations = number(iterations).ok_or(HashError("its iterations are no number"))?;
        if iterations > MAX_ITERATIONS {
            return Err(HashError(
                "costs more than is verified, which is 5,000,000 iterations",
            ));
        }
        Ok(Self {
            iterations,
            salt: salt(with)?,
            output: match digest {
                Digest::Sha256 => Output::Sha256(output(hash)?),
                Digest::Sha1 => Output::Sha1(output(hash)?),
            },
        })
    }

    pub(super) fn work(&self) -> Work {
        Work {
            kind: match self.output {
                Output::Sha256(_) => Kind::Pbkdf2Sha256,
                Output::Sha1(_) => Kind::Pbkdf2Sha1,
            },
            amount: self.iterations.into(),
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut out = Zeroizing::new([0; 32]);
        let (out, stored) = match &self.output {
            Output::Sha256(stored) => (&mut out[..], &stored[..]),
            Output::Sha1(stored) => (&mut out[..20], &stored[..]),
        };
        derive(self.work(), password, self.salt.as_bytes(), out);
        same(out, stored)
    }
}

pub(super) fn spend(work: Work, password: &[u8]) {
    let length = if work.kind == Kind::Pbkdf2Sha1 { 20 } else { 32 };
    derive(work, password, b"nobody's salt", &mut [0; 32][..length]);
}

/// The one place where it is iterated.
fn derive(work: Work, password: &[u8], salt: &[u8], out: &mut [u8]) {
    note(work);
    let rounds = u32::try_from(work.amount).unwrap_or(MAX_ITERATIONS);
    match work.kind {
        Kind::Pbkdf2Sha1 => pbkdf2_hmac::<Sha1>(password, salt, rounds, out),
        _ => pbkdf2_hmac::<Sha256>(password, salt, rounds, out),
    }
}
