//! Sessions, kept on the server: the browser has 256 random bits, the database their hash.

mod clock;
mod limits;
mod list;
mod model;
mod proofs;
mod renewal;
mod session;
mod store;
mod successor;
mod token;
mod touch;
mod visitor;

pub use clock::Clock;
pub use limits::SessionLimits;
pub use session::{Session, SessionKey};

pub(crate) use limits::{Age, is_just_proved};
pub(crate) use model::{RenewedToken, SessionRow};
#[cfg(feature = "passkeys")]
pub(crate) use proofs::ByPasskey;
pub(crate) use proofs::Proofs;
pub(crate) use renewal::is_privileged;
pub(crate) use store::{Found, SessionStore, Sessions, Start};
pub(crate) use successor::{Renewal, bounds as remember_bounds};
pub(crate) use token::{SessionToken, TokenHash};
pub(crate) use visitor::Visitor;
