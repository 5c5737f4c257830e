//! Passwords: what may be one, how it is kept, and what the hashing may cost.
//!
//! One file per control: [`Password`] is the text as it was typed, [`validators`](self) say what is too weak,
//! [`Hasher`] turns it into an Argon2id hash off the request's threads.

mod common;
mod hasher;
mod password;
mod phc;
mod predictable;
mod similarity;
mod validators;

pub use hasher::{Busy, Hasher, HasherOptions};
pub(crate) use hasher::{Client, HasherFailure, Place};
pub use password::{MAX_PASSWORD_BYTES, Password, PasswordTooLong};
pub use phc::{Cost, Hash, HashError};
pub use similarity::quick_ratio;
pub use validators::{Attribute, PasswordRules, Weakness};
