//! Second factors: a code of an authenticator app (RFC 6238), a passkey, recovery codes, and the state between the first proof and the second.

mod code;
mod commands;
mod enrolment;
mod half;
mod model;
#[cfg(feature = "passkeys")]
pub(crate) mod passkeys;
mod proving;
mod recovery;
mod store;
mod totp;

pub use code::Code;
pub(crate) use commands::factors;
pub(crate) use enrolment::{Enrolment, Enrolments};
pub(crate) use half::{HALF_COOKIE, HALF_FOR, Half, HalfSignIns, HalfStore, half_of};
pub(crate) use model::{HalfRow, PasskeyChallengeRow, PasskeyRow, RecoveryRow, TotpRow};
pub(crate) use recovery::RecoveryCode;
pub(crate) use store::{FactorStore, Factors, Kinds, Spent};
pub(crate) use totp::{Secret, in_groups};
