//! scrypt (RFC 7914) as Django keeps it: `n$salt$r$p$base64`.

use ::scrypt::{Params, scrypt};

use super::parts::{number, output, salt, same};
use crate::passwords::error::HashError;
use crate::passwords::work::{Kind, Work, note};

/// CWE-789: 128 MiB, in blocks of 128 bytes. Django's own take 16 MiB.
const MAX_BLOCKS: u64 = (128 << 20) / 128;
/// CWE-400: one after the other they are as much as five of the largest. Django's own are five of 16 MiB.
const MAX_WORK: u64 = 5 * MAX_BLOCKS;
/// CWE-789: `p` blocks of `128 * r` bytes are held besides, all at once. Django's own are 5 and 8.
const MAX_R: u32 = 32;
const MAX_P: u32 = 16;

#[derive(Debug)]
pub(crate) struct Scrypt {
    log_n: u8,
    r: u32,
    p: u32,
    salt: String,
    output: [u8; 64],
}

impl Scrypt {
    pub(super) fn read(rest: &str) -> Result<Self, HashError> {
        let mut parts = rest.split('$');
        let mut next = || parts.next().ok_or(OF_FORM);
        let (n, with, r, p, hash) = (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(OF_FORM);
        }
        let read = |text| number(text).ok_or(OF_FORM);
        let (n, r, p) = (read(n)?, read(r)?, read(p)?);
        if !n.is_power_of_two() || n < 2 {
            return Err(OF_FORM);
        }
        let blocks = u64::from(n).saturating_mul(r.into());
        if r > MAX_R || p > MAX_P {
            return Err(HashError(
                "its r is above 32 or its p above 16, which is not verified",
            ));
        }
        if blocks > MAX_BLOCKS || blocks.saturating_mul(p.into()) > MAX_WORK {
            return Err(HashError(
                "costs more than is verified, which is 128 MiB, five times over",
            ));
        }
        let read = Self {
            log_n: n.ilog2().try_into().map_err(|_| OF_FORM)?,
            r,
            p,
            salt: salt(with)?,
            output: output(hash)?,
        };
        params(read.log_n, read.r, read.p)?;
        Ok(read)
    }

    pub(super) fn work(&self) -> Work {
        Work {
            kind: Kind::Scrypt,
            amount: (1_u64 << self.log_n) * u64::from(self.r) * u64::from(self.p),
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        let mut out = [0; 64];
        run(
            (self.log_n, self.r, self.p),
            password,
            self.salt.as_bytes(),
            &mut out,
        )?;
        Ok(same(&out, &self.output))
    }
}

const OF_FORM: HashError = HashError("is not of scrypt's form, `n$salt$r$p$hash`");
/// What is made up for is filled in pieces of 16 MiB at most, and of 1 KiB at least: less is not told from the time.
const PIECE_LOG_N: u32 = 14;

pub(super) fn spend(amount: u64, password: &[u8]) -> Result<(), HashError> {
    let mut left = amount / 8;
    while left > 1 {
        let log_n = left.ilog2().min(PIECE_LOG_N);
        let step = u8::try_from(log_n).map_err(|_| OF_FORM)?;
        run((step, 8, 1), password, b"nobody's salt", &mut [0; 64])?;
        left -= 1 << log_n;
    }
    Ok(())
}

fn params(log_n: u8, r: u32, p: u32) -> Result<Params, HashError> {
    Params::new(log_n, r, p).map_err(|_| OF_FORM)
}

/// The one place where blocks are filled.
fn run((log_n, r, p): (u8, u32, u32), password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), HashError> {
    note(Work {
        kind: Kind::Scrypt,
        amount: (1_u64 << log_n) * u64::from(r) * u64::from(p),
    });
    scrypt(password, salt, &params(log_n, r, p)?, out).map_err(|_| HashError("hashing failed"))
}
