//! Passwords: what may be one, how it is kept, and what the hashing may cost.
//!
//! One file per control: [`Password`] is the text as it was typed, [`validators`](self) say what is too weak,
//! [`Hasher`] turns it into an Argon2id hash off the request's threads. Hashes of other programs are verified (`imported/`), a
//! pepper may be added (`pepper.rs`), and what was stolen elsewhere may be known (`filter/`).

mod common;
mod error;
mod filter;
mod hash;
mod hasher;
mod imported;
mod password;
mod pepper;
mod phc;
mod predictable;
mod similarity;
#[cfg(test)]
mod tests;
mod validators;
mod work;

pub use error::HashError;
pub(crate) use filter::{FilterBuilder, NotALine, PasswordFilter, Taken, Target};
pub use hash::Hash;
pub use hasher::{Busy, Hasher, HasherOptions};
pub(crate) use hasher::{Client, HasherFailure, Place};
pub use password::{MAX_PASSWORD_BYTES, Password, PasswordTooLong};
pub(crate) use pepper::{NAMED, PepperSetting, Peppers};
pub use phc::Cost;
pub use similarity::quick_ratio;
pub use validators::{Attribute, PasswordRules, Weakness};
