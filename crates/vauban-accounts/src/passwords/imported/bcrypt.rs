//! bcrypt as Django keeps it: `$2b$12$…` behind the name of what went into it.
//!
//! CWE-916: it looks at 72 bytes and no more, so nothing new is ever hashed with it here.

use ::bcrypt::{HashParts, verify};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::passwords::error::HashError;
use crate::passwords::work::{Kind, Work, note};

/// CWE-400: each step doubles the work. Django's own are at 12.
const MAX_COST: u32 = 15;
const MIN_COST: u32 = 4;
/// The bytes of a password that count.
const LOOKED_AT: usize = 72;
/// `$2b$12$`, 22 characters of salt, 31 of hash.
const LENGTH: usize = 60;

/// What was hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input {
    /// The password's first 72 bytes.
    Itself,
    /// The hexadecimal digits of its SHA-256.
    Sha256,
}

#[derive(Debug)]
pub(crate) struct Bcrypt {
    input: Input,
    cost: u32,
    /// From the first `$` on.
    text: String,
}

impl Bcrypt {
    pub(super) fn read(input: Input, text: &str) -> Result<Self, HashError> {
        let of_form = HashError("is not of bcrypt's form, `$2b$12$` and 53 characters");
        let rest = ["$2a$", "$2b$", "$2y$"]
            .iter()
            .find_map(|kind| text.strip_prefix(kind))
            .ok_or(of_form)?;
        let (cost, data) = rest.split_once('$').ok_or(of_form)?;
        let is_of_alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
        let is_well_formed = text.len() == LENGTH
            && cost.len() == 2
            && cost.bytes().all(|b| b.is_ascii_digit())
            && data.bytes().all(is_of_alphabet);
        if !is_well_formed {
            return Err(of_form);
        }
        // What verifying would not read opens to nobody.
        text.parse::<HashParts>().map_err(|_| of_form)?;
        let cost = cost.parse().map_err(|_| of_form)?;
        if !(MIN_COST..=MAX_COST).contains(&cost) {
            return Err(HashError(
                "costs less than 4 or more than 15, which is not verified",
            ));
        }
        Ok(Self {
            input,
            cost,
            text: text.to_owned(),
        })
    }

    pub(super) fn work(&self) -> Work {
        work(self.cost)
    }

    /// Whether only the beginning of this password was hashed.
    pub(super) fn cuts(&self, password: &[u8]) -> bool {
        matches!(self.input, Input::Itself) && password.len() > LOOKED_AT
    }

    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        match self.input {
            Input::Itself => run(self.cost, password, &self.text),
            Input::Sha256 => {
                let digest = Sha256::digest(password);
                let digits: Zeroizing<String> =
                    Zeroizing::new(digest.iter().map(|byte| format!("{byte:02x}")).collect());
                run(self.cost, digits.as_bytes(), &self.text)
            }
        }
    }
}

fn work(cost: u32) -> Work {
    Work {
        kind: Kind::Bcrypt,
        amount: 1 << cost,
    }
}

/// A run of each cost whose bit is set: together they are as much.
pub(super) fn spend(amount: u64, password: &[u8]) -> Result<(), HashError> {
    for cost in (MIN_COST..=MAX_COST).filter(|cost| amount & (1 << cost) != 0) {
        let nobodys = format!("$2b${cost:02}$abcdefghijklmnopqrstuu{}", "a".repeat(31));
        run(cost, password, &nobodys)?;
    }
    Ok(())
}

/// The one place where keys are expanded.
fn run(cost: u32, password: &[u8], hash: &str) -> Result<bool, HashError> {
    // In C this ends a text: what stands behind it would not count.
    let is_cut = password.contains(&0);
    note(work(cost));
    let same = verify(password, hash).map_err(|_| HashError("is not of bcrypt's form"))?;
    Ok(same && !is_cut)
}
