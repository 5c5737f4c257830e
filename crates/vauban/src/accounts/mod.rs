//! People: who they are, how they prove it, and what keeps others from pretending.

mod email;
mod passwords;
mod throttle;
#[cfg(test)]
pub(crate) mod vectors;

pub use email::{Email, InvalidEmail, MAX_EMAIL_BYTES};
pub use passwords::*;
